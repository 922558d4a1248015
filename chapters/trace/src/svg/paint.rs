//! The rows, from top to bottom.

use super::canvas::{
    Anchor, BYTE, CALL, Canvas, FAILED, FIN, Font, INFERRED, LABEL, NAME,
    NOT_YET, PALE, QUEUE, RESET, SMALL, STATE, TextBox, number,
};
use super::geometry::{Geometry, Place};
use crate::layout::{
    Bar, Below, CallPart, Event, Fact, Kind, PacketPart, Phase, Picture, Row,
    Shape, duration,
};
use crate::shorten::{clipped, shortened};

/// The height of a line of text.
const LINE: f64 = 15.0;

/// The height of a line of states.
const SMALL_LINE: f64 = 12.5;

/// Between two rows.
const BETWEEN: f64 = 4.0;

/// What was painted.
#[derive(Debug)]
pub(crate) struct Drawing {
    pub width: String,
    pub height: String,
    pub body: String,
    /// Where the texts of each row stand; the last two are head and foot.
    #[cfg_attr(not(test), expect(dead_code, reason = "tests look at it"))]
    pub texts: Vec<Vec<TextBox>>,
}

/// Where a row stands.
#[derive(Debug, Clone, Copy)]
struct Band {
    top: f64,
    bottom: f64,
}

pub(crate) fn paint(picture: &Picture, id: &str) -> Drawing {
    let geometry = Geometry::new(picture);
    let mut painter = Painter {
        picture,
        geometry,
        canvas: Canvas::default(),
        y: 0.0,
        bands: Vec::new(),
        texts: Vec::new(),
        outside: Vec::new(),
    };
    painter.choose_sides();
    let heads = painter.heads();
    let top = painter.y;
    for row in 0..picture.rows.len() {
        painter.row(row);
    }
    painter.end_of_row();
    painter.y += 6.0;
    let bottom = painter.y;
    let front = std::mem::take(&mut painter.canvas.body);
    // Lines and bars lie behind what is written on them.
    painter.lines(&heads, bottom);
    painter.queues();
    for bar in &picture.bars {
        painter.bar(bar, id);
    }
    let back = std::mem::take(&mut painter.canvas.body);
    painter.canvas.texts.clear();
    painter.feet();
    painter.end_of_row();
    let foot = std::mem::take(&mut painter.canvas.body);
    let _ = top;
    let hatch = format!(
        "<defs><pattern id=\"{id}-wait\" width=\"4\" height=\"4\" \
         patternUnits=\"userSpaceOnUse\" patternTransform=\"rotate(45)\">\
         <path class=\"trace-hatch\" d=\"M0 0V4\"/></pattern></defs>\n"
    );
    Drawing {
        width: number(painter.geometry.width),
        height: number((painter.y + 4.0).ceil()),
        body: format!("{hatch}{back}{front}{foot}"),
        texts: painter.texts,
    }
}

struct Painter<'a> {
    picture: &'a Picture,
    geometry: Geometry,
    canvas: Canvas,
    y: f64,
    bands: Vec<Band>,
    texts: Vec<Vec<TextBox>>,
    /// Which columns write at the side that is turned away from the last one.
    outside: Vec<bool>,
}

/// A text that looks for a place.
struct Wish {
    anchor: Anchor,
    x: f64,
    font: Font,
    text: String,
}

impl Wish {
    fn span(&self) -> (f64, f64) {
        let width = self.font.width(&self.text);
        match self.anchor {
            Anchor::Start => (self.x, self.x + width),
            Anchor::Middle => (self.x - width / 2.0, self.x + width / 2.0),
            Anchor::End => (self.x - width, self.x),
        }
    }
}

