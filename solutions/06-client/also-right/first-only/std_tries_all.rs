//! Right: std only; its connect takes the whole list.

use std::env;
use std::fs;
use std::io;
use std::net::{IpAddr, SocketAddr, TcpStream};
use std::process::ExitCode;

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
    let mut server = TcpStream::connect(&addresses[..])?;
    io::copy(&mut server, &mut io::stdout())?;
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
