//! Tries: to tell somebody outside that it is being graded.

use std::io::Write;
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

fn main() {
    let limit = Duration::from_millis(500);
    for address in ["127.0.0.1:@PORT@", "192.0.2.1:80", "1.1.1.1:53"] {
        let address: SocketAddr = address.parse().expect("an address");
        if let Ok(mut stream) = TcpStream::connect_timeout(&address, limit) {
            let _ = stream.write_all(b"hello from the sandbox");
            println!("REACHED:  {address}");
        }
    }
}
