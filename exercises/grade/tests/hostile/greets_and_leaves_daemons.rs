//! Tries: nothing but to leave 20 processes behind; it does what it should.
//! Points: all

use std::io::Write;
use std::net::TcpListener;
use std::process::ExitCode;

use nix::unistd::{ForkResult, fork, pause, setsid};

fn main() -> ExitCode {
    for _ in 0..20 {
        // SAFETY: this process has one thread.
        if let Ok(ForkResult::Child) = unsafe { fork() } {
            let _ = setsid();
            let _ = nix::sys::prctl::set_name(c"@MARK@");
            // A program is told by its descriptors to have gone.
            sys::close_on_exec_from(3);
            loop {
                pause();
            }
        }
    }
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    println!("listening on {}", listener.local_addr().expect("bound"));
    for number in 1.. {
        match listener.accept() {
            Ok((mut client, _)) => {
                let _ = writeln!(client, "you are client {number}");
            }
            Err(error) => {
                eprintln!("accept: {error}");
                break;
            }
        }
    }
    ExitCode::FAILURE
}
