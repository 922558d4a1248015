//! What the terminal shows: one line for each step, on standard error.

use std::io::{self, IsTerminal, Write};

use colored::Colorize;

/// Turns colours off where standard error is no terminal, where the terminal
/// is a dumb one, or where `NO_COLOR` asks for it.
pub(crate) fn choose_colours() {
    let plain = std::env::var_os("NO_COLOR").is_some_and(|v| !v.is_empty())
        || std::env::var_os("TERM").is_some_and(|v| v == "dumb")
        || !io::stderr().is_terminal();
    colored::control::set_override(!plain);
}

/// A step: `building  12 pages`.
pub(crate) fn step(verb: &str, text: &str) {
    line(&format!("{:>10} {}", verb.green().bold(), one_line(text)));
}

/// Something that the reader should mend, though the work goes on.
pub(crate) fn warning(text: &str) {
    line(&format!(
        "{} {}",
        "warning:".yellow().bold(),
        one_line(text)
    ));
}

/// Why the work failed.
pub(crate) fn failed(text: &str) {
    line(&format!("{} {}", "error:".red().bold(), one_line(text)));
}

fn line(text: &str) {
    // `eprintln!` panics where standard error is closed or full; there is
    // nobody left to tell.
    let _ = writeln!(io::stderr(), "{text}");
}

/// Joins the lines of a message, without the excerpts that TOML errors draw.
pub(crate) fn one_line(text: &str) -> String {
    let kept: Vec<&str> = text
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !is_excerpt(line))
        .collect();
    kept.join(" ")
}

/// `  |`, `3 | title = x` and `  | ^^^` are lines of an excerpt.
fn is_excerpt(line: &str) -> bool {
    line.trim_start_matches(|c: char| c.is_ascii_digit())
        .trim_start()
        .starts_with('|')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_toml_error_becomes_one_line_without_its_excerpt() {
        let text = "bad at line 3\n  |\n3 | title =\n  | ^\nno value\n";
        assert_eq!(one_line(text), "bad at line 3 no value");
    }
}
