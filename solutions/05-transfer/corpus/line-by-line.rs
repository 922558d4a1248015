//! The programs that prove the checks of `line-by-line`: the name it is started
//! under picks one.

corpus::main![];
