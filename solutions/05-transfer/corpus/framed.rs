//! The programs that prove the checks of `framed`: the name it is started
//! under picks one.

#[path = "../wrong/framed/answers_at_the_end.rs"]
mod answers_at_the_end;
#[path = "../wrong/framed/asks_for_nothing.rs"]
mod asks_for_nothing;
#[path = "../also-right/framed/byte_wise.rs"]
mod byte_wise;
#[path = "../wrong/framed/cut_length_is_fine.rs"]
mod cut_length_is_fine;
#[path = "../wrong/framed/empty_is_the_end.rs"]
mod empty_is_the_end;
#[path = "../wrong/framed/every_end_is_a_failure.rs"]
mod every_end_is_a_failure;
#[path = "../wrong/framed/every_end_is_fine.rs"]
mod every_end_is_fine;
#[path = "../wrong/framed/forgets_the_rest.rs"]
mod forgets_the_rest;
#[path = "../wrong/framed/length_in_one_read.rs"]
mod length_in_one_read;
#[path = "../wrong/framed/limit_is_excluded.rs"]
mod limit_is_excluded;
#[path = "../wrong/framed/little_endian.rs"]
mod little_endian;
#[path = "../wrong/framed/one_read.rs"]
mod one_read;
#[path = "../also-right/framed/one_store.rs"]
mod one_store;
#[path = "../wrong/framed/payload_in_one_read.rs"]
mod payload_in_one_read;
#[path = "../also-right/framed/polls.rs"]
mod polls;
#[path = "../wrong/framed/refuses_too_late.rs"]
mod refuses_too_late;
#[path = "../wrong/framed/signed_length.rs"]
mod signed_length;
#[path = "../wrong/framed/starts_again.rs"]
mod starts_again;
#[path = "../also-right/framed/std_only.rs"]
mod std_only;
#[path = "../also-right/framed/threads.rs"]
mod threads;

corpus::main![
    std_only,
    byte_wise,
    one_store,
    threads,
    polls,
    one_read,
    length_in_one_read,
    payload_in_one_read,
    limit_is_excluded,
    starts_again,
    forgets_the_rest,
    asks_for_nothing,
    empty_is_the_end,
    every_end_is_a_failure,
    every_end_is_fine,
    cut_length_is_fine,
    refuses_too_late,
    signed_length,
    answers_at_the_end,
    little_endian,
];
