//! The programs that prove the checks of `echo-judge`: the name it is started
//! under picks one.

#[path = "../wrong/echo-judge/a_reset_is_an_end.rs"]
mod a_reset_is_an_end;
#[path = "../wrong/echo-judge/a_short_question.rs"]
mod a_short_question;
#[path = "../wrong/echo-judge/asks_again_for_ever.rs"]
mod asks_again_for_ever;
#[path = "../wrong/echo-judge/asks_in_rounds.rs"]
mod asks_in_rounds;
#[path = "../wrong/echo-judge/compares_what_came.rs"]
mod compares_what_came;
#[path = "../wrong/echo-judge/counts_only.rs"]
mod counts_only;
#[path = "../wrong/echo-judge/ends_with_a_newline.rs"]
mod ends_with_a_newline;
#[path = "../wrong/echo-judge/no_letters.rs"]
mod no_letters;
#[path = "../wrong/echo-judge/no_zero_byte.rs"]
mod no_zero_byte;
#[path = "../wrong/echo-judge/one_recv_is_the_echo.rs"]
mod one_recv_is_the_echo;
#[path = "../also-right/echo-judge/poll.rs"]
mod poll;
#[path = "../wrong/echo-judge/reads_no_further.rs"]
mod reads_no_further;
#[path = "../wrong/echo-judge/silence_is_no_answer.rs"]
mod silence_is_no_answer;
#[path = "../also-right/echo-judge/std_only.rs"]
mod std_only;
#[path = "../also-right/echo-judge/threads.rs"]
mod threads;
#[path = "../also-right/echo-judge/three_connections.rs"]
mod three_connections;

corpus::main![
    poll,
    std_only,
    threads,
    three_connections,
    a_reset_is_an_end,
    a_short_question,
    asks_again_for_ever,
    asks_in_rounds,
    compares_what_came,
    counts_only,
    ends_with_a_newline,
    no_letters,
    no_zero_byte,
    one_recv_is_the_echo,
    reads_no_further,
    silence_is_no_answer,
];
