//! `cargo lab grade`.

fn main() {}
