//! The programs that prove the checks of `who`: the name it is started
//! under picks one.

corpus::main![];
