//! The picture for a terminal of any width.

use crate::layout::{
    Below, CallPart, Event, Fact, Kind, PacketPart, Phase, Picture, Row, Shape,
};
use crate::shorten::{clipped, columns, shortened};
use crate::words;

/// The narrowest picture; below that the story is told in words.
const NARROWEST: usize = 40;

/// From a process's line to its kernel's: two places between them show what
/// waits.
const GAP: usize = 3;

/// The picture in lines of at most `width` columns.
#[must_use]
pub fn draw(picture: &Picture, width: usize, colour: bool) -> String {
    if width < NARROWEST {
        return told(picture, width);
    }
    let mut painter = Painter::new(picture, width);
    painter.heads();
    for at in 0..picture.rows.len() {
        painter.row(at);
    }
    painter.feet();
    painter.print(colour)
}

/// The story in words, for where no picture fits.
fn told(picture: &Picture, width: usize) -> String {
    let mut text = String::new();
    for (at, sentence) in words::tell(picture).iter().enumerate() {
        let line = format!("{}. {sentence}", at + 1);
        for line in textwrap::wrap(&line, width.max(10)) {
            text.push_str(&line);
            text.push('\n');
        }
    }
    text
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Style {
    Plain,
    Bold,
    Pale,
    Bad,
    State,
    Inferred,
    Queue,
    Data,
    Fin,
}

impl Style {
    /// The parameters of Select Graphic Rendition.
    fn code(self) -> &'static str {
        match self {
            Style::Plain => "",
            Style::Bold => "1",
            Style::Pale => "2",
            Style::Bad => "1;31",
            Style::State => "32",
            Style::Inferred => "3;32",
            Style::Queue => "35",
            Style::Data => "34",
            Style::Fin => "1;35",
        }
    }
}

/// One column of the terminal; empty behind a character of two columns.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Cell {
    text: String,
    style: Style,
}

/// Where a column's lines stand.
#[derive(Debug, Clone, Copy)]
struct Place {
    program: Option<usize>,
    rail: usize,
    right: bool,
    drawn: bool,
}

/// A text that looks for a place.
struct Wish {
    left: usize,
    text: String,
    style: Style,
}

struct Painter<'a> {
    picture: &'a Picture,
    width: usize,
    places: Vec<Place>,
    lines: Vec<Vec<Cell>>,
    /// The row that is being drawn; `None` above the first.
    at: Option<usize>,
    /// Whether a kernel's newest state is worked out.
    inferred: Vec<bool>,
    /// Which processes have ended.
    ended: Vec<bool>,
}

