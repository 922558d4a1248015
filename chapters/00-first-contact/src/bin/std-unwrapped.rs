// ANCHOR: all
//! A conversation through std alone, and the system calls that std makes.
//!
//! Watch for: how many calls stand behind one line of Rust, and the flag that
//! every new socket carries.
//!
//! Run: cargo run --bin std-unwrapped
//! Untraced: cargo run --bin std-unwrapped conversation
//!
//! Page: book/src/00-first-contact/std-unwrapped.md

use std::env;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, ExitCode, Stdio};

use anyhow::{Context, Result, ensure};
use stage::{Actor, misuse};

const USAGE: &str = "usage: std-unwrapped [conversation]
example: std-unwrapped conversation";

/// The calls that strace shows: those on sockets, and those on descriptors
/// that a socket knows too.
const TRACED: &str = "trace=%network,read,write,close";

fn main() -> ExitCode {
    stage::main(USAGE, run)
}

fn run(args: &[&str]) -> Result<()> {
    match args {
        [] => traced(),
        ["conversation"] => conversation(),
        _ => Err(misuse("std-unwrapped takes one word or none")),
    }
}

/// Runs `conversation` under strace, and prints its lines and calls in turn.
fn traced() -> Result<()> {
    let mut strace = Command::new("strace")
        .args(["-e", TRACED, "-e", "signal=none", "-s", "128"])
        .arg(env::current_exe()?)
        .arg("conversation")
        .env("NO_COLOR", "1")
        .env_remove("CLICOLOR_FORCE")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .context("start strace (it comes with Linux, as a package)")?;
    let trace = strace.stderr.take().context("strace's standard error")?;
    let (line_of_rust, kernel) = (Actor::named("std"), Actor::named("kernel"));
    let mut started = false;
    for line in BufReader::new(trace).lines() {
        let line = line?;
        // What the conversation prints is a call too, and parts the others.
        if let Some(text) = line.strip_prefix("write(1, \"std") {
            started = true;
            let text = text.split(" | ").nth(1).unwrap_or_default();
            let text = text.split("\\n\"").next().unwrap_or_default();
            line_of_rust.step(text.replace("\\\"", "\""), "")?;
        } else if started && !line.starts_with("+++") {
            kernel.step(short(&line), "")?;
        }
    }
    let status = strace.wait()?;
    ensure!(status.success(), "strace ended with {status}");
    Ok(())
}

/// A line of strace, with `{sa_family=AF_INET, …}` as address and port and
/// without the spaces that make a column of the results.
fn short(line: &str) -> String {
    let words: Vec<_> = line.split_whitespace().collect();
    let line = words.join(" ");
    let between = |before: &str, after: char| {
        let (_, rest) = line.split_once(before)?;
        rest.split(after).next()
    };
    let address = between("{", '}').map(|inside| format!("{{{inside}}}"));
    let port = between("htons(", ')');
    let host = between("inet_addr(\"", '"');
    match (address, host, port) {
        (Some(address), Some(host), Some(port)) => {
            line.replace(&address, &format!("{host}:{port}"))
        }
        _ => line,
    }
}

/// Prints the code between the braces, then runs it.
macro_rules! shown {
    ($($code:tt)*) => {
        Actor::new("std").step(stringify!($($code)*), "")?;
        $($code)*
    };
}

/// Both ends of one connection, in one thread of one process.
fn conversation() -> Result<()> {
    let mut buffer = [0; 64];
    // ANCHOR: conversation
    shown! { let listener = TcpListener::bind("127.0.0.1:0")?; }
    shown! { let address = listener.local_addr()?; }
    shown! { let mut client = TcpStream::connect(address)?; }
    shown! { let (mut server, _) = listener.accept()?; }
    shown! { client.write_all(b"hello")?; }
    shown! { let five = server.read(&mut buffer)?; }
    shown! { drop(client); }
    shown! { let zero = server.read(&mut buffer)?; }
    // ANCHOR_END: conversation
    ensure!((five, zero) == (5, 0), "read {five} bytes, then {zero}");
    Actor::new("std").step("}", "")?;
    Ok(())
}
// ANCHOR_END: all
