//! What the terminal can do: colours, width, a line of progress.

use std::env;
use std::fmt::{Arguments, Display};
use std::io::{IsTerminal, Write, stderr, stdout};

use nix::libc;

use crate::build::News;

/// `println!` for readers that may have enough: `cargo lab list | head`.
macro_rules! say {
    () => { say_part!("\n") };
    ($($part:tt)*) => {
        say_part!("{}\n", format_args!($($part)*))
    };
}

/// `print!` for such readers.
macro_rules! say_part {
    ($($part:tt)*) => {
        $crate::screen::write(format_args!($($part)*))
    };
}

/// Writes to standard output; where nobody reads any more, that is the end.
pub(crate) fn write(text: Arguments<'_>) {
    let mut out = stdout().lock();
    if out.write_fmt(text).and_then(|()| out.flush()).is_err() {
        // The judge ends with its standard input, and Cargo with its output.
        std::process::exit(0);
    }
}

/// Writes to standard error; `eprint!` panics where nobody reads that.
pub(crate) fn complain(text: impl Display) {
    // Nobody needs to hear it.
    let _ = write!(stderr(), "{text}");
}

/// Colours only where somebody sees them: `colored` knows `NO_COLOR`,
/// `CLICOLOR` and pipes, but not terminals that have none.
pub(crate) fn choose_colours() {
    if env::var_os("TERM").is_some_and(|term| term == "dumb") {
        colored::control::set_override(false);
    }
}

/// Whether the compiler's messages are coloured: they go to standard error,
/// and `colored` has looked at standard output.
pub(crate) fn is_coloured() -> bool {
    colored::control::SHOULD_COLORIZE.should_colorize()
        && (stderr().is_terminal() || !stdout().is_terminal())
}

/// Columns of the terminal: 80 where there is none or it says 0, 20 at least.
pub(crate) fn width() -> usize {
    const ELSE: usize = 80;
    const LEAST: usize = 20;
    const MOST: usize = 100;

    let given = env::var("COLUMNS").ok().and_then(|c| c.parse().ok());
    let asked = || asked().map(|size| usize::from(size.ws_col));
    match given.or_else(asked).unwrap_or(ELSE) {
        0 => ELSE,
        columns => columns.clamp(LEAST, MOST),
    }
}

nix::ioctl_read_bad!(window_size, libc::TIOCGWINSZ, libc::winsize);

fn asked() -> Option<libc::winsize> {
    use std::os::fd::AsRawFd;

    let out = stdout();
    if !out.is_terminal() {
        return None;
    }
    let mut size = libc::winsize {
        ws_row: 0,
        ws_col: 0,
        ws_xpixel: 0,
        ws_ypixel: 0,
    };
    // SAFETY: `size` is what the call fills in.
    #[expect(unsafe_code, reason = "std does not tell a terminal's width")]
    unsafe { window_size(out.as_raw_fd(), &raw mut size) }.ok()?;
    Some(size)
}

/// Whether text fits on the terminal without scrolling; also where nobody
/// knows how high that is.
pub(crate) fn fits(text: &str) -> bool {
    match asked().map(|size| usize::from(size.ws_row)) {
        None | Some(0) => true,
        Some(rows) => text.lines().count() < rows,
    }
}

/// A text of the tables, which has one sentence to a line, as paragraphs.
pub(crate) fn flow(text: &str) -> String {
    let paragraphs = text.trim().split("\n\n");
    let joined = paragraphs.map(|text| text.replace('\n', " "));
    joined.collect::<Vec<_>>().join("\n\n")
}

/// Text broken at blanks to fit the terminal, each line behind `indent`.
pub(crate) fn wrap(text: &str, indent: &str) -> String {
    hang(text, indent, indent)
}

/// The same, with another indent for the first line.
pub(crate) fn hang(text: &str, first: &str, others: &str) -> String {
    let options = textwrap::Options::new(width())
        .initial_indent(first)
        .subsequent_indent(others)
        // A path or a command is not broken: it is clicked on, or copied.
        .word_separator(textwrap::WordSeparator::AsciiSpace)
        .word_splitter(textwrap::WordSplitter::NoHyphenation)
        .break_words(false);
    textwrap::fill(text, options)
}

/// Cargo is at work elsewhere.
pub(crate) const LOCKED: &str = "Another Cargo is at work here (an editor's, \
    perhaps); this goes on when that has ended.";

/// Progress of a build, for a terminal on one line that the next one
/// overwrites.
pub(crate) fn tell_of_build(news: &News<'_>) {
    let mut err = stderr();
    // Nobody needs to hear it.
    let _ = match news {
        News::Locked => writeln!(err, "{}", wrap(LOCKED, "")),
        News::Compiling(name) if err.is_terminal() => {
            let line = format!("compiling {name}");
            let short: String = line.chars().take(width() - 1).collect();
            write!(err, "\r\x1b[K{short}")
        }
        News::Compiling(_) => Ok(()),
    };
}

/// Wipes the line of progress.
pub(crate) fn hush() {
    let mut err = stderr();
    if err.is_terminal() {
        let _ = write!(err, "\r\x1b[K");
    }
}
