//! Right: std alone, which makes the same calls, and reads all in one line.

use std::env;
use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, SocketAddrV4, TcpStream};
use std::process::ExitCode;

pub fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("no answer: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> io::Result<()> {
    let args: Vec<String> = env::args().skip(1).collect();
    let nowhere = SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, 0);
    let address: SocketAddrV4 = args[0].parse().unwrap_or(nowhere);
    let mut connection = TcpStream::connect(address)?;
    writeln!(connection, "{}", args[1])?;
    let mut answer = Vec::new();
    connection.read_to_end(&mut answer)?;
    io::stdout().write_all(&answer)
}
