//! The programs that prove the checks of `stale-set`: the name it is started
//! under picks one.

corpus::main![];
