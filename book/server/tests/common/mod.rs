//! A small book in a folder of its own, the command under test, and a plain
//! HTTP client. Whatever waits here waits for an event, until a deadline.
#![allow(dead_code, reason = "each test file uses a part of it")]

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use tempfile::TempDir;

/// When a test gives up. Generous: it is reached only by a failing test.
pub(crate) const DEADLINE: Duration = Duration::from_secs(60);

const PAGE: &str = "\
# One

```console
{{#include ../../chapters/00-first/recorded/hello.txt}}
```
";

/// Prints, and ends with exit code 3.
const HELLO: &str = r#"
fn main() {
    println!("hello");
    std::process::exit(3);
}
"#;

/// Connects to the test, starts itself once more to do the same, and waits:
/// the test sees both ends of file when both processes have ended.
const HOLD: &str = r#"
use std::{env, io::Read, net::TcpStream, process::Command};

fn main() {
    let mut words = env::args();
    let (own, address) = (words.next().unwrap(), words.next().unwrap());
    let mut peer = TcpStream::connect(&address).unwrap();
    if words.next().is_none() {
        Command::new(own).args([&address, "child"]).spawn().unwrap();
        println!("holding");
    }
    let _ = peer.read(&mut [0]);
}
"#;

/// The book; deleted when dropped.
pub(crate) struct Book {
    folder: TempDir,
}

impl Book {
    /// A book of one page and a chapter of two programs.
    pub(crate) fn new() -> Book {
        let folder = tempfile::tempdir().unwrap();
        let book = Book { folder };
        book.write("book/book.toml", "[book]\ntitle = \"Small\"\n");
        book.write("book/src/SUMMARY.md", "# Summary\n\n[One](one.md)\n");
        book.write("book/src/one.md", PAGE);
        book.write(
            "Cargo.toml",
            "[workspace]\nresolver = \"3\"\nmembers = [\"chapters/00-first\"]",
        );
        book.write(
            "chapters/00-first/Cargo.toml",
            "[package]\nname = \"first\"\nedition = \"2024\"\n",
        );
        book.write("chapters/00-first/src/bin/hello.rs", HELLO);
        book.write("chapters/00-first/src/bin/hold.rs", HOLD);
        book.record("hello.txt", "$ cargo run --bin hello");
        book.write("exercises/note.md", "nothing");
        book.write("scratch/README", "where the server keeps its pages");
        book
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    pub(crate) fn record(&self, name: &str, line: &str) {
        let text = format!("{line}\nsome output\n");
        self.write(&format!("chapters/00-first/recorded/{name}"), &text);
    }

    /// `cargo book` inside this book.
    pub(crate) fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_book"));
        command
            .args(words)
            .current_dir(self.folder.path())
            // Cargo sets it for the tests, and it leads to another book.
            .env_remove("CARGO_MANIFEST_DIR")
            .env("CARGO_TARGET_DIR", self.path("target"))
            .env("CARGO_NET_OFFLINE", "true")
            .env("TMPDIR", self.path("scratch"))
            .env("RUST_BACKTRACE", "1")
            .stdin(Stdio::null());
        command
    }

    pub(crate) fn run(&self, words: &[&str]) -> Output {
        self.command(words).output().unwrap()
    }

    pub(crate) fn serve(&self) -> Server {
        let mut child = self
            .command(&["--port", "0"])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let said = lines(child.stderr.take().unwrap());
        let first = lines(child.stdout.take().unwrap())
            .recv_timeout(DEADLINE)
            .expect("the server says where it listens");
        let address = first.strip_prefix("listening on ").unwrap();
        Server {
            address: address.to_owned(),
            child,
            said,
        }
    }
}

/// The lines of a stream, read by a thread so that waiting can end.
fn lines(stream: impl Read + Send + 'static) -> mpsc::Receiver<String> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        for line in BufReader::new(stream).lines().map_while(Result::ok) {
            let _ = sender.send(line);
        }
    });
    receiver
}

