//! The programs that prove the checks of `open-port`: the name it is started
//! under picks one.

corpus::main![];
