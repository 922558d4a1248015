//! Wrong: closes a second descriptor, which ends nothing while there is one.
//! Fails: the_reply_to_several_lines_is_printed, bytes_that_are_no_text_pass_both_ways, a_large_input_arrives_whole, a_large_reply_is_printed_whole, an_empty_input_is_sent_too, an_empty_reply_is_no_failure, a_reset_in_the_reply_is_a_failure
//! Told: the program is still in recv
//! Believes: close-and-shutdown-are-the-same

use std::env;
use std::io;
use std::net::TcpStream;
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
    let mut sending = server.try_clone()?;
    io::copy(&mut io::stdin(), &mut sending)?;
    drop(sending);
    io::copy(&mut server, &mut io::stdout())?;
    Ok(())
}
