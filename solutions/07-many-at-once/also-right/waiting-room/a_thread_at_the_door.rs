//! Right: std only: a thread waits in `accept`, and a client of the program's own is the last one in the queue.

use std::env;
use std::fs::File;
use std::io::{self, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::ExitCode;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

/// The address of the program's own client, once there is one.
type Last = Arc<Mutex<Option<SocketAddr>>>;

pub fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> io::Result<()> {
    let limit = env::args().nth(1).unwrap_or_default();
    let limit = limit.parse().map_err(io::Error::other)?;
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    println!("listening on {address}");
    // Keeps a descriptor free for the program's own client.
    let spare = File::open("/dev/null")?;
    let deadline = Instant::now() + Duration::from_millis(limit);
    let last = Last::default();
    let (tell, told) = channel();
    let known = Arc::clone(&last);
    let door = thread::spawn(move || keep(&listener, &tell, &known));
    let mut clients = gather(&told, deadline);
    drop(spare);
    if !door.is_finished() {
        let mut last = last.lock().expect("no panics");
        // Where the room has just become full, the thread ends by itself.
        if let Ok(own) = TcpStream::connect(address) {
            *last = Some(own.local_addr()?);
        }
        drop(last);
        clients.extend(told);
    }
    door.join().expect("no panics");
    let text = format!("{} of you waited\n", clients.len());
    for client in &mut clients {
        let _ = client.write_all(text.as_bytes());
    }
    let count = clients.len();
    drop(clients);
    println!("{count} waited");
    io::copy(&mut io::stdin(), &mut io::sink())?;
    Ok(())
}

fn keep(listener: &TcpListener, tell: &Sender<TcpStream>, last: &Last) {
    // A failure is a full room: nobody else comes in.
    while let Ok((client, address)) = listener.accept() {
        if *last.lock().expect("no panics") == Some(address)
            || tell.send(client).is_err()
        {
            break;
        }
    }
}

/// Those who came before the time was over.
fn gather(told: &Receiver<TcpStream>, deadline: Instant) -> Vec<TcpStream> {
    let mut clients = Vec::new();
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        match told.recv_timeout(left) {
            // One that has come is there, late or not.
            Ok(client) => clients.push(client),
            Err(RecvTimeoutError::Timeout) => return clients,
            Err(RecvTimeoutError::Disconnected) => {
                thread::sleep(left);
                return clients;
            }
        }
    }
}
