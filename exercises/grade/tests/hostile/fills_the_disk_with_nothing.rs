//! Tries: to use up every inode with empty files.

fn main() {
    for number in 0..200_000 {
        for folder in [".", "/tmp", "/dev/shm", "/var/tmp", "@OUTSIDE@"] {
            let path = format!("{folder}/@MARK@-empty-{number}");
            let _ = std::fs::File::create(path);
        }
    }
}
