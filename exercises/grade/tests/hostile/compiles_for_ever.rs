//! Tries: to use up the memory of the machine that compiles it.

const ALL: &[u8] = include_bytes!("/dev/zero");

fn main() {
    println!("{}", ALL.len());
}
