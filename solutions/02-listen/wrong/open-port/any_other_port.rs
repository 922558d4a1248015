//! Wrong: takes any other port where the one it was given is not free.
//! Fails: a_port_where_somebody_listens_is_not_shared
//! Told: expected: the program ends with exit code 1

use std::env;
use std::io::{self, Write};
use std::os::fd::{AsRawFd, OwnedFd};
use std::process::ExitCode;

use anyhow::{Context, Result};
use nix::errno::Errno;
use nix::sys::socket::{
    AddressFamily, Backlog, SockFlag, SockType, SockaddrIn, bind, getsockname,
    listen, setsockopt, socket, sockopt,
};

pub fn main() -> ExitCode {
    let args: Vec<String> = env::args().skip(1).collect();
    let [port, backlog] = &args[..] else {
        return ExitCode::from(2);
    };
    let (Ok(port), Ok(backlog)) = (port.parse(), backlog.parse()) else {
        return ExitCode::from(2);
    };
    match run(port, backlog) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(port: u16, backlog: i32) -> Result<()> {
    let listener = listening_socket(port, backlog)?;
    let address: SockaddrIn =
        getsockname(listener.as_raw_fd()).context("getsockname")?;
    let mut out = io::stdout();
    writeln!(out, "listening on {address}")
        .context("write to standard output")?;
    out.flush().context("write to standard output")?;
    take_one_for_each_line(&listener)
}

fn listening_socket(port: u16, backlog: i32) -> Result<OwnedFd> {
    let (family, kind) = (AddressFamily::Inet, SockType::Stream);
    let listener =
        socket(family, kind, SockFlag::empty(), None).context("socket")?;
    setsockopt(&listener, sockopt::ReuseAddr, &true).context("setsockopt")?;
    let address = SockaddrIn::new(127, 0, 0, 1, port);
    if bind(listener.as_raw_fd(), &address) == Err(Errno::EADDRINUSE) {
        let any = SockaddrIn::new(127, 0, 0, 1, 0);
        bind(listener.as_raw_fd(), &any).context("bind any port")?;
    }
    let backlog = Backlog::new(backlog).context("make a backlog")?;
    listen(&listener, backlog)
        .with_context(|| format!("listen on {address}"))?;
    Ok(listener)
}

fn take_one_for_each_line(listener: &OwnedFd) -> Result<()> {
    for line in io::stdin().lines() {
        line.context("read standard input")?;
        let (client, _) = sys::accept(listener).context("accept")?;
        drop(client);
    }
    Ok(())
}
