//! The picture as sentences, for people who can't see it: the same rows, each
//! told by who did what. Four actors: a program, its kernel, the peer's
//! kernel, the peer's program.

use crate::layout::{
    Below, CallPart, Event, Fact, Kind, PacketPart, Phase, Picture, Row, Shape,
    bytes, duration, grouped,
};
use crate::shorten::{clipped, quotes_cut};

/// Around what stands in code font. No text of a picture has these.
const CODE: [char; 2] = ['\u{1}', '\u{2}'];

/// How many characters of an argument are told.
const QUOTED: usize = 24;

/// How many characters of a call are told.
const LONGEST: usize = 120;

/// The story: who takes part, then a step for each row.
#[must_use]
pub fn tell(picture: &Picture) -> Vec<String> {
    story(picture)
        .into_iter()
        .map(|step| step.join(" ").replace(CODE, ""))
        .collect()
}

/// The story as a numbered list in Markdown, a sentence a line.
#[must_use]
pub fn markdown(picture: &Picture) -> String {
    let mut text = String::new();
    for (at, step) in story(picture).iter().enumerate() {
        let number = format!("{}. ", at + 1);
        for (line, sentence) in step.iter().enumerate() {
            let start = if line == 0 {
                number.clone()
            } else {
                " ".repeat(number.len())
            };
            text.push_str(&start);
            text.push_str(&marked(sentence));
            text.push('\n');
        }
    }
    text
}

/// A sentence in Markdown, in which nothing but our own marks is a mark.
fn marked(sentence: &str) -> String {
    let mut text = String::new();
    let mut code = false;
    for c in sentence.chars() {
        match c {
            c if CODE.contains(&c) => {
                code = !code;
                text.push('`');
            }
            '`' => text.push('\''),
            '\\' | '*' | '_' | '[' | ']' | '<' | '>' | '&' | '#' | '|'
                if !code =>
            {
                text.push('\\');
                text.push(c);
            }
            c => text.push(c),
        }
    }
    text
}

/// Each step, sentence by sentence.
fn story(picture: &Picture) -> Vec<Vec<String>> {
    let teller = Teller { picture };
    let mut story = vec![teller.cast()];
    for row in &picture.rows {
        let step = teller.step(row);
        if !step.is_empty() {
            story.push(step);
        }
    }
    let mut feet = Vec::new();
    if !picture.left_out.is_empty() {
        feet.push(format!(
            "Some calls only prepared a socket and are not told: {}.",
            picture.left_out.join(", ")
        ));
    }
    for missing in &picture.missing {
        feet.push(format!("Not recorded: {missing}."));
    }
    if !feet.is_empty() {
        story.push(feet);
    }
    story
}

struct Teller<'a> {
    picture: &'a Picture,
}

