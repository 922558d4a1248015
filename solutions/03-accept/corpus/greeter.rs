//! The programs that prove the checks of `greeter`: the name it is started
//! under picks one.

corpus::main![];
