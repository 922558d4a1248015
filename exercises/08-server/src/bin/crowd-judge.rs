//! crowd-judge: tell right crowd servers from wrong ones, as their client.
//!
//! Starts from: chapters/06-client/src/bin/client.rs, which has one
//! conversation and believes what it hears. This one has several at once, at
//! its own pace, and each is made so that a wrong server gives itself away.
//!
//! Task: exercises/08-server/README.md
//! Check: cargo lab check crowd-judge

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
    // TODO: the exit code where nobody listens.
    match judge(server) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            println!("{why}");
            ExitCode::FAILURE
        }
    }
}

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
    // TODO: a conversation for each promise, with as many clients as it
    // takes. What does a server do that breaks only this one, and what do its
    // clients have to do so that this shows?
    let client = Client::connects(server)?;
    client.sends(b"a line\n")?;
    client.half_closes()?;
    let piece = client.hears_a_piece()?;
    client.resets()?;
    let piece = piece.escape_ascii();
    todo!("what does {piece} say about {}?", server.address)
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
                Ok(0) => return Err("the end of the stream".into()),
                Ok(count) => piece.truncate(count),
                Err(Errno::EINTR) => continue,
                Err(Errno::EAGAIN) => return Err("silence".into()),
                Err(errno) => return Err(format!("recv: {errno}")),
            }
            return Ok(piece);
        }
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
