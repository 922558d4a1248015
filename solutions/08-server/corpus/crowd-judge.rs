//! The programs that prove the checks of `crowd-judge`: the name it is started
//! under picks one.

corpus::main![];