impl Teller<'_> {
    /// Who takes part.
    fn cast(&self) -> Vec<String> {
        let picture = self.picture;
        let mut sentences = vec![match &picture.check {
            Some(check) => format!(
                "This is a run of {}, driven by the check {check}.",
                code(&picture.command)
            ),
            None => format!("This is a run of {}.", code(&picture.command)),
        }];
        let named = |kind: Kind| -> Vec<&str> {
            picture
                .columns
                .iter()
                .filter(|column| column.kind == kind)
                .map(|column| column.name.as_str())
                .collect()
        };
        let programs = named(Kind::Program);
        if programs.len() > 1 {
            sentences.push(format!(
                "{} processes take part: {}.",
                grouped(programs.len() as u64),
                listed(&programs)
            ));
        }
        let checks = named(Kind::Check);
        if !checks.is_empty() {
            sentences.push(format!("The check plays {}.", listed(&checks)));
        }
        for far in named(Kind::Far) {
            sentences.push(format!(
                "The {far} connects to itself: it has both sockets."
            ));
        }
        sentences
    }

    fn step(&self, row: &Row) -> Vec<String> {
        let mut sentences = Vec::new();
        if row.block > 1 {
            sentences.push(if row.mixed {
                format!("The next {} steps happen in turn.", row.block)
            } else {
                format!(
                    "The next {} steps happen {} times.",
                    row.block,
                    grouped(row.times as u64)
                )
            });
        }
        if let Some(event) = &row.event {
            sentences.push(self.event(event));
        }
        if let Some(call) = &row.call {
            sentences.push(self.call(row, call));
        }
        if let Some(packet) = &row.packet
            && !packet.said_by(row.call.as_ref())
        {
            sentences.extend(self.packet(packet));
        } else if let Some(packet) = &row.packet {
            let these = if packet.length == 1 { "this" } else { "these" };
            sentences.push(format!(
                "{} sends {these} {} to {}.",
                capital(&self.kernel(packet.from)),
                bytes(packet.length),
                self.kernel(packet.to)
            ));
        }
        let mut states = Vec::new();
        for below in &row.below {
            match &below.what {
                Fact::State { name, inferred } => {
                    let peer = row.packet.as_ref().map(|packet| {
                        if packet.from == below.column {
                            packet.to
                        } else {
                            packet.from
                        }
                    });
                    states.push(self.state(below, name, *inferred, peer));
                }
                Fact::Closes => sentences.push(format!(
                    "Its process is gone: {} closes its sockets.",
                    self.kernel(below.column)
                )),
                _ => sentences.push(self.queue(below)),
            }
        }
        if !states.is_empty() {
            sentences.push(format!("{}.", capital(&states.join("; "))));
        }
        sentences
    }

    fn event(&self, event: &Event) -> String {
        match event {
            Event::Signal { column, name } => {
                format!("{} gets the signal {name}.", self.subject(*column))
            }
            Event::End { column, how, .. } => {
                let how = match how.split_once(' ') {
                    Some(("exit", status)) => {
                        format!("ends with exit code {status}")
                    }
                    Some(("killed", _)) => format!("is {how}"),
                    _ => format!("ends: {how}"),
                };
                format!("{} {how}.", self.subject(*column))
            }
            Event::Step { text, .. } => sentence(text),
            Event::Failure { text, .. } => {
                sentence(&format!("The check fails: {text}"))
            }
            Event::Gap { micros } => {
                format!("For {}, nothing happens.", duration(*micros))
            }
            Event::Cut { events } => {
                format!("{} events are left out here.", grouped(*events as u64))
            }
        }
    }

    fn call(&self, row: &Row, call: &CallPart) -> String {
        let who = self.subject(call.column);
        let thread = match call.thread {
            0 => String::new(),
            thread => format!(" in its thread {}", thread + 1),
        };
        if call.several() {
            return format!("{who} calls {}{thread}.", call.name);
        }
        let args = quotes_cut(&call.args, QUOTED);
        let text = format!("{}({args})", call.name);
        let text = code(&clipped(&text, LONGEST));
        if row.times > 1 && (row.block == 1 || row.mixed) {
            let all = call.repeated(row.times);
            return match &call.errno {
                Some(errno) => format!(
                    "{who} calls {text}{thread} {all}; each fails with \
                     {}.",
                    code(errno)
                ),
                None => format!("{who} calls {text}{thread} {all}."),
            };
        }
        let outcome = outcome(call);
        match &call.phase {
            Phase::Whole => format!("{who} calls {text}{thread}, {outcome}."),
            Phase::Begin => {
                format!("{who} calls {text}{thread}; it has not returned yet.")
            }
            Phase::End => {
                let after = match call.took {
                    Some(took) if took >= 1000 => {
                        format!(" after {}", duration(took))
                    }
                    _ => String::new(),
                };
                let outcome = outcome.trim_start_matches("which ");
                format!("{who}'s {text} {outcome}{after}.")
            }
            Phase::Never => {
                format!("{who} calls {text}{thread}, which never returns.")
            }
            Phase::Interrupted(signal) => format!(
                "{who} calls {text}{thread}, which {signal} interrupts; its \
                 kernel starts it again."
            ),
        }
    }

    fn packet(&self, packet: &PacketPart) -> Vec<String> {
        let from = capital(&self.kernel(packet.from));
        let to = self.kernel(packet.to);
        let again = if packet.again { " again" } else { "" };
        let mut sentences = Vec::new();
        let what = match packet.shape {
            Shape::Syn => "SYN".to_owned(),
            Shape::SynAck => "SYN and ACK".to_owned(),
            Shape::Ack => "ACK".to_owned(),
            Shape::Open => {
                sentences.push(format!(
                    "{from} and {to} exchange SYN, SYN and ACK, and \
                     ACK{again}."
                ));
                return sentences;
            }
            Shape::Data if packet.count > 1 => format!(
                "{} in {} packets",
                bytes(packet.length),
                grouped(packet.count as u64)
            ),
            Shape::Data => data(packet),
            Shape::Fin if packet.length > 0 => {
                format!("{} and FIN: end of stream", data(packet))
            }
            Shape::Fin => "FIN: end of stream".to_owned(),
            Shape::Rst => "RST: it resets the connection".to_owned(),
        };
        sentences.push(match packet.shape {
            Shape::Rst => format!("{from} sends {to} {what}{again}."),
            _ => format!("{from} sends {what} to {to}{again}."),
        });
        if let Some(urgent) = &packet.urgent {
            sentences.push(match urgent.bytes.get(urgent.place) {
                Some(byte) => format!(
                    "The urgent pointer designates the byte {}.",
                    code(byte)
                ),
                None => "It says that there is an urgent byte.".to_owned(),
            });
        }
        if let Some(why) = &packet.unanswered {
            sentences.push(if why.starts_with("dropped") {
                format!(
                    "{} drops it, because the accept queue is full.",
                    capital(&to)
                )
            } else {
                "Nothing answers it.".to_owned()
            });
        }
        sentences
    }

    fn state(
        &self,
        below: &Below,
        name: &str,
        inferred: bool,
        peer: Option<usize>,
    ) -> String {
        let whose = self.whose(below.column);
        // A server has a socket for each client.
        let several = self.picture.columns.len() > 2 && !self.asks(below);
        let whose = match (below.tag, peer) {
            (Some(tag), _) if self.asks(below) => {
                format!("{whose} socket {tag}")
            }
            (None, Some(peer)) if several => {
                format!("{whose} socket for {}", self.the(peer))
            }
            _ => format!("{whose} socket"),
        };
        if inferred {
            format!("{whose} must now be {name}")
        } else {
            format!("{whose} is now {name}")
        }
    }

    /// Whether the socket is the one that connected: its number is known.
    fn asks(&self, below: &Below) -> bool {
        self.picture.columns[below.column].kind != Kind::Far
            && !self.picture.columns[below.column].listens
    }

    fn queue(&self, below: &Below) -> String {
        let the = self.the(below.column);
        match &below.what {
            Fact::Accept { wait, backlog } => {
                let (verb, noun) = if *wait == 1 {
                    ("waits", "connection")
                } else {
                    ("wait", "connections")
                };
                format!(
                    "{wait} {noun} {verb} in the accept queue of {the}; the \
                     backlog is {backlog}."
                )
            }
            Fact::Unread(number) => {
                let verb = if *number == 1 { "waits" } else { "wait" };
                format!(
                    "{} {verb} for {the} to read {}.",
                    bytes((*number).into()),
                    if *number == 1 { "it" } else { "them" }
                )
            }
            Fact::Unconfirmed(number) => format!(
                "{} keeps {} that the peer's kernel has not confirmed.",
                capital(&self.kernel(below.column)),
                bytes((*number).into())
            ),
            Fact::State { .. } | Fact::Closes => String::new(),
        }
    }

    /// Somebody at the beginning of a sentence.
    fn subject(&self, column: usize) -> String {
        capital(&self.the(column))
    }

    /// `the server`, `client A`.
    fn the(&self, column: usize) -> String {
        let Some(known) = self.picture.columns.get(column) else {
            return "somebody".to_owned();
        };
        let name = &known.name;
        match known.kind {
            Kind::Far => format!("the {name}"),
            Kind::Nobody | Kind::Unknown => name.clone(),
            _ if name.contains(' ') => name.clone(),
            _ => format!("the {name}"),
        }
    }

    fn whose(&self, column: usize) -> String {
        match self.picture.columns[column].kind {
            Kind::Far => "the accepting".to_owned(),
            Kind::Nobody => "nobody's".to_owned(),
            _ => format!("{}'s", self.the(column)),
        }
    }

    fn kernel(&self, column: usize) -> String {
        match self.picture.columns.get(column).map(|c| c.kind) {
            Some(Kind::Far) => "the same kernel".to_owned(),
            Some(Kind::Nobody) => format!(
                "the kernel at {}",
                self.the(column).trim_start_matches("nobody at ")
            ),
            _ => format!("{}'s kernel", self.the(column)),
        }
    }
}

