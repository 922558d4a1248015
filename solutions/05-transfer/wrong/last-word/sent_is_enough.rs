//! Wrong: has sent everything, so the peer has it, and there is no more to do.
//! Fails: the_answer_after_the_end_of_the_input_is_counted, a_reset_while_the_program_reads_is_told
//! Told: the program has ended: exit code 0
//! Believes: sent-is-delivered

use std::env;
use std::io::{self, ErrorKind};
use std::net::{Shutdown, TcpStream};
use std::process::ExitCode;

pub fn main() -> ExitCode {
    let address = env::args().nth(1).expect("an argument, ADDRESS:PORT");
    let mut connection = TcpStream::connect(address).expect("connect");
    let mut count = 0;
    match talk(&mut connection, &mut count) {
        Ok(()) => {
            println!("end of stream after {count} bytes");
            ExitCode::SUCCESS
        }
        Err(error) if is_reset(&error) => {
            println!("reset after {count} bytes");
            ExitCode::from(3)
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn talk(connection: &mut TcpStream, _count: &mut usize) -> io::Result<()> {
    io::copy(&mut io::stdin(), connection)?;
    connection.shutdown(Shutdown::Write)
}

fn is_reset(error: &io::Error) -> bool {
    use ErrorKind::{BrokenPipe, ConnectionReset, NotConnected};
    matches!(error.kind(), BrokenPipe | ConnectionReset | NotConnected)
}
