//! The programs that prove the checks of `dropped`: the name it is started
//! under picks one.

corpus::main![];
