// ANCHOR: all
//! The example server: prints what any number of clients send, and no client
//! can end it, hold it up, or write to its terminal.
//!
//! Watch for: the number that each client gets, what comes with one `recv`,
//! and what ends a client and what ends the server.
//!
//! Server: cargo run --bin server 5555 127.0.0.1
//! Client: nc localhost 5555, or the example client, in another terminal
//!
//! Page: book/src/08-server/server.md

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::os::fd::{AsFd, AsRawFd, OwnedFd, RawFd};
use std::process::ExitCode;
use std::sync::atomic::{AtomicI32, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use ch_08_server::{fits, make_socket};
use nix::errno::Errno;
use nix::sys::select::{FD_SETSIZE, FdSet, pselect};
use nix::sys::signal::{
    SaFlags, SigAction, SigHandler, SigSet, Signal, sigaction,
};
use nix::sys::socket::{
    Backlog, MsgFlags, SockaddrStorage, getsockname, listen, recv,
};
use nix::sys::time::TimeSpec;
use stage::{Actor, announce, misuse, outcome};

const USAGE: &str = "usage: server [PORT [ADDRESS]]
example: server 5555 127.0.0.1";

/// The most that one `recv` takes, in bytes.
const MAXMSG: usize = 512;

/// How long the listening socket is left alone after a failed `accept`, unless
/// a client leaves earlier.
const PAUSE: Duration = Duration::from_secs(1);

/// The signal that ends the server; 0 until it comes.
static STOP: AtomicI32 = AtomicI32::new(0);

extern "C" fn stop(signal: i32) {
    STOP.store(signal, Ordering::Relaxed);
}

fn main() -> ExitCode {
    stage::main(USAGE, run)
}

fn run(args: &[&str]) -> Result<()> {
    let (port, ip) = match *args {
        [] => ("5555", "127.0.0.1"),
        [port] => (port, "127.0.0.1"),
        [port, ip] => (port, ip),
        _ => return Err(misuse("server takes a port and an address")),
    };
    let port = port
        .parse()
        .map_err(|_| misuse(format!("{port} is not a port (0 to 65535)")))?;
    let ip: IpAddr = ip
        .parse()
        .map_err(|_| misuse(format!("{ip} is not an IP address")))?;
    let address = SocketAddr::new(ip, port);
    let (signals, open) = catch_signals().context("sigaction")?;
    let listener =
        make_socket(address).with_context(|| format!("bind {address}"))?;
    ensure!(fits(&listener), "no descriptor below {FD_SETSIZE} is left");
    // https://man7.org/linux/man-pages/man2/listen.2.html
    listen(&listener, Backlog::MAXCONN).context("listen")?;
    announce(getsockname::<SockaddrStorage>(listener.as_raw_fd())?)?;
    Server {
        told: Actor::new("server"),
        listener,
        clients: BTreeMap::new(),
        full: None,
    }
    .serve(&signals, &open)
}

/// Holds SIGINT and SIGTERM back from here on. Returns the two as a set, and
/// the mask that lets them in.
fn catch_signals() -> nix::Result<(SigSet, SigSet)> {
    let handler = SigHandler::Handler(stop);
    let action = SigAction::new(handler, SaFlags::empty(), SigSet::empty());
    let (mut signals, mut open) = (SigSet::empty(), SigSet::thread_get_mask()?);
    for signal in [Signal::SIGINT, Signal::SIGTERM] {
        signals.add(signal);
        open.remove(signal);
        // SAFETY: all that `stop` does is one atomic store.
        // https://man7.org/linux/man-pages/man2/sigaction.2.html
        #[expect(unsafe_code, reason = "a handler runs at any moment")]
        unsafe {
            sigaction(signal, &action)?
        };
    }
    signals.thread_block()?;
    Ok((signals, open))
}

struct Server {
    told: Actor,
    listener: OwnedFd,
    clients: BTreeMap<RawFd, OwnedFd>,
    /// There was no room for one more client; when to try again.
    full: Option<Instant>,
}

impl Server {
    /// Serves until SIGINT or SIGTERM comes. In a round, each client that is
    /// ready gets one `recv`, so that none keeps the others waiting.
    fn serve(mut self, signals: &SigSet, open: &SigSet) -> Result<()> {
        while STOP.load(Ordering::Relaxed) == 0 {
            let ready = self.wait(open).context("pselect")?;
            // Where a descriptor is ready already, pselect leaves a signal
            // waiting, and in a flood one always is: so let it in here too.
            signals.thread_unblock()?;
            signals.thread_block()?;
            let listening = self.listener.as_raw_fd();
            for &fd in ready.iter().filter(|&&fd| fd != listening) {
                self.hear(fd)?;
            }
            // After the others, who may leave a descriptor for this client.
            if ready.contains(&listening) {
                self.welcome()?;
            }
        }
        let signal = Signal::try_from(STOP.load(Ordering::Relaxed))?;
        self.told.step(format!("--- {signal} ---"), "the end")
    }

    // ANCHOR: wait
    /// The numbers that can be read from; none where a signal came or a pause
    /// is over.
    fn wait(&self, open: &SigSet) -> nix::Result<Vec<RawFd>> {
        let now = Instant::now();
        let pause = self.full.filter(|&until| until > now);
        let pause = pause.map(|until| TimeSpec::from_duration(until - now));
        let mut set = FdSet::new();
        if pause.is_none() {
            set.insert(self.listener.as_fd());
        }
        for client in self.clients.values() {
            set.insert(client.as_fd());
        }
        // The signals are let in only inside the call, so one that comes
        // after the look at STOP is not missed: it ends the call at once.
        // https://man7.org/linux/man-pages/man2/select.2.html
        match pselect(None, &mut set, None, None, pause.as_ref(), open) {
            Ok(_) => Ok(set.fds(None).map(|fd| fd.as_raw_fd()).collect()),
            Err(Errno::EINTR) => Ok(Vec::new()),
            Err(errno) => Err(errno),
        }
    }
    // ANCHOR_END: wait

    // ANCHOR: hear
    /// Calls `recv` once for a client that is ready.
    fn hear(&mut self, fd: RawFd) -> Result<()> {
        let mut buffer = [0; MAXMSG];
        // Ready is what pselect saw; MSG_DONTWAIT never waits if it was wrong.
        let heard = recv(fd, &mut buffer, MsgFlags::MSG_DONTWAIT);
        // 0 is the end of the stream. Any other error, a reset for one, means
        // that this connection has failed, not the server.
        let stays =
            matches!(heard, Ok(1..) | Err(Errno::EAGAIN | Errno::EINTR));
        if !stays {
            // Out of the map means dropped, and dropped means closed: now
            // there may be room for a client that had to wait.
            self.clients.remove(&fd);
            self.full = self.full.map(|_| Instant::now());
        }
        // What a terminal would obey is printed as \x and two figures.
        let text = buffer[..heard.unwrap_or(0)].escape_ascii();
        // ANCHOR_END: hear
        let call = format!("recv({fd}) = {}", outcome(&heard));
        match heard {
            Ok(1..) => self.told.step(format!("{call} \"{text}\""), ""),
            _ if stays => self.told.step(call, "nothing yet"),
            _ => self.told.step(call, "closed"),
        }
    }

    // ANCHOR: welcome
    /// Takes one client out of the accept queue, if it is still there.
    fn welcome(&mut self) -> Result<()> {
        let (accepted, why) = match sys::accept(&self.listener) {
            Ok((client, from)) if fits(&client) => {
                let fd = client.as_raw_fd();
                self.clients.insert(fd, client);
                self.full = None;
                (Ok(fd), format!("from {from}"))
            }
            // Too high a number for an FdSet. Dropped here, hence closed.
            Ok((it, _)) => (Ok(it.as_raw_fd()), "refused: FD_SETSIZE".into()),
            // Gone between pselect and accept, or a signal.
            Err(
                errno @ (Errno::EAGAIN | Errno::EINTR | Errno::ECONNABORTED),
            ) => (Err(errno), "nobody there".into()),
            // No descriptor, no memory. The client stays in the queue and the
            // listening socket stays ready: for a while, don't ask for it.
            Err(errno) => match self.full.replace(Instant::now() + PAUSE) {
                Some(_) => return Ok(()),
                None => (Err(errno), "a pause, then again".into()),
            },
        };
        // ANCHOR_END: welcome
        let (fd, result) = (self.listener.as_raw_fd(), outcome(&accepted));
        self.told.step(format!("accept({fd}) = {result}"), &why)
    }
}
// ANCHOR_END: all
