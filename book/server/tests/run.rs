//! The Run buttons, as the server sees them.

mod common;

use std::io::Read;
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

use common::{Answer, Book, DEADLINE, Server};

/// Any program is ended after 30 s; what we test must happen before that.
const BEFORE_THE_LIMIT: Duration = Duration::from_secs(15);

/// A book with a recording that makes two processes of one program connect
/// to the returned listener and wait.
fn holding() -> (Book, TcpListener, String) {
    let book = Book::new();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let line = format!("$ cargo run --bin hold -- {address}");
    book.record("hold.txt", &line);
    (book, listener, line)
}

/// Starts the program and waits until both of its processes are there.
fn hold(
    server: &Server,
    listener: &TcpListener,
    line: &str,
) -> (Answer, [TcpStream; 2]) {
    let mut answer = server.start(line);
    answer.until("holding");
    let accept = |()| {
        let (peer, _) = listener.accept().unwrap();
        peer.set_read_timeout(Some(DEADLINE)).unwrap();
        peer
    };
    (answer, [(); 2].map(accept))
}

/// Waits until both processes have ended: the kernel then ends (or resets)
/// their connections.
fn ended(peers: [TcpStream; 2]) {
    for mut peer in peers {
        peer.set_read_timeout(Some(BEFORE_THE_LIMIT)).unwrap();
        match peer.read(&mut [0]) {
            Ok(0) => {}
            Err(err) if err.kind() == std::io::ErrorKind::ConnectionReset => {}
            other => panic!("a process lives: {other:?}"),
        }
    }
}

#[test]
fn a_program_is_built_and_run_and_its_exit_code_told() {
    let book = Book::new();
    let text = book.serve().start("$ cargo run --bin hello").all();
    let at = |part: &str| {
        text.find(part)
            .unwrap_or_else(|| panic!("no {part:?} in {text}"))
    };
    let built = at(r#""kind":"build""#);
    let printed = at(r#"{"kind":"output","text":"hello\n"}"#);
    let ended = at(r#"{"kind":"end","ok":false,"text":"exit code 3"}"#);
    assert!(built < printed && printed < ended, "{text}");
}

#[test]
fn a_program_that_does_not_compile_shows_the_compiler_s_words() {
    let book = Book::new();
    book.write("chapters/00-first/src/bin/hello.rs", "fn main() { oops }");
    let text = book.serve().start("$ cargo run --bin hello").all();
    assert!(text.contains("cannot find value `oops`"), "{text}");
    assert!(text.contains("the build failed"), "{text}");
}

#[test]
fn output_is_told_while_the_program_runs() {
    let (book, listener, line) = holding();
    let server = book.serve();
    // `hold` sees a line of a program that ends only when we let it.
    let (mut answer, peers) = hold(&server, &listener, &line);
    drop(peers);
    answer.until("exit code 0");
}

#[test]
fn a_closed_connection_ends_all_processes_of_the_program() {
    let (book, listener, line) = holding();
    let server = book.serve();
    let (answer, peers) = hold(&server, &listener, &line);
    drop(answer);
    ended(peers);
}

#[test]
fn ctrl_c_ends_all_processes_of_the_program() {
    let (book, listener, line) = holding();
    let server = book.serve();
    let (_answer, peers) = hold(&server, &listener, &line);
    assert_eq!(server.interrupt().code(), Some(0));
    ended(peers);
}

#[test]
fn a_killed_server_leaves_no_program_running() {
    let (book, listener, line) = holding();
    let mut server = book.serve();
    let (_answer, peers) = hold(&server, &listener, &line);
    server.child.kill().unwrap();
    ended(peers);
}

#[test]
fn a_request_without_our_origin_or_token_starts_nothing() {
    let (book, listener, line) = holding();
    let server = book.serve();
    let [origin, token] = server.proof();
    let foreign = "Origin: http://evil.example".to_owned();
    let wrong = format!("X-Book-Token: {}", "0".repeat(32));
    for headers in [
        vec![&origin],
        vec![&token],
        vec![&foreign, &token],
        vec![&origin, &wrong],
        vec![],
    ] {
        let headers: Vec<&str> = headers.iter().map(|h| h.as_str()).collect();
        for path in ["/_book/run", "/_book/commands"] {
            let what = format!("POST {path}");
            let answer = server.ask(&what, &headers, &line).all();
            assert!(answer.starts_with("HTTP/1.0 403"), "{answer}");
        }
    }
    let get = server
        .ask("GET /_book/run", &[&origin, &token], &line)
        .all();
    assert!(get.starts_with("HTTP/1.0 405"), "{get}");
    listener.set_nonblocking(true).unwrap();
    assert!(listener.accept().is_err(), "a program was started");
}

#[test]
fn only_recorded_command_lines_are_run() {
    let book = Book::new();
    let server = book.serve();
    for line in [
        "$ cargo run --bin hold -- 127.0.0.1:1",
        "$ cargo run --bin hello -- more",
        "$ cargo run --bin hello; true",
        "",
        "\0",
    ] {
        let answer = server.start(line).all();
        assert!(answer.starts_with("HTTP/1.0 404"), "{line}: {answer}");
    }
    let [origin, token] = server.proof();
    let what = "POST /_book/commands";
    let answer = server.ask(what, &[&origin, &token], "").all();
    assert!(
        answer.ends_with("[\"$ cargo run --bin hello\"]"),
        "{answer}"
    );
}

#[test]
fn more_programs_than_the_limit_are_refused_until_one_ends() {
    let (book, listener, line) = holding();
    let server = book.serve();
    let mut held: Vec<_> =
        (0..4).map(|_| hold(&server, &listener, &line)).collect();
    let answer = server.start(&line).all();
    assert!(answer.starts_with("HTTP/1.0 429"), "{answer}");
    let (answer, peers) = held.pop().unwrap();
    drop(peers);
    // Its end is told before the place is free, so read to the end.
    assert!(answer.all().contains("exit code 0"));
    hold(&server, &listener, &line);
}
