//! The programs that prove the checks of `keep`: the name it is started
//! under picks one.

corpus::main![];
