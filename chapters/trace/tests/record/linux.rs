//! Runs of small programs: this file's own, started again in another role.

use std::env;
use std::fs;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use libtest_mimic::Arguments;
use serde_json::{Value, json};
use testkit::{Ended, Program, Skip, trial};
use trace::{Recording, Role, What};

/// What a whole recording needs.
const ALL: &[&str] = &["capture", "tool:strace"];

pub(crate) fn main() -> ExitCode {
    if let Some(role) = env::args().nth(1).filter(|a| a.starts_with("role-")) {
        play(&role);
        return ExitCode::SUCCESS;
    }
    let trials = vec![
        trial("calls_and_packets_are_on_one_clock", ALL, one_clock),
        trial("the_kernel_tells_states_and_queues", ALL, states),
        trial("a_thread_is_told_from_a_process", ALL, threads),
        trial("a_long_write_is_counted_to_its_last_byte", ALL, long_write),
        trial("who_waits_for_ever_is_ended_and_shown", ALL, waits_for_ever),
        trial("clients_come_when_the_server_is_there", ALL, with_clients),
        trial("a_check_drives_and_tells_its_steps", ALL, checked),
        trial("a_stopped_program_can_be_checked", ALL, stopped),
        trial("packets_are_kept_for_wireshark", ALL, kept_packets),
        trial("only_some_processes", ALL, only),
        trial("without_strace_packets_remain", &["capture"], no_strace),
        trial(
            "without_namespaces_calls_remain",
            &["userns", "tool:strace"],
            no_namespaces,
        ),
        trial("with_neither_it_says_how_to_get_them", &["userns"], neither),
        trial("a_wrong_job_is_refused", &[], refused),
    ];
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

/// The small programs.
fn play(role: &str) {
    let listen = || TcpListener::bind("127.0.0.1:0").expect("bind");
    let join = |listener: &TcpListener| {
        let address = listener.local_addr().expect("address");
        TcpStream::connect(address).expect("connect")
    };
    match role {
        "role-hello" => {
            let listener = listen();
            let mut client = join(&listener);
            let (mut server, _) = listener.accept().expect("accept");
            client.write_all(b"hello").expect("write");
            client.shutdown(Shutdown::Write).expect("shutdown");
            let mut text = String::new();
            server.read_to_string(&mut text).expect("read");
            assert_eq!(text, "hello");
        }
        "role-holds" => {
            let listener = listen();
            let mut client = join(&listener);
            let _server = listener.accept().expect("accept");
            client.write_all(b"hello").expect("write");
            client.shutdown(Shutdown::Write).expect("shutdown");
            let _waits = join(&listener);
            // Nobody calls here.
            let _ = listen().accept();
        }
        "role-threads" => {
            let listener = listen();
            let client = join(&listener);
            let waiting = thread::spawn(move || {
                let mut byte = [0];
                (&client).read(&mut byte)
            });
            let (mut server, _) = listener.accept().expect("accept");
            server.write_all(b"x").expect("write");
            let _ = waiting.join();
        }
        "role-long" => {
            let listener = listen();
            let mut client = join(&listener);
            let (mut server, _) = listener.accept().expect("accept");
            let reading = thread::spawn(move || {
                let mut all = Vec::new();
                server.read_to_end(&mut all).map(|_| all.len())
            });
            client.write_all(&vec![7; LONG]).expect("write");
            drop(client);
            let count = reading.join().expect("join").expect("read");
            assert_eq!(count, LONG);
        }
        "role-server" => {
            let listener = listen();
            let address = listener.local_addr().expect("address");
            println!("listening on {address}");
            for client in listener.incoming() {
                let _ = client.expect("accept").write_all(b"you\n");
            }
        }
        "role-client" => {
            let address = env::args().nth(2).expect("an address");
            let mut server = TcpStream::connect(address).expect("connect");
            let mut text = String::new();
            server.read_to_string(&mut text).expect("read");
        }
        _ => panic!("no role {role}"),
    }
}

/// More than fits into one packet, a socket's buffers and the recorder's
/// slots.
const LONG: usize = 20_000_000;

/// Asks the recorder for a run of this file in these roles.
fn job(roles: &[&[&str]]) -> Value {
    let own = env::current_exe().expect("this file");
    let programs: Vec<Value> = roles
        .iter()
        .map(|args| json!({ "name": "it", "path": own, "args": args }))
        .collect();
    json!({
        "command": "it",
        "programs": programs,
        "limit": 20,
        "show": "json",
        "width": 80,
    })
}

fn ask(job: &Value) -> Result<Ended> {
    let tool = env!("CARGO_BIN_EXE_trace");
    Program::start(tool, &[&job.to_string()])?
        .end_within(Duration::from_secs(60))
}

fn read(ended: &Ended) -> Result<Recording> {
    ensure!(ended.code() == Some(0), "{ended:#?}");
    serde_json::from_str(&ended.stdout).context("a recording")
}

fn record(job: &Value) -> Result<Recording> {
    let recording = read(&ask(job)?)?;
    ensure!(recording.missing.is_empty(), "{:?}", recording.missing);
    Ok(recording)
}

fn one_clock() -> Result<()> {
    let recording = record(&job(&[&["role-hello"]]))?;
    let call = |name: &str| {
        let found = recording.calls.iter().find(|call| call.name == name);
        found.with_context(|| format!("{name} in {:#?}", recording.calls))
    };
    let packet = |flag: &str| {
        let has = |own: &String| own == flag;
        let found = recording.packets.iter().find(|p| p.flags.iter().any(has));
        found.with_context(|| format!("{flag} in {:#?}", recording.packets))
    };
    // Each packet was seen during the call that sent it.
    for (name, flag) in
        [("connect", "SYN"), ("write", "PSH"), ("shutdown", "FIN")]
    {
        // std writes to a socket with send.
        let call = if name == "write" {
            call("send")
        } else {
            call(name)
        }?;
        let at = packet(flag)?.at;
        let end = call.at + call.took.context("it returned")?;
        ensure!(
            (call.at..=end).contains(&at),
            "{flag} at {at}, {name} from {} to {end}",
            call.at
        );
    }
    let bytes: u32 = recording.packets.iter().map(|p| p.length).sum();
    ensure!(bytes == 5, "{bytes} bytes");
    Ok(())
}

/// A connection that one side has ended, and another in the accept queue, for
/// as long as the run lasts.
fn states() -> Result<()> {
    let mut job = job(&[&["role-holds"]]);
    job["limit"] = json!(1);
    let recording = record(&job)?;
    let states: Vec<&str> = recording
        .looks
        .iter()
        .map(|look| look.state.as_str())
        .collect();
    for state in ["LISTEN", "CLOSE-WAIT", "FIN-WAIT-2"] {
        ensure!(states.contains(&state), "no {state} in {states:?}");
    }
    // One waits in the accept queue; five bytes and the end of the stream,
    // which is no byte, are unread. The last look of all may be at a process
    // that is being ended.
    for (state, count) in [("LISTEN", 1), ("CLOSE-WAIT", 5)] {
        let mut of = recording.looks.iter().filter(|l| l.state == state);
        let seen = of.any(|look| look.receive_queue == count);
        ensure!(seen, "no {count} at {state}: {:#?}", recording.looks);
    }
    Ok(())
}

fn threads() -> Result<()> {
    let recording = record(&job(&[&["role-threads"]]))?;
    ensure!(recording.lanes.len() == 1, "{:#?}", recording.lanes);
    let read = recording.calls.iter().find(|call| call.name == "recv");
    let read = read.context("a recv")?;
    ensure!(read.thread == 1, "thread {}", read.thread);
    ensure!(read.result.as_deref() == Some("1 \"x\""), "{read:?}");
    Ok(())
}

fn long_write() -> Result<()> {
    let recording = record(&job(&[&["role-long"]]))?;
    let first_time = recording.packets.iter().filter(|packet| !packet.again);
    let bytes: usize = first_time.map(|packet| packet.length as usize).sum();
    ensure!(bytes == LONG, "{bytes} bytes of {LONG}");
    Ok(())
}

fn waits_for_ever() -> Result<()> {
    let mut job = job(&[&["role-server"]]);
    job["limit"] = json!(1);
    let recording = record(&job)?;
    let last = recording.calls.last().context("a call")?;
    ensure!(last.name == "accept" && last.took.is_none(), "{last:?}");
    let end = recording.lanes[0].end.as_ref().context("an end")?;
    ensure!(end.how == "still running after 1s" && !end.well, "{end:?}");
    Ok(())
}

fn with_clients() -> Result<()> {
    let client: &[&str] = &["role-client", "{address}"];
    let recording = record(&job(&[&["role-server"], client, client]))?;
    let names: Vec<&str> = recording
        .lanes
        .iter()
        .map(|lane| lane.name.as_str())
        .collect();
    ensure!(names == ["it A", "it B", "it C"], "{names:?}");
    // The second came when the first had been served.
    let connects: Vec<_> = recording
        .calls
        .iter()
        .filter(|c| c.name == "connect")
        .collect();
    ensure!(connects.len() == 2, "{connects:#?}");
    let served = recording.calls.iter().find(|call| call.name == "send");
    ensure!(served.context("a send")?.at < connects[1].at, "too early");
    Ok(())
}

/// The reference of `greeter`; a hand-out for a class has none.
fn reference() -> Result<PathBuf> {
    let solutions =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../solutions");
    if !solutions.is_dir() {
        bail!(Skip(
            "needs the solutions, and this is a hand-out".to_owned()
        ));
    }
    program("sol-03-accept", "sol-greeter")
}

/// A program of a package.
fn program(package: &str, name: &str) -> Result<PathBuf> {
    let output = Command::new(env!("CARGO"))
        .args(["build", "--quiet", "--package", package, "--bin", name])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .context("start cargo")?;
    ensure!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(Path::new(env!("CARGO_BIN_EXE_trace")).with_file_name(name))
}

fn check(path: &Path, check: &str) -> Result<Recording> {
    record(&json!({
        "command": "greeter",
        "programs": [{ "name": "greeter", "path": path }],
        "exercise": "greeter",
        "check": check,
        "seed": "5f1c",
        "limit": 10,
        "show": "json",
        "width": 80,
    }))
}

fn checked() -> Result<()> {
    let path = reference()?;
    let recording = check(&path, "the_first_client_is_greeted_and_let_go")?;
    let has = |name: &str, role| {
        recording
            .lanes
            .iter()
            .any(|l| l.name == name && l.role == role)
    };
    ensure!(has("your program", Role::Program), "{:#?}", recording.lanes);
    ensure!(has("client A", Role::Check), "{:#?}", recording.lanes);
    let steps: Vec<&String> = recording
        .notes
        .iter()
        .filter_map(|note| match &note.what {
            What::Step(text) => Some(text),
            _ => None,
        })
        .collect();
    ensure!(
        steps
            .iter()
            .any(|step| step.starts_with("client A connects")),
        "{steps:#?}"
    );
    let failed = |what: &What| matches!(what, What::Failure(_));
    ensure!(
        !recording.notes.iter().any(|note| failed(&note.what)),
        "{:#?}",
        recording.notes
    );
    let accepted = recording.calls.iter().any(|call| call.name == "accept");
    ensure!(accepted && !recording.packets.is_empty(), "{recording:#?}");
    Ok(())
}

fn stopped() -> Result<()> {
    let path = reference()?;
    let recording = check(&path, "a_client_that_resets_harms_nobody")?;
    let got = |name: &str| {
        let signal = What::Signal(name.to_owned());
        recording.notes.iter().any(|note| note.what == signal)
    };
    ensure!(got("SIGSTOP"), "{:#?}", recording.notes);
    let failed = |what: &What| matches!(what, What::Failure(_));
    ensure!(
        !recording.notes.iter().any(|note| failed(&note.what)),
        "{:#?}",
        recording.notes
    );
    Ok(())
}

fn kept_packets() -> Result<()> {
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join("kept.pcap");
    let mut job = job(&[&["role-hello"]]);
    job["pcap"] = json!(file);
    let recording = record(&job)?;
    let bytes = fs::read(&file)?;
    // Nanoseconds, in this machine's order.
    ensure!(
        bytes[..4] == 0xa1b2_3c4d_u32.to_be_bytes()
            || bytes[..4] == 0xa1b2_3c4d_u32.to_le_bytes()
    );
    let kept = trace::pcap::read(fs::File::open(&file)?)?;
    ensure!(kept.len() == recording.packets.len());
    Ok(())
}

fn only() -> Result<()> {
    let client: &[&str] = &["role-client", "{address}"];
    let mut job = job(&[&["role-server"], client, client]);
    job["only"] = json!(["it A", "it C"]);
    let recording = record(&job)?;
    ensure!(recording.lanes.len() == 2, "{:#?}", recording.lanes);
    let accepts = recording.calls.iter().filter(|c| c.name == "connect");
    ensure!(accepts.count() == 1);
    job["only"] = json!(["nobody"]);
    let ended = ask(&job)?;
    ensure!(ended.code() == Some(1), "{ended:#?}");
    ensure!(ended.stderr.contains("there are: it A, it B, it C"));
    Ok(())
}

/// A folder that has nothing but a shell: a machine without strace.
fn without_strace() -> Result<PathBuf> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("bare");
    fs::create_dir_all(&folder)?;
    let shell = folder.join("sh");
    if !shell.exists() {
        let _ = symlink("/bin/sh", shell);
    }
    Ok(folder)
}

