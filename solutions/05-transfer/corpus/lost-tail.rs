//! The programs that prove the checks of `lost-tail`: the name it is started
//! under picks one.

#[path = "../also-right/lost-tail/a_thread_for_signals.rs"]
mod a_thread_for_signals;
#[path = "../wrong/lost-tail/blocks_the_signal.rs"]
mod blocks_the_signal;
#[path = "../wrong/lost-tail/from_the_start.rs"]
mod from_the_start;
#[path = "../wrong/lost-tail/gives_up_at_eintr.rs"]
mod gives_up_at_eintr;
#[path = "../wrong/lost-tail/ignores_the_signal.rs"]
mod ignores_the_signal;
#[path = "../also-right/lost-tail/in_pieces.rs"]
mod in_pieces;
#[path = "../wrong/lost-tail/once_more.rs"]
mod once_more;
#[path = "../wrong/lost-tail/only_eintr.rs"]
mod only_eintr;
#[path = "../wrong/lost-tail/reports_the_count.rs"]
mod reports_the_count;
#[path = "../wrong/lost-tail/takes_all_or_fails.rs"]
mod takes_all_or_fails;
#[path = "../also-right/lost-tail/write_all.rs"]
mod write_all;
#[path = "../wrong/lost-tail/zero_is_an_end.rs"]
mod zero_is_an_end;

corpus::main![
    write_all,
    in_pieces,
    a_thread_for_signals,
    reports_the_count,
    only_eintr,
    gives_up_at_eintr,
    once_more,
    from_the_start,
    takes_all_or_fails,
    blocks_the_signal,
    ignores_the_signal,
    zero_is_an_end,
];
