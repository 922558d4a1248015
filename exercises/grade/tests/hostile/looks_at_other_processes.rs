//! Tries: to learn the inputs, and other submissions, from `/proc`.

use std::fs;

fn main() {
    for entry in fs::read_dir("/proc").into_iter().flatten().flatten() {
        let line = fs::read_to_string(entry.path().join("cmdline"));
        let line = line.unwrap_or_default();
        if line.contains("seed") || line.contains("verdict") {
            println!("STOLEN: {line:?}");
        }
    }
}