fn no_strace() -> Result<()> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_trace"));
    command
        .arg(job(&[&["role-hello"]]).to_string())
        .env("PATH", without_strace()?);
    let ended = Program::start_as("trace", command)?
        .end_within(Duration::from_secs(60))?;
    let recording = read(&ended)?;
    ensure!(recording.calls.is_empty() && recording.packets.len() > 4);
    let missing = recording.missing.join("; ");
    ensure!(missing.contains("apt install strace"), "{missing}");
    Ok(())
}

/// A machine that gives no namespaces, with this on its path.
fn bare_machine(path: Option<PathBuf>) -> Result<Ended> {
    const SCRIPT: &str =
        "echo 0 >/proc/sys/user/max_user_namespaces && exec \"$0\" \"$1\"";

    let mut command = Command::new("unshare");
    command
        .args(["--user", "--map-root-user", "/bin/sh", "-c", SCRIPT])
        .arg(env!("CARGO_BIN_EXE_trace"))
        .arg(job(&[&["role-hello"]]).to_string());
    if let Some(path) = path {
        // `unshare` itself must be found.
        let unshare = ["/usr/bin/unshare", "/bin/unshare"];
        let unshare = unshare.iter().find(|path| Path::new(path).exists());
        let mut bare = Command::new(unshare.context("unshare")?);
        bare.args(command.get_args()).env("PATH", path);
        command = bare;
    }
    Program::start_as("unshare", command)?.end_within(Duration::from_secs(60))
}

fn no_namespaces() -> Result<()> {
    let recording = read(&bare_machine(None)?)?;
    ensure!(recording.packets.is_empty() && recording.calls.len() > 4);
    let missing = recording.missing.join("; ");
    ensure!(missing.contains("cargo lab doctor"), "{missing}");
    Ok(())
}

fn neither() -> Result<()> {
    let ended = bare_machine(Some(without_strace()?))?;
    ensure!(ended.code() == Some(1), "{ended:#?}");
    for word in ["nothing can be recorded", "strace", "cargo lab doctor"] {
        ensure!(ended.stderr.contains(word), "{}", ended.stderr);
    }
    Ok(())
}

fn refused() -> Result<()> {
    let ended = ask(&json!({ "command": "x" }))?;
    ensure!(ended.code() == Some(2), "{ended:#?}");
    ensure!(ended.stderr.contains("cargo lab trace"), "{}", ended.stderr);
    Ok(())
}
