//! The programs that prove the checks of `who-waits`: the name it is started
//! under picks one.

#[path = "../also-right/who-waits/poll_byte_by_byte.rs"]
mod poll_byte_by_byte;
#[path = "../also-right/who-waits/two_threads.rs"]
mod two_threads;
#[path = "../also-right/who-waits/a_thread_rings_a_bell.rs"]
mod a_thread_rings_a_bell;
#[path = "../wrong/who-waits/keeps_the_client.rs"]
mod keeps_the_client;
#[path = "../wrong/who-waits/tells_its_own_address.rs"]
mod tells_its_own_address;
#[path = "../wrong/who-waits/watches_the_queue_all_the_time.rs"]
mod watches_the_queue_all_the_time;
#[path = "../wrong/who-waits/takes_a_report_for_an_arrival.rs"]
mod takes_a_report_for_an_arrival;
#[path = "../wrong/who-waits/accepts_at_once.rs"]
mod accepts_at_once;
#[path = "../wrong/who-waits/one_line_of_each_piece.rs"]
mod one_line_of_each_piece;
#[path = "../wrong/who-waits/waits_for_the_newline.rs"]
mod waits_for_the_newline;
#[path = "../wrong/who-waits/one_read_is_one_line.rs"]
mod one_read_is_one_line;
#[path = "../wrong/who-waits/read_line_hides_lines.rs"]
mod read_line_hides_lines;
#[path = "../wrong/who-waits/accept_waits.rs"]
mod accept_waits;
#[path = "../wrong/who-waits/an_empty_queue_is_a_failure.rs"]
mod an_empty_queue_is_a_failure;
#[path = "../wrong/who-waits/a_client_that_left_ends_it.rs"]
mod a_client_that_left_ends_it;
#[path = "../wrong/who-waits/zero_is_nothing_yet.rs"]
mod zero_is_nothing_yet;
#[path = "../wrong/who-waits/announces_only_once.rs"]
mod announces_only_once;

corpus::main![
    poll_byte_by_byte,
    two_threads,
    a_thread_rings_a_bell,
    keeps_the_client,
    tells_its_own_address,
    watches_the_queue_all_the_time,
    takes_a_report_for_an_arrival,
    accepts_at_once,
    one_line_of_each_piece,
    waits_for_the_newline,
    one_read_is_one_line,
    read_line_hides_lines,
    accept_waits,
    an_empty_queue_is_a_failure,
    a_client_that_left_ends_it,
    zero_is_nothing_yet,
    announces_only_once,
];
