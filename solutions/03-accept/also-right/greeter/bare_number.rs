//! Right: nix's own accept, the bare number closed by hand on every way out.

use std::io::Write;
use std::net::TcpListener;
use std::os::fd::AsRawFd;
use std::process::ExitCode;

use nix::errno::Errno;
use nix::sys::socket::{MsgFlags, accept, send};
use nix::unistd::close;

pub fn main() -> ExitCode {
    let Ok(listener) = TcpListener::bind(("127.0.0.1", 0)) else {
        eprintln!("cannot listen");
        return ExitCode::FAILURE;
    };
    let address = listener.local_addr().expect("it is bound");
    let mut out = std::io::stdout();
    let _ = writeln!(out, "listening on {address}");
    let _ = out.flush();
    let mut greeted = 0;
    loop {
        let client = match accept(listener.as_raw_fd()) {
            Ok(client) => client,
            Err(Errno::EINTR | Errno::ECONNABORTED) => continue,
            Err(errno) => {
                eprintln!("accept: {errno}");
                return ExitCode::FAILURE;
            }
        };
        greeted += 1;
        let line = format!("you are client {greeted}\n").into_bytes();
        let mut sent = 0;
        while sent < line.len() {
            match send(client, &line[sent..], MsgFlags::empty()) {
                Ok(count) => sent += count,
                Err(Errno::EINTR) => {}
                Err(_) => break,
            }
        }
        let _ = close(client);
    }
}
