//! Wrong: reads until the client has left before it takes the next one.
//! Fails: clients_are_greeted_in_the_order_in_which_they_came
//! Told: client A

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::process::ExitCode;

pub fn main() -> ExitCode {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    println!("listening on {}", listener.local_addr().expect("bound"));
    for number in 1.. {
        match listener.accept() {
            Ok((client, _)) => {
                let _ = greet(client, number);
            }
            Err(error) => {
                eprintln!("accept: {error}");
                break;
            }
        }
    }
    ExitCode::FAILURE
}

fn greet(mut client: TcpStream, number: u64) -> io::Result<()> {
    client.write_all(format!("you are client {number}\n").as_bytes())?;
    client.shutdown(Shutdown::Write)?;
    client.read_to_end(&mut Vec::new())?;
    Ok(())
}