/// `which returns 4`.
fn outcome(call: &CallPart) -> String {
    let Some(result) = &call.result else {
        return "which has no result".to_owned();
    };
    match &call.errno {
        Some(errno) if errno == "EINTR" => {
            format!("which returns -1: {}, a signal came", code(errno))
        }
        Some(errno) if call.not_yet() => {
            format!("which returns -1: {}, not yet", code(errno))
        }
        Some(errno) => format!("which fails with {}", code(errno)),
        None => {
            let result = quotes_cut(result, QUOTED);
            format!("which returns {}", code(&clipped(&result, LONGEST)))
        }
    }
}

fn data(packet: &PacketPart) -> String {
    if packet.whole && packet.head.chars().count() <= QUOTED {
        format!("{} {}", bytes(packet.length), code(&packet.head))
    } else {
        bytes(packet.length)
    }
}

fn code(text: &str) -> String {
    format!("{}{text}{}", CODE[0], CODE[1])
}

fn listed(names: &[&str]) -> String {
    match names {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [all @ .., last] => format!("{} and {last}", all.join(", ")),
    }
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    match chars.next() {
        Some(first) => first.to_uppercase().chain(chars).collect(),
        None => String::new(),
    }
}

/// A text that may lack its full stop.
fn sentence(text: &str) -> String {
    let text = capital(text.trim());
    if text.ends_with(['.', '!', '?']) {
        text
    } else {
        format!("{text}.")
    }
}

