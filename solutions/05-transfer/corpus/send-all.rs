//! The programs that prove the checks of `send-all`: the name it is started
//! under picks one.

corpus::main![];
