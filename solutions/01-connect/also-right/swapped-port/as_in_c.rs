//! Right: swaps at each crossing, as C does with htons and ntohs.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4, TcpStream};
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
    let mut bytes = [0; 6];
    io::stdin().lock().read_exact(&mut bytes)?;
    let [a, b, c, d, port @ ..] = bytes;
    let port = u16::from_be(u16::from_ne_bytes(port));
    let server = SocketAddrV4::new(Ipv4Addr::new(a, b, c, d), port);
    let mut connection = TcpStream::connect(server)?;
    if let SocketAddr::V4(own) = connection.local_addr()? {
        let mut packed = own.ip().octets().to_vec();
        packed.extend(own.port().to_be().to_ne_bytes());
        connection.write_all(&packed)?;
    }
    drop(connection);
    println!("connected to {server}");
    Ok(())
}
