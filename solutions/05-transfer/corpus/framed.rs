//! The programs that prove the checks of `framed`: the name it is started
//! under picks one.

corpus::main![];
