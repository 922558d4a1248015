//! Texts that fit.

use unicode_width::UnicodeWidthStr;

use crate::layout::{CallPart, Phase};

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

/// A call in lines of so many characters, one or two: what came back stays,
/// what it sent goes first.
pub(crate) fn shortened(call: &CallPart, most: usize) -> Vec<String> {
    let mut short = call.clone();
    let fits = |short: &CallPart| columns(&short.text()) <= most;
    if fits(&short) {
        return vec![short.text()];
    }
    // The machine is this one, in every recording of the book.
    short.args = short.args.replace("127.0.0.1:", ":");
    short.result = short.result.map(|r| r.replace("127.0.0.1:", ":"));
    for length in [usize::MAX, 16, 8, 4] {
        short.args = quotes_cut(&short.args, length);
        short.result = short.result.map(|r| quotes_cut(&r, length));
        if fits(&short) {
            return vec![short.text()];
        }
    }
    if short.several() || short.phase != Phase::Whole {
        return textwrap::wrap(&short.text(), most.max(8))
            .into_iter()
            .map(|line| clipped(&line, most))
            .collect();
    }
    let mut first = format!("{}({})", short.name, short.args);
    if columns(&first) > most {
        let room = most.saturating_sub(columns(&short.name) + 2);
        first = format!("{}({})", short.name, clipped(&short.args, room));
    }
    vec![
        clipped(&first, most),
        clipped(short.outcome().trim_start(), most),
    ]
}

/// The text with so many characters of what stands in quotation marks.
pub(crate) fn quotes_cut(text: &str, length: usize) -> String {
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
