//! The example client against listeners that were not written in this
//! workspace, and against those that fail it.

use std::fs;
use std::io::{self, Read};
use std::net::{Ipv4Addr, SocketAddrV4, TcpListener};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::os::unix::thread::JoinHandleExt;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use ch_06_client::send_all;
use libtest_mimic::Arguments;
use nix::libc;
use nix::poll::poll;
use nix::sys::signal::{
    SaFlags, SigAction, SigHandler, SigSet, Signal, sigaction,
};
use nix::sys::socket::{
    AddressFamily, SockFlag, SockType, SockaddrIn, bind, getsockname,
    setsockopt, socket, sockopt,
};
use nix::unistd::Pid;
use testkit::{DEADLINE, Ended, Program, ended, trial};

const CLIENT: &str = env!("CARGO_BIN_EXE_client");

/// What the client sends, as a listener prints it.
const MESSAGE: &str = "Yow!!! Are we having fun yet?!?\0";

/// How long the client waits for the server's end of stream.
const PATIENCE: Duration = Duration::from_secs(2);

fn main() {
    let trials = vec![
        trial(
            "the_message_reaches_socat_with_its_final_nul",
            &["linux", "tool:socat"],
            || whole_message("socat", &socat("TCP4-LISTEN:0,bind=127.0.0.1")),
        ),
        trial(
            "the_message_reaches_socat_over_ipv6",
            &["linux", "ipv6", "tool:socat"],
            || whole_message("socat", &socat("TCP6-LISTEN:0,bind=[::1]")),
        ),
        trial(
            "the_message_reaches_nc_with_its_final_nul",
            &["linux", "tool:nc"],
            || whole_message("nc", &nc("127.0.0.1")),
        ),
        trial(
            "the_message_reaches_nc_over_ipv6",
            &["linux", "ipv6", "tool:nc"],
            || whole_message("nc", &nc("::1")),
        ),
        trial(
            "the_second_address_is_tried_when_the_first_refuses",
            &["linux", "ipv6", "userns", "tool:socat"],
            second_address,
        ),
        trial(
            "when_no_address_answers_each_failure_is_told",
            &["linux", "ipv6", "userns"],
            no_address,
        ),
        trial("a_refused_connection_is_one_line", &[], refused),
        trial("an_unknown_host_is_one_line", &["linux", "userns"], unknown),
        trial(
            "an_unreachable_network_is_one_line",
            &["linux", "userns"],
            unreachable,
        ),
        trial("what_is_no_port_is_misuse", &[], no_port),
        trial("a_reset_instead_of_an_answer_is_one_line", &[], reset),
        trial(
            "a_server_that_closes_before_the_message_is_one_line",
            &["linux", "tool:strace"],
            closed_early,
        ),
        trial(
            "a_server_that_reads_nothing_is_told_from_one_that_has_read",
            &["linux", "tool:socat"],
            silent,
        ),
        trial(
            "stopped_and_continued_it_goes_on_waiting",
            &["linux", "tool:socat"],
            stopped,
        ),
        trial("what_the_server_answers_is_dropped", &["linux"], talkative),
        trial("a_full_standard_output_is_one_line", &["linux"], full),
        trial("a_closed_standard_output_ends_it_quietly", &[], closed),
        trial(
            "send_all_hands_over_every_byte_though_signals_cut_it_short",
            &[],
            cut_short,
        ),
    ];
    libtest_mimic::run(&Arguments::from_args(), trials).exit();
}

// Listeners.

fn socat(address: &str) -> Vec<String> {
    ["-u", address, "-"].map(str::to_owned).into()
}

fn nc(address: &str) -> Vec<String> {
    ["-l", address, "0"].map(str::to_owned).into()
}

/// A listener of another make, and its address.
fn listener(name: &str, args: &[String]) -> Result<(Program, String, String)> {
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let listener = Program::start(name, &args)?;
    let (host, port) = listens_at(listener.pid())?;
    Ok((listener, host, port))
}

