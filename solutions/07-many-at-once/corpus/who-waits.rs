//! The programs that prove the checks of `who-waits`: the name it is started
//! under picks one.

corpus::main![];
