//! The programs that prove the checks of `stale-number`: the name it is started
//! under picks one.

corpus::main![];
