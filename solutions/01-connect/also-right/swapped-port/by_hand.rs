//! Right: std alone, and the numbers put together by hand.

use std::io::{self, Read, Write};
use std::net::{IpAddr, TcpStream};
use std::process::ExitCode;

pub fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> io::Result<()> {
    let mut b = [0; 6];
    io::stdin().read_exact(&mut b)?;
    let port = u16::from(b[4]) * 256 + u16::from(b[5]);
    let address = format!("{}.{}.{}.{}:{port}", b[0], b[1], b[2], b[3]);
    let mut server = TcpStream::connect(&address)?;
    println!("connected to {address}");
    let own = server.local_addr()?;
    if let IpAddr::V4(host) = own.ip() {
        server.write_all(&host.octets())?;
    }
    let high = u8::try_from(own.port() / 256).unwrap_or(0);
    let low = u8::try_from(own.port() % 256).unwrap_or(0);
    server.write_all(&[high])?;
    server.write_all(&[low])
}
