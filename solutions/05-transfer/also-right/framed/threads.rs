//! Right: one thread reads frames and another one answers them.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::ExitCode;
use std::sync::mpsc::{Sender, channel};
use std::thread;

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
    let listener = TcpListener::bind("127.0.0.1:0")?;
    println!("listening on {}", listener.local_addr()?);
    let (client, _) = listener.accept()?;
    let (frames, to_answer) = channel::<Vec<u8>>();
    thread::scope(|scope| {
        let answering = scope.spawn(|| {
            to_answer.into_iter().try_for_each(|payload| {
                let length = u32::try_from(payload.len()).unwrap();
                (&client).write_all(&length.to_be_bytes())?;
                (&client).write_all(&payload)
            })
        });
        let result = read_frames(&client, frames);
        answering.join().unwrap()?;
        result
    })
}

fn read_frames(client: &TcpStream, to: Sender<Vec<u8>>) -> io::Result<()> {
    let mut client = client;
    loop {
        let mut header = [0; 4];
        match client.read(&mut header)? {
            0 => return Ok(()),
            count => client.read_exact(&mut header[count..])?,
        }
        let length = u32::from_be_bytes(header);
        if length > 65_536 {
            return Err(ErrorKind::FileTooLarge.into());
        }
        let mut payload = vec![0; length as usize];
        client.read_exact(&mut payload)?;
        payload.reverse();
        let _ = to.send(payload);
    }
}
