//! Serving: pages, changes, and the end of the server.

mod common;

use std::net::TcpListener;

use common::{Book, failed};

#[test]
fn a_page_is_served_with_scripts() {
    let book = Book::new();
    let server = book.serve();
    let page = server.get("/one.html");
    assert!(page.starts_with("HTTP/1.0 200"), "{page}");
    assert!(page.contains("$ cargo run --bin hello"));
    assert!(page.contains("src=\"/_book/reload.js\""));
    assert!(server.get("/_book/run.js").contains("x-book-token"));
    let missing = server.get("/nowhere.html");
    assert!(missing.starts_with("HTTP/1.0 404"), "{missing}");
}

#[test]
fn files_outside_of_the_pages_are_not_served() {
    let server = Book::new().serve();
    for path in ["/../scratch/README", "/%2e%2e/README", "//etc/passwd"] {
        let answer = server.get(path);
        assert!(!answer.starts_with("HTTP/1.0 200"), "{path}: {answer}");
    }
}

#[test]
fn a_request_under_a_foreign_name_is_refused() {
    let book = Book::new();
    let server = book.serve();
    for path in ["/", "/_book/events", "/_book/run.js"] {
        let host = "Host: rebound.example";
        let answer = server.ask(&format!("GET {path}"), &[host], "").all();
        assert!(answer.starts_with("HTTP/1.0 403"), "{answer}");
        assert!(!answer.contains("data-token"));
    }
}

#[test]
fn a_change_on_a_page_reaches_open_pages_and_one_on_no_page_does_not() {
    let book = Book::new();
    let server = book.serve();
    let mut events = server.ask("GET /_book/events", &[], "");
    let first = events.until("data: ");
    assert!(first.contains("-1\""), "{first}");
    // Of these two builds, only the second is told: it is the third.
    book.write("exercises/note.md", "something else");
    server.says("exercises/note.md");
    server.says("built");
    book.write("chapters/00-first/recorded/hello.txt", "new words\n");
    let second = events.until("data: ");
    assert!(second.contains("-3\""), "{second}");
    assert!(server.get("/one.html").contains("new words"));
}

#[test]
fn a_broken_include_is_told_to_open_pages_until_it_is_mended() {
    let book = Book::new();
    let server = book.serve();
    let mut events = server.ask("GET /_book/events", &[], "");
    events.until("data: ");
    book.write("book/src/one.md", "# One\n\n{{#include gone.rs}}\n");
    let broken = "book/src/one.md:3: {{#include gone.rs}}";
    events.until(broken);
    server.says(broken);
    assert!(server.get("/").starts_with("HTTP/1.0 200"));
    book.write("book/src/one.md", "# One\n");
    events.until("\"problems\":[]");
}

#[test]
fn a_failed_build_leaves_the_last_good_pages() {
    let book = Book::new();
    let server = book.serve();
    let mut events = server.ask("GET /_book/events", &[], "");
    events.until("data: ");
    book.write("book/book.toml", "[book\n");
    let event = events.until("book/book.toml");
    assert!(
        event.contains("-1\""),
        "the pages are the old ones: {event}"
    );
    server.says("the last good pages stay");
    assert!(server.get("/one.html").contains("$ cargo run --bin hello"));
}

#[test]
fn a_restarted_server_has_another_edition_so_that_open_pages_reload() {
    let book = Book::new();
    let edition = || {
        let server = book.serve();
        let mut events = server.ask("GET /_book/events", &[], "");
        events.until("data: ")
    };
    assert_ne!(edition(), edition());
}

#[test]
fn a_port_in_use_is_named_and_another_one_suggested() {
    let book = Book::new();
    let holder = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = holder.local_addr().unwrap().port().to_string();
    let output = book.run(&["--port", &port]);
    failed(&output, 1, &[&format!("port {port} is in use"), "--port 0"]);
}

#[test]
fn ctrl_c_ends_the_server_and_leaves_no_files() {
    let book = Book::new();
    let server = book.serve();
    // An open page must not hold it up.
    let mut events = server.ask("GET /_book/events", &[], "");
    events.until("data: ");
    let status = server.interrupt();
    assert_eq!(status.code(), Some(0));
    let left: Vec<_> = book.path("scratch").read_dir().unwrap().collect();
    assert_eq!(left.len(), 1, "only the README: {left:?}");
}
