//! Texts that fit.

use unicode_width::UnicodeWidthStr;

use crate::layout::CallPart;

/// How many columns a text takes.
pub(crate) fn columns(text: &str) -> usize {
    text.width()
}

/// The first characters of a text, where it has more than fit.
pub(crate) fn clipped(text: &str, most: usize) -> String {
    if columns(text) <= most {
        return text.to_owned();
    }
    let mut clipped = String::new();
    for c in text.chars() {
        let next = format!("{clipped}{c}…");
        if columns(&next) > most {
            break;
        }
        clipped.push(c);
    }
    clipped.push('…');
    clipped
}

/// A call in so many characters: what came back stays, its arguments go first.
pub(crate) fn shortened(call: &CallPart, most: usize) -> String {
    let fits = |text: &String| columns(text) <= most;
    let text = call.text();
    if fits(&text) {
        return text;
    }
    // The machine is this one, in every recording of the book.
    let mut short = call.clone();
    short.args = short.args.replace("127.0.0.1:", ":");
    short.result = short.result.map(|r| r.replace("127.0.0.1:", ":"));
    let text = short.text();
    if fits(&text) {
        return text;
    }
    for length in [16, 8, 4, 0] {
        short.args = quotes_cut(&short.args, length);
        short.result = short.result.map(|r| quotes_cut(&r, length));
        let text = short.text();
        if fits(&text) {
            return text;
        }
    }
    let first = short.args.split(", ").next().unwrap_or_default();
    if first.len() < short.args.len() {
        short.args = format!("{first}, …");
    }
    clipped(&short.text(), most)
}

/// The text with so many characters of what stands in quotation marks.
fn quotes_cut(text: &str, length: usize) -> String {
    let mut cut = String::new();
    let mut inside: Option<usize> = None;
    let mut escaped = false;
    for c in text.chars() {
        match &mut inside {
            None => {
                cut.push(c);
                if c == '"' {
                    inside = Some(0);
                }
            }
            Some(_) if c == '"' && !escaped => {
                cut.push(c);
                inside = None;
            }
            Some(count) => {
                *count += 1;
                if *count <= length {
                    cut.push(c);
                } else if *count == length + 1 && c != '…' {
                    cut.push('…');
                }
            }
        }
        escaped = c == '\\' && !escaped;
    }
    cut
}
