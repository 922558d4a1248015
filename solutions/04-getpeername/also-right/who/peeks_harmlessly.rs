//! Right: peeks, asks for SO_TYPE first, prints through a buffer.

use std::io::{self, BufWriter, Write};
use std::os::fd::AsRawFd;
use std::process::ExitCode;

use nix::errno::Errno;
use nix::sys::socket::{
    MsgFlags, SockaddrStorage, getpeername, getsockopt, recv, sockopt,
};

pub fn main() -> ExitCode {
    let mut out = BufWriter::new(io::stdout());
    let stdin = io::stdin();
    if getsockopt(&stdin, sockopt::SockType) == Err(Errno::ENOTSOCK) {
        writeln!(out, "not a socket").expect("stdout");
        return ExitCode::FAILURE;
    }
    let look = MsgFlags::MSG_PEEK | MsgFlags::MSG_DONTWAIT;
    match recv(stdin.as_raw_fd(), &mut [0; 64], look) {
        Ok(0) => eprintln!("it will send no more"),
        Ok(count) => eprintln!("it has sent {count} bytes at least"),
        Err(errno) => eprintln!("it has sent nothing: {errno}"),
    }
    let Ok(peer) = getpeername::<SockaddrStorage>(stdin.as_raw_fd()) else {
        writeln!(out, "not connected").expect("stdout");
        return ExitCode::FAILURE;
    };
    let text = peer.to_string();
    if let Some(local) = peer.as_unix_addr() {
        match local.path() {
            Some(path) => writeln!(out, "local {}", path.display()),
            None => writeln!(out, "local, unnamed"),
        }
        .expect("stdout");
        return ExitCode::SUCCESS;
    }
    let (host, port) = text.rsplit_once(':').expect("a port");
    let host = host.trim_matches(['[', ']']);
    let host = host.strip_prefix("::ffff:").unwrap_or(host);
    let family = if host.contains(':') { 6 } else { 4 };
    writeln!(out, "IPv{family} {host} port {port}").expect("stdout");
    ExitCode::SUCCESS
}
