//! Right: a thread connects with a limit of ten minutes, another one prints.

use std::env;
use std::io::{Write, stdout};
use std::net::{SocketAddr, TcpStream};
use std::process::ExitCode;
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result};
use nix::errno::Errno;

pub fn main() -> ExitCode {
    match run() {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<u8> {
    let address: SocketAddr = env::args().nth(1).unwrap_or_default().parse()?;
    let (results, result) = channel();
    let dialler = thread::spawn(move || {
        let limit = Duration::from_secs(600);
        let _ = results.send(TcpStream::connect_timeout(&address, limit));
    });
    let result = result.recv().context("no result")?;
    let code = match result {
        Ok(_) => {
            write!(stdout(), "connected to {address}")?;
            0
        }
        Err(error) => {
            let errno = Errno::from_raw(error.raw_os_error().unwrap_or(0));
            write!(stdout(), "{errno:?}: ")?;
            match errno {
                Errno::ECONNREFUSED => {
                    write!(stdout(), "nobody listens at {address}")?;
                    3
                }
                Errno::ENETUNREACH => {
                    write!(stdout(), "no way to {address}")?;
                    4
                }
                _ => {
                    write!(stdout(), "no connection to {address}")?;
                    1
                }
            }
        }
    };
    writeln!(stdout())?;
    let _ = dialler.join();
    Ok(code)
}
