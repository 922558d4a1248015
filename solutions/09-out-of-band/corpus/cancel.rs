//! The programs that prove the checks of `cancel`: the name it is started
//! under picks one.

#[path = "../wrong/cancel/all_of_a_send_is_urgent.rs"]
mod all_of_a_send_is_urgent;
#[path = "../also-right/cancel/discards_first.rs"]
mod discards_first;
#[path = "../wrong/cancel/discards_from_the_start.rs"]
mod discards_from_the_start;
#[path = "../wrong/cancel/drains_everything.rs"]
mod drains_everything;
#[path = "../wrong/cancel/forgets_only_the_unread.rs"]
mod forgets_only_the_unread;
#[path = "../also-right/cancel/inline.rs"]
mod inline;
#[path = "../wrong/cancel/leaves_the_byte.rs"]
mod leaves_the_byte;
#[path = "../wrong/cancel/locks_in_the_handler.rs"]
mod locks_in_the_handler;
#[path = "../wrong/cancel/notice_is_the_byte.rs"]
mod notice_is_the_byte;
#[path = "../wrong/cancel/one_recv_is_enough.rs"]
mod one_recv_is_enough;
#[path = "../wrong/cancel/only_the_first.rs"]
mod only_the_first;
#[path = "../wrong/cancel/ordinary_data_first.rs"]
mod ordinary_data_first;
#[path = "../wrong/cancel/reset_is_the_end.rs"]
mod reset_is_the_end;
#[path = "../also-right/cancel/select_byte_by_byte.rs"]
mod select_byte_by_byte;
#[path = "../also-right/cancel/sigurg.rs"]
mod sigurg;
#[path = "../wrong/cancel/sigurg_without_an_owner.rs"]
mod sigurg_without_an_owner;
#[path = "../also-right/cancel/steps_over.rs"]
mod steps_over;
#[path = "../also-right/cancel/threads.rs"]
mod threads;
#[path = "../wrong/cancel/waits_in_recv.rs"]
mod waits_in_recv;

corpus::main![
    discards_first,
    inline,
    select_byte_by_byte,
    sigurg,
    steps_over,
    threads,
    all_of_a_send_is_urgent,
    discards_from_the_start,
    drains_everything,
    forgets_only_the_unread,
    leaves_the_byte,
    locks_in_the_handler,
    notice_is_the_byte,
    one_recv_is_enough,
    only_the_first,
    ordinary_data_first,
    reset_is_the_end,
    sigurg_without_an_owner,
    waits_in_recv,
];
