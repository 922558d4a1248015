//! Tries: to fill the grader's memory with gigabytes of output.

use std::io::Write;

fn main() {
    let line = [b'x'; 1 << 16];
    while std::io::stdout().write_all(&line).is_ok() {}
}
