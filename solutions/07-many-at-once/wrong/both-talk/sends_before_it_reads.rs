//! Wrong: sends all that it has read, with waiting calls, before it looks at the peer again.
//! Fails: more_than_the_buffers_hold_goes_both_ways
//! Told: in send

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
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
    let input = io::stdin();
    let (mut input_open, mut peer_open) = (true, true);
    let mut buffer = [0; 4096];
    while input_open || peer_open {
        let mut set = FdSet::new();
        if peer_open {
            set.insert(peer.as_fd());
        }
        if input_open {
            set.insert(input.as_fd());
        }
        select(None, &mut set, None, None, None)?;
        let listen = set.contains(input.as_fd());
        if set.contains(peer.as_fd()) {
            let count = peer.read(&mut buffer)?;
            peer_open = count > 0;
            io::stdout().write_all(&buffer[..count])?;
            io::stdout().flush()?;
        }
        if listen {
            match read(&input, &mut buffer)? {
                0 => {
                    input_open = false;
                    peer.shutdown(Shutdown::Write)?;
                }
                count => peer.write_all(&buffer[..count])?,
            }
        }
    }
    Ok(())
}
