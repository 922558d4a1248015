//! Right: a thread for each client, with std alone; all its calls wait.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::ExitCode;
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::Duration;

/// Rings when a client has left.
type Bell = Arc<(Mutex<u64>, Condvar)>;

pub fn main() -> ExitCode {
    let listener = TcpListener::bind("127.0.0.1:0").expect("bind");
    println!("listening on {}", listener.local_addr().expect("address"));
    let bell = Bell::default();
    loop {
        let left = *bell.0.lock().expect("nobody panics");
        match listener.accept() {
            Ok((client, _)) => {
                let bell = Arc::clone(&bell);
                // Without a thread for it, the client is dropped.
                let _ = thread::Builder::new().spawn(move || {
                    let _ = serve(&client);
                    drop(client);
                    *bell.0.lock().expect("nobody panics") += 1;
                    bell.1.notify_all();
                });
            }
            // No descriptor, perhaps: until somebody leaves, or a second.
            Err(_) => {
                let count = bell.0.lock().expect("nobody panics");
                let second = Duration::from_secs(1);
                let same = |now: &mut u64| *now == left;
                let _ = bell.1.wait_timeout_while(count, second, same);
            }
        }
    }
}

fn serve(client: &TcpStream) -> std::io::Result<()> {
    let mut reader = BufReader::new(client);
    let mut writer = client;
    let mut line = Vec::new();
    loop {
        line.clear();
        // A line that never ends fills no memory.
        reader.by_ref().take(4_097).read_until(b'\n', &mut line)?;
        if line.pop() != Some(b'\n') {
            return Ok(());
        }
        line.reverse();
        line.push(b'\n');
        writer.write_all(&line)?;
    }
}
