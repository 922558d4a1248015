//! The programs that prove the checks of `first-only`: the name it is started
//! under picks one.

#[path = "../also-right/first-only/byte_by_byte.rs"]
mod byte_by_byte;
#[path = "../also-right/first-only/prints_at_the_end.rs"]
mod prints_at_the_end;
#[path = "../also-right/first-only/std_tries_all.rs"]
mod std_tries_all;

#[path = "../wrong/first-only/asks_all.rs"]
mod asks_all;
#[path = "../wrong/first-only/ends_well.rs"]
mod ends_well;
#[path = "../wrong/first-only/localhost_in_figures.rs"]
mod localhost_in_figures;
#[path = "../wrong/first-only/one_socket.rs"]
mod one_socket;
#[path = "../wrong/first-only/the_last_one.rs"]
mod the_last_one;

corpus::main![
    byte_by_byte,
    prints_at_the_end,
    std_tries_all,
    asks_all,
    ends_well,
    localhost_in_figures,
    one_socket,
    the_last_one,
];
