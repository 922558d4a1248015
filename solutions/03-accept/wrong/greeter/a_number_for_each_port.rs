//! Wrong: keeps the numbers by the port of the server's end.
//! Fails: clients_are_greeted_in_the_order_in_which_they_came, the_server_goes_on_for_ever
//! Told: client B
//! Believes: accept-gives-a-new-port

use std::collections::HashMap;
use std::io::{self, Write};
use std::net::TcpListener;
use std::process::ExitCode;

pub fn main() -> ExitCode {
    match serve() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn serve() -> io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    println!("listening on {}", listener.local_addr()?);
    let mut numbers: HashMap<u16, usize> = HashMap::new();
    loop {
        let (mut client, _) = listener.accept()?;
        let next = numbers.len() + 1;
        let port = client.local_addr()?.port();
        let number = *numbers.entry(port).or_insert(next);
        let greeting = format!("you are client {number}\n");
        let _ = client.write_all(greeting.as_bytes());
    }
}
