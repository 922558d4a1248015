//! late-mark: throw away what a client sent before its urgent byte, and print
//! what it sent behind it. The mark may be there already, or come at any time.
//!
//! Task: exercises/09-out-of-band/README.md
//! Check: cargo lab check late-mark

use std::io::{self, Read, Stdin, Write};
use std::os::fd::AsRawFd;
use std::process::ExitCode;

use anyhow::{Context, Result};
use nix::errno::Errno;
use nix::sys::socket::{MsgFlags, recv};

const USAGE: &str = "\
usage: ex-late-mark, with a connection as descriptor 0
example: socat TCP-LISTEN:5555,reuseaddr EXEC:target/debug/ex-late-mark,nofork";

fn main() -> ExitCode {
    if std::env::args().count() > 1 {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    }
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<()> {
    let (mut connection, mut out) = (io::stdin(), io::stdout());
    let Some(count) = discard_until_mark(&connection)? else {
        return writeln!(out, "no mark").context("print");
    };
    writeln!(out, "{count} bytes discarded").context("print")?;
    // At the mark: the first of these reads steps over the urgent byte, which
    // nobody needs here.
    let mut behind = Vec::new();
    connection.read_to_end(&mut behind).context("read")?;
    out.write_all(&behind).context("print")?;
    out.flush().context("print")
}

/// Reads and throws away what was sent before the urgent byte. Returns how
/// many bytes that were, or `None` where the stream ends without a mark.
fn discard_until_mark(connection: &Stdin) -> Result<Option<usize>> {
    let (mut buffer, mut discarded) = ([0; 1024], 0);
    while !sys::at_mark(connection).context("SIOCATMARK")? {
        match recv(connection.as_raw_fd(), &mut buffer, MsgFlags::empty()) {
            Ok(0) => return Ok(None),
            Ok(count) => discarded += count,
            Err(Errno::EINTR) => {}
            Err(errno) => return Err(errno).context("recv"),
        }
    }
    Ok(Some(discarded))
}
