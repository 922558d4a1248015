//! Right: a thread waits in `connect` as long as it takes, and `main` waits for the thread.

use std::env;
use std::io::{self, ErrorKind};
use std::net::{SocketAddr, TcpStream};
use std::process::ExitCode;
use std::sync::mpsc;
use std::thread;
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
    let (tell, told) = mpsc::channel();
    thread::spawn(move || {
        // The signal is for `main`: it would interrupt `connect`.
        let mut signal = SigSet::empty();
        signal.add(Signal::SIGUSR1);
        let connected = match signal.thread_block() {
            Ok(()) => TcpStream::connect(to),
            Err(errno) => Err(errno.into()),
        };
        tell.send(connected)
    });
    let Ok(connected) = told.recv_timeout(limit) else {
        println!("timed out");
        return Ok(4);
    };
    if connected
        .as_ref()
        .is_err_and(|e| e.kind() == ErrorKind::ConnectionRefused)
    {
        println!("refused");
        return Ok(3);
    }
    let mut server = connected.context("connect")?;
    println!("connected");
    io::copy(&mut server, &mut io::stdout())?;
    Ok(0)
}

fn handle_sigusr1() -> nix::Result<()> {
    extern "C" fn nothing(_: i32) {}
    let handler = SigHandler::Handler(nothing);
    let action = SigAction::new(handler, SaFlags::empty(), SigSet::empty());
    // SAFETY: a handler that does nothing is signal-safe.
    unsafe { sigaction(Signal::SIGUSR1, &action) }.map(drop)
}
