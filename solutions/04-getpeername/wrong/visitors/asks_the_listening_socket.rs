//! Wrong: asks getpeername of the listening socket, which has no peer.
//! Fails: visitors_are_welcomed_one_after_another, each_visitor_is_told_by_its_own_address, a_visitor_that_resets_in_the_queue_harms_nobody
//! Told: ENOTCONN
//! Believes: both-sides-share-one-socket

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::fd::AsRawFd;
use std::process::ExitCode;

use nix::sys::socket::{SockaddrIn, getpeername};

pub fn main() -> ExitCode {
    let listener = TcpListener::bind("127.0.0.1:0").expect("bind");
    let own = listener.local_addr().expect("address");
    println!("listening on {own}");
    loop {
        let (mut visitor, _) = listener.accept().expect("accept");
        match getpeername::<SockaddrIn>(listener.as_raw_fd()) {
            Ok(who) => println!("visitor {who}"),
            Err(errno) => {
                eprintln!("getpeername: {errno}");
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
