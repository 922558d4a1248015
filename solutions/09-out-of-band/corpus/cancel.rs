//! The programs that prove the checks of `cancel`: the name it is started
//! under picks one.

corpus::main![];
