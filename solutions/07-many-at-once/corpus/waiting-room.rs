//! The programs that prove the checks of `waiting-room`: the name it is started
//! under picks one.

corpus::main![];
