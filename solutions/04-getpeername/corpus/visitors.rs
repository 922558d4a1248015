//! The programs that prove the checks of `visitors`: the name it is started
//! under picks one.

corpus::main![];