#[cfg(test)]
mod tests {
    use super::{markdown, tell};
    use crate::layout::{Options, layout};
    use crate::made::{conversation, empty, hostile, recorded};

    fn story() -> String {
        tell(&layout(&conversation(), &Options::default())).join("\n")
    }

    #[test]
    fn errors_ends_and_resets_are_told() {
        let story = story();
        for words in [
            "fails with EINVAL",
            "returns -1: EAGAIN, not yet",
            "fails with EPIPE",
            "The server's kernel sends FIN: end of stream to the client's \
             kernel.",
            "The server's kernel sends the client's kernel RST: it resets \
             the connection.",
            "The urgent pointer designates the byte P.",
            "The server gets the signal SIGURG.",
            "The client is killed by SIGPIPE.",
            "The server calls accept(3), which never returns.",
            "1 connection waits in the accept queue of the server; the \
             backlog is 8.",
        ] {
            assert!(story.contains(words), "no {words:?} in\n{story}");
        }
    }

    #[test]
    fn every_row_is_told() {
        for (name, recording) in recorded() {
            let picture = layout(&recording, &Options::default());
            let steps = tell(&picture);
            assert!(steps.len() > picture.rows.len(), "{name}");
            for step in steps {
                assert!(step.ends_with('.'), "{name}: {step}");
                assert!(!step.chars().any(char::is_control), "{name}");
            }
        }
    }

    #[test]
    fn every_error_of_a_call_that_has_a_row_is_told() {
        for (name, recording) in recorded() {
            let picture = layout(&recording, &Options::default());
            let story = tell(&picture).join("\n");
            for row in &picture.rows {
                if let Some(call) = &row.call
                    && let Some(errno) = &call.errno
                {
                    assert!(story.contains(errno), "{name}: {errno}");
                }
            }
        }
    }

    #[test]
    fn the_list_has_a_number_a_step_and_a_line_a_sentence() {
        let mut made = empty();
        made.handshake();
        let text = markdown(&layout(&made, &Options::default()));
        assert!(
            text.starts_with(
                "1. This is a run of `made`.\n   2 processes take part: client \
             and server.\n2. The server calls `listen(3, 8)`, which returns \
             `0`.\n"
            ),
            "{text}"
        );
    }

    #[test]
    fn names_are_no_markup() {
        let text = markdown(&layout(&hostile(), &Options::default()));
        assert!(!text.contains("\n\n"), "{text}");
        let mut code = false;
        for line in text.lines() {
            for part in line.split('`') {
                assert!(code || !part.contains(" <"), "{line}");
                code = !code;
            }
            code = false;
        }
    }
}
