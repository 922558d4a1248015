//! The programs that prove the checks of `late-mark`: the name it is started
//! under picks one.

#[path = "../wrong/late-mark/does_not_ask_again.rs"]
mod does_not_ask_again;
#[path = "../also-right/late-mark/inline.rs"]
mod inline;
#[path = "../also-right/late-mark/interrupted_by_sigurg.rs"]
mod interrupted_by_sigurg;
#[path = "../wrong/late-mark/never_sleeps.rs"]
mod never_sleeps;
#[path = "../wrong/late-mark/one_recv_more.rs"]
mod one_recv_more;
#[path = "../also-right/late-mark/select_byte_by_byte.rs"]
mod select_byte_by_byte;
#[path = "../wrong/late-mark/waits_for_ordinary_data.rs"]
mod waits_for_ordinary_data;
#[path = "../wrong/late-mark/waits_for_the_byte_alone.rs"]
mod waits_for_the_byte_alone;

corpus::main![
    inline,
    interrupted_by_sigurg,
    select_byte_by_byte,
    does_not_ask_again,
    never_sleeps,
    one_recv_more,
    waits_for_ordinary_data,
    waits_for_the_byte_alone,
];
