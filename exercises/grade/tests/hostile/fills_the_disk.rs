//! Tries: to fill every folder that it may write to.

use std::fs::{self, File};
use std::io::Write;

fn main() {
    for folder in [".", "/tmp", "/dev/shm", "/var/tmp", "/", "@OUTSIDE@"] {
        for number in 0..1000 {
            let path = format!("{folder}/@MARK@-{number}");
            let Ok(mut file) = File::create(path) else {
                break;
            };
            while file.write_all(&[1; 1 << 20]).is_ok() {}
        }
    }
    let _ = fs::create_dir_all("@OUTSIDE@/@MARK@/full");
}
