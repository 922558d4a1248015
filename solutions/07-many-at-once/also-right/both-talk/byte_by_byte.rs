//! Right: `select`, and one byte with each call, in either direction.

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
    let (mut kept, mut input_open, mut peer_open) = (None, true, true);
    while input_open || peer_open {
        let (mut can_read, mut can_write) = (FdSet::new(), FdSet::new());
        if peer_open {
            can_read.insert(peer.as_fd());
        }
        if kept.is_some() {
            can_write.insert(peer.as_fd());
        } else if input_open {
            can_read.insert(input.as_fd());
        }
        select(None, &mut can_read, &mut can_write, None, None)?;
        let (hear, listen) = (
            can_read.contains(peer.as_fd()),
            can_read.contains(input.as_fd()),
        );
        let say = can_write.contains(peer.as_fd());
        let mut byte = [0];
        if hear {
            let count = peer.read(&mut byte)?;
            peer_open = count == 1;
            io::stdout().write_all(&byte[..count])?;
            io::stdout().flush()?;
        }
        if listen {
            if read(&input, &mut byte)? == 1 {
                kept = Some(byte);
            } else {
                input_open = false;
                peer.shutdown(Shutdown::Write)?;
            }
        }
        // There is room for one byte at least, so this does not wait.
        if say && let Some(byte) = kept.take() {
            peer.write_all(&byte)?;
        }
    }
    Ok(())
}
