//! The programs that prove the checks of `last-word`: the name it is started
//! under picks one.

#[path = "../wrong/last-word/any_error_ends_the_answer.rs"]
mod any_error_ends_the_answer;
#[path = "../also-right/last-word/byte_by_byte.rs"]
mod byte_by_byte;
#[path = "../wrong/last-word/closes_one_descriptor.rs"]
mod closes_one_descriptor;
#[path = "../wrong/last-word/counts_the_buffer.rs"]
mod counts_the_buffer;
#[path = "../wrong/last-word/epipe_alone.rs"]
mod epipe_alone;
#[path = "../wrong/last-word/input_is_text.rs"]
mod input_is_text;
#[path = "../wrong/last-word/leaves_epipe_to_the_signal.rs"]
mod leaves_epipe_to_the_signal;
#[path = "../wrong/last-word/one_read_of_the_input.rs"]
mod one_read_of_the_input;
#[path = "../wrong/last-word/only_the_first_send_tells.rs"]
mod only_the_first_send_tells;
#[path = "../wrong/last-word/passes_over_a_failed_send.rs"]
mod passes_over_a_failed_send;
#[path = "../also-right/last-word/poll.rs"]
mod poll;
#[path = "../wrong/last-word/says_not_even_the_end.rs"]
mod says_not_even_the_end;
#[path = "../wrong/last-word/sent_is_enough.rs"]
mod sent_is_enough;
#[path = "../wrong/last-word/shutdown_must_succeed.rs"]
mod shutdown_must_succeed;
#[path = "../wrong/last-word/sigpipe_by_default.rs"]
mod sigpipe_by_default;
#[path = "../wrong/last-word/silence_is_a_failure.rs"]
mod silence_is_a_failure;
#[path = "../also-right/last-word/std_only.rs"]
mod std_only;
#[path = "../also-right/last-word/threads.rs"]
mod threads;

corpus::main![
    byte_by_byte,
    poll,
    std_only,
    threads,
    any_error_ends_the_answer,
    closes_one_descriptor,
    counts_the_buffer,
    epipe_alone,
    input_is_text,
    leaves_epipe_to_the_signal,
    one_read_of_the_input,
    only_the_first_send_tells,
    passes_over_a_failed_send,
    says_not_even_the_end,
    sent_is_enough,
    shutdown_must_succeed,
    sigpipe_by_default,
    silence_is_a_failure,
];
