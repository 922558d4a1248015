//! Right: reads byte by byte, and prints each byte when it comes.

use std::env;
use std::io::{self, Write};
use std::net::SocketAddrV4;
use std::os::fd::AsRawFd;
use std::process::ExitCode;

use anyhow::Result;
use nix::sys::socket::{
    AddressFamily, MsgFlags, SockFlag, SockType, SockaddrIn, connect, recv,
    send, socket,
};

pub fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<()> {
    let args: Vec<String> = env::args().skip(1).collect();
    let address: SocketAddrV4 = args[0].parse()?;
    let (family, kind) = (AddressFamily::Inet, SockType::Stream);
    let connection = socket(family, kind, SockFlag::empty(), None)?;
    let fd = connection.as_raw_fd();
    connect(fd, &SockaddrIn::from(address))?;
    // The word and the newline in two calls.
    send(fd, args[1].as_bytes(), MsgFlags::empty())?;
    send(fd, b"\n", MsgFlags::empty())?;
    let mut byte = [0];
    while recv(fd, &mut byte, MsgFlags::empty())? == 1 {
        io::stdout().write_all(&byte)?;
        io::stdout().flush()?;
    }
    Ok(())
}
