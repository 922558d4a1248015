//! Wrong: reads what it sent, and after that looks only for an error.
//! Fails: bytes_of_the_servers_own_are_caught
//! Told: says goodbye

use std::env;
use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::process::ExitCode;
use std::time::Duration;

pub fn main() -> ExitCode {
    let args: Vec<String> = env::args().collect();
    let mut server = TcpStream::connect(&args[1]).expect("connect");
    let limit = args[2].parse().expect("milliseconds");
    server
        .set_read_timeout(Some(Duration::from_millis(limit)))
        .expect("a time limit");
    match judge(&mut server) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => {
            println!("what came back is not what was sent");
            ExitCode::from(1)
        }
        Err(error) => {
            println!("no echo: {error}");
            ExitCode::from(1)
        }
    }
}

fn judge(server: &mut TcpStream) -> io::Result<bool> {
    let question: Vec<u8> = (0..20_000).map(|i: u32| (i % 251) as u8).collect();
    server.write_all(&question)?;
    server.shutdown(Shutdown::Write)?;
    let mut answer = vec![0; question.len()];
    server.read_exact(&mut answer)?;
    let _more = server.read(&mut [0])?;
    Ok(answer == question)
}
