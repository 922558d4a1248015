//! The programs that prove the checks of `crowd-judge`: the name it is started
//! under picks one.

#[path = "../wrong/crowd-judge/a_line_at_a_time.rs"]
mod a_line_at_a_time;
#[path = "../wrong/crowd-judge/kind.rs"]
mod kind;
#[path = "../wrong/crowd-judge/one_after_another.rs"]
mod one_after_another;
#[path = "../wrong/crowd-judge/one_line_in_pieces.rs"]
mod one_line_in_pieces;
#[path = "../wrong/crowd-judge/one_recv_is_an_answer.rs"]
mod one_recv_is_an_answer;
#[path = "../wrong/crowd-judge/only_the_next_one.rs"]
mod only_the_next_one;
#[path = "../wrong/crowd-judge/palindromes.rs"]
mod palindromes;
#[path = "../also-right/crowd-judge/polls.rs"]
mod polls;
#[path = "../wrong/crowd-judge/reads_first.rs"]
mod reads_first;
#[path = "../wrong/crowd-judge/refused_is_wrong.rs"]
mod refused_is_wrong;
#[path = "../wrong/crowd-judge/silence_is_no_verdict.rs"]
mod silence_is_no_verdict;
#[path = "../also-right/crowd-judge/std_and_pauses.rs"]
mod std_and_pauses;
#[path = "../also-right/crowd-judge/threads.rs"]
mod threads;

corpus::main![
    a_line_at_a_time,
    kind,
    one_after_another,
    one_line_in_pieces,
    one_recv_is_an_answer,
    only_the_next_one,
    palindromes,
    polls,
    reads_first,
    refused_is_wrong,
    silence_is_no_verdict,
    std_and_pauses,
    threads,
];
