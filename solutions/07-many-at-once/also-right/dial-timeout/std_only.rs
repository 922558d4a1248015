//! Right: std's `connect_timeout` and `io::copy`; only the handler is nix's.

use std::env;
use std::io::ErrorKind;
use std::io::{self};
use std::net::{SocketAddr, TcpStream};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result};
use nix::sys::signal::{
    SaFlags, SigAction, SigHandler, SigSet, Signal, sigaction,
};

pub fn main() -> ExitCode {
    match run() {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<u8> {
    let words: Vec<String> = env::args().collect();
    let to: SocketAddr = words[1].parse()?;
    let limit = Duration::from_millis(words[2].parse()?);
    handle_sigusr1()?;
    println!("dialing {to}");
    match TcpStream::connect_timeout(&to, limit) {
        Ok(mut server) => {
            println!("connected");
            io::copy(&mut server, &mut io::stdout())?;
            Ok(0)
        }
        Err(error) if error.kind() == ErrorKind::ConnectionRefused => {
            println!("refused");
            Ok(3)
        }
        Err(error) if error.kind() == ErrorKind::TimedOut => {
            println!("timed out");
            Ok(4)
        }
        Err(error) => Err(error).context("connect"),
    }
}

fn handle_sigusr1() -> nix::Result<()> {
    extern "C" fn nothing(_: i32) {}
    let handler = SigHandler::Handler(nothing);
    let action = SigAction::new(handler, SaFlags::empty(), SigSet::empty());
    // SAFETY: a handler that does nothing is signal-safe.
    unsafe { sigaction(Signal::SIGUSR1, &action) }.map(drop)
}
