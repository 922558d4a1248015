//! The programs that prove the checks of `send-all`: the name it is started
//! under picks one.

#[path = "../wrong/send-all/a_reset_is_an_end.rs"]
mod a_reset_is_an_end;
#[path = "../wrong/send-all/closes_at_once.rs"]
mod closes_at_once;
#[path = "../wrong/send-all/collects_full_buffers.rs"]
mod collects_full_buffers;
#[path = "../also-right/send-all/copies.rs"]
mod copies;
#[path = "../wrong/send-all/counts_the_last_piece.rs"]
mod counts_the_last_piece;
#[path = "../wrong/send-all/fails_with_0.rs"]
mod fails_with_0;
#[path = "../wrong/send-all/ignores_the_count.rs"]
mod ignores_the_count;
#[path = "../wrong/send-all/leaves_it_to_sigpipe.rs"]
mod leaves_it_to_sigpipe;
#[path = "../wrong/send-all/looks_again_and_again.rs"]
mod looks_again_and_again;
#[path = "../wrong/send-all/no_end_of_stream.rs"]
mod no_end_of_stream;
#[path = "../wrong/send-all/no_input_no_stream.rs"]
mod no_input_no_stream;
#[path = "../wrong/send-all/one_recv.rs"]
mod one_recv;
#[path = "../also-right/send-all/polls.rs"]
mod polls;
#[path = "../wrong/send-all/reads_all_first.rs"]
mod reads_all_first;
#[path = "../wrong/send-all/reports_when_sent.rs"]
mod reports_when_sent;
#[path = "../wrong/send-all/text_only.rs"]
mod text_only;
#[path = "../also-right/send-all/threads.rs"]
mod threads;
#[path = "../wrong/send-all/unwraps.rs"]
mod unwraps;
#[path = "../wrong/send-all/wants_no_answer.rs"]
mod wants_no_answer;
#[path = "../also-right/send-all/writes_small.rs"]
mod writes_small;

corpus::main![
    copies,
    threads,
    polls,
    writes_small,
    text_only,
    no_input_no_stream,
    counts_the_last_piece,
    reads_all_first,
    collects_full_buffers,
    ignores_the_count,
    looks_again_and_again,
    unwraps,
    leaves_it_to_sigpipe,
    fails_with_0,
    reports_when_sent,
    closes_at_once,
    one_recv,
    wants_no_answer,
    a_reset_is_an_end,
    no_end_of_stream,
];
