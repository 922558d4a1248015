//! The programs that prove the checks of `stale-set`: the name it is started
//! under picks one.

#[path = "../also-right/stale-set/a_set_to_keep.rs"]
mod a_set_to_keep;
#[path = "../also-right/stale-set/poll_those_that_are_left.rs"]
mod poll_those_that_are_left;
#[path = "../also-right/stale-set/a_thread_for_each.rs"]
mod a_thread_for_each;
#[path = "../wrong/stale-set/waits_for_nobody.rs"]
mod waits_for_nobody;
#[path = "../wrong/stale-set/anew_when_one_has_ended.rs"]
mod anew_when_one_has_ended;
#[path = "../wrong/stale-set/the_ended_go_in_too.rs"]
mod the_ended_go_in_too;
#[path = "../wrong/stale-set/one_after_the_other.rs"]
mod one_after_the_other;

corpus::main![
    a_set_to_keep,
    poll_those_that_are_left,
    a_thread_for_each,
    waits_for_nobody,
    anew_when_one_has_ended,
    the_ended_go_in_too,
    one_after_the_other,
];
