//! The example server against clients that were not written in this workspace,
//! and against those that mean it ill.

use std::fs;
use std::io::{self, PipeWriter, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use libtest_mimic::Arguments;
use nix::libc::linger;
use nix::sys::resource::{Resource, getrlimit, rlim_t, setrlimit};
use nix::sys::select::FD_SETSIZE;
use nix::sys::signal::Signal;
use nix::sys::socket::{setsockopt, sockopt};
use testkit::{DEADLINE, Ended, Program, Skip, ended, trial};

const SERVER: &str = env!("CARGO_BIN_EXE_server");

fn main() {
    let trials = vec![
        trial(
            "socat_and_nc_clients_are_served_at_once",
            &["tool:socat", "tool:nc"],
            many_at_once,
        ),
        trial(
            "a_reset_ends_one_client_and_not_the_server",
            &[],
            one_resets,
        ),
        trial(
            "a_failed_recv_ends_one_client_and_not_the_server",
            &["linux", "tool:strace"],
            recv_fails,
        ),
        trial(
            "a_silent_client_does_not_keep_the_others_waiting",
            &["tool:socat", "tool:nc"],
            one_is_silent,
        ),
        trial(
            "a_flooding_client_does_not_keep_the_others_waiting",
            &["tool:socat", "tool:nc"],
            one_floods,
        ),
        trial("sigterm_ends_it_in_a_flood", &["tool:socat"], || {
            ended_in_a_flood(Signal::SIGTERM)
        }),
        trial("sigint_ends_it_in_a_flood", &["tool:socat"], || {
            ended_in_a_flood(Signal::SIGINT)
        }),
        trial("sigterm_ends_it_cleanly", &[], || ended_by(Signal::SIGTERM)),
        trial("sigint_ends_it_cleanly", &[], || ended_by(Signal::SIGINT)),
        trial("a_signal_at_any_moment_ends_it", &[], any_moment),
        trial(
            "both_signals_are_held_back_from_the_look_to_the_wait",
            &["linux", "tool:strace"],
            held_back,
        ),
        trial("any_byte_is_printed_as_plain_text", &[], any_byte),
        trial("a_message_without_nul_ends_where_it_ends", &[], no_nul),
        trial("the_port_of_a_client_is_printed_right", &[], right_port),
        trial("it_serves_ipv6", &["ipv6"], over_ipv6),
        trial(
            "more_clients_than_fd_setsize_are_refused_one_by_one",
            &["linux"],
            past_fd_setsize,
        ),
        trial(
            "with_no_descriptor_left_clients_wait_and_the_loop_does_not_spin",
            &["linux", "tool:strace"],
            no_descriptor_left,
        ),
        trial(
            "with_no_descriptor_for_the_first_client_it_tries_again",
            &["linux", "tool:strace"],
            no_descriptor_at_all,
        ),
        trial(
            "a_connection_that_is_gone_at_accept_is_passed_over",
            &["linux", "tool:strace"],
            gone_at_accept,
        ),
        trial(
            "accept_does_not_wait_for_a_client_that_is_gone",
            &["linux", "tool:strace"],
            nobody_at_accept,
        ),
        trial("a_port_in_use_is_one_line", &[], port_in_use),
        trial("it_starts_again_on_the_same_port_at_once", &[], restarted),
        trial("an_address_of_nobody_here_is_one_line", &[], not_ours),
        trial("what_is_no_port_and_no_address_is_misuse", &[], misused),
        trial("a_full_standard_output_is_one_line", &["linux"], full),
        trial("a_closed_standard_output_ends_it_quietly", &[], closed),
    ];
    libtest_mimic::run(&Arguments::from_args(), trials).exit();
}

// The server and its clients.

fn server() -> Result<(Program, String)> {
    let server = Program::start(SERVER, &["0"])?;
    let address = server.address()?;
    Ok((server, address))
}

/// The server under strace, which makes calls fail or lie as its options
/// `inject` say, and writes down what it sees.
struct Traced {
    server: Program,
    address: String,
    log: Log,
}

/// A file that goes away with the test, also when it fails.
struct Log(PathBuf);

impl Drop for Log {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

impl Traced {
    /// `limit` is the number of descriptors that the server may have.
    fn start(name: &str, limit: u64, inject: &[&str]) -> Result<Traced> {
        let log = format!("server-test-{}-{name}", std::process::id());
        let log = Log(std::env::temp_dir().join(log));
        let mut command = Command::new("strace");
        // -D: the server is our child, strace is not in between.
        command.args(["-D", "-o"]).arg(&log.0);
        let calls = "trace=accept,recvfrom,pselect6,rt_sigprocmask";
        command.args(["-e", calls]);
        for what in inject {
            command.args(["-e", &format!("inject={what}")]);
        }
        let script = format!("ulimit -n {limit} && exec \"$0\" 0");
        command
            .args(["sh", "-c", &script, SERVER])
            .stdin(Stdio::null());
        let server = Program::start_as("server", command)?;
        let address = server.address()?;
        Ok(Traced {
            server,
            address,
            log,
        })
    }

    /// Ends the server, and returns what strace saw.
    fn end(self) -> Result<String> {
        end_by(self.server, Signal::SIGTERM)?;
        fs::read_to_string(&self.log.0).context("what strace saw")
    }
}

/// A client of another make that sends what is written to the pipe.
fn talker(name: &str, args: &[&str]) -> Result<(Program, PipeWriter)> {
    let (reader, writer) = io::pipe()?;
    let mut command = Command::new(name);
    command.args(args).stdin(reader);
    Ok((Program::start_as(name, command)?, writer))
}

fn socat(address: &str) -> Result<(Program, PipeWriter)> {
    talker("socat", &["-u", "-", &format!("TCP:{address}")])
}

/// nc ends when the server has closed the connection.
fn nc(address: &str) -> Result<(Program, PipeWriter)> {
    let (host, port) = address.rsplit_once(':').context("a port")?;
    talker("nc", &["-N", host, port])
}

fn connect(address: &str) -> Result<TcpStream> {
    let client = TcpStream::connect(address)?;
    client.set_read_timeout(Some(DEADLINE))?;
    Ok(client)
}

/// Connects, says `text`, and waits until the server has read it.
fn says(server: &Program, address: &str, text: &str) -> Result<()> {
    let mut client = connect(address)?;
    client.write_all(text.as_bytes())?;
    server.line_with(&format!("= {} {text:?}", text.len()))?;
    closed_by_server(client)
}

/// Ends the stream and waits until the server has read up to there.
fn closed_by_server(mut client: TcpStream) -> Result<()> {
    client.shutdown(Shutdown::Write)?;
    let count = client.read(&mut [0; 8]).context("the server's answer")?;
    ensure!(count == 0, "the server said {count} bytes");
    Ok(())
}

/// Ends with a reset instead of an end of stream.
fn reset(client: TcpStream) -> Result<()> {
    let now = linger {
        l_onoff: 1,
        l_linger: 0,
    };
    setsockopt(&client, sockopt::Linger, &now)?;
    drop(client);
    Ok(())
}

fn end_by(server: Program, signal: Signal) -> Result<Ended> {
    server.signal(signal)?;
    let ended = server.end()?;
    ensure!(
        ended.code() == Some(0) && ended.stderr.is_empty(),
        "{:?}, standard error {:?}",
        ended.status,
        ended.stderr
    );
    Ok(ended)
}

// The tests.

fn many_at_once() -> Result<()> {
    let (server, address) = server()?;
    let mut clients = Vec::new();
    for number in 0..6 {
        let client = if number % 2 == 0 {
            socat(&address)?
        } else {
            nc(&address)?
        };
        server.line_with(&format!("accept(3) = {}", number + 4))?;
        clients.push(client);
    }
    // The last one speaks first, while all the others are connected.
    for (number, (_, pipe)) in clients.iter_mut().enumerate().rev() {
        // In one piece: writeln! would make three, and socat three sends.
        pipe.write_all(format!("client {number}\n").as_bytes())?;
        let line = format!("= 9 \"client {number}\\n\"");
        server.line_with(&line)?;
    }
    for (number, (client, pipe)) in clients.into_iter().enumerate() {
        drop(pipe);
        server.line_with(&format!("recv({}) = 0", number + 4))?;
        let ended = client.end()?;
        ensure!(ended.code() == Some(0), "{ended:?}");
    }
    Ok(())
}

fn one_resets() -> Result<()> {
    let (server, address) = server()?;
    let other = connect(&address)?;
    server.line_with("accept(3) = 4")?;
    let client = connect(&address)?;
    server.line_with("accept(3) = 5")?;
    reset(client)?;
    server.line_with("recv(5) = -1 ECONNRESET")?;
    // One that connects and resets before the server looks at it.
    reset(connect(&address)?)?;
    closed_by_server(other)?;
    says(&server, &address, "still there?")
}

fn recv_fails() -> Result<()> {
    let timed_out = ["recvfrom:error=ETIMEDOUT:when=1"];
    let traced = Traced::start("recv-fails", 64, &timed_out)?;
    let mut client = connect(&traced.address)?;
    client.write_all(b"lost")?;
    traced.server.line_with("recv(4) = -1 ETIMEDOUT")?;
    says(&traced.server, &traced.address, "still there?")?;
    traced.end().map(drop)
}

fn one_is_silent() -> Result<()> {
    let (server, address) = server()?;
    let (silent, pipe) = socat(&address)?;
    server.line_with("accept(3) = 4")?;
    let (client, mut other) = nc(&address)?;
    other.write_all(b"hello")?;
    drop(other);
    server.line_with("recv(5) = 5 \"hello\"")?;
    let ended = client.end()?;
    ensure!(ended.code() == Some(0), "{ended:?}");
    ensure!(!silent.has_ended(), "the silent client was still connected");
    drop(pipe);
    Ok(())
}

/// A client that sends without end, once the server reads from it.
fn flood(server: &Program, address: &str) -> Result<Program> {
    let to = format!("TCP:{address}");
    let flood = Program::start("socat", &["-u", "/dev/zero", &to])?;
    server.line_with("recv(4) = 512")?;
    Ok(flood)
}

fn one_floods() -> Result<()> {
    let (server, address) = server()?;
    let flood = flood(&server, &address)?;
    for _ in 0..3 {
        // What the server prints is too much to keep. But nc ends only when
        // the server has read up to the end of its stream.
        let (client, mut pipe) = nc(&address)?;
        pipe.write_all(b"hello")?;
        drop(pipe);
        let ended = client.end()?;
        ensure!(ended.code() == Some(0), "{ended:?}");
    }
    ensure!(!flood.has_ended(), "the flood went on all the time");
    Ok(())
}

fn ended_in_a_flood(signal: Signal) -> Result<()> {
    let (server, address) = server()?;
    let flood = flood(&server, &address)?;
    end_by(server, signal)?;
    // Only now, by a reset.
    flood.end().map(drop)
}

fn ended_by(signal: Signal) -> Result<()> {
    let (server, address) = server()?;
    let mut clients = Vec::new();
    for number in 4..7 {
        clients.push(connect(&address)?);
        server.line_with(&format!("accept(3) = {number}"))?;
    }
    let ended = end_by(server, signal)?;
    let last = ended.stdout.lines().last().unwrap_or_default();
    ensure!(last.contains(signal.as_str()), "the last line was {last:?}");
    for mut client in clients {
        let count = client.read(&mut [0; 8])?;
        ensure!(count == 0, "a client that was connected got {count}");
    }
    Ok(())
}

fn any_moment() -> Result<()> {
    for round in 0..40 {
        let (server, address) = server()?;
        // At work on something or about to wait.
        let clients: Vec<_> =
            (0..round % 4).map(|_| connect(&address)).collect();
        let signals = [Signal::SIGTERM, Signal::SIGINT];
        end_by(server, signals[round % 2])?;
        drop(clients);
    }
    Ok(())
}

/// If a signal could come between the look at STOP and the wait, it would be
/// missed until the next client comes. That moment is too short to be hit by
/// a test, so strace says whether it exists.
fn held_back() -> Result<()> {
    let traced = Traced::start("held-back", 64, &[])?;
    says(&traced.server, &traced.address, "hello")?;
    let log = traced.end()?;
    let mut last = "";
    let mut waits = 0;
    for line in log.lines() {
        if line.starts_with("pselect6(") {
            ensure!(
                last.starts_with("rt_sigprocmask(SIG_BLOCK, [INT TERM]"),
                "the last change of the mask before {line} was {last}"
            );
            ensure!(line.contains("{sigmask=[], "), "the wait was {line}");
            waits += 1;
        } else if line.starts_with("rt_sigprocmask(") {
            last = line;
        }
    }
    ensure!(waits >= 3, "{waits} waits in {log}");
    Ok(())
}

fn any_byte() -> Result<()> {
    let (server, address) = server()?;
    let mut client = connect(&address)?;
    let all: Vec<u8> = (0..=255).collect();
    client.write_all(&all)?;
    let line = server.line_with("recv(4) = 256")?;
    for bytes in [r"\x00\x01", r"\x1b\x1c", r"\t\n\x0b", "ABC", r"\xfe\xff"] {
        ensure!(line.contains(bytes), "no {bytes} in {line}");
    }
    closed_by_server(client)?;
    let said = end_by(server, Signal::SIGTERM)?.stdout;
    let plain = |c: char| matches!(c, ' '..='~' | '\n');
    ensure!(said.chars().all(plain), "not all of it is text: {said:?}");
    Ok(())
}

fn no_nul() -> Result<()> {
    let (server, address) = server()?;
    let mut client = connect(&address)?;
    client.write_all(b"a long message with its NUL\0")?;
    server.line_with("recv(4) = 28")?;
    closed_by_server(client)?;
    says(&server, &address, "hi")?;
    let said = end_by(server, Signal::SIGTERM)?.stdout;
    ensure!(
        said.lines()
            .any(|line| line.ends_with("recv(4) = 2 \"hi\"")),
        "{said}"
    );
    Ok(())
}

fn right_port() -> Result<()> {
    let (server, address) = server()?;
    let client = connect(&address)?;
    let from = client.local_addr()?;
    server.line_with(&format!("from {from}"))?;
    Ok(())
}

fn over_ipv6() -> Result<()> {
    let server = Program::start(SERVER, &["0", "::1"])?;
    let address = server.address()?;
    ensure!(address.starts_with("[::1]:"), "it listens on {address}");
    let client = connect(&address)?;
    let from = client.local_addr()?;
    server.line_with(&format!("from {from}"))?;
    closed_by_server(client)
}

/// So many clients of this process, and as many in the server.
fn allow_descriptors(count: rlim_t) -> Result<()> {
    let (now, most) = getrlimit(Resource::RLIMIT_NOFILE)?;
    if now < count {
        if most < count {
            let why = format!("needs {count} open descriptors (ulimit -Hn)");
            return Err(Skip(why).into());
        }
        setrlimit(Resource::RLIMIT_NOFILE, count, most)?;
    }
    Ok(())
}

fn past_fd_setsize() -> Result<()> {
    allow_descriptors(FD_SETSIZE as rlim_t * 3)?;
    let (server, address) = server()?;
    // 0 to 3 are the server's own.
    let mut clients = Vec::new();
    for _ in 4..FD_SETSIZE {
        clients.push(connect(&address)?);
    }
    server.line_with(&format!("accept(3) = {} ", FD_SETSIZE - 1))?;
    for _ in 0..3 {
        let mut refused = connect(&address)?;
        let count = refused.read(&mut [0; 8])?;
        ensure!(count == 0, "a client too many read {count}");
    }
    server.line_with(&format!("accept(3) = {FD_SETSIZE} "))?;
    // The others don't notice. When one leaves, there is room again.
    let mut last = clients.pop().context("a client")?;
    last.write_all(b"unharmed")?;
    server.line_with("= 8 \"unharmed\"")?;
    closed_by_server(last)?;
    says(&server, &address, "room again")?;
    end_by(server, Signal::SIGTERM).map(drop)
}

fn no_descriptor_left() -> Result<()> {
    // 0 to 3 are the server's own, so 4 clients fit.
    let traced = Traced::start("no-descriptor", 8, &[])?;
    let (server, address) = (&traced.server, &traced.address);
    let mut clients = Vec::new();
    for number in 4..8 {
        clients.push(connect(address)?);
        server.line_with(&format!("accept(3) = {number}"))?;
    }
    let mut waiting = connect(address)?;
    waiting.write_all(b"patience")?;
    server.line_with("accept(3) = -1 EMFILE")?;
    // Those who are in go on, and the one outside gets in when one leaves.
    clients[0].write_all(b"go on")?;
    server.line_with("recv(4) = 5 \"go on\"")?;
    closed_by_server(clients.remove(2))?;
    server.line_with("recv(6) = 8 \"patience\"")?;
    closed_by_server(waiting)?;
    let log = traced.end()?;
    // The listening socket is ready all the time. So after a failure it must
    // be left out of the set, or the loop spins.
    let mut failed = 0;
    let mut lines = log.lines();
    while lines.any(|line| line.contains("EMFILE")) {
        failed += 1;
        let next = lines.find(|line| line.starts_with("pselect6("));
        let next = next.context("a wait after the failure")?;
        ensure!(next.starts_with("pselect6(8, [4 "), "then came {next}");
    }
    ensure!(failed > 0, "no EMFILE in {log}");
    Ok(())
}

fn no_descriptor_at_all() -> Result<()> {
    let full = ["accept:error=ENFILE:when=1"];
    let traced = Traced::start("no-descriptor-at-all", 64, &full)?;
    // Nobody is in who could leave.
    says(&traced.server, &traced.address, "hello")?;
    traced.server.line_with("accept(3) = -1 ENFILE")?;
    traced.end().map(drop)
}

fn gone_at_accept() -> Result<()> {
    let gone = ["accept:error=ECONNABORTED:when=1"];
    let traced = Traced::start("gone", 64, &gone)?;
    says(&traced.server, &traced.address, "hello")?;
    traced.server.line_with("accept(3) = -1 ECONNABORTED")?;
    let log = traced.end()?;
    ensure!(!log.contains("tv_sec"), "it paused: {log}");
    Ok(())
}

/// Every other answer of pselect is a lie: it says that everything is ready.
fn nobody_at_accept() -> Result<()> {
    let lie = ["pselect6:retval=1:when=1+2"];
    let traced = Traced::start("nobody", 64, &lie)?;
    traced.server.line_with("accept(3) = -1 EAGAIN")?;
    let mut client = connect(&traced.address)?;
    traced.server.line_with("recv(4) = -1 EAGAIN")?;
    client.write_all(b"hello")?;
    traced.server.line_with("recv(4) = 5 \"hello\"")?;
    closed_by_server(client)?;
    traced.end().map(drop)
}

fn port_in_use() -> Result<()> {
    let (_server, address) = server()?;
    let (_, port) = address.rsplit_once(':').context("a port")?;
    let second = Program::start(SERVER, &[port])?.end()?;
    let why = "EADDRINUSE: Address already in use";
    ended(&second, 1, &format!("bind {address}: {why}\n"))
}

fn restarted() -> Result<()> {
    let (first, address) = server()?;
    let client = connect(&address)?;
    first.line_with("accept(3) = 4")?;
    // The server closes first, so the connection stays in its kernel, in
    // TIME-WAIT, and with it the port.
    end_by(first, Signal::SIGTERM)?;
    drop(client);
    let (_, port) = address.rsplit_once(':').context("a port")?;
    let second = Program::start(SERVER, &[port])?;
    ensure!(second.address()? == address);
    says(&second, &address, "hello again")
}

fn not_ours() -> Result<()> {
    let server = Program::start(SERVER, &["0", "192.0.2.1"])?.end()?;
    let why = "EADDRNOTAVAIL: Cannot assign requested address";
    ended(&server, 1, &format!("bind 192.0.2.1:0: {why}\n"))
}

fn misused() -> Result<()> {
    let usage = "usage: server [PORT [ADDRESS]]\nexample: server 5555 \
                 127.0.0.1\n";
    for port in ["65536", "-1", "http", ""] {
        let server = Program::start(SERVER, &[port])?.end()?;
        let line = format!("{port} is not a port (0 to 65535)\n{usage}");
        ended(&server, 2, &line)?;
    }
    for address in ["localhost", "1.2.3", "127.0.0.1:5555"] {
        let server = Program::start(SERVER, &["0", address])?.end()?;
        let line = format!("{address} is not an IP address\n{usage}");
        ended(&server, 2, &line)?;
    }
    let server = Program::start(SERVER, &["0", "::1", "x"])?.end()?;
    let line = format!("server takes a port and an address\n{usage}");
    ended(&server, 2, &line)?;
    ended(&Program::start(SERVER, &["--help"])?.end()?, 0, "")
}

fn full() -> Result<()> {
    let mut command = Command::new("sh");
    let script = "exec \"$0\" 0 >/dev/full";
    command.args(["-c", script, SERVER]).stdin(Stdio::null());
    let server = Program::start_as("server", command)?.end()?;
    ended(
        &server,
        1,
        "write to standard output: No space left on device (os error 28)\n",
    )
}

fn closed() -> Result<()> {
    // As `server | head -1`; the reader is gone before its line is seen.
    let script = "{ \"$0\" 0; echo \"exit code $?\" >&2; } |
        { read -r line; exec <&-; echo \"$line\"; }";
    let mut command = Command::new("sh");
    command.args(["-c", script, SERVER]).stdin(Stdio::null());
    let server = Program::start_as("server", command)?;
    let client = connect(&server.address()?)?;
    let said = server.end()?.stderr;
    drop(client);
    ensure!(said == "exit code 0\n", "on standard error: {said:?}");
    Ok(())
}
