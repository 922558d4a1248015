//! Wrong: never tells the peer that the input has ended.
//! Fails: the_end_of_the_input_is_a_half_close, an_empty_input_is_a_half_close_at_once, more_than_the_buffers_hold_goes_both_ways, it_sleeps_while_nothing_happens
//! Told: hears the end of the stream

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::os::fd::AsFd;
use std::process::ExitCode;

use nix::sys::select::{FdSet, select};
use nix::unistd::read;

pub fn main() -> ExitCode {
    if let Err(error) = talk() {
        eprintln!("{error}");
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

fn talk() -> io::Result<()> {
    let address = std::env::args().nth(1).expect("an address");
    let mut peer = TcpStream::connect(address)?;
    peer.set_nonblocking(true)?;
    let input = io::stdin();
    let (mut kept, mut buffer) = (Vec::new(), vec![0; 65536]);
    let (mut input_open, mut peer_open) = (true, true);
    while input_open || peer_open {
        let (mut can_read, mut can_write) = (FdSet::new(), FdSet::new());
        if peer_open {
            can_read.insert(peer.as_fd());
        }
        if !kept.is_empty() {
            can_write.insert(peer.as_fd());
        } else if input_open {
            can_read.insert(input.as_fd());
        }
        select(None, &mut can_read, &mut can_write, None, None)?;
        let hear = can_read.contains(peer.as_fd());
        let listen = can_read.contains(input.as_fd());
        let say = can_write.contains(peer.as_fd());
        if hear {
            let count = peer.read(&mut buffer)?;
            peer_open = count > 0;
            io::stdout().write_all(&buffer[..count])?;
            io::stdout().flush()?;
        }
        if listen {
            let count = read(&input, &mut buffer)?;
            kept.extend_from_slice(&buffer[..count]);
            if count == 0 {
                input_open = false;
            }
        }
        if say {
            let count = peer.write(&kept)?;
            kept.drain(..count);
        }
    }
    Ok(())
}
