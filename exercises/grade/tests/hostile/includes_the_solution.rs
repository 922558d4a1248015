//! Tries: to be the reference, by a macro that reads a file.

include!("@TOP@/solutions/03-accept/also-right/greeter/threads.rs");
