//! The programs that prove the checks of `late-mark`: the name it is started
//! under picks one.

corpus::main![];
