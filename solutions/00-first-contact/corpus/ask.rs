//! The programs that prove the checks of `ask`: the name it is started
//! under picks one.

corpus::main![];
