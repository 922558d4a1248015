//! The programs that prove the checks of `stale-number`: the name it is started
//! under picks one.

#[path = "../wrong/stale-number/asks_the_number.rs"]
mod asks_the_number;
#[path = "../wrong/stale-number/does_not_wait.rs"]
mod does_not_wait;
#[path = "../wrong/stale-number/keeps_it_to_the_end.rs"]
mod keeps_it_to_the_end;
#[path = "../wrong/stale-number/leaks.rs"]
mod leaks;
#[path = "../wrong/stale-number/second_call.rs"]
mod second_call;
#[path = "../also-right/stale-number/second_row.rs"]
mod second_row;
#[path = "../also-right/stale-number/std_only.rs"]
mod std_only;
#[path = "../wrong/stale-number/tells_at_once.rs"]
mod tells_at_once;
#[path = "../also-right/stale-number/thread.rs"]
mod thread;

corpus::main![
    second_row,
    std_only,
    thread,
    asks_the_number,
    does_not_wait,
    keeps_it_to_the_end,
    leaks,
    second_call,
    tells_at_once,
];
