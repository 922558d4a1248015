//! The programs that prove the checks of `post`: the name it is started
//! under picks one.

#[path = "../also-right/post/all_in_memory.rs"]
mod all_in_memory;
#[path = "../also-right/post/byte_by_byte.rs"]
mod byte_by_byte;
#[path = "../also-right/post/std_copy.rs"]
mod std_copy;
#[path = "../also-right/post/two_threads.rs"]
mod two_threads;
#[path = "../also-right/post/with_poll.rs"]
mod with_poll;

#[path = "../wrong/post/any_end_is_the_end.rs"]
mod any_end_is_the_end;
#[path = "../wrong/post/cuts_the_reply.rs"]
mod cuts_the_reply;
#[path = "../wrong/post/ignores_send.rs"]
mod ignores_send;
#[path = "../wrong/post/line_by_line.rs"]
mod line_by_line;
#[path = "../wrong/post/no_half_close.rs"]
mod no_half_close;
#[path = "../wrong/post/nothing_to_send.rs"]
mod nothing_to_send;
#[path = "../wrong/post/one_line.rs"]
mod one_line;
#[path = "../wrong/post/one_read.rs"]
mod one_read;
#[path = "../wrong/post/one_recv.rs"]
mod one_recv;
#[path = "../wrong/post/replaces_bytes.rs"]
mod replaces_bytes;
#[path = "../wrong/post/text_only.rs"]
mod text_only;
#[path = "../wrong/post/wants_a_reply.rs"]
mod wants_a_reply;

corpus::main![
    all_in_memory,
    byte_by_byte,
    std_copy,
    two_threads,
    with_poll,
    any_end_is_the_end,
    cuts_the_reply,
    ignores_send,
    line_by_line,
    no_half_close,
    nothing_to_send,
    one_line,
    one_read,
    one_recv,
    replaces_bytes,
    text_only,
    wants_a_reply,
];
