//! The programs that prove the checks of `first-only`: the name it is started
//! under picks one.

corpus::main![];