/// Where process `pid` listens, from the kernel's account in /proc: to connect
/// and see would use the listener up.
fn listens_at(pid: Pid) -> Result<(String, String)> {
    /// The state LISTEN in /proc/net/tcp.
    const LISTEN: &str = "0A";

    let found = || {
        for (table, host) in [("tcp", "127.0.0.1"), ("tcp6", "::1")] {
            // Without IPv6 there is no tcp6.
            let text = fs::read_to_string(format!("/proc/net/{table}"));
            for line in text.unwrap_or_default().lines().skip(1) {
                let columns: Vec<_> = line.split_whitespace().collect();
                let (local, state, inode) =
                    (columns[1], columns[3], columns[9]);
                if state == LISTEN && holds(pid, inode) {
                    let (_, port) = local.rsplit_once(':')?;
                    let port = u16::from_str_radix(port, 16).ok()?;
                    return Some((host.to_owned(), port.to_string()));
                }
            }
        }
        None
    };
    look_until(found, "a listening socket")
}

/// Whether process `pid` has the socket with this inode open.
fn holds(pid: Pid, inode: &str) -> bool {
    let socket = PathBuf::from(format!("socket:[{inode}]"));
    fs::read_dir(format!("/proc/{pid}/fd"))
        .into_iter()
        .flatten()
        .flatten()
        .any(|entry| {
            fs::read_link(entry.path()).is_ok_and(|link| link == socket)
        })
}

/// Waits until the process has the state `S` (asleep) or `T` (stopped).
fn wait_for_state(pid: Pid, state: &str) -> Result<()> {
    let found = || {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        let (_, rest) = stat.rsplit_once(") ")?;
        rest.starts_with(state).then_some(())
    };
    look_until(found, state)
}

/// Looks at what no event tells of, every millisecond until [`DEADLINE`].
fn look_until<T>(look: impl Fn() -> Option<T>, what: &str) -> Result<T> {
    let until = Instant::now() + DEADLINE;
    loop {
        if let Some(found) = look() {
            return Ok(found);
        }
        ensure!(Instant::now() < until, "no {what} within {DEADLINE:?}");
        poll(&mut [], 1_u8)?;
    }
}

// The client.

fn client(host: &str, port: &str) -> Result<Ended> {
    Program::start(CLIENT, &[host, port])?.end()
}

/// The client on a machine of its own make: `localhost` is `::1` first and
/// then `127.0.0.1`, no other name is known, and nobody else is asked. With
/// `net`, it has a network of its own too, which leads nowhere.
fn in_namespace(net: bool, host: &str, port: &str) -> Result<Program> {
    /// Takes the two files, then the command.
    const SCRIPT: &str = "mount --bind \"$1\" /etc/hosts &&
        mount --bind \"$2\" /etc/nsswitch.conf && shift 2 && exec \"$@\"";

    let mut command = Command::new("unshare");
    command.args(["--user", "--map-root-user", "--mount"]);
    if net {
        command.arg("--net");
    }
    let data = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/localhost");
    let (hosts, order) =
        (format!("{data}/hosts"), format!("{data}/nsswitch.conf"));
    command.args(["sh", "-c", SCRIPT, "sh", &hosts, &order]);
    command.args([CLIENT, host, port]).stdin(Stdio::null());
    Program::start_as("client", command)
}

/// A port that nobody listens at while the descriptor is held.
fn refusing() -> Result<(OwnedFd, String)> {
    let (family, kind) = (AddressFamily::Inet, SockType::Stream);
    let taken = socket(family, kind, SockFlag::empty(), None)?;
    let any = SocketAddrV4::new(Ipv4Addr::LOCALHOST, 0);
    bind(taken.as_raw_fd(), &SockaddrIn::from(any))?;
    let port = getsockname::<SockaddrIn>(taken.as_raw_fd())?.port();
    Ok((taken, port.to_string()))
}

// The tests.

fn whole_message(name: &str, args: &[String]) -> Result<()> {
    let (listener, host, port) = listener(name, args)?;
    let client = client(&host, &port)?;
    ended(&client, 0, "")?;
    let heard = listener.end()?.stdout;
    ensure!(heard == MESSAGE, "{name} got {heard:?}");
    Ok(())
}

fn second_address() -> Result<()> {
    let args = socat("TCP4-LISTEN:0,bind=127.0.0.1");
    let (listener, _, port) = listener("socat", &args)?;
    let client = in_namespace(false, "localhost", &port)?.end()?;
    ended(&client, 0, "")?;
    let told: Vec<_> = client.stdout.lines().collect();
    let first = format!("connect([::1]:{port}) = -1 ECONNREFUSED");
    ensure!(told[1].contains(&first), "expected {first} in {told:#?}");
    let second = format!("connect(127.0.0.1:{port}) = 0");
    ensure!(told[2].contains(&second), "expected {second} in {told:#?}");
    ensure!(listener.end()?.stdout == MESSAGE);
    Ok(())
}

