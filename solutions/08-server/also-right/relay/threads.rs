//! Right: std only, two threads for each client: one reads its lines, one
//! writes what it shall hear, out of a queue whose bytes are counted.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread;

struct Client {
    queue: Sender<Vec<u8>>,
    kept: Arc<AtomicUsize>,
    stream: TcpStream,
}

type Clients = Arc<Mutex<HashMap<usize, Client>>>;

pub fn main() -> ExitCode {
    let listener = TcpListener::bind("127.0.0.1:0").expect("bind");
    println!(
        "listening on {}",
        listener.local_addr().expect("an address")
    );
    let clients = Clients::default();
    for (number, stream) in listener.incoming().flatten().enumerate() {
        let (queue, queued) = channel();
        let kept = Arc::new(AtomicUsize::new(0));
        let (Ok(ear), Ok(mouth)) = (stream.try_clone(), stream.try_clone())
        else {
            continue;
        };
        // In the queue before anybody knows this client.
        let client = Client {
            queue,
            kept: Arc::clone(&kept),
            stream,
        };
        client.tell(b"welcome\n");
        clients.lock().expect("no panic").insert(number, client);
        thread::spawn(move || speak(mouth, queued, &kept));
        let clients = Arc::clone(&clients);
        thread::spawn(move || listen(ear, number, &clients));
    }
    ExitCode::SUCCESS
}

impl Client {
    fn tell(&self, line: &[u8]) {
        let kept = self.kept.fetch_add(line.len(), Ordering::SeqCst);
        if kept + line.len() > 65_536 {
            // Wakes both threads; they end, and the last descriptor goes.
            let _ = self.stream.shutdown(Shutdown::Both);
        } else {
            let _ = self.queue.send(line.to_vec());
        }
    }
}

fn speak(mut to: TcpStream, queued: Receiver<Vec<u8>>, kept: &AtomicUsize) {
    for line in queued {
        if to.write_all(&line).is_err() {
            let _ = to.shutdown(Shutdown::Both);
            return;
        }
        kept.fetch_sub(line.len(), Ordering::SeqCst);
    }
}

fn listen(from: TcpStream, number: usize, clients: &Clients) {
    let mut from = BufReader::new(from);
    loop {
        let mut line = Vec::new();
        let heard = from.read_until(b'\n', &mut line);
        let mut clients = clients.lock().expect("no panic");
        if heard.is_err() || !line.ends_with(b"\n") {
            // Both other ends of its connection go with this.
            if let Some(client) = clients.remove(&number) {
                let _ = client.stream.shutdown(Shutdown::Both);
            }
            return;
        }
        for (_, other) in clients.iter().filter(|(it, _)| **it != number) {
            other.tell(&line);
        }
    }
}
