//! The programs that prove the checks of `visitors`: the name it is started
//! under picks one.

#[path = "../wrong/visitors/asks_for_its_own.rs"]
mod asks_for_its_own;
#[path = "../wrong/visitors/asks_the_listening_socket.rs"]
mod asks_the_listening_socket;
#[path = "../wrong/visitors/asks_until_it_fails.rs"]
mod asks_until_it_fails;
#[path = "../wrong/visitors/drops_the_visitor.rs"]
mod drops_the_visitor;
#[path = "../wrong/visitors/getpeername_ends_it.rs"]
mod getpeername_ends_it;
#[path = "../also-right/visitors/getpeername_may_fail.rs"]
mod getpeername_may_fail;
#[path = "../also-right/visitors/one_thread_each_in_turn.rs"]
mod one_thread_each_in_turn;
#[path = "../also-right/visitors/std_accept.rs"]
mod std_accept;

corpus::main![
    getpeername_may_fail,
    one_thread_each_in_turn,
    std_accept,
    asks_for_its_own,
    asks_the_listening_socket,
    asks_until_it_fails,
    drops_the_visitor,
    getpeername_ends_it,
];