fn no_address() -> Result<()> {
    // In a network whose loopback interface is down. ::1 is then no address
    // of this machine, and without one there is none to come from.
    let client = in_namespace(true, "localhost", "5555")?.end()?;
    ended(
        &client,
        1,
        "connect to [::1]:5555: EADDRNOTAVAIL: Cannot assign requested \
         address; connect to 127.0.0.1:5555: ENETUNREACH: Network is \
         unreachable\n",
    )
}

fn refused() -> Result<()> {
    let (taken, port) = refusing()?;
    let client = client("127.0.0.1", &port)?;
    drop(taken);
    let why = "ECONNREFUSED: Connection refused";
    ended(&client, 1, &format!("connect to 127.0.0.1:{port}: {why}\n"))
}

fn unknown() -> Result<()> {
    let client = in_namespace(false, "nowhere.invalid", "5555")?.end()?;
    ended(
        &client,
        1,
        "look up nowhere.invalid: failed to lookup address information: \
         Name or service not known\n",
    )
}

fn unreachable() -> Result<()> {
    let client = in_namespace(true, "192.0.2.1", "5555")?.end()?;
    ended(
        &client,
        1,
        "connect to 192.0.2.1:5555: ENETUNREACH: Network is unreachable\n",
    )
}

fn no_port() -> Result<()> {
    for port in ["0", "65536", "-1", "http", ""] {
        let client = client("localhost", port)?;
        let line = format!(
            "{port} is not a port (1 to 65535)\nusage: client [HOST [PORT]]\n\
             example: client localhost 5555\n"
        );
        ended(&client, 2, &line)?;
        ensure!(client.stdout.is_empty(), "{client:?}");
    }
    let more = Program::start(CLIENT, &["a", "1", "b"])?.end()?;
    ensure!(more.code() == Some(2), "{more:?}");
    let help = Program::start(CLIENT, &["--help"])?.end()?;
    ended(&help, 0, "")
}

fn reset() -> Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let port = listener.local_addr()?.port().to_string();
    let client = Program::start(CLIENT, &["127.0.0.1", &port])?;
    let (mut connection, _) = listener.accept()?;
    connection.set_read_timeout(Some(DEADLINE))?;
    connection.read_exact(&mut [0])?;
    // With bytes unread: the kernel sends a reset and no end of stream.
    drop(connection);
    let why = "ECONNRESET: Connection reset by peer";
    let line =
        format!("127.0.0.1:{port}: the message may be lost: recv: {why}\n");
    ended(&client.end()?, 1, &line)
}

/// The server's end of stream is there before the message, and the reset that
/// answers the message comes behind it. Then `recv` says 0, not ECONNRESET.
fn closed_early() -> Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let port = listener.local_addr()?.port().to_string();
    let mut command = Command::new("strace");
    // Stops the client between connect and send.
    let stop = "inject=getsockname:signal=SIGSTOP:when=1";
    let log = format!("client-test-{}", std::process::id());
    let log = std::env::temp_dir().join(log);
    command
        .args(["-D", "-e", "trace=getsockname", "-o"])
        .arg(&log);
    command.args(["-e", stop, CLIENT, "127.0.0.1", &port]);
    command.stdin(Stdio::null());
    let client = Program::start_as("client", command)?;
    drop(listener.accept()?);
    let stopped = || {
        let seen = fs::read_to_string(&log).ok()?;
        seen.contains("stopped by SIGSTOP").then_some(())
    };
    look_until(stopped, "stop")?;
    let _ = fs::remove_file(&log);
    client.signal(Signal::SIGCONT)?;
    let line = "closed early: the message may be lost";
    ended(&client.end()?, 1, &format!("127.0.0.1:{port}: {line}\n"))
}

fn silent() -> Result<()> {
    let args = socat("TCP4-LISTEN:0,bind=127.0.0.1");
    let (listener, host, port) = listener("socat", &args)?;
    // As Ctrl-Z does. Its kernel goes on: it takes the connection, and the
    // message too.
    listener.signal(Signal::SIGSTOP)?;
    let start = Instant::now();
    let client = client(&host, &port)?;
    ensure!(
        start.elapsed() >= PATIENCE,
        "it waited {:?}",
        start.elapsed()
    );
    let sent = "send_all(3) = 32";
    ensure!(client.stdout.contains(sent), "no {sent} in {client:?}");
    let line = format!(
        "127.0.0.1:{port}: no end of stream within 2 s: nobody can say \
         whether the message was read\n"
    );
    ended(&client, 1, &line)
}