/// A running `cargo book`; killed when dropped.
pub(crate) struct Server {
    pub(crate) address: String,
    pub(crate) child: Child,
    said: mpsc::Receiver<String>,
}

impl Server {
    /// Waits for a line on standard error that holds `text`.
    pub(crate) fn says(&self, text: &str) -> String {
        loop {
            let line = self.said.recv_timeout(DEADLINE);
            let line = line.unwrap_or_else(|_| panic!("never said {text:?}"));
            if line.contains(text) {
                return line;
            }
        }
    }

    pub(crate) fn get(&self, path: &str) -> String {
        self.ask(&format!("GET {path}"), &[], "").all()
    }

    /// Sends a request; `Host` is ours unless `headers` names another. The
    /// old version of the protocol streams without chunks.
    pub(crate) fn ask(
        &self,
        what: &str,
        headers: &[&str],
        body: &str,
    ) -> Answer {
        let mut peer = TcpStream::connect(&self.address).unwrap();
        peer.set_read_timeout(Some(DEADLINE)).unwrap();
        let host = format!("Host: {}", self.address);
        let length = format!("Content-Length: {}", body.len());
        let line = format!("{what} HTTP/1.0");
        let mut lines = vec![line.as_str(), &length];
        if !headers.iter().any(|header| header.starts_with("Host:")) {
            lines.push(&host);
        }
        lines.extend(headers);
        let request = format!("{}\r\n\r\n{body}", lines.join("\r\n"));
        peer.write_all(request.as_bytes()).unwrap();
        Answer {
            reader: BufReader::new(peer),
        }
    }

    pub(crate) fn token(&self) -> String {
        let page = self.get("/");
        let (_, rest) = page.split_once("data-token=\"").unwrap();
        rest.split_once('"').unwrap().0.to_owned()
    }

    /// The headers that a page of this server sends.
    pub(crate) fn proof(&self) -> [String; 2] {
        let origin = format!("Origin: http://{}", self.address);
        [origin, format!("X-Book-Token: {}", self.token())]
    }

    /// Asks to run a command line, as a page of this server.
    pub(crate) fn start(&self, line: &str) -> Answer {
        let [origin, token] = self.proof();
        self.ask("POST /_book/run", &[&origin, &token], line)
    }

    pub(crate) fn interrupt(mut self) -> ExitStatus {
        let pid = rustix::process::Pid::from_child(&self.child);
        let signal = rustix::process::Signal::INT;
        rustix::process::kill_process(pid, signal).unwrap();
        self.child.wait().unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// An answer that may still be coming. Dropping it closes the connection.
pub(crate) struct Answer {
    reader: BufReader<TcpStream>,
}

impl Answer {
    /// The next line that holds `text`.
    pub(crate) fn until(&mut self, text: &str) -> String {
        let mut line = String::new();
        loop {
            line.clear();
            let count = self.reader.read_line(&mut line).unwrap();
            assert!(count > 0, "the answer ended before {text:?}");
            if line.contains(text) {
                return line;
            }
        }
    }

    /// All that is left, up to the end.
    pub(crate) fn all(mut self) -> String {
        let mut text = String::new();
        self.reader.read_to_string(&mut text).unwrap();
        text
    }
}

/// Asserts that a command failed with `code` and one line, which holds each
/// of `texts`.
pub(crate) fn failed(output: &Output, code: i32, texts: &[&str]) {
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{said}");
    let errors: Vec<&str> = said
        .lines()
        .filter(|line| line.starts_with("error: "))
        .collect();
    assert_eq!(errors.len(), 1, "{said}");
    for text in texts {
        assert!(errors[0].contains(text), "{text:?} is not in {said}");
    }
    assert!(!said.contains("panicked"), "{said}");
    assert!(!said.contains("stack backtrace"), "{said}");
}

pub(crate) fn exists(path: &Path) -> bool {
    path.try_exists().unwrap()
}
