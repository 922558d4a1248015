//! The programs that prove the checks of `last-word`: the name it is started
//! under picks one.

corpus::main![];
