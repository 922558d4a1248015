//! Right: the first success of an iterator; prints when it has read all.

use std::env;
use std::fs;
use std::io::{self, Read, Write};
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
    let mut tried = addresses.iter().map(TcpStream::connect);
    let Some(mut server) = tried.find_map(Result::ok) else {
        return Err(io::Error::other(format!("{host} does not answer")));
    };
    let mut said = Vec::new();
    server.read_to_end(&mut said)?;
    io::stdout().write_all(&said)
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
