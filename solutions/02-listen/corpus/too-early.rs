//! The programs that prove the checks of `too-early`: the name it is started
//! under picks one.

corpus::main![];
