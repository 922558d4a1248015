//! The programs that prove the checks of `one-bad-client`: the name it is started
//! under picks one.

corpus::main![];
