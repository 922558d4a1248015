//! The programs that prove the checks of `crowd`: the name it is started
//! under picks one.

corpus::main![];
