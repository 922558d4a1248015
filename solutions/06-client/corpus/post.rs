//! The programs that prove the checks of `post`: the name it is started
//! under picks one.

corpus::main![];
