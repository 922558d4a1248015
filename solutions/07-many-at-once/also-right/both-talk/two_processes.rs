//! Right: a process for each direction; the one that carries the input is a
//! child, and a broken connection ends it too.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::process::{ExitCode, exit};

use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, fork};

pub fn main() -> ExitCode {
    let address = std::env::args().nth(1).expect("an address");
    let Ok(peer) = TcpStream::connect(address) else {
        eprintln!("nobody there");
        return ExitCode::FAILURE;
    };
    // SAFETY: no other thread has been started.
    let ForkResult::Parent { child } = (unsafe { fork() }).expect("fork")
    else {
        exit(i32::from(
            carry(&mut io::stdin(), &mut &peer, true).is_err(),
        ));
    };
    if let Err(error) = carry(&mut &peer, &mut io::stdout(), false) {
        eprintln!("{error}");
        let _ = kill(child, Signal::SIGKILL);
        let _ = waitpid(child, None);
        return ExitCode::FAILURE;
    }
    match waitpid(child, None) {
        Ok(WaitStatus::Exited(_, 0)) => ExitCode::SUCCESS,
        _ => {
            eprintln!("sending failed");
            ExitCode::FAILURE
        }
    }
}

fn carry(
    from: &mut impl Read,
    to: &mut (impl Write + MayEnd),
    end: bool,
) -> io::Result<()> {
    let mut buffer = [0; 10_000];
    loop {
        match from.read(&mut buffer)? {
            0 if end => return to.end(),
            0 => return Ok(()),
            count => to.write_all(&buffer[..count])?,
        }
        to.flush()?;
    }
}

trait MayEnd {
    fn end(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MayEnd for io::Stdout {}

impl MayEnd for &TcpStream {
    fn end(&mut self) -> io::Result<()> {
        self.shutdown(Shutdown::Write)
    }
}
