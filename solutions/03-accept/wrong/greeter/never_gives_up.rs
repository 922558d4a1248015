//! Wrong: goes on after every failure of accept, also where nothing changes.
//! Fails: without_a_descriptor_it_says_so_and_ends
//! Told: the program ends

use std::io::Write;
use std::net::TcpListener;
use std::process::ExitCode;

pub fn main() -> ExitCode {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    println!("listening on {}", listener.local_addr().expect("bound"));
    let mut number = 0;
    loop {
        let Ok((mut client, _)) = listener.accept() else {
            // Whatever it was, a server must not end.
            continue;
        };
        number += 1;
        let greeting = format!("you are client {number}\n");
        let _ = client.write_all(greeting.as_bytes());
    }
}
