//! The programs that prove the checks of `sniff`: the name it is started
//! under picks one.

corpus::main![];
