//! What the style of the pages rules out, as far as a test can see it.

use std::sync::LazyLock;

use checks::{none, pages};
use regex::Regex;

static FILLERS: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(concat!(
        r"(?i)\b(simply|just|crucial|robust|powerful|under the hood|note that",
        r"|let's|obviously|basically|of course|it is important to",
        r"|is established|was established)\b",
    ))
    .expect("written in this file")
});

static CALL: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(concat!(
        r"`(socket|bind|listen|accept|connect|send|recv|read|write|select",
        r"|shutdown|close|getpeername|getsockname|fcntl|ioctl)\(\)`",
    ))
    .expect("written in this file")
});

#[test]
fn no_sentence_leans_on_a_filler() {
    let mut problems = Vec::new();
    for page in pages() {
        for (line, text) in page.prose() {
            if let Some(found) = FILLERS.find(&text) {
                problems.push(format!(
                    "{}:{line}: {:?}",
                    page.name,
                    found.as_str()
                ));
            }
        }
    }
    none("fillers", &problems);
}

#[test]
fn a_call_is_named_without_parentheses() {
    let mut problems = Vec::new();
    for page in pages() {
        for (line, text) in page.prose() {
            if let Some(found) = CALL.find(&text) {
                problems.push(format!(
                    "{}:{line}: {}",
                    page.name,
                    found.as_str()
                ));
            }
        }
    }
    none("calls with parentheses", &problems);
}

#[test]
fn no_page_promises_what_is_not_there() {
    let promise = Regex::new(
        r"(?i)\b(todo|tbd|coming soon|in a future (chapter|edition))\b",
    )
    .expect("written in this file");
    let mut problems = Vec::new();
    for page in pages() {
        for (line, text) in page.prose() {
            if promise.is_match(&text) {
                problems.push(format!("{}:{line}: {text}", page.name));
            }
        }
    }
    none("promises", &problems);
}
