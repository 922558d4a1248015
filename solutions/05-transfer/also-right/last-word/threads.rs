//! Right: a second thread reads while the first one sends.

use std::env;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::process::ExitCode;
use std::thread;

pub fn main() -> ExitCode {
    let address = env::args().nth(1).expect("an argument, ADDRESS:PORT");
    let connection = TcpStream::connect(address).expect("connect");
    let (sent, (count, read)) = thread::scope(|scope| {
        let reader = scope.spawn(|| read_all(&connection));
        (send_input(&connection), reader.join().expect("the reader"))
    });
    for outcome in [sent, read] {
        match outcome.map_err(|error| error.kind()) {
            Ok(()) => {}
            Err(
                ErrorKind::BrokenPipe
                | ErrorKind::ConnectionReset
                | ErrorKind::NotConnected,
            ) => {
                println!("reset after {count} bytes");
                return ExitCode::from(3);
            }
            Err(kind) => {
                eprintln!("{kind}");
                return ExitCode::FAILURE;
            }
        }
    }
    println!("end of stream after {count} bytes");
    ExitCode::SUCCESS
}

fn send_input(mut connection: &TcpStream) -> io::Result<()> {
    let mut input = Vec::new();
    io::stdin().read_to_end(&mut input)?;
    connection.write_all(&input)?;
    connection.shutdown(Shutdown::Write)
}

fn read_all(mut connection: &TcpStream) -> (usize, io::Result<()>) {
    let mut answer = Vec::new();
    let read = connection.read_to_end(&mut answer);
    (answer.len(), read.map(drop))
}
