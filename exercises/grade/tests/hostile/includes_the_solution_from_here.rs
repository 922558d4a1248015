//! Tries: to be the reference, by a path that leads out of its folder.

include!("../../../../solutions/03-accept/also-right/greeter/threads.rs");
