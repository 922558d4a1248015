//! The programs that prove the checks of `relay`: the name it is started
//! under picks one.

#[path = "../wrong/relay/a_failed_recv_ends_it.rs"]
mod a_failed_recv_ends_it;
#[path = "../wrong/relay/a_failed_send_ends_it.rs"]
mod a_failed_send_ends_it;
#[path = "../wrong/relay/as_it_comes.rs"]
mod as_it_comes;
#[path = "../wrong/relay/as_many_as_the_backlog.rs"]
mod as_many_as_the_backlog;
#[path = "../wrong/relay/counts_lines.rs"]
mod counts_lines;
#[path = "../wrong/relay/counts_what_it_told.rs"]
mod counts_what_it_told;
#[path = "../wrong/relay/cut_off_at_once.rs"]
mod cut_off_at_once;
#[path = "../wrong/relay/everybody_hears.rs"]
mod everybody_hears;
#[path = "../wrong/relay/forgets_the_rest.rs"]
mod forgets_the_rest;
#[path = "../wrong/relay/keeps_without_end.rs"]
mod keeps_without_end;
#[path = "../wrong/relay/no_empty_lines.rs"]
mod no_empty_lines;
#[path = "../wrong/relay/no_end_of_stream.rs"]
mod no_end_of_stream;
#[path = "../wrong/relay/one_line_a_recv.rs"]
mod one_line_a_recv;
#[path = "../also-right/relay/one_writer.rs"]
mod one_writer;
#[path = "../wrong/relay/overtakes.rs"]
mod overtakes;
#[path = "../also-right/relay/polls.rs"]
mod polls;
#[path = "../wrong/relay/sends_it_again.rs"]
mod sends_it_again;
#[path = "../wrong/relay/tells_old_lines.rs"]
mod tells_old_lines;
#[path = "../wrong/relay/the_tail_is_a_line.rs"]
mod the_tail_is_a_line;
#[path = "../also-right/relay/threads.rs"]
mod threads;
#[path = "../wrong/relay/up_to_a_zero.rs"]
mod up_to_a_zero;
#[path = "../wrong/relay/waits_for_room.rs"]
mod waits_for_room;
#[path = "../wrong/relay/waits_for_the_line.rs"]
mod waits_for_the_line;
#[path = "../wrong/relay/watches_for_room_always.rs"]
mod watches_for_room_always;

corpus::main![
    one_writer,
    polls,
    threads,
    a_failed_recv_ends_it,
    a_failed_send_ends_it,
    as_it_comes,
    as_many_as_the_backlog,
    counts_lines,
    counts_what_it_told,
    cut_off_at_once,
    everybody_hears,
    forgets_the_rest,
    keeps_without_end,
    no_empty_lines,
    no_end_of_stream,
    one_line_a_recv,
    overtakes,
    sends_it_again,
    tells_old_lines,
    the_tail_is_a_line,
    up_to_a_zero,
    waits_for_room,
    waits_for_the_line,
    watches_for_room_always,
];
