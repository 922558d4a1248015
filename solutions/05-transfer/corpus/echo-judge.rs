//! The programs that prove the checks of `echo-judge`: the name it is started
//! under picks one.

corpus::main![];
