//! Wrong: serves one client to its end before it takes the next one.
//! Fails: half_a_line_blocks_nobody_and_is_kept, a_reset_ends_one_client_and_nobody_else, after_its_last_line_a_client_hears_the_end, it_sleeps_while_nothing_happens, a_client_that_reads_nothing_blocks_nobody, answers_that_wait_still_come_after_a_half_close, a_thousand_clients_are_served_and_more_end_nobody
//! Told: recv on descriptor 4, which is client A, who is silent

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::process::ExitCode;

pub fn main() -> ExitCode {
    let listener = TcpListener::bind("127.0.0.1:0").expect("bind");
    println!("listening on {}", listener.local_addr().expect("address"));
    for client in listener.incoming().flatten() {
        let _ = serve(&client);
    }
    ExitCode::FAILURE
}

fn serve(client: &TcpStream) -> std::io::Result<()> {
    let mut reader = BufReader::new(client);
    let mut writer = client;
    loop {
        let mut line = Vec::new();
        reader.read_until(b'\n', &mut line)?;
        if line.pop() != Some(b'\n') {
            return Ok(());
        }
        line.reverse();
        line.push(b'\n');
        writer.write_all(&line)?;
    }
}
