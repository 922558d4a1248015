//! Holds one conversation of the example client and the example server, and
//! compares what both print.
//!
//! Both use their defaults, name and port 5555 alike. So that neither the
//! names of this machine nor its ports come into it, they run in a network of
//! their own, where `localhost` has the two addresses that it has on most
//! machines, `::1` first.

use std::process::{Command, ExitCode, Stdio};

use anyhow::{Context, Result, ensure};
use libtest_mimic::{Arguments, Completion, Trial};
use nix::sys::signal::Signal;
use testkit::recordings::{Conversation, command, main_with};
use testkit::{Program, machine};

const SERVER: &str = env!("CARGO_BIN_EXE_server");

/// What the conversation needs of the machine.
const NEEDS: &[&str] = &["linux", "userns", "ipv6", "tool:ip", "tool:nsenter"];

/// The files hosts and nsswitch.conf that both sides see.
const NAMES: &str =
    concat!(env!("CARGO_MANIFEST_DIR"), "/../06-client/tests/localhost");

fn main() -> ExitCode {
    if let Some(why) = machine::lacks_any(NEEDS) {
        return skipped(why);
    }
    main_with(
        env!("CARGO_MANIFEST_DIR"),
        &[],
        &[Conversation {
            names: &["../../06-client/recorded/client", "server"],
            figures: &[],
            hold,
        }],
    )
}

/// A skip that can be seen. The harness has none for a conversation.
fn skipped(why: String) -> ExitCode {
    let trial = Trial::ignorable_test(
        "client_and_server_print_what_is_recorded",
        move || Ok(Completion::ignored_with(why)),
    );
    libtest_mimic::run(&Arguments::default(), vec![trial]).exit_code()
}

/// The server waits, the client comes and goes, SIGTERM ends the server.
fn hold() -> Result<Vec<String>> {
    let client = built("ch-06-client", "client")?;
    let server = Program::start_as("server", on_a_machine_of_its_own())?;
    let address = server.address()?;
    ensure!(address == "127.0.0.1:5555", "it listens on {address}");
    // Into the server's network and its view of the files.
    let mut beside = Command::new("nsenter");
    let pid = server.pid().to_string();
    beside.args(["--user", "--preserve-credentials", "--net", "--mount"]);
    beside
        .args(["--target", &pid, &client])
        .stdin(Stdio::null());
    let client = Program::start_as("client", beside)?.end()?;
    // The client ends only after the server has closed its connection.
    server.signal(Signal::SIGTERM)?;
    let server = server.end()?;
    for ended in [&client, &server] {
        ensure!(
            ended.status.success() && ended.stderr.is_empty(),
            "{ended:?}"
        );
    }
    let text = |name, said: &str| format!("{}\n{said}", command(name, &[]));
    Ok(vec![
        text("client", &client.stdout),
        text("server", &server.stdout),
    ])
}

/// The server, with nothing but a loopback interface and the names in NAMES.
fn on_a_machine_of_its_own() -> Command {
    const SCRIPT: &str = "ip link set lo up &&
        mount --bind \"$0/hosts\" /etc/hosts &&
        mount --bind \"$0/nsswitch.conf\" /etc/nsswitch.conf && exec \"$1\"";

    let mut command = Command::new("unshare");
    command.args(["--user", "--map-root-user", "--net", "--mount"]);
    command.args(["sh", "-c", SCRIPT, NAMES, SERVER]);
    command.stdin(Stdio::null());
    command
}

/// The path of another package's program, which Cargo builds where needed: no
/// topic depends on another.
fn built(package: &str, program: &str) -> Result<String> {
    let cargo = std::env::var("CARGO").unwrap_or(env!("CARGO").into());
    let output = Command::new(cargo)
        .args(["build", "--quiet", "--message-format=json"])
        .args(["--package", package, "--bin", program])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .stdin(Stdio::null())
        .output()
        .context("start cargo")?;
    ensure!(
        output.status.success(),
        "cargo build of {program}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    // One message a line. Of a library's and a program's, only the latter has
    // a path to execute.
    let messages = String::from_utf8_lossy(&output.stdout);
    let (_, path) = messages
        .lines()
        .find_map(|line| line.split_once("\"executable\":\""))
        .with_context(|| format!("cargo names no path of {program}"))?;
    let (path, _) = path.split_once('"').context("a path in quotes")?;
    Ok(path.to_owned())
}