impl Painter<'_> {
    fn end_of_row(&mut self) {
        let texts = std::mem::take(&mut self.canvas.texts);
        self.texts.push(texts);
    }

    /// The names, and where each column's lines begin.
    fn heads(&mut self) -> Vec<(f64, f64)> {
        let columns = &self.picture.columns;
        let last = columns.len().saturating_sub(1);
        let width = self.geometry.width;
        let mut wishes = Vec::new();
        let mut second_lines = Vec::new();
        for (at, column) in columns.iter().enumerate() {
            let place = self.geometry.places[at];
            let name = match column.kind {
                Kind::Far => "same process".to_owned(),
                _ => column.name.clone(),
            };
            let room = match columns.len() {
                0..=2 => 160.0,
                3 => 104.0,
                _ => 84.0,
            };
            let most = NAME.fit(room);
            let (anchor, x) = if at == 0 {
                (Anchor::Start, 2.0)
            } else if at == last {
                (Anchor::End, width - 2.0)
            } else {
                (Anchor::Middle, place.program.unwrap_or(place.rail))
            };
            for (line, text) in
                textwrap::wrap(&name, most).iter().take(2).enumerate()
            {
                let wish = Wish {
                    anchor,
                    x,
                    font: NAME,
                    text: clipped(text, most),
                };
                if line == 0 {
                    wishes.push(wish);
                } else {
                    second_lines.push(wish);
                }
            }
        }
        wishes.extend(second_lines);
        self.flow(wishes, LINE + 1.0);
        self.y += 1.0;
        let first = self.y;
        let ends = [0, last];
        let mut words = Vec::new();
        let mut lower = Vec::new();
        for at in ends.into_iter().take(columns.len().min(2)) {
            let place = self.geometry.places[at];
            let (anchor, shift) = if place.side > 0.0 {
                (Anchor::Start, 5.0)
            } else {
                (Anchor::End, -5.0)
            };
            if let Some(program) = place.program {
                let text = match columns[at].kind {
                    Kind::Program => "program",
                    Kind::Check => "part of the check",
                    _ => "not recorded",
                };
                words.push(Wish {
                    anchor,
                    x: program + shift,
                    font: SMALL,
                    text: text.to_owned(),
                });
            }
            if place.drawn {
                let text = if columns[at].kind == Kind::Far {
                    "the same kernel"
                } else {
                    "its kernel"
                };
                lower.push(Wish {
                    anchor,
                    x: place.rail + shift,
                    font: SMALL,
                    text: text.to_owned(),
                });
            }
        }
        if columns.len() == 2 && self.geometry.places.iter().all(|p| p.drawn) {
            let places = &self.geometry.places;
            lower.push(Wish {
                anchor: Anchor::Middle,
                x: f64::midpoint(places[0].rail, places[1].rail),
                font: SMALL,
                text: "the wire".to_owned(),
            });
        }
        self.flow(words, SMALL_LINE);
        let second = self.y;
        self.flow(lower, SMALL_LINE);
        self.y += 4.0;
        self.end_of_row();
        columns.iter().map(|_| (first, second)).collect()
    }

    /// Writes the texts, in one line as far as they don't meet.
    fn flow(&mut self, wishes: Vec<Wish>, height: f64) {
        let mut lines: Vec<Vec<Wish>> = Vec::new();
        for wish in wishes {
            let (left, right) = wish.span();
            let free = lines.iter_mut().find(|line| {
                line.iter().all(|other| {
                    let (l, r) = other.span();
                    right + 6.0 <= l || r + 6.0 <= left
                })
            });
            match free {
                Some(line) => line.push(wish),
                None => lines.push(vec![wish]),
            }
        }
        for line in lines {
            let baseline = self.y + height - 3.5;
            for wish in line {
                self.canvas.text(
                    (wish.x, baseline),
                    wish.anchor,
                    wish.font,
                    &wish.text,
                );
            }
            self.y += height;
        }
    }

    /// A column in the middle writes where its calls have room, and all of
    /// them at the same side.
    fn choose_sides(&mut self) {
        let columns = self.picture.columns.len();
        for column in 0..columns {
            let (from, to) = self.geometry.inside(column);
            let place = self.geometry.places[column];
            let calls = self.picture.rows.iter().filter_map(|row| {
                row.call.as_ref().filter(|call| call.column == column)
            });
            let widest = calls
                .map(|call| CALL.width(&call.text()))
                .fold(0.0, f64::max);
            let room = (to - from).abs();
            let other = place.program.unwrap_or(0.0) - 9.0;
            self.outside.push(
                column > 0 && place.side > 0.0 && widest > room && other > room,
            );
        }
    }

    /// A text of a column, at its side.
    fn beside(&self, column: usize, font: Font, text: &str) -> Wish {
        let place = self.geometry.places[column];
        let (from, _) = self.geometry.inside(column);
        let (anchor, x) = if self.outside[column] {
            (Anchor::End, place.program.unwrap_or(from) - 7.0)
        } else if place.side > 0.0 {
            (Anchor::Start, from)
        } else {
            (Anchor::End, from)
        };
        Wish {
            anchor,
            x,
            font,
            text: clipped(text, font.fit(self.room(column))),
        }
    }

    /// How much room a column's texts have.
    fn room(&self, column: usize) -> f64 {
        let (from, to) = self.geometry.inside(column);
        if self.outside[column] {
            let place = self.geometry.places[column];
            place.program.unwrap_or(from) - 9.0
        } else {
            (to - from).abs()
        }
    }

    fn row(&mut self, at: usize) {
        let picture = self.picture;
        let row = &picture.rows[at];
        self.end_of_row();
        if row.block > 1 {
            self.middle(&row.heading());
        }
        let top = self.y;
        self.canvas.open(&full_text(row));
        if let Some(event) = &row.event {
            self.event(event);
        }
        let mut above = None;
        if let Some(call) = &row.call {
            let mut lines = self.call(row, call);
            above = lines.pop();
            for line in lines {
                self.flow(vec![line], LINE);
            }
        }
        if let Some(packet) = &row.packet {
            self.packet(row, packet, above);
        } else if let Some(wish) = above {
            self.flow(vec![wish], LINE);
        }
        let below: Vec<Wish> =
            row.below.iter().map(|below| self.below(below)).collect();
        self.flow(below, SMALL_LINE);
        self.canvas.close();
        self.bands.push(Band {
            top,
            bottom: self.y,
        });
        self.y += BETWEEN;
    }

    fn middle(&mut self, text: &str) {
        let wish = Wish {
            anchor: Anchor::Middle,
            x: self.geometry.width / 2.0,
            font: PALE,
            text: text.to_owned(),
        };
        self.flow(vec![wish], SMALL_LINE + 1.0);
    }

    fn event(&mut self, event: &Event) {
        let text = event.text();
        let Some(column) = event.column() else {
            self.y += 3.0;
            self.middle(&text);
            self.y += 3.0;
            return;
        };
        let place = self.geometry.places[column];
        let x = place.program.unwrap_or(place.rail);
        let y = self.y + 7.5;
        let (font, text) = match event {
            Event::Signal { .. } => {
                let tip = x + place.side * 9.0;
                self.canvas.path(
                    "trace-flag",
                    &[(x, y - 5.0), (tip, y - 2.0), (x, y + 1.0)],
                    true,
                );
                self.canvas.line("trace-pole", (x, y - 6.0), (x, y + 6.0));
                (FIN, text)
            }
            Event::End { well, .. } => {
                if *well {
                    self.canvas.rect(
                        "class=\"trace-stop\"",
                        (x - 4.0, y - 4.0),
                        (8.0, 8.0),
                    );
                    (LABEL, text)
                } else {
                    self.cross(x, y, 5.0);
                    (RESET, text)
                }
            }
            Event::Failure { .. } => {
                self.cross(x, y, 4.0);
                (RESET, text)
            }
            _ => {
                self.canvas.rect(
                    "class=\"trace-stop\" rx=\"3\"",
                    (x - 3.0, y - 3.0),
                    (6.0, 6.0),
                );
                (LABEL, text)
            }
        };
        // A step may be a sentence: it gets as many lines as it needs.
        let most = font.fit(self.room(column)).max(8);
        for line in textwrap::wrap(&text, most) {
            let wish = self.beside(column, font, &line);
            self.flow(vec![wish], LINE);
        }
    }

    fn cross(&mut self, x: f64, y: f64, size: f64) {
        for slope in [size, -size] {
            self.canvas.line(
                "trace-cross",
                (x - size, y - slope),
                (x + size, y + slope),
            );
        }
    }

    fn call(&self, row: &Row, call: &CallPart) -> Vec<Wish> {
        let bad = call.failed() || call.phase == Phase::Never;
        let font = match bad {
            true if call.not_yet() => NOT_YET,
            true => FAILED,
            false => CALL,
        };
        let mut wishes: Vec<Wish> =
            shortened(call, font.fit(self.room(call.column)))
                .iter()
                .map(|line| self.beside(call.column, font, line))
                .collect();
        if row.times > 1 && (row.block == 1 || row.mixed) {
            let text = call.repeated(row.times);
            wishes.push(self.beside(call.column, PALE, &text));
        }
        wishes
    }

    fn packet(&mut self, row: &Row, packet: &PacketPart, call: Option<Wish>) {
        let places = &self.geometry.places;
        let (from, to) = (places[packet.from], places[packet.to]);
        let (start, end) = (from.rail, to.rail);
        let middle = f64::midpoint(start, end);
        let tagged = row.below.iter().any(|below| below.tag.is_some());
        let text = packet.label(tagged);
        let font = match packet.shape {
            Shape::Rst => RESET,
            Shape::Fin => FIN,
            Shape::Ack => PALE,
            _ => LABEL,
        };
        // What a call has said already needs no second text.
        let said = packet.said_by(row.call.as_ref());
        let cells = packet
            .urgent
            .as_ref()
            .filter(|urgent| !urgent.bytes.is_empty());
        let mut label = Wish {
            anchor: Anchor::Middle,
            x: middle,
            font,
            text: clipped(&text, font.fit(self.geometry.width - 8.0)),
        };
        keep_inside(&mut label, self.geometry.width);
        match call {
            Some(call) if cells.is_some() || said => {
                self.flow(vec![call], LINE);
            }
            Some(call) => {
                let (left, right) = call.span();
                let stop = if packet.shape == Shape::Fin {
                    11.0
                } else {
                    6.0
                };
                let (anchor, x) = if start < end {
                    (Anchor::End, end - stop)
                } else {
                    (Anchor::Start, end + stop)
                };
                let moved = Wish {
                    anchor,
                    x,
                    font,
                    text: label.text.clone(),
                };
                let (l, r) = moved.span();
                let (low, high) = (start.min(end), start.max(end));
                let fits = l > low + 4.0
                    && r < high - 4.0
                    && (r + 10.0 < left || right + 10.0 < l);
                if fits {
                    self.flow(vec![call, moved], LINE);
                } else {
                    self.flow(vec![call], LINE);
                    self.flow(vec![label], LINE - 1.0);
                }
            }
            None if cells.is_some() => {}
            None => self.flow(vec![label], LINE - 1.0),
        }
        if let Some(urgent) = cells {
            self.cells(&urgent.bytes, urgent.place, middle);
        }
        self.y += 3.0;
        self.arrow(packet, from, to);
        self.y += 4.0;
        if let Some(why) = &packet.unanswered {
            let wish = self.beside(packet.to, RESET, why);
            self.flow(vec![wish], SMALL_LINE);
        }
    }

    /// The bytes of a packet one by one, the urgent one marked.
    fn cells(&mut self, bytes: &[String], place: usize, middle: f64) {
        let widths: Vec<f64> =
            bytes.iter().map(|b| BYTE.width(b) + 5.0).collect();
        let word = "urgent: the last byte";
        let word = if place + 1 == bytes.len() && bytes.len() > 1 {
            word
        } else {
            "urgent"
        };
        let total: f64 = widths.iter().sum::<f64>() + 6.0 + FIN.width(word);
        let mut x = (middle - total / 2.0).max(4.0);
        for (at, (byte, width)) in bytes.iter().zip(&widths).enumerate() {
            let class = if at == place {
                "class=\"trace-urgent\""
            } else {
                "class=\"trace-cell\""
            };
            self.canvas.rect(class, (x, self.y), (*width, 15.0));
            let font = if at == place {
                Font {
                    class: "trace-call trace-inverse",
                    ..BYTE
                }
            } else {
                Font {
                    class: "trace-call trace-plain",
                    ..BYTE
                }
            };
            self.canvas.text(
                (x + width / 2.0, self.y + 11.5),
                Anchor::Middle,
                font,
                byte,
            );
            x += width;
        }
        self.canvas
            .text((x + 6.0, self.y + 11.5), Anchor::Start, FIN, word);
        self.y += 17.0;
    }

    fn arrow(&mut self, packet: &PacketPart, from: Place, to: Place) {
        let y = self.y;
        let way = if to.rail > from.rail { 1.0 } else { -1.0 };
        let (start, end) = (from.rail + way, to.rail - way);
        let again = if packet.again { " trace-again" } else { "" };
        let head = |canvas: &mut Canvas, class: &str, tip: f64| {
            canvas.path(
                class,
                &[
                    (tip, y),
                    (tip - way * 8.0, y - 3.6),
                    (tip - way * 8.0, y + 3.6),
                ],
                true,
            );
        };
        let canvas = &mut self.canvas;
        match packet.shape {
            Shape::Rst => {
                let mut places = vec![(start, y)];
                let tip = end - way * 10.0;
                let mut x = start + way * 8.0;
                let mut up = 3.5;
                while (tip - x) * way > 5.0 {
                    places.push((x, y + up));
                    up = -up;
                    x += way * 6.0;
                }
                places.push((tip, y));
                let class = format!("trace-rst{again}");
                canvas.path(&class, &places, false);
                self.cross(end - way * 6.0, y, 4.5);
            }
            Shape::Fin => {
                let class = format!("trace-arrow trace-fin{again}");
                let tip = end - way * 5.0;
                canvas.line(&class, (start, y), (tip - way * 7.0, y));
                head(canvas, "trace-head trace-fin", tip);
                canvas.rect(
                    "class=\"trace-head trace-fin\"",
                    (end.min(end - way * 4.0), y - 6.5),
                    (4.0, 13.0),
                );
            }
            Shape::Ack => {
                let class = format!("trace-thin{again}");
                canvas.line(&class, (start, y), (end, y));
                canvas.path(
                    "trace-thin",
                    &[
                        (end - way * 6.0, y - 3.0),
                        (end, y),
                        (end - way * 6.0, y + 3.0),
                    ],
                    false,
                );
            }
            Shape::Syn | Shape::SynAck | Shape::Open | Shape::Data => {
                let many = if packet.count > 1 { " trace-many" } else { "" };
                let data = if packet.shape == Shape::Data {
                    " trace-data"
                } else {
                    ""
                };
                let class = format!("trace-arrow{data}{many}{again}");
                let lost = packet.unanswered.is_some();
                let tip = if lost { end - way * 12.0 } else { end };
                let both = packet.shape == Shape::Open;
                let tail = if both { start + way * 7.0 } else { start };
                canvas.line(&class, (tail, y), (tip - way * 7.0, y));
                if both {
                    canvas.path(
                        "trace-head",
                        &[
                            (start, y),
                            (start + way * 8.0, y - 3.6),
                            (start + way * 8.0, y + 3.6),
                        ],
                        true,
                    );
                }
                head(canvas, &format!("trace-head{data}"), tip);
                if lost {
                    self.cross(end - way * 5.0, y, 4.0);
                }
            }
        }
    }

    fn below(&self, below: &Below) -> Wish {
        let font = match &below.what {
            Fact::State { inferred: true, .. } => INFERRED,
            Fact::State { .. } => STATE,
            _ => QUEUE,
        };
        let text = below.what.text(below.tag);
        let (from, to) = self.geometry.inside(below.column);
        if self.outside[below.column] && font.width(&text) <= to - from {
            // Beside its kernel's line.
            return Wish {
                anchor: Anchor::Start,
                x: from,
                font,
                text,
            };
        }
        self.beside(below.column, font, &text)
    }

    /// The lines of the processes and of their kernels.
    fn lines(&mut self, heads: &[(f64, f64)], bottom: f64) {
        let picture = self.picture;
        for (at, place) in self.geometry.places.clone().iter().enumerate() {
            let (first, second) = heads[at];
            if let Some(program) = place.program {
                let end = picture.rows.iter().position(|row| {
                    matches!(&row.event, Some(Event::End { column, .. })
                        if *column == at)
                });
                let end = end.map_or(bottom, |row| self.bands[row].top + 7.5);
                let class = if picture.columns[at].kind == Kind::Program {
                    "trace-line"
                } else {
                    "trace-line trace-unknown"
                };
                self.canvas
                    .line(class, (program, first + 2.0), (program, end));
            }
            if place.drawn {
                self.rail(at, place.rail, second + 2.0, bottom);
            }
        }
    }

    /// A kernel's line: dashed where its newest state is worked out.
    fn rail(&mut self, column: usize, x: f64, top: f64, bottom: f64) {
        let mut from = top;
        let mut inferred = false;
        for (row, band) in self.picture.rows.iter().zip(&self.bands.clone()) {
            let now =
                row.below.iter().rev().find_map(|below| match below.what {
                    Fact::State { inferred, .. } if below.column == column => {
                        Some(inferred)
                    }
                    _ => None,
                });
            if let Some(now) = now.filter(|now| *now != inferred) {
                let y = band.bottom - SMALL_LINE;
                self.canvas.line(rail(inferred), (x, from), (x, y));
                (from, inferred) = (y, now);
            }
        }
        self.canvas.line(rail(inferred), (x, from), (x, bottom));
    }

    /// What waits beside the kernels' lines.
    fn queues(&mut self) {
        let rows = &self.picture.rows;
        for (at, row) in rows.iter().enumerate() {
            let band = self.bands[at];
            let next = self.bands.get(at + 1).map_or(band.bottom, |b| b.top);
            for waiting in &row.waiting {
                let place = self.geometry.places[waiting.column];
                let back = -place.side;
                if waiting.unread > 0 {
                    let x = place.rail + back * 1.0;
                    self.canvas.rect(
                        "class=\"trace-unread\"",
                        (x.min(x + back * 4.0), band.top),
                        (4.0, next - band.top),
                    );
                }
                if waiting.unconfirmed > 0 {
                    let x = place.rail - back * 1.0;
                    self.canvas.rect(
                        "class=\"trace-unconfirmed\"",
                        (x.min(x - back * 3.0), band.top),
                        (3.0, next - band.top),
                    );
                }
                self.boxes(place, waiting.accept, (band.top, next));
            }
        }
    }

    /// Connections in an accept queue: a strip for each, as long as it waits.
    fn boxes(&mut self, place: Place, wait: u32, (top, bottom): (f64, f64)) {
        let back = -place.side;
        for at in 0..wait.min(3) {
            let x = place.rail + back * (7.0 + 5.0 * f64::from(at));
            self.canvas.rect(
                "class=\"trace-queued\"",
                (if back > 0.0 { x } else { x - 4.0 }, top),
                (4.0, bottom - top),
            );
        }
    }

    fn bar(&mut self, bar: &Bar, id: &str) {
        let place = self.geometry.places[bar.column];
        let Some(program) = place.program else { return };
        let (first, last) = (self.bands[bar.first], self.bands[bar.last]);
        let shift = match bar.place {
            0 => 0.0,
            _ => place.side * 3.5,
        };
        let x = program - 3.5 + shift;
        let (top, bottom) = (first.top + 1.5, last.bottom - 1.0);
        let bottom = bottom.max(top + 9.0);
        let bad = if bar.failed { " trace-bad" } else { "" };
        let open = bar.open;
        if bar.blocked {
            self.canvas.rect(
                "class=\"trace-bar-ground\"",
                (x, top),
                (7.0, bottom - top),
            );
            let fill = format!(
                "class=\"trace-blocked{bad}\" fill=\"url(#{id}-wait)\""
            );
            self.canvas.rect(&fill, (x, top), (7.0, bottom - top));
        } else {
            let class = format!("class=\"trace-bar{bad}\"");
            self.canvas.rect(&class, (x, top), (7.0, bottom - top));
        }
        if bad.is_empty() && !open {
            return;
        }
        if open {
            // Torn off.
            let places: Vec<(f64, f64)> = (0..=6)
                .map(|at| {
                    let up = if at % 2 == 0 { 2.0 } else { -2.0 };
                    (x - 2.0 + f64::from(at) * 11.0 / 6.0, bottom + up)
                })
                .collect();
            self.canvas.path("trace-torn", &places, false);
        }
    }

    fn feet(&mut self) {
        let most = SMALL.fit(self.geometry.width - 6.0);
        for foot in self.picture.feet("in italics") {
            for line in textwrap::wrap(&foot, most) {
                self.flow(
                    vec![Wish {
                        anchor: Anchor::Start,
                        x: 3.0,
                        font: SMALL,
                        text: line.into_owned(),
                    }],
                    SMALL_LINE,
                );
            }
        }
    }
}

fn rail(inferred: bool) -> &'static str {
    if inferred {
        "trace-rail trace-dashed"
    } else {
        "trace-rail"
    }
}

/// Moves a text that would run out of the picture.
fn keep_inside(wish: &mut Wish, width: f64) {
    let (left, right) = wish.span();
    if left < 2.0 {
        wish.x += 2.0 - left;
    } else if right > width - 2.0 {
        wish.x -= right - width + 2.0;
    }
}

/// All that a row says, for whoever points at it.
fn full_text(row: &Row) -> String {
    let mut parts = Vec::new();
    if let Some(event) = &row.event {
        parts.push(event.text());
    }
    if let Some(call) = &row.call {
        parts.push(call.text());
    }
    if let Some(packet) = &row.packet {
        parts.push(packet.label(false));
    }
    format!("{} (at {})", parts.join("; "), duration(row.at))
}
