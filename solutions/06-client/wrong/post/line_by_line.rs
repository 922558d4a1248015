//! Wrong: prints the reply as lines, each with a newline at its end.
//! Fails: the_reply_to_several_lines_is_printed, bytes_that_are_no_text_pass_both_ways, a_large_reply_is_printed_whole, an_empty_input_is_sent_too
//! Told: standard output is

use std::env;
use std::io::{self, BufRead, BufReader};
use std::net::{Shutdown, TcpStream};
use std::process::ExitCode;

pub fn main() -> ExitCode {
    let address = env::args().nth(1).expect("an address");
    match post(&address) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn post(address: &str) -> io::Result<()> {
    let mut server = TcpStream::connect(address)?;
    io::copy(&mut io::stdin(), &mut server)?;
    server.shutdown(Shutdown::Write)?;
    for line in BufReader::new(server).lines() {
        println!("{}", line?);
    }
    Ok(())
}
