//! `cargo lab trace`.

fn main() {}
