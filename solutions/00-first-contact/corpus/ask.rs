//! The programs that prove the checks of `ask`: the name it is started
//! under picks one.

#[path = "../wrong/ask/adds_a_newline.rs"]
mod adds_a_newline;
#[path = "../wrong/ask/blank_line.rs"]
mod blank_line;
#[path = "../wrong/ask/empty_is_failure.rs"]
mod empty_is_failure;
#[path = "../wrong/ask/error_is_the_end.rs"]
mod error_is_the_end;
#[path = "../wrong/ask/fixed_buffer.rs"]
mod fixed_buffer;
#[path = "../also-right/ask/half_closes.rs"]
mod half_closes;
#[path = "../wrong/ask/lossy_text.rs"]
mod lossy_text;
#[path = "../wrong/ask/one_recv.rs"]
mod one_recv;
#[path = "../wrong/ask/polls.rs"]
mod polls;
#[path = "../also-right/ask/prints_as_it_comes.rs"]
mod prints_as_it_comes;
#[path = "../also-right/ask/std_only.rs"]
mod std_only;
#[path = "../also-right/ask/threads.rs"]
mod threads;
#[path = "../wrong/ask/until_newline.rs"]
mod until_newline;
#[path = "../wrong/ask/unwraps.rs"]
mod unwraps;
#[path = "../wrong/ask/zero_goes_on.rs"]
mod zero_goes_on;

corpus::main![
    half_closes,
    prints_as_it_comes,
    std_only,
    threads,
    adds_a_newline,
    blank_line,
    empty_is_failure,
    error_is_the_end,
    fixed_buffer,
    lossy_text,
    one_recv,
    polls,
    until_newline,
    unwraps,
    zero_goes_on,
];
