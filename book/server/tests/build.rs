//! `cargo book build`, and everything that can be wrong with a book or a
//! command line.

mod common;

use std::fs::{self, File};

use common::{Book, exists, failed};

#[test]
fn the_pages_are_plain_and_where_the_stock_command_writes_them() {
    let book = Book::new();
    let output = book.run(&["build"]);
    assert_eq!(output.status.code(), Some(0));
    let page = book.path("book/book/index.html");
    let said = String::from_utf8(output.stdout).unwrap();
    assert_eq!(
        fs::canonicalize(said.trim_end()).unwrap(),
        fs::canonicalize(&page).unwrap()
    );
    let page = fs::read_to_string(page).unwrap();
    assert!(page.contains("$ cargo run --bin hello"));
    assert!(!page.contains("_book"));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("1 page in "), "{said}");
    assert!(!said.contains('\x1b'), "no colours in a pipe: {said}");
}

#[test]
fn the_pages_can_go_to_another_folder_again_and_again() {
    let book = Book::new();
    for _ in 0..2 {
        let output = book.run(&["build", "--dest", "pages"]);
        assert_eq!(output.status.code(), Some(0));
    }
    assert!(exists(&book.path("pages/index.html")));
    assert!(!exists(&book.path("book/book")));
}

#[test]
fn a_folder_with_other_files_is_not_emptied() {
    let book = Book::new();
    for dest in [".", "chapters", "book", "book/src"] {
        let output = book.run(&["build", "--dest", dest]);
        failed(&output, 1, &["holds other files", "--dest"]);
    }
    assert!(exists(&book.path("chapters/00-first/src/bin/hello.rs")));
    assert!(exists(&book.path("book/src/one.md")));
}

#[test]
fn broken_includes_are_named_with_their_page_and_nothing_is_written() {
    let book = Book::new();
    book.write(
        "book/src/one.md",
        "# One\n{{#include gone.rs}}\n{{#include SUMMARY.md:nowhere}}\n",
    );
    let output = book.run(&["build"]);
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8(output.stderr).unwrap();
    for text in [
        "book/src/one.md:2: {{#include gone.rs}}",
        "book/src/one.md:3: {{#include SUMMARY.md:nowhere}}",
    ] {
        assert!(said.contains(text), "{said}");
    }
    assert!(!exists(&book.path("book/book")));
}

#[test]
fn a_broken_book_toml_is_named() {
    let book = Book::new();
    for text in ["[book\n", "[buk]\n", "[book]\ntitle = 3\n"] {
        book.write("book/book.toml", text);
        failed(&book.run(&["build"]), 1, &["book/book.toml", "line"]);
        failed(&book.run(&["--port", "0"]), 1, &["book/book.toml"]);
    }
    book.write("book/book.toml", "[output.html]\nthem = 3\n");
    failed(&book.run(&["build"]), 1, &["book/book.toml", "them"]);
}

#[test]
fn a_missing_page_or_list_of_pages_is_named() {
    let book = Book::new();
    book.write("book/src/SUMMARY.md", "[One](one.md)\n[Two](two.md)\n");
    failed(&book.run(&["build"]), 1, &["SUMMARY.md", "two.md"]);
    assert!(!exists(&book.path("book/src/two.md")));
    fs::remove_file(book.path("book/src/SUMMARY.md")).unwrap();
    failed(&book.run(&["build"]), 1, &["book/src/SUMMARY.md"]);
    failed(&book.run(&["--port", "0"]), 1, &["book/src/SUMMARY.md"]);
}

#[test]
fn outside_of_a_book_the_message_says_where_to_go() {
    let empty = tempfile::tempdir().unwrap();
    let mut command = Book::new().command(&[]);
    let output = command.current_dir(&empty).output().unwrap();
    failed(&output, 1, &["no book.toml", "run `cargo book` inside"]);
}

#[test]
fn a_misused_command_line_gets_one_line_and_exit_code_2() {
    let book = Book::new();
    failed(&book.run(&["--port", "70000"]), 2, &["70000", "0..=65535"]);
    failed(&book.run(&["--port", "x"]), 2, &["'x'", "--help"]);
    failed(&book.run(&["--prot", "1"]), 2, &["--prot", "--help"]);
    failed(&book.run(&["biuld"]), 2, &["biuld", "--help"]);
    failed(&book.run(&["build", "--port", "1"]), 2, &["--port"]);
}

#[test]
fn help_shows_examples_and_version_a_number() {
    let book = Book::new();
    let output = book.run(&["--help"]);
    assert_eq!(output.status.code(), Some(0));
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("cargo book --port 3001"), "{text}");
    let output = book.run(&["--version"]);
    let expected = format!("book {}\n", env!("CARGO_PKG_VERSION"));
    assert_eq!(String::from_utf8(output.stdout).unwrap(), expected);
}

#[test]
#[cfg(target_os = "linux")]
fn a_full_disk_gets_one_line() {
    let book = Book::new();
    for words in [&["--help"][..], &["build"], &["--port", "0"]] {
        let full = File::create("/dev/full").unwrap();
        let output = book.command(words).stdout(full).output().unwrap();
        failed(&output, 1, &["standard output", "No space left"]);
    }
}
