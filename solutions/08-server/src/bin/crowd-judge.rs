//! crowd-judge: tell right crowd servers from wrong ones, as their client.
//!
//! Starts from: chapters/06-client/src/bin/client.rs, which has one
//! conversation and believes what it hears. This one has several at once, at
//! its own pace, and each is made so that a wrong server gives itself away.
//!
//! Task: exercises/08-server/README.md
//! Check: cargo test -p sol-08-server --test crowd-judge
//!
//! One of several solutions; other conversations show the same.

use std::env;
use std::net::SocketAddrV4;
use std::num::NonZeroU32;
use std::os::fd::{AsRawFd, OwnedFd};
use std::process::ExitCode;

use nix::errno::Errno;
use nix::libc;
use nix::sys::socket::{
    AddressFamily, MsgFlags, Shutdown, SockFlag, SockType, SockaddrIn, connect,
    recv, send, setsockopt, shutdown, socket, sockopt,
};
use nix::sys::time::{TimeVal, TimeValLike};

const USAGE: &str = "usage: ex-crowd-judge ADDRESS:PORT MILLISECONDS
example: ex-crowd-judge 127.0.0.1:5555 1000";

fn main() -> ExitCode {
    let args: Vec<String> = env::args().skip(1).collect();
    let Some(server) = server(&args) else {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    };
    // This first client says nothing, and stays connected to the end.
    let silent = match Client::connects(server) {
        Ok(silent) => silent,
        // Nobody listens, so there is nobody to judge.
        Err(why) => {
            eprintln!("{why}");
            return ExitCode::from(2);
        }
    };
    let verdict = judge(server);
    drop(silent);
    match verdict {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            println!("{why}");
            ExitCode::FAILURE
        }
    }
}

const END: &str = "the end of the stream";

/// Who is to be judged, and for how long its silence is no failure.
#[derive(Clone, Copy)]
struct Server {
    address: SocketAddrV4,
    limit: TimeVal,
}

fn server(args: &[String]) -> Option<Server> {
    let [address, limit] = args else { return None };
    let limit: NonZeroU32 = limit.parse().ok()?;
    Some(Server {
        address: address.parse().ok()?,
        limit: TimeVal::milliseconds(limit.get().into()),
    })
}

/// Comes back with what the server did otherwise than it promises.
fn judge(server: Server) -> Result<(), String> {
    let [a, b, other] = [
        Client::connects(server)?,
        Client::connects(server)?,
        Client::connects(server)?,
    ];
    // The silent client is in the queue before these: a server that takes
    // one after another answers none of them.
    told("a plain line, beside a silent client", other.asks())?;
    told("lines of one piece", several(&a))?;
    told("two lines in pieces", crossed(&a, &b, &other))?;
    told("a reset", reset(server, &other))?;
    told("a half-close", half_close(&Client::connects(server)?))
}

fn told(when: &str, done: Result<(), String>) -> Result<(), String> {
    done.map_err(|what| format!("{when}: {what}"))
}

/// A piece may hold many lines.
fn several(a: &Client) -> Result<(), String> {
    a.sends(b"first\n\nthird\0\xff\n")?;
    a.hears(b"tsrif\n\n\xff\0driht\n")
}

/// A line may come in many pieces, and those of two clients in between each
/// other.
fn crossed(a: &Client, b: &Client, other: &Client) -> Result<(), String> {
    // An answer to somebody else says that the server has had its chance to
    // read what was sent before: a piece alone, and not two at once.
    a.sends(b"he")?;
    other.asks()?;
    b.sends(b"wo")?;
    other.asks()?;
    a.sends(b"llo\n")?;
    a.hears(b"olleh\n")?;
    b.sends(b"rld\n")?;
    b.hears(b"dlrow\n")
}

/// A reset ends one connection.
fn reset(server: Server, other: &Client) -> Result<(), String> {
    let leaving = Client::connects(server)?;
    leaving.asks()?;
    leaving.resets()?;
    // Those who were there are served, and so is who comes next.
    other.asks()?;
    Client::connects(server)?.asks()
}

/// Answers that are due come after a half-close too, and then the end.
fn half_close(last: &Client) -> Result<(), String> {
    last.sends(b"no\nmore\n")?;
    // At once, while the answers are due.
    last.half_closes()?;
    last.hears(b"on\nerom\n")?;
    match last.hears_a_piece() {
        Ok(piece) => Err(format!("{} more", piece.escape_ascii())),
        Err(end) if end == END => Ok(()),
        Err(what) => Err(what),
    }
}

/// One client, and the calls that it makes.
struct Client {
    fd: OwnedFd,
}

impl Client {
    fn connects(server: Server) -> Result<Client, String> {
        let failed = |errno| format!("connect to {}: {errno}", server.address);
        let (family, kind) = (AddressFamily::Inet, SockType::Stream);
        let fd =
            socket(family, kind, SockFlag::empty(), None).map_err(failed)?;
        connect(fd.as_raw_fd(), &SockaddrIn::from(server.address))
            .map_err(failed)?;
        // From here on a recv that has waited this long fails with EAGAIN.
        setsockopt(&fd, sockopt::ReceiveTimeout, &server.limit)
            .map_err(failed)?;
        Ok(Client { fd })
    }

    fn sends(&self, mut bytes: &[u8]) -> Result<(), String> {
        while !bytes.is_empty() {
            match send(self.fd.as_raw_fd(), bytes, sys::MSG_NOSIGNAL) {
                Ok(count) => bytes = &bytes[count..],
                Err(Errno::EINTR) => {}
                Err(errno) => return Err(format!("send: {errno}")),
            }
        }
        Ok(())
    }

    /// Waits for one piece of an answer: at least a byte, at most 4,096.
    fn hears_a_piece(&self) -> Result<Vec<u8>, String> {
        let mut piece = vec![0; 4096];
        loop {
            let heard =
                recv(self.fd.as_raw_fd(), &mut piece, MsgFlags::empty());
            match heard {
                Ok(0) => return Err(END.into()),
                Ok(count) => piece.truncate(count),
                Err(Errno::EINTR) => continue,
                Err(Errno::EAGAIN) => return Err("silence".into()),
                Err(errno) => return Err(format!("recv: {errno}")),
            }
            return Ok(piece);
        }
    }

    /// Waits for these bytes, in however many pieces they come.
    fn hears(&self, bytes: &[u8]) -> Result<(), String> {
        let mut heard = Vec::new();
        while heard.len() < bytes.len() {
            heard.extend(self.hears_a_piece()?);
        }
        if heard != bytes {
            let (heard, bytes) = (heard.escape_ascii(), bytes.escape_ascii());
            return Err(format!("{heard} and not {bytes}"));
        }
        Ok(())
    }

    fn asks(&self) -> Result<(), String> {
        self.sends(b"stressed\n")?;
        self.hears(b"desserts\n")
    }

    fn half_closes(&self) -> Result<(), String> {
        shutdown(self.fd.as_raw_fd(), Shutdown::Write)
            .map_err(|errno| format!("shutdown: {errno}"))
    }

    fn resets(self) -> Result<(), String> {
        let at_once = libc::linger {
            l_onoff: 1,
            l_linger: 0,
        };
        setsockopt(&self.fd, sockopt::Linger, &at_once)
            .map_err(|errno| format!("setsockopt: {errno}"))
    }
}
