//! Wrong: takes getpeername for a test of whether the visitor is there.
//! Fails: visitors_are_welcomed_one_after_another, a_visitor_that_resets_in_the_queue_harms_nobody
//! Told: hears the end
//! Believes: getpeername-tells-whether-the-peer-lives

use std::io::Write;
use std::net::{TcpListener, TcpStream};
use std::process::ExitCode;
use std::thread;
use std::time::Duration;

pub fn main() -> ExitCode {
    let listener = TcpListener::bind("127.0.0.1:0").expect("bind");
    let own = listener.local_addr().expect("address");
    println!("listening on {own}");
    loop {
        let (mut visitor, who) = listener.accept().expect("accept");
        println!("visitor {who}");
        stay(&mut visitor);
    }
}

fn stay(visitor: &mut TcpStream) {
    let _ = visitor.write_all(b"welcome\n");
    while visitor.peer_addr().is_ok() {
        thread::sleep(Duration::from_millis(1));
    }
}
