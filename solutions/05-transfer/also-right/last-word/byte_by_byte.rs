//! Right: reads the answer byte by byte, and lets `recv` tell what `shutdown`
//! has met.

use std::io::{self, Read};
use std::net::TcpStream;
use std::os::fd::AsRawFd;
use std::process::ExitCode;

use nix::errno::Errno;
use nix::sys::socket::{MsgFlags, Shutdown, recv, send, shutdown};

pub fn main() -> ExitCode {
    let address = std::env::args().nth(1).expect("ADDRESS:PORT");
    let connection = TcpStream::connect(address).expect("connect");
    let fd = connection.as_raw_fd();
    let mut input = Vec::new();
    io::stdin().read_to_end(&mut input).expect("standard input");
    let mut rest = &input[..];
    while !rest.is_empty() {
        match send(fd, rest, MsgFlags::empty()) {
            Ok(count) => rest = &rest[count..],
            Err(Errno::EINTR) => {}
            Err(errno) => return broken(errno, 0),
        }
    }
    // Where this fails, the next `recv` says why.
    let _ = shutdown(fd, Shutdown::Write);
    let mut byte = [0];
    for count in 0.. {
        match recv(fd, &mut byte, MsgFlags::empty()) {
            Ok(0) => {
                println!("end of stream after {count} bytes");
                break;
            }
            Ok(_) => {}
            Err(errno) => return broken(errno, count),
        }
    }
    ExitCode::SUCCESS
}

fn broken(errno: Errno, count: u64) -> ExitCode {
    if matches!(errno, Errno::EPIPE | Errno::ECONNRESET) {
        println!("reset after {count} bytes");
        return ExitCode::from(3);
    }
    eprintln!("the connection: {errno}");
    ExitCode::from(1)
}
