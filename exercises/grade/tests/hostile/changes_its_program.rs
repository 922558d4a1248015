//! Tries: to put another program in its own place for the next check.

use std::fs;

fn main() {
    let own = std::env::current_exe().expect("a file");
    let _ = fs::remove_file(&own);
    if fs::write(&own, "#!/bin/sh\necho owned\n").is_ok() {
        println!("STOLEN: its own program");
    }
    let folder = own.parent().expect("a folder");
    if fs::write(folder.join("@MARK@-beside"), "x").is_ok() {
        println!("STOLEN: the folder of its program");
    }
}
