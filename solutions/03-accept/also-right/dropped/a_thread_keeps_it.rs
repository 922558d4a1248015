//! Right: a thread of its own owns the watcher until the talker's has ended.

use std::io;
use std::net::TcpListener;
use std::process::ExitCode;
use std::sync::mpsc;
use std::thread;

pub fn main() -> ExitCode {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    println!("listening on {}", listener.local_addr().expect("bound"));
    let (over, wait) = mpsc::channel::<()>();
    let (watcher, address) = listener.accept().expect("a watcher");
    println!("watcher: {address}");
    let keeper = thread::spawn(move || {
        // Nobody sends; recv ends when the other side is dropped.
        let _ = wait.recv();
        drop(watcher);
    });
    let (talker, address) = listener.accept().expect("a talker");
    println!("talker: {address}");
    let talk = thread::spawn(move || {
        let _ = io::copy(&mut &talker, &mut &talker);
        drop(over);
    });
    let ended = talk.join().is_ok() && keeper.join().is_ok();
    ExitCode::from(u8::from(!ended))
}
