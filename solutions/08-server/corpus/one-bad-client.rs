//! The programs that prove the checks of `one-bad-client`: the name it is started
//! under picks one.

#[path = "../wrong/one-bad-client/forgets_the_answer.rs"]
mod forgets_the_answer;
#[path = "../also-right/one-bad-client/in_the_loop.rs"]
mod in_the_loop;
#[path = "../wrong/one-bad-client/keeps_the_ended.rs"]
mod keeps_the_ended;
#[path = "../wrong/one-bad-client/mends_send_only.rs"]
mod mends_send_only;
#[path = "../wrong/one-bad-client/mends_what_is_full.rs"]
mod mends_what_is_full;
#[path = "../also-right/one-bad-client/threads.rs"]
mod threads;
#[path = "../wrong/one-bad-client/waits_for_room.rs"]
mod waits_for_room;

corpus::main![
    in_the_loop,
    threads,
    forgets_the_answer,
    keeps_the_ended,
    mends_send_only,
    mends_what_is_full,
    waits_for_room,
];
