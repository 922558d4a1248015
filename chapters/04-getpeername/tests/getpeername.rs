//! `getpeername` as one side of a pair, and with a connection that it got
//! from somebody else: what its recordings can't show.

use std::net::{TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::os::unix::net::{UnixListener, UnixStream};
use std::process::{self, Command};
use std::{env, fs};

use anyhow::{Result, ensure};
use testkit::Program;

const PROGRAM: &str = env!("CARGO_BIN_EXE_getpeername");

#[test]
fn a_server_by_hand_tells_its_client_s_own_address() -> Result<()> {
    let server = Program::start(PROGRAM, &["server", "127.0.0.1:0"])?;
    let client = TcpStream::connect(server.address()?)?;
    let own = client.local_addr()?.to_string();
    let line = server.line_with("getpeername(4) = 0")?;
    ensure!(line.ends_with(&own), "{line:?} is not about {own}");
    Ok(())
}

#[test]
fn a_client_by_hand_tells_the_server_s_address_and_takes_a_path_too()
-> Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?.to_string();
    let client = Program::start(PROGRAM, &["client", &address])?;
    let line = client.line_with("getpeername(3) = 0")?;
    ensure!(line.ends_with(&address), "{line:?} is not about {address}");

    let name = format!("getpeername-test-{}", process::id());
    let path = env::temp_dir().join(name);
    let listener = UnixListener::bind(&path)?;
    let text = path.display().to_string();
    let ended = Program::start(PROGRAM, &["client", &text])?.end();
    drop(listener);
    fs::remove_file(&path)?;
    let said = ended?.stdout;
    ensure!(said.contains(&format!("| {text}\n")), "said {said:?}");
    ensure!(said.contains("| no name\n"), "said {said:?}");
    Ok(())
}

#[test]
fn a_service_finds_the_client_of_the_connection_it_was_given() -> Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let client = TcpStream::connect(listener.local_addr()?)?;
    let (connection, _) = listener.accept()?;
    let said = service(connection.into())?;
    let peer = format!("getpeername(0) = 0 | {}", client.local_addr()?);
    ensure!(words(&said).contains(&peer), "{said:?} lacks {peer}");
    Ok(())
}

#[test]
fn a_service_on_a_local_socket_finds_a_peer_without_a_name() -> Result<()> {
    let (one, _other) = UnixStream::pair()?;
    let said = service(one.into())?;
    let peer = "getpeername(0) = 0 | no name";
    ensure!(words(&said).contains(peer), "{said:?} lacks {peer}");
    Ok(())
}

#[test]
fn a_service_started_by_hand_says_that_descriptor_0_is_no_socket() -> Result<()>
{
    let ended = Program::start(PROGRAM, &["service"])?.end()?;
    ensure!(ended.code() == Some(1), "ended with {}", ended.status);
    ensure!(ended.stderr.contains("ENOTSOCK"), "said {:?}", ended.stderr);
    Ok(())
}

/// What a service prints that gets `connection` as its descriptor 0.
fn service(connection: OwnedFd) -> Result<String> {
    let mut command = Command::new(PROGRAM);
    command.arg("service").stdin(connection);
    let ended = Program::start_as("service", command)?.end()?;
    ensure!(ended.code() == Some(0), "ended with {}", ended.status);
    Ok(ended.stdout)
}

/// `text` with every run of spaces as one.
fn words(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
