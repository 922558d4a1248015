//! The programs that prove the checks of `lost-tail`: the name it is started
//! under picks one.

corpus::main![];
