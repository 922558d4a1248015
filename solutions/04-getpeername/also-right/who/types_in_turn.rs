//! Right: tries one type of address after the other.

use std::process::ExitCode;

use nix::errno::Errno;
use nix::sys::socket::{SockaddrIn, SockaddrIn6, UnixAddr, getpeername};

pub fn main() -> ExitCode {
    match ask() {
        Ok(line) => {
            println!("{line}");
            ExitCode::SUCCESS
        }
        Err(Errno::ENOTSOCK) => nobody("not a socket"),
        Err(Errno::ENOTCONN) => nobody("not connected"),
        Err(errno) => nobody(errno.desc()),
    }
}

fn nobody(why: &str) -> ExitCode {
    eprintln!("nobody is there");
    println!("{why}");
    ExitCode::from(1)
}

fn ask() -> nix::Result<String> {
    match getpeername::<SockaddrIn>(0) {
        Err(Errno::EINVAL) => {}
        peer => {
            let peer = peer?;
            return Ok(format!("IPv4 {} port {}", peer.ip(), peer.port()));
        }
    }
    match getpeername::<SockaddrIn6>(0) {
        Err(Errno::EINVAL) => {}
        peer => {
            let (ip, port) = (peer?.ip(), peer?.port());
            return Ok(match ip.to_ipv4_mapped() {
                Some(ip) => format!("IPv4 {ip} port {port}"),
                None => format!("IPv6 {ip} port {port}"),
            });
        }
    }
    let peer: UnixAddr = getpeername(0)?;
    Ok(match peer.path() {
        Some(path) => format!("local {}", path.display()),
        None => "local, unnamed".to_owned(),
    })
}
