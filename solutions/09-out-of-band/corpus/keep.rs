//! The programs that prove the checks of `keep`: the name it is started
//! under picks one.

#[path = "../also-right/keep/at_the_mark.rs"]
mod at_the_mark;
#[path = "../wrong/keep/end_is_nothing_yet.rs"]
mod end_is_nothing_yet;
#[path = "../wrong/keep/forgets_the_mark.rs"]
mod forgets_the_mark;
#[path = "../also-right/keep/inline.rs"]
mod inline;
#[path = "../also-right/keep/never_waits_in_recv.rs"]
mod never_waits_in_recv;
#[path = "../wrong/keep/notice_is_the_byte.rs"]
mod notice_is_the_byte;
#[path = "../wrong/keep/ordinary_data_first.rs"]
mod ordinary_data_first;
#[path = "../wrong/keep/peeks.rs"]
mod peeks;
#[path = "../wrong/keep/prints_at_the_end.rs"]
mod prints_at_the_end;
#[path = "../wrong/keep/reset_is_the_end.rs"]
mod reset_is_the_end;
#[path = "../also-right/keep/select_byte_by_byte.rs"]
mod select_byte_by_byte;
#[path = "../also-right/keep/sigurg.rs"]
mod sigurg;
#[path = "../also-right/keep/tries_first.rs"]
mod tries_first;
#[path = "../wrong/keep/waits_for_the_byte.rs"]
mod waits_for_the_byte;
#[path = "../wrong/keep/waits_in_recv.rs"]
mod waits_in_recv;

corpus::main![
    at_the_mark,
    inline,
    never_waits_in_recv,
    select_byte_by_byte,
    sigurg,
    tries_first,
    end_is_nothing_yet,
    forgets_the_mark,
    notice_is_the_byte,
    ordinary_data_first,
    peeks,
    prints_at_the_end,
    reset_is_the_end,
    waits_for_the_byte,
    waits_in_recv,
];
