//! The programs that prove the checks of `dial`: the name it is started
//! under picks one.

corpus::main![];
