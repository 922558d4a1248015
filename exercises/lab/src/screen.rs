//! What the terminal can do: colours, width.

use std::env;
use std::io::{IsTerminal, stdout};

use nix::libc;

/// Colours only where somebody sees them: `colored` knows `NO_COLOR`,
/// `CLICOLOR` and pipes, but not terminals that have none.
pub(crate) fn choose_colours() {
    if env::var_os("TERM").is_some_and(|term| term == "dumb") {
        colored::control::set_override(false);
    }
}

/// Whether text is coloured.
pub(crate) fn is_coloured() -> bool {
    colored::control::SHOULD_COLORIZE.should_colorize()
}

/// Columns of the terminal: 80 where there is none or it says 0, 20 at least.
pub(crate) fn width() -> usize {
    const ELSE: usize = 80;
    const LEAST: usize = 20;
    const MOST: usize = 100;

    let given = env::var("COLUMNS").ok().and_then(|c| c.parse().ok());
    match given.or_else(asked).unwrap_or(ELSE) {
        0 => ELSE,
        columns => columns.clamp(LEAST, MOST),
    }
}

nix::ioctl_read_bad!(window_size, libc::TIOCGWINSZ, libc::winsize);

fn asked() -> Option<usize> {
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
    Some(usize::from(size.ws_col))
}

/// Text broken at blanks to fit the terminal, each line behind `indent`.
pub(crate) fn wrap(text: &str, indent: &str) -> String {
    let options = textwrap::Options::new(width())
        .initial_indent(indent)
        .subsequent_indent(indent);
    textwrap::fill(text, options)
}
