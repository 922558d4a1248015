//! The programs that prove the checks of `dial-timeout`: the name it is started
//! under picks one.

corpus::main![];
