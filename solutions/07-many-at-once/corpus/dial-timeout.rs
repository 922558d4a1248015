//! The programs that prove the checks of `dial-timeout`: the name it is started
//! under picks one.

#[path = "../also-right/dial-timeout/std_only.rs"]
mod std_only;
#[path = "../also-right/dial-timeout/poll_throughout.rs"]
mod poll_throughout;
#[path = "../also-right/dial-timeout/a_thread_connects.rs"]
mod a_thread_connects;
#[path = "../also-right/dial-timeout/asks_for_the_peer.rs"]
mod asks_for_the_peer;
#[path = "../wrong/dial-timeout/one_recv.rs"]
mod one_recv;
#[path = "../wrong/dial-timeout/writable_is_connected.rs"]
mod writable_is_connected;
#[path = "../wrong/dial-timeout/looks_at_the_clock_when_woken.rs"]
mod looks_at_the_clock_when_woken;
#[path = "../wrong/dial-timeout/eintr_is_a_failure.rs"]
mod eintr_is_a_failure;
#[path = "../wrong/dial-timeout/the_whole_limit_again.rs"]
mod the_whole_limit_again;
#[path = "../wrong/dial-timeout/asks_again_and_again.rs"]
mod asks_again_and_again;
#[path = "../wrong/dial-timeout/the_limit_holds_for_reading_too.rs"]
mod the_limit_holds_for_reading_too;
#[path = "../wrong/dial-timeout/every_failure_is_a_refusal.rs"]
mod every_failure_is_a_refusal;
#[path = "../wrong/dial-timeout/every_failure_is_in_progress.rs"]
mod every_failure_is_in_progress;
#[path = "../wrong/dial-timeout/stays_nonblocking.rs"]
mod stays_nonblocking;
#[path = "../wrong/dial-timeout/connects_in_blocking_mode.rs"]
mod connects_in_blocking_mode;

corpus::main![
    std_only,
    poll_throughout,
    a_thread_connects,
    asks_for_the_peer,
    one_recv,
    writable_is_connected,
    looks_at_the_clock_when_woken,
    eintr_is_a_failure,
    the_whole_limit_again,
    asks_again_and_again,
    the_limit_holds_for_reading_too,
    every_failure_is_a_refusal,
    every_failure_is_in_progress,
    stays_nonblocking,
    connects_in_blocking_mode,
];
