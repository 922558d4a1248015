//! Tries: to have the compiler put hidden files into the program.

const PACK: &str = include_str!("@PACK@/checks/greeter.rs");

fn main() {
    println!("STOLEN: {PACK}");
}
