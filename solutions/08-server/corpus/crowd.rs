//! The programs that prove the checks of `crowd`: the name it is started
//! under picks one.

#[path = "../wrong/crowd/all_at_once.rs"]
mod all_at_once;
#[path = "../wrong/crowd/always_asks_for_room.rs"]
mod always_asks_for_room;
#[path = "../wrong/crowd/answers_the_rest.rs"]
mod answers_the_rest;
#[path = "../wrong/crowd/asks_for_room_too_early.rs"]
mod asks_for_room_too_early;
#[path = "../wrong/crowd/backlog_of_clients.rs"]
mod backlog_of_clients;
#[path = "../also-right/crowd/byte_wise.rs"]
mod byte_wise;
#[path = "../wrong/crowd/drops_what_waits.rs"]
mod drops_what_waits;
#[path = "../wrong/crowd/ends_at_a_failed_send.rs"]
mod ends_at_a_failed_send;
#[path = "../wrong/crowd/ends_at_a_reset.rs"]
mod ends_at_a_reset;
#[path = "../wrong/crowd/ends_at_number_1024.rs"]
mod ends_at_number_1024;
#[path = "../wrong/crowd/ends_without_descriptors.rs"]
mod ends_without_descriptors;
#[path = "../wrong/crowd/fixed_buffer.rs"]
mod fixed_buffer;
#[path = "../wrong/crowd/keeps_all.rs"]
mod keeps_all;
#[path = "../wrong/crowd/keeps_asking_after_the_end.rs"]
mod keeps_asking_after_the_end;
#[path = "../wrong/crowd/keeps_the_last_piece.rs"]
mod keeps_the_last_piece;
#[path = "../wrong/crowd/leaks_at_a_reset.rs"]
mod leaks_at_a_reset;
#[path = "../wrong/crowd/next_one_gets_the_half.rs"]
mod next_one_gets_the_half;
#[path = "../wrong/crowd/no_room_is_a_failure.rs"]
mod no_room_is_a_failure;
#[path = "../wrong/crowd/one_at_a_time.rs"]
mod one_at_a_time;
#[path = "../wrong/crowd/one_recv_is_one_line.rs"]
mod one_recv_is_one_line;
#[path = "../also-right/crowd/polls.rs"]
mod polls;
#[path = "../wrong/crowd/spins_without_descriptors.rs"]
mod spins_without_descriptors;
#[path = "../wrong/crowd/takes_a_part_for_all.rs"]
mod takes_a_part_for_all;
#[path = "../wrong/crowd/text_only.rs"]
mod text_only;
#[path = "../also-right/crowd/threads.rs"]
mod threads;
#[path = "../wrong/crowd/up_to_the_nul.rs"]
mod up_to_the_nul;
#[path = "../wrong/crowd/waits_for_the_newline.rs"]
mod waits_for_the_newline;
#[path = "../wrong/crowd/waits_in_send.rs"]
mod waits_in_send;
#[path = "../wrong/crowd/wants_its_address.rs"]
mod wants_its_address;
#[path = "../wrong/crowd/zero_is_nothing_yet.rs"]
mod zero_is_nothing_yet;

corpus::main![
    all_at_once,
    always_asks_for_room,
    answers_the_rest,
    asks_for_room_too_early,
    backlog_of_clients,
    byte_wise,
    drops_what_waits,
    ends_at_a_failed_send,
    ends_at_a_reset,
    ends_at_number_1024,
    ends_without_descriptors,
    fixed_buffer,
    keeps_all,
    keeps_asking_after_the_end,
    keeps_the_last_piece,
    leaks_at_a_reset,
    next_one_gets_the_half,
    no_room_is_a_failure,
    one_at_a_time,
    one_recv_is_one_line,
    polls,
    spins_without_descriptors,
    takes_a_part_for_all,
    text_only,
    threads,
    up_to_the_nul,
    waits_for_the_newline,
    waits_in_send,
    wants_its_address,
    zero_is_nothing_yet,
];
