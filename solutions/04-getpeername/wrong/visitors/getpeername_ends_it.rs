//! Wrong: asks getpeername, and ends when a visitor has left before it asked.
//! Fails: a_visitor_that_resets_in_the_queue_harms_nobody
//! Told: not connected

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::ExitCode;

pub fn main() -> ExitCode {
    let listener = TcpListener::bind("127.0.0.1:0").expect("bind");
    let own = listener.local_addr().expect("address");
    println!("listening on {own}");
    loop {
        let (mut visitor, _) = listener.accept().expect("accept");
        match visitor.peer_addr() {
            Ok(who) => println!("visitor {who}"),
            Err(error) => {
                eprintln!("getpeername: {error}");
                return ExitCode::FAILURE;
            }
        }
        stay(&mut visitor);
    }
}

fn stay(visitor: &mut TcpStream) {
    let _ = visitor.write_all(b"welcome\n");
    let _ = visitor.read_to_end(&mut Vec::new());
}
