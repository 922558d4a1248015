//! Text of others, made harmless: what a student's program printed, what a
//! folder is called, what the compiler says of a hostile file.
//!
//! Two steps, and every adapter takes both. [`tidy`] leaves no character
//! that a terminal, an XML parser or the order of writing would obey; it is
//! done once, to the whole record. What is left can still mean something in
//! one format (`<` in HTML, `|` in Markdown, `=` in a spreadsheet): that is
//! quoted where the format is written.

use std::fmt::Write as _;

/// Whether a reader would not see this character as what it does.
fn is_harmful(c: char) -> bool {
    c.is_control()
        || matches!(c,
            // Marks, embeddings, overrides and isolates: they turn the order
            // of what stands around them.
            '\u{61c}' | '\u{200e}' | '\u{200f}'
            | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
            // Lines and paragraphs that end without a line feed.
            | '\u{2028}' | '\u{2029}'
            // Nothing to be seen; the joiners U+200C and U+200D stay, since
            // names need them.
            | '\u{ad}' | '\u{200b}' | '\u{2060}'..='\u{2064}' | '\u{feff}'
            | '\u{206a}'..='\u{206f}' | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e007f}'
            // No characters at all, the first two also for XML.
            | '\u{fffe}' | '\u{ffff}')
}

/// The text in one line, each harmful character as Rust writes it (`\u{1b}`,
/// `\n`), and no more than `most` characters of it.
pub(crate) fn line(text: &str, most: usize) -> String {
    tidy(text, most, |_| false)
}

/// Whether [`line`] would leave the text as it is; for plain ASCII only.
pub(crate) fn is_line(text: &str, most: usize) -> bool {
    text.len() <= most && text.bytes().all(|b| matches!(b, b' '..=b'~'))
}

/// [`line`] with the line feeds and tabulators that the text has.
pub(crate) fn lines(text: &str, most: usize) -> String {
    // What ends a line on Windows is no harm.
    tidy(&text.replace("\r\n", "\n"), most, |c| {
        c == '\n' || c == '\t'
    })
}

fn tidy(text: &str, most: usize, stays: impl Fn(char) -> bool) -> String {
    let mut tidy = String::with_capacity(text.len().min(most));
    for (at, c) in text.chars().enumerate() {
        if at == most {
            let rest = text.chars().count() - most;
            let _ = write!(tidy, " … ({} more characters)", number(rest));
            break;
        }
        if is_harmful(c) && !stays(c) {
            tidy.extend(c.escape_default());
        } else {
            tidy.push(c);
        }
    }
    tidy
}

