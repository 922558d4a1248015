//! The programs that prove the checks of `both-talk`: the name it is started
//! under picks one.

#[path = "../wrong/both-talk/a_failed_send_is_no_room.rs"]
mod a_failed_send_is_no_room;
#[path = "../wrong/both-talk/a_reset_is_an_end.rs"]
mod a_reset_is_an_end;
#[path = "../wrong/both-talk/asks_in_turn.rs"]
mod asks_in_turn;
#[path = "../wrong/both-talk/closes_at_the_end.rs"]
mod closes_at_the_end;
#[path = "../also-right/both-talk/copies.rs"]
mod copies;
#[path = "../wrong/both-talk/ends_with_the_peer.rs"]
mod ends_with_the_peer;
#[path = "../wrong/both-talk/half_closes_too_early.rs"]
mod half_closes_too_early;
#[path = "../wrong/both-talk/ignores_the_count.rs"]
mod ignores_the_count;
#[path = "../wrong/both-talk/input_stays_in_the_set.rs"]
mod input_stays_in_the_set;
#[path = "../also-right/both-talk/keeps_all.rs"]
mod keeps_all;
#[path = "../wrong/both-talk/never_half_closes.rs"]
mod never_half_closes;
#[path = "../wrong/both-talk/nothing_to_do.rs"]
mod nothing_to_do;
#[path = "../wrong/both-talk/peer_stays_in_the_set.rs"]
mod peer_stays_in_the_set;
#[path = "../wrong/both-talk/reads_one_answer.rs"]
mod reads_one_answer;
#[path = "../wrong/both-talk/reads_until_dry.rs"]
mod reads_until_dry;
#[path = "../wrong/both-talk/sends_before_it_reads.rs"]
mod sends_before_it_reads;
#[path = "../also-right/both-talk/small_pieces.rs"]
mod small_pieces;
#[path = "../also-right/both-talk/threads.rs"]
mod threads;
#[path = "../also-right/both-talk/two_processes.rs"]
mod two_processes;
#[path = "../wrong/both-talk/waits_for_a_line.rs"]
mod waits_for_a_line;
#[path = "../wrong/both-talk/watches_for_room_always.rs"]
mod watches_for_room_always;
#[path = "../wrong/both-talk/would_block_is_the_end.rs"]
mod would_block_is_the_end;

corpus::main![
    copies,
    keeps_all,
    small_pieces,
    threads,
    two_processes,
    a_failed_send_is_no_room,
    a_reset_is_an_end,
    asks_in_turn,
    closes_at_the_end,
    ends_with_the_peer,
    half_closes_too_early,
    ignores_the_count,
    input_stays_in_the_set,
    never_half_closes,
    nothing_to_do,
    peer_stays_in_the_set,
    reads_one_answer,
    reads_until_dry,
    sends_before_it_reads,
    waits_for_a_line,
    watches_for_room_always,
    would_block_is_the_end,
];
