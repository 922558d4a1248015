//! How a program starts and ends: arguments in, one line on failure, an exit
//! code out.

use std::io::{self, Write};
use std::net::SocketAddrV4;
use std::process::ExitCode;
use std::{env, error, fmt};

use anyhow::Result;

/// Exit code of a program that was called with arguments it does not take.
const MISUSED: u8 = 2;

/// The arguments make no sense; the program answers with its usage and exit
/// code 2.
#[derive(Debug)]
pub struct Misuse(String);

impl fmt::Display for Misuse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl error::Error for Misuse {}

/// The error for arguments that the program does not take; `what` says which
/// and why, in a few words.
pub fn misuse(what: impl Into<String>) -> anyhow::Error {
    Misuse(what.into()).into()
}

/// An argument as an IPv4 address and port, `127.0.0.1:5555`.
///
/// Fails with [`Misuse`] where it is none.
pub fn address(arg: &str) -> Result<SocketAddrV4> {
    arg.parse()
        .map_err(|_| misuse(format!("{arg} is not an IPv4 address and port")))
}

/// Standard output could not be written.
#[derive(Debug)]
pub struct OutputError(pub io::Error);

impl fmt::Display for OutputError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "write to standard output: {}", self.0)
    }
}

impl error::Error for OutputError {}

/// Runs a program: hands `run` the arguments and turns what comes back into
/// an exit code.
///
/// - 0: `run` returned `Ok`, or nobody reads standard output any more
///   (`connect | head -1`), or the argument was `--help`.
/// - 1: `run` failed. Its error stands on standard error, in one line.
/// - 2: `run` returned [`Misuse`]. `usage` follows on standard error.
///
/// The error is printed here and not returned from `main`, because anyhow
/// would add a backtrace where `RUST_BACKTRACE` is set.
pub fn main(usage: &str, run: impl FnOnce(&[&str]) -> Result<()>) -> ExitCode {
    match arguments().and_then(|args| {
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        match args[..] {
            ["-h" | "--help"] => help(usage),
            _ => run(&args),
        }
    }) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(usage, &error),
    }
}

fn arguments() -> Result<Vec<String>> {
    env::args_os()
        .skip(1)
        .map(|arg| {
            arg.into_string().map_err(|arg| {
                misuse(format!("{} is not UTF-8", arg.to_string_lossy()))
            })
        })
        .collect()
}

fn help(usage: &str) -> Result<()> {
    writeln!(io::stdout(), "{usage}").map_err(OutputError)?;
    Ok(())
}

fn fail(usage: &str, error: &anyhow::Error) -> ExitCode {
    let output = error.chain().find_map(|e| e.downcast_ref::<OutputError>());
    if output.is_some_and(|e| e.0.kind() == io::ErrorKind::BrokenPipe) {
        return ExitCode::SUCCESS;
    }
    // Where standard error is closed too there is nobody left to tell.
    if error.is::<Misuse>() {
        let _ = writeln!(io::stderr(), "{error}\n{usage}");
        ExitCode::from(MISUSED)
    } else {
        let _ = writeln!(io::stderr(), "{error:#}");
        ExitCode::FAILURE
    }
}
