//! Elements of SVG, and where their texts stand.

use std::fmt::Write as _;

/// What has been drawn.
#[derive(Debug, Default)]
pub(crate) struct Canvas {
    pub body: String,
    /// The boxes of all texts.
    pub texts: Vec<TextBox>,
}

/// Where a text stands at most.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct TextBox {
    pub left: f64,
    pub right: f64,
    pub top: f64,
    pub bottom: f64,
    pub text: String,
}

/// To which side of its place a text runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Anchor {
    Start,
    Middle,
    End,
}

/// How a text is set.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Font {
    pub class: &'static str,
    pub size: f64,
    /// The width of a character, as a share of the size.
    pub em: f64,
}

/// A call.
pub(crate) const CALL: Font = font("trace-call", 11.5, 0.605);
/// A call that failed.
pub(crate) const FAILED: Font = font("trace-call trace-bad", 11.5, 0.605);
/// A call that says *not yet*.
pub(crate) const NOT_YET: Font = font("trace-call trace-later", 11.5, 0.605);
/// What a packet says.
pub(crate) const LABEL: Font = font("trace-label", 12.0, 0.56);
/// What a reset says.
pub(crate) const RESET: Font = font("trace-label trace-bad", 12.0, 0.6);
/// What an end of stream says.
pub(crate) const FIN: Font = font("trace-label trace-fin", 12.0, 0.6);
/// What only confirms.
pub(crate) const PALE: Font = font("trace-pale", 11.0, 0.56);
/// A state that the kernel named.
pub(crate) const STATE: Font = font("trace-state", 11.0, 0.66);
/// A state that follows from the packets.
pub(crate) const INFERRED: Font =
    font("trace-state trace-inferred", 11.0, 0.66);
/// What waits in a queue.
pub(crate) const QUEUE: Font = font("trace-queue", 11.0, 0.54);
/// The name of a process.
pub(crate) const NAME: Font = font("trace-name", 13.0, 0.6);
/// Small print.
pub(crate) const SMALL: Font = font("trace-pale", 11.0, 0.53);
/// A byte.
pub(crate) const BYTE: Font = font("trace-call", 11.5, 0.605);

const fn font(class: &'static str, size: f64, em: f64) -> Font {
    Font { class, size, em }
}

impl Font {
    /// How wide a text is at most.
    pub fn width(&self, text: &str) -> f64 {
        // A character of two columns is two wide.
        let columns = crate::shorten::columns(text);
        f64::from(u32::try_from(columns).unwrap_or(u32::MAX))
            * self.size
            * self.em
    }

    /// How many characters fit into a width.
    pub fn fit(&self, width: f64) -> usize {
        let fit = width / (self.size * self.em);
        // Widths are a few hundred at most.
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a small number that is not negative"
        )]
        let whole = fit.max(0.0) as usize;
        whole
    }
}

impl Canvas {
    /// A text, and the width that it takes.
    pub fn text(
        &mut self,
        (x, y): (f64, f64),
        anchor: Anchor,
        font: Font,
        text: &str,
    ) {
        let width = font.width(text);
        let (word, left) = match anchor {
            Anchor::Start => ("", x),
            Anchor::Middle => (" text-anchor=\"middle\"", x - width / 2.0),
            Anchor::End => (" text-anchor=\"end\"", x - width),
        };
        self.texts.push(TextBox {
            left,
            right: left + width,
            top: y - font.size * 0.8,
            bottom: y + font.size * 0.2,
            text: text.to_owned(),
        });
        let _ = writeln!(
            self.body,
            "<text class=\"{}\" x=\"{}\" y=\"{}\"{word}>{}</text>",
            font.class,
            number(x),
            number(y),
            escape(text)
        );
    }

    pub fn line(&mut self, class: &str, from: (f64, f64), to: (f64, f64)) {
        let _ = writeln!(
            self.body,
            "<path class=\"{class}\" d=\"M{} {}L{} {}\"/>",
            number(from.0),
            number(from.1),
            number(to.0),
            number(to.1)
        );
    }

    /// A line through these places.
    pub fn path(&mut self, class: &str, places: &[(f64, f64)], close: bool) {
        let mut d = String::new();
        for (at, (x, y)) in places.iter().enumerate() {
            let verb = if at == 0 { 'M' } else { 'L' };
            let _ = write!(d, "{verb}{} {}", number(*x), number(*y));
        }
        if close {
            d.push('Z');
        }
        let _ = writeln!(self.body, "<path class=\"{class}\" d=\"{d}\"/>");
    }

    pub fn rect(
        &mut self,
        attributes: &str,
        (x, y): (f64, f64),
        (width, height): (f64, f64),
    ) {
        let _ = writeln!(
            self.body,
            "<rect {attributes} x=\"{}\" y=\"{}\" width=\"{}\" \
             height=\"{}\"/>",
            number(x),
            number(y),
            number(width),
            number(height)
        );
    }

    pub fn open(&mut self, title: &str) {
        let _ = writeln!(self.body, "<g><title>{}</title>", escape(title));
    }

    pub fn close(&mut self) {
        self.body.push_str("</g>\n");
    }
}

/// A length with one decimal at most.
pub(crate) fn number(length: f64) -> String {
    let text = format!("{length:.1}");
    let text = text.strip_suffix(".0").unwrap_or(&text);
    if text == "-0" { "0" } else { text }.to_owned()
}

/// A text for XML, and for Markdown around it: an empty line would end the
/// figure.
pub(crate) fn escape(text: &str) -> String {
    let mut escaped = String::new();
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            // mdBook would take what stands in double braces for its own.
            '{' => escaped.push_str("&#123;"),
            c if c.is_control() => escaped.push(' '),
            c => escaped.push(c),
        }
    }
    escaped
}
