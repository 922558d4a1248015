//! The programs that prove the checks of `dial-any`: the name it is started
//! under picks one.

corpus::main![];
