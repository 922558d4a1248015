//! The programs that prove the checks of `both-talk`: the name it is started
//! under picks one.

corpus::main![];
