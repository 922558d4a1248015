//! Right: `select`, and at most 512 bytes with each call, in either direction.

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
    let (mut kept, mut input_open, mut peer_open) = (Vec::new(), true, true);
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
        let (hear, listen) = (
            can_read.contains(peer.as_fd()),
            can_read.contains(input.as_fd()),
        );
        let say = can_write.contains(peer.as_fd());
        let mut piece = [0; 512];
        if hear {
            let count = peer.read(&mut piece)?;
            peer_open = count > 0;
            io::stdout().write_all(&piece[..count])?;
            io::stdout().flush()?;
        }
        if listen {
            let count = read(&input, &mut piece)?;
            kept = piece[..count].to_vec();
            if count == 0 {
                input_open = false;
                peer.shutdown(Shutdown::Write)?;
            }
        }
        // A third of a send buffer is more than 512 bytes, so this does not
        // wait.
        if say {
            peer.write_all(&kept)?;
            kept.clear();
        }
    }
    Ok(())
}
