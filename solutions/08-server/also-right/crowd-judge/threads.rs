//! Right: each conversation in a thread of its own, all at once, and 40 clients.

use std::env;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::process::ExitCode;
use std::thread;
use std::time::Duration;

use anyhow::{Result, ensure};
use nix::libc;
use nix::sys::socket::{setsockopt, sockopt};

#[derive(Clone, Copy)]
struct Server(SocketAddr, Duration);

pub fn main() -> ExitCode {
    let args: Vec<String> = env::args().skip(1).collect();
    let [address, limit] = &args[..] else {
        return ExitCode::from(2);
    };
    let address = address.parse().expect("an address");
    let limit = Duration::from_millis(limit.parse().expect("a number"));
    let server = Server(address, limit);
    let Ok(_silent) = TcpStream::connect(address) else {
        eprintln!("nobody listens");
        return ExitCode::from(2);
    };
    let talks = [plain, pieces, crossed, resets, half_closes];
    let threads: Vec<_> = talks
        .map(|talk| thread::spawn(move || talk(server)))
        .into_iter()
        .collect();
    let verdicts: Vec<_> = threads
        .into_iter()
        .map(|thread| thread.join().expect("no panic"))
        .collect();
    match verdicts.into_iter().find_map(Result::err) {
        None => ExitCode::SUCCESS,
        Some(why) => {
            println!("{why:#}");
            ExitCode::FAILURE
        }
    }
}

struct Client(BufReader<TcpStream>);

impl Server {
    fn client(self) -> Result<Client> {
        let stream = TcpStream::connect(self.0)?;
        stream.set_read_timeout(Some(self.1))?;
        Ok(Client(BufReader::new(stream)))
    }
}

impl Client {
    fn says(&mut self, bytes: &[u8]) -> Result<()> {
        Ok(self.0.get_mut().write_all(bytes)?)
    }

    fn hears(&mut self, reversed: &[u8]) -> Result<()> {
        let mut line = Vec::new();
        self.0.read_until(b'\n', &mut line)?;
        ensure!(line.pop() == Some(b'\n'), "the end of the stream");
        line.reverse();
        ensure!(line == reversed, "reversed: {}", line.escape_ascii());
        Ok(())
    }

    fn asks(&mut self, line: &[u8]) -> Result<()> {
        self.says(&[line, b"\n"].concat())?;
        self.hears(line)
    }
}

fn plain(server: Server) -> Result<()> {
    let clients = (0..40).map(|_| server.client());
    let mut clients: Vec<Client> = clients.collect::<Result<_>>()?;
    for (at, client) in clients.iter_mut().enumerate() {
        client.says(format!("client {at}\n").as_bytes())?;
    }
    for (at, client) in clients.iter_mut().enumerate() {
        client.hears(format!("client {at}").as_bytes())?;
    }
    Ok(())
}

fn pieces(server: Server) -> Result<()> {
    let mut client = server.client()?;
    let mut line: Vec<u8> = (0..=255).filter(|b| *b != b'\n').collect();
    line.resize(4096, b'*');
    client.says(&[b"before\n\n", &line[..], b"\nafter\n"].concat())?;
    client.hears(b"before")?;
    client.hears(b"")?;
    client.hears(&line)?;
    client.hears(b"after")
}

fn crossed(server: Server) -> Result<()> {
    let (mut one, mut two) = (server.client()?, server.client()?);
    let mut other = server.client()?;
    one.says(b"this ")?;
    other.asks(b"read?")?;
    two.says(b"that ")?;
    other.asks(b"read now?")?;
    two.says(b"one\n")?;
    two.hears(b"that one")?;
    one.says(b"one\n")?;
    one.hears(b"this one")
}

fn resets(server: Server) -> Result<()> {
    let mut stays = server.client()?;
    stays.asks(b"here")?;
    let mut leaves = server.client()?;
    leaves.asks(b"gone soon")?;
    let at_once = libc::linger {
        l_onoff: 1,
        l_linger: 0,
    };
    setsockopt(leaves.0.get_ref(), sockopt::Linger, &at_once)?;
    drop(leaves);
    stays.asks(b"still here")?;
    server.client()?.asks(b"new here")
}

fn half_closes(server: Server) -> Result<()> {
    let mut client = server.client()?;
    client.says(b"one\ntwo\nthree\nand no line")?;
    client.0.get_ref().shutdown(Shutdown::Write)?;
    for line in [&b"one"[..], b"two", b"three"] {
        client.hears(line)?;
    }
    let mut rest = Vec::new();
    client.0.read_to_end(&mut rest)?;
    ensure!(rest.is_empty(), "an answer to what is no line");
    Ok(())
}
