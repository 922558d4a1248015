//! The programs that prove the checks of `swapped-port`: the name it is started
//! under picks one.

corpus::main![];