/// A number as the book writes it: 1,048,576.
pub(crate) fn number(n: usize) -> String {
    let digits = n.to_string();
    let mut grouped = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// One line as a paragraph or a table's cell of Markdown: whatever it holds,
/// it stays text, also for the extensions of GitHub (tables, addresses that
/// become links, mentions, formulas, HTML).
pub(crate) fn markdown(line: &str) -> String {
    let mut text = String::with_capacity(line.len());
    // Blanks at the start of an item would belong to the list.
    let mut rest = line.trim().chars().peekable();
    // Whether there were only digits so far, as before `1. one`.
    let mut is_number = true;
    while let Some(c) = rest.next() {
        let is_first = text.is_empty();
        match c {
            '&' => text.push_str("&amp;"),
            '<' => text.push_str("&lt;"),
            '>' => text.push_str("&gt;"),
            // A mention is looked for after Markdown has become HTML, where a
            // backslash is gone; not in code.
            '@' => text.push_str("<code>@</code>"),
            '\n' | '\r' => text.push(' '),
            '\\' | '`' | '*' | '_' | '[' | ']' | '#' | '|' | '~' | '$' => {
                text.push('\\');
                text.push(c);
            }
            // A list, a rule, the line below a heading.
            '-' | '+' | '=' if is_first => {
                text.push('\\');
                text.push(c);
            }
            '.' | ')' if is_number && !is_first => {
                text.push('\\');
                text.push(c);
            }
            // An address, or a picture by its name.
            ':' if rest.peek().is_some_and(|next| *next != ' ') => {
                text.push_str("\\:");
            }
            '.' if text.to_ascii_lowercase().ends_with("www") => {
                text.push_str("\\.");
            }
            c => text.push(c),
        }
        is_number &= c.is_ascii_digit();
    }
    text
}

/// One line as HTML, where no template quotes it.
pub(crate) fn html(line: &str) -> String {
    line.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('\'', "&#39;")
}

/// Lines as a block of Markdown that nothing in them can end.
pub(crate) fn fenced(text: &str) -> String {
    let longest = text
        .split(|c| c != '`')
        .map(str::len)
        .max()
        .unwrap_or_default();
    let fence = "`".repeat(longest.max(2) + 1);
    format!("{fence}text\n{}\n{fence}\n", text.trim_end_matches('\n'))
}

/// A cell that no spreadsheet takes for a formula.
pub(crate) fn cell(text: &str) -> String {
    let first = text.trim_start().chars().next();
    let is_formula = matches!(
        first,
        // The wide ones count as well where people write with them.
        Some('=' | '+' | '-' | '@' | '＝' | '＋' | '－' | '＠')
    ) || text.starts_with(['\t', '\r', '\n']);
    if is_formula {
        format!("'{text}")
    } else {
        text.to_owned()
    }
}

/// A check's name as the sentence that it is.
pub(crate) fn sentence(check: &str) -> String {
    check.replace('_', " ")
}

/// `1 point`, `5 points`.
pub(crate) fn points(n: u32) -> String {
    count(n as usize, "point")
}

/// `1 check`, `5 checks`.
pub(crate) fn count(n: usize, one: &str) -> String {
    let s = if n == 1 { "" } else { "s" };
    format!("{} {one}{s}", number(n))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_obeys_is_spelled_out() {
        assert_eq!(line("\x1b[2Jok\r\n\x07", 99), "\\u{1b}[2Jok\\r\\n\\u{7}");
        assert_eq!(line("\u{9b}31m", 99), "\\u{9b}31m");
        assert_eq!(line("ab\u{202e}cd", 99), "ab\\u{202e}cd");
        assert_eq!(line("José \u{1f469}\u{200d}\u{1f52c}", 99).len(), 17);
    }

    #[test]
    fn long_text_is_cut_at_a_character_and_says_so() {
        let text = "é".repeat(1_234_567);
        let cut = line(&text, 10);
        assert_eq!(
            cut,
            format!("{} … (1,234,557 more characters)", "é".repeat(10))
        );
    }

    #[test]
    fn only_lines_keep_their_ends() {
        assert_eq!(lines("a\r\n\tb\rc", 99), "a\n\tb\\rc");
        assert_eq!(line("a\n\tb", 99), "a\\n\\tb");
    }

    #[test]
    fn a_formula_is_text() {
        for formula in ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", " =1", "＝1"] {
            assert_eq!(cell(formula), format!("'{formula}"));
        }
        assert_eq!(cell("ana=1"), "ana=1");
    }

    #[test]
    fn a_fence_is_longer_than_what_it_holds() {
        let block = fenced("a\n````\nb");
        assert!(block.starts_with("`````text\n"));
        assert!(block.ends_with("\n`````\n"));
    }

    #[test]
    fn markdown_of_others_is_text() {
        for (text, quoted) in [
            ("a|b", "a\\|b"),
            ("<b>&amp;", "&lt;b&gt;&amp;amp;"),
            ("[x](y)", "\\[x\\](y)"),
            ("1. one", "1\\. one"),
            ("12) one", "12\\) one"),
            ("- one", "\\- one"),
            ("www.a.b", "www\\.a.b"),
            ("http://a", "http\\://a"),
            ("@ana", "<code>@</code>ana"),
            ("$a$ ~~b~~ #1", "\\$a\\$ \\~\\~b\\~\\~ \\#1"),
            // What means nothing stays as it is.
            ("ana-lopez: 1.5, (2)", "ana-lopez: 1.5, (2)"),
        ] {
            assert_eq!(markdown(text), quoted);
        }
    }
}