fn stopped() -> Result<()> {
    let args = socat("TCP4-LISTEN:0,bind=127.0.0.1");
    let (listener, host, port) = listener("socat", &args)?;
    listener.signal(Signal::SIGSTOP)?;
    let client = Program::start(CLIENT, &[&host, &port])?;
    client.line_with("shutdown(3, SHUT_WR) = 0")?;
    wait_for_state(client.pid(), "S")?;
    client.signal(Signal::SIGSTOP)?;
    wait_for_state(client.pid(), "T")?;
    client.signal(Signal::SIGCONT)?;
    wait_for_state(client.pid(), "S")?;
    listener.signal(Signal::SIGCONT)?;
    ended(&client.end()?, 0, "")?;
    ensure!(listener.end()?.stdout == MESSAGE);
    Ok(())
}

fn talkative() -> Result<()> {
    use std::io::Write;

    let listener = TcpListener::bind("127.0.0.1:0")?;
    let port = listener.local_addr()?.port().to_string();
    let client = Program::start(CLIENT, &["127.0.0.1", &port])?;
    let (mut connection, _) = listener.accept()?;
    connection.set_read_timeout(Some(DEADLINE))?;
    // More than the client takes with one call of recv.
    connection.write_all(&[b'x'; 2000])?;
    let mut heard = String::new();
    connection.read_to_string(&mut heard)?;
    ensure!(heard == MESSAGE, "got {heard:?}");
    // All that was said is there to be read, and the end of it is not.
    wait_for_state(client.pid(), "S")?;
    drop(connection);
    ended(&client.end()?, 0, "")
}

fn full() -> Result<()> {
    let mut command = Command::new("sh");
    let script = "exec \"$0\" 127.0.0.1 1 >/dev/full";
    command.args(["-c", script, CLIENT]).stdin(Stdio::null());
    let client = Program::start_as("client", command)?.end()?;
    ended(
        &client,
        1,
        "write to standard output: No space left on device (os error 28)\n",
    )
}

fn closed() -> Result<()> {
    let (reader, writer) = io::pipe()?;
    drop(reader);
    let client = Command::new(CLIENT)
        .args(["127.0.0.1", "1"])
        .stdout(writer)
        .stderr(Stdio::piped())
        .output()?;
    ensure!(
        client.status.success() && client.stderr.is_empty(),
        "{client:?}"
    );
    Ok(())
}

/// How often the handler ran.
static RAN: AtomicUsize = AtomicUsize::new(0);

extern "C" fn ran(_: i32) {
    RAN.fetch_add(1, Ordering::Relaxed);
}

/// A `send` that waits for room and has handed over a part comes back with a
/// short count when a handler runs, one that has handed over nothing fails
/// with EINTR. Here both happen again and again.
fn cut_short() -> Result<()> {
    const BYTES: usize = 2_000_000;

    let none = SigSet::empty();
    let action =
        SigAction::new(SigHandler::Handler(ran), SaFlags::empty(), none);
    // SAFETY: all that `ran` does is one atomic addition.
    #[expect(unsafe_code, reason = "a handler runs at any moment")]
    unsafe {
        sigaction(Signal::SIGUSR1, &action)?;
    }
    let (ours, mut theirs) = UnixStream::pair()?;
    setsockopt(&ours.as_fd(), sockopt::SndBuf, &4096)?;
    let sent: Vec<u8> = (0..=250).cycle().take(BYTES).collect();
    let copy = sent.clone();
    let sender = thread::spawn(move || send_all(&ours, &copy));
    let pthread = sender.as_pthread_t();
    let done = AtomicBool::new(false);
    let received = thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                // SAFETY: the thread is joined only after this loop.
                #[expect(unsafe_code, reason = "nix's feature is off")]
                unsafe {
                    libc::pthread_kill(pthread, libc::SIGUSR1);
                }
            }
        });
        let mut received = vec![0; BYTES];
        let read = theirs.read_exact(&mut received);
        done.store(true, Ordering::Relaxed);
        read.map(|()| received)
    })
    .context("read")?;
    sender
        .join()
        .expect("it did not panic")
        .context("send_all")?;
    ensure!(RAN.load(Ordering::Relaxed) > 0, "no signal came");
    ensure!(received == sent, "the bytes differ");
    Ok(())
}
