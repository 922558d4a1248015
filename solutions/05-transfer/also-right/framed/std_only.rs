//! Right: std alone: `read_exact` behind a `BufReader`, and the errors of std.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::process::ExitCode;

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
    let mut reader = BufReader::new(&client);
    // An empty look ahead is the end between two frames.
    while !reader.fill_buf()?.is_empty() {
        let mut header = [0; 4];
        reader.read_exact(&mut header)?;
        let length = u32::from_be_bytes(header);
        if length > 65_536 {
            return Err(io::Error::other(format!("{length} is too much")));
        }
        let mut payload = vec![0; length as usize];
        reader.read_exact(&mut payload)?;
        payload.reverse();
        // Two writes, so the answer may leave in two segments.
        (&client).write_all(&header)?;
        (&client).write_all(&payload)?;
    }
    Ok(())
}
