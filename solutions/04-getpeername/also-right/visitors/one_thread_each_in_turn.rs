//! Right: a thread for each visitor, joined before the next one.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::ExitCode;
use std::thread;

pub fn main() -> ExitCode {
    let listener = TcpListener::bind("127.0.0.1:0").expect("bind");
    let own = listener.local_addr().expect("address");
    println!("listening on {own}");
    loop {
        let (mut visitor, who) = listener.accept().expect("accept");
        println!("visitor {who}");
        let staying = thread::spawn(move || stay(&mut visitor));
        staying.join().expect("a thread");
    }
}

fn stay(visitor: &mut TcpStream) {
    let _ = visitor.write_all(b"welcome\n");
    let _ = visitor.read_to_end(&mut Vec::new());
}