impl<'a> Painter<'a> {
    fn new(picture: &'a Picture, width: usize) -> Painter<'a> {
        let all = &picture.columns;
        let last = all.len().saturating_sub(1);
        let places = all
            .iter()
            .enumerate()
            .map(|(at, column)| {
                let right = at == last && last > 0;
                let program = if right {
                    width - 1
                } else {
                    (width - GAP) * at / last.max(1)
                };
                let rail = if right { program - GAP } else { program + GAP };
                let far = column.kind == Kind::Far;
                Place {
                    program: (!far).then_some(program),
                    rail,
                    right,
                    drawn: column.rail,
                }
            })
            .collect();
        Painter {
            picture,
            width,
            places,
            lines: Vec::new(),
            at: None,
            inferred: vec![false; all.len()],
            ended: vec![false; all.len()],
        }
    }

    /// A line with nothing on it but the processes and their kernels.
    fn base(&self, programs: bool, rails: bool) -> Vec<Cell> {
        let empty = Cell {
            text: " ".to_owned(),
            style: Style::Plain,
        };
        let mut line = vec![empty; self.width];
        let mut put = |at: usize, text: &str, style: Style| {
            if let Some(cell) = line.get_mut(at) {
                cell.text = text.to_owned();
                cell.style = style;
            }
        };
        for (column, place) in self.places.iter().enumerate() {
            if let Some(program) = place.program.filter(|_| programs) {
                let (text, style) = self.program(column);
                put(program, text, style);
            }
            if place.drawn && rails {
                let text = if self.inferred[column] { "┆" } else { "│" };
                put(place.rail, text, Style::Pale);
            }
            let Some(row) = self.at.filter(|_| rails) else {
                continue;
            };
            let waiting = &self.picture.rows[row].waiting;
            let found = waiting.iter().find(|w| w.column == column);
            let Some(waiting) = found else { continue };
            // From the kernel's line to the process.
            let behind = |steps: usize| {
                if place.right {
                    place.rail + steps
                } else {
                    place.rail.saturating_sub(steps)
                }
            };
            if waiting.unread > 0 {
                put(behind(1), "▒", Style::Data);
            }
            if waiting.accept > 0 {
                let count = waiting.accept.min(9).to_string();
                put(behind(2), &count, Style::Queue);
            }
        }
        line
    }

    /// A process's line: a bar where it is in a call.
    fn program(&self, column: usize) -> (&'static str, Style) {
        if self.ended[column] {
            return (" ", Style::Plain);
        }
        let bar = self.at.and_then(|at| {
            self.picture.bars.iter().rev().find(|bar| {
                bar.column == column && bar.first <= at && at <= bar.last
            })
        });
        match bar {
            Some(bar) if bar.failed && !bar.blocked => ("█", Style::Bad),
            Some(bar) if bar.failed => ("░", Style::Bad),
            Some(bar) if bar.blocked => ("░", Style::Plain),
            Some(_) => ("█", Style::Plain),
            None => ("│", Style::Pale),
        }
    }

    fn write(&mut self, wish: &Wish) {
        let Some(line) = self.lines.last_mut() else {
            return;
        };
        let mut at = wish.left;
        for c in wish.text.chars() {
            let mut text = [0; 4];
            let text = c.encode_utf8(&mut text);
            let wide = columns(text);
            if at + wide > line.len() {
                break;
            }
            for step in 0..wide {
                line[at + step] = Cell {
                    text: if step == 0 {
                        c.to_string()
                    } else {
                        String::new()
                    },
                    style: wish.style,
                };
            }
            at += wide;
        }
    }

    fn new_line(&mut self) {
        let line = self.base(true, true);
        self.lines.push(line);
    }

    /// Writes texts, in one line as far as they don't meet.
    fn flow(&mut self, wishes: Vec<Wish>) {
        let mut lines: Vec<Vec<Wish>> = Vec::new();
        for wish in wishes {
            let right = wish.right();
            let free = lines.iter_mut().find(|line| {
                line.iter().all(|other| {
                    right < other.left || other.right() < wish.left
                })
            });
            match free {
                Some(line) => line.push(wish),
                None => lines.push(vec![wish]),
            }
        }
        for line in lines {
            self.new_line();
            for wish in line {
                self.write(&wish);
            }
        }
    }

    fn heads(&mut self) {
        let last = self.places.len().saturating_sub(1);
        let most = (self.width / 2).saturating_sub(2);
        let mut wishes = Vec::new();
        for (at, column) in self.picture.columns.iter().enumerate() {
            let text = match column.kind {
                Kind::Far => "same process".to_owned(),
                _ => clipped(&column.name, most),
            };
            let size = columns(&text);
            let place = self.places[at];
            let left = if at == 0 {
                0
            } else if at == last {
                self.width - size
            } else {
                place
                    .program
                    .unwrap_or(place.rail)
                    .saturating_sub(size / 2)
                    .min(self.width - size)
            };
            wishes.push(Wish {
                left,
                text,
                style: Style::Bold,
            });
        }
        let before = self.lines.len();
        self.flow(wishes);
        // Nothing but the names stands there.
        for line in &mut self.lines[before..] {
            for cell in line.iter_mut() {
                if cell.style != Style::Bold {
                    " ".clone_into(&mut cell.text);
                }
            }
        }
        for (rails, word) in [(false, "program"), (true, "its kernel")] {
            let line = self.base(true, rails);
            self.lines.push(line);
            for at in [0, last].into_iter().take(self.places.len().min(2)) {
                let place = self.places[at];
                let column = &self.picture.columns[at];
                let near = if rails {
                    place.drawn.then_some(place.rail)
                } else {
                    place.program
                };
                let word = match column.kind {
                    Kind::Far => "same kernel",
                    Kind::Program => word,
                    _ if rails => word,
                    Kind::Check => "the check",
                    _ => "not recorded",
                };
                let Some(near) = near else { continue };
                let left = if place.right {
                    (near - 1).saturating_sub(word.len())
                } else {
                    near + 2
                };
                self.write(&Wish {
                    left,
                    text: word.to_owned(),
                    style: Style::Pale,
                });
            }
        }
    }

    fn row(&mut self, at: usize) {
        self.at = Some(at);
        let picture = self.picture;
        let row = &picture.rows[at];
        if row.block > 1 {
            self.middle(&row.heading(), Style::Pale);
        }
        if let Some(event) = &row.event {
            self.event(event);
        }
        if let Some(call) = &row.call {
            for wish in self.call(row, call) {
                self.flow(vec![wish]);
            }
        }
        if let Some(packet) = &row.packet {
            self.packet(row, packet);
        }
        for below in &row.below {
            if let Fact::State { inferred, .. } = below.what {
                self.inferred[below.column] = inferred;
            }
        }
        let below: Vec<Wish> =
            row.below.iter().map(|below| self.below(below)).collect();
        self.flow(below);
        if let Some(Event::End { column, .. }) = &row.event {
            self.ended[*column] = true;
        }
    }

    fn middle(&mut self, text: &str, style: Style) {
        let text = clipped(text, self.width);
        let size = columns(&text);
        self.flow(vec![Wish {
            left: (self.width - size) / 2,
            text,
            style,
        }]);
    }

    /// Where a column's texts begin, which way they run, and how far.
    fn room(&self, column: usize, size: usize) -> (usize, bool, usize) {
        let place = self.places[column];
        let first = self.places[0];
        let back = |place: Place| place.program.unwrap_or(place.rail);
        if place.right {
            let least = back(first) + 2;
            let end = if place.drawn {
                place.rail - 1
            } else {
                back(place) - 1
            };
            return (end, false, end.saturating_sub(least));
        }
        let last = self.places[self.places.len() - 1];
        let end = if last.right {
            back(last) - 1
        } else {
            self.width
        };
        let start = if place.drawn {
            place.rail + 2
        } else {
            back(place) + 2
        };
        let after = end.saturating_sub(start);
        let before = back(place).saturating_sub(2);
        if size > after && before > after {
            (back(place).saturating_sub(1), false, before)
        } else {
            (start, true, after)
        }
    }

    fn beside(&self, column: usize, text: &str, style: Style) -> Wish {
        let size = columns(text);
        let (from, forwards, room) = self.room(column, size);
        let text = clipped(text, room);
        let size = columns(&text);
        Wish {
            left: if forwards {
                from
            } else {
                from.saturating_sub(size)
            },
            text,
            style,
        }
    }

    fn event(&mut self, event: &Event) {
        let text = event.text();
        let Some(column) = event.column() else {
            self.middle(&format!("⋯ {text} ⋯"), Style::Pale);
            return;
        };
        let (mark, style) = match event {
            Event::End { well: true, .. } => ("■", Style::Plain),
            Event::End { .. } | Event::Failure { .. } => ("✕", Style::Bad),
            Event::Signal { .. } => ("⚑", Style::Fin),
            _ => ("●", Style::Plain),
        };
        let size = columns(&text);
        let (_, _, room) = self.room(column, size);
        for (at, line) in textwrap::wrap(&text, room.max(8)).iter().enumerate()
        {
            let wish = self.beside(column, line, style);
            self.flow(vec![wish]);
            let place = self.places[column];
            if at == 0 {
                self.write(&Wish {
                    left: place.program.unwrap_or(place.rail),
                    text: mark.to_owned(),
                    style,
                });
            }
        }
    }

    fn call(&self, row: &Row, call: &CallPart) -> Vec<Wish> {
        let bad = call.failed() || call.phase == Phase::Never;
        let style = match bad {
            true if call.not_yet() => Style::Bold,
            true => Style::Bad,
            false => Style::Plain,
        };
        let size = columns(&call.text());
        let (_, _, room) = self.room(call.column, size);
        let mut wishes: Vec<Wish> = shortened(call, room)
            .iter()
            .map(|line| self.beside(call.column, line, style))
            .collect();
        if row.times > 1 && (row.block == 1 || row.mixed) {
            let text = call.repeated(row.times);
            wishes.push(self.beside(call.column, &text, Style::Pale));
        }
        wishes
    }

    fn packet(&mut self, row: &Row, packet: &PacketPart) {
        let (from, to) = (self.places[packet.from], self.places[packet.to]);
        let (start, end) = (from.rail, to.rail);
        let forwards = start < end;
        let (left, right) = (start.min(end), start.max(end));
        let style = match packet.shape {
            Shape::Rst => Style::Bad,
            Shape::Fin => Style::Fin,
            Shape::Data => Style::Data,
            Shape::Ack => Style::Pale,
            _ => Style::Plain,
        };
        let label = if packet.said_by(row.call.as_ref()) {
            String::new()
        } else {
            match &packet.urgent {
                Some(urgent) if !urgent.bytes.is_empty() => {
                    let mut all = urgent.bytes.clone();
                    let byte = &mut all[urgent.place];
                    *byte = format!("[{byte}]");
                    format!("{} urgent", all.concat())
                }
                _ => packet.label(tagged(row)),
            }
        };
        let size = columns(&label);
        let span = right.saturating_sub(left);
        let inside = size > 0 && size + 8 <= span;
        if size > 0 && !inside {
            self.middle_of(left, right, &label, style);
        }
        self.new_line();
        let stroke = match packet.shape {
            Shape::Rst => "~",
            Shape::Ack => "┄",
            _ if packet.again => "╌",
            _ if packet.count > 1 => "═",
            Shape::Data => "━",
            _ => "─",
        };
        self.write(&Wish {
            left: left + 1,
            text: stroke.repeat(span.saturating_sub(1)),
            style,
        });
        let lost = packet.unanswered.is_some();
        let head = match (packet.shape, forwards) {
            _ if lost => "✕",
            (Shape::Rst, _) => "✕",
            (_, true) => "▶",
            (_, false) => "◀",
        };
        let tip = if forwards { right - 1 } else { left + 1 };
        self.write(&Wish {
            left: tip,
            text: head.to_owned(),
            style: if lost { Style::Bad } else { style },
        });
        if packet.shape == Shape::Fin {
            self.write(&Wish {
                left: end,
                text: "█".to_owned(),
                style,
            });
        }
        if inside {
            self.write(&Wish {
                left: left + (span - size) / 2,
                text: format!(" {label} "),
                style,
            });
        }
        if let Some(why) = &packet.unanswered {
            let wish = self.beside(packet.to, why, Style::Bad);
            self.flow(vec![wish]);
        }
    }

    fn middle_of(
        &mut self,
        left: usize,
        right: usize,
        text: &str,
        style: Style,
    ) {
        let text = clipped(text, self.width);
        let size = columns(&text);
        let at = usize::midpoint(left, right).saturating_sub(size / 2);
        self.flow(vec![Wish {
            left: at.min(self.width - size),
            text,
            style,
        }]);
    }

    fn below(&self, below: &Below) -> Wish {
        let style = match below.what {
            Fact::State { inferred: true, .. } => Style::Inferred,
            Fact::State { .. } => Style::State,
            _ => Style::Queue,
        };
        let mut text = below.what.text(below.tag);
        // Italics may not be seen.
        if style == Style::Inferred {
            text = format!("({text})");
        }
        self.beside(below.column, &text, style)
    }

    fn feet(&mut self) {
        for foot in self.picture.feet("in parentheses") {
            for text in textwrap::wrap(&foot, self.width) {
                self.lines.push(Vec::new());
                let style = Style::Pale;
                for c in text.chars() {
                    if let Some(line) = self.lines.last_mut() {
                        line.push(Cell {
                            text: c.to_string(),
                            style,
                        });
                    }
                }
            }
        }
    }

    fn print(self, colour: bool) -> String {
        let mut printed = String::new();
        for mut line in self.lines {
            while line.last().is_some_and(|cell| cell.text == " ") {
                line.pop();
            }
            let mut now = Style::Plain;
            for cell in line {
                // A space looks the same in any colour.
                if colour && cell.style != now && cell.text != " " {
                    printed.push_str("\u{1b}[0");
                    if !cell.style.code().is_empty() {
                        printed.push(';');
                        printed.push_str(cell.style.code());
                    }
                    printed.push('m');
                    now = cell.style;
                }
                printed.push_str(&cell.text);
            }
            if colour && now != Style::Plain {
                printed.push_str("\u{1b}[0m");
            }
            printed.push('\n');
        }
        printed
    }
}

impl Wish {
    fn right(&self) -> usize {
        self.left + columns(&self.text)
    }
}

/// Whether the states of a row name the connection already.
fn tagged(row: &Row) -> bool {
    row.below.iter().any(|below| below.tag.is_some())
}
