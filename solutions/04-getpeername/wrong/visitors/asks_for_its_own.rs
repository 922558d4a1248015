//! Wrong: asks the listening socket for its name.
//! Fails: each_visitor_is_told_by_its_own_address
//! Told: the program prints the line "visitor
//! Believes: getpeername-is-getsockname

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::ExitCode;

pub fn main() -> ExitCode {
    let listener = TcpListener::bind("127.0.0.1:0").expect("bind");
    let own = listener.local_addr().expect("address");
    println!("listening on {own}");
    loop {
        let (mut visitor, _) = listener.accept().expect("accept");
        println!("visitor {own}");
        stay(&mut visitor);
    }
}

fn stay(visitor: &mut TcpStream) {
    let _ = visitor.write_all(b"welcome\n");
    let _ = visitor.read_to_end(&mut Vec::new());
}
