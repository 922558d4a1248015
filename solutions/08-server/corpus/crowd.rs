//! The programs that prove the checks of `crowd`: the name it is started
//! under picks one.

#[path = "../also-right/crowd/byte_wise.rs"]
mod byte_wise;
#[path = "../also-right/crowd/polls.rs"]
mod polls;
#[path = "../also-right/crowd/threads.rs"]
mod threads;

corpus::main![byte_wise, polls, threads];
