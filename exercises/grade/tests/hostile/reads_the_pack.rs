//! Tries: to read what is hidden, and to tell it in its output.

use std::fs;
use std::path::Path;

fn main() {
    for top in ["@PACK@", "@TOP@/solutions", "@OUT@", "@TOP@/exercises"] {
        show(Path::new(top), 0);
    }
}

fn show(path: &Path, depth: usize) {
    if let Ok(text) = fs::read_to_string(path) {
        println!("STOLEN: {}: {text}", path.display());
    }
    if let Ok(entries) = fs::read_dir(path) {
        println!("STOLEN: the names in {}", path.display());
        for entry in entries.flatten() {
            if depth < 3 {
                show(&entry.path(), depth + 1);
            }
        }
    }
}
