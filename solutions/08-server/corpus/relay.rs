//! The programs that prove the checks of `relay`: the name it is started
//! under picks one.

corpus::main![];
