//! The programs that prove the checks of `line-by-line`: the name it is started
//! under picks one.

#[path = "../wrong/line-by-line/a_full_buffer_is_a_message.rs"]
mod a_full_buffer_is_a_message;
#[path = "../also-right/line-by-line/all_at_the_end_of_a_piece.rs"]
mod all_at_the_end_of_a_piece;
#[path = "../wrong/line-by-line/an_empty_tail.rs"]
mod an_empty_tail;
#[path = "../wrong/line-by-line/an_error_is_the_end.rs"]
mod an_error_is_the_end;
#[path = "../also-right/line-by-line/byte_wise.rs"]
mod byte_wise;
#[path = "../wrong/line-by-line/fills_its_buffer_first.rs"]
mod fills_its_buffer_first;
#[path = "../wrong/line-by-line/first_newline_only.rs"]
mod first_newline_only;
#[path = "../wrong/line-by-line/forgets_the_tail.rs"]
mod forgets_the_tail;
#[path = "../wrong/line-by-line/keeps_the_last_piece.rs"]
mod keeps_the_last_piece;
#[path = "../wrong/line-by-line/never_flushed.rs"]
mod never_flushed;
#[path = "../wrong/line-by-line/one_message_for_each_read.rs"]
mod one_message_for_each_read;
#[path = "../wrong/line-by-line/one_read.rs"]
mod one_read;
#[path = "../also-right/line-by-line/peeks.rs"]
mod peeks;
#[path = "../also-right/line-by-line/polls.rs"]
mod polls;
#[path = "../also-right/line-by-line/read_until.rs"]
mod read_until;
#[path = "../wrong/line-by-line/reads_to_the_end_first.rs"]
mod reads_to_the_end_first;
#[path = "../wrong/line-by-line/skips_empty_messages.rs"]
mod skips_empty_messages;
#[path = "../wrong/line-by-line/tells_the_rest_at_once.rs"]
mod tells_the_rest_at_once;
#[path = "../wrong/line-by-line/tells_the_tail_of_a_reset.rs"]
mod tells_the_tail_of_a_reset;
#[path = "../wrong/line-by-line/text_only.rs"]
mod text_only;
#[path = "../wrong/line-by-line/the_newline_comes_last.rs"]
mod the_newline_comes_last;
#[path = "../also-right/line-by-line/threads.rs"]
mod threads;
#[path = "../wrong/line-by-line/trims.rs"]
mod trims;
#[path = "../wrong/line-by-line/zero_is_a_message.rs"]
mod zero_is_a_message;

corpus::main![
    read_until,
    byte_wise,
    peeks,
    threads,
    polls,
    all_at_the_end_of_a_piece,
    one_read,
    the_newline_comes_last,
    one_message_for_each_read,
    first_newline_only,
    tells_the_rest_at_once,
    keeps_the_last_piece,
    a_full_buffer_is_a_message,
    skips_empty_messages,
    zero_is_a_message,
    forgets_the_tail,
    an_empty_tail,
    text_only,
    trims,
    never_flushed,
    reads_to_the_end_first,
    fills_its_buffer_first,
    an_error_is_the_end,
    tells_the_tail_of_a_reset,
];
