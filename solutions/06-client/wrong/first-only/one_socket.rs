//! Wrong: tries both addresses on one socket, which has one family.
//! Fails: the_second_address_is_tried_where_the_first_refuses
//! Told: on standard error
//! Believes: a-failed-socket-can-connect-again

use std::env;
use std::fs;
use std::io;
use std::net::{IpAddr, SocketAddr, TcpStream};
use std::os::fd::AsRawFd;
use std::process::ExitCode;

use nix::sys::socket::{
    AddressFamily, SockFlag, SockType, SockaddrStorage, connect, socket,
};

pub fn main() -> ExitCode {
    let args: Vec<String> = env::args().skip(1).collect();
    match run(&args[0], &args[1], &args[2]) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn run(file: &str, host: &str, port: &str) -> io::Result<()> {
    let addresses = addresses(file, host, port)?;
    let family = match addresses[0] {
        SocketAddr::V4(_) => AddressFamily::Inet,
        SocketAddr::V6(_) => AddressFamily::Inet6,
    };
    let server = socket(family, SockType::Stream, SockFlag::empty(), None)?;
    let mut last = Ok(());
    for address in addresses {
        let address = SockaddrStorage::from(address);
        last = connect(server.as_raw_fd(), &address);
        if last.is_ok() {
            break;
        }
    }
    last?;
    io::copy(&mut TcpStream::from(server), &mut io::stdout())?;
    Ok(())
}

fn addresses(
    file: &str,
    host: &str,
    port: &str,
) -> io::Result<Vec<SocketAddr>> {
    let port = port.parse().map_err(io::Error::other)?;
    let mut found = Vec::new();
    for line in fs::read_to_string(file)?.lines() {
        let line = line.split('#').next().unwrap_or_default();
        let mut words = line.split_whitespace();
        let ip = words.next().and_then(|word| word.parse::<IpAddr>().ok());
        if let Some(ip) = ip
            && words.any(|word| word == host)
        {
            found.push(SocketAddr::new(ip, port));
        }
    }
    Ok(found)
}
