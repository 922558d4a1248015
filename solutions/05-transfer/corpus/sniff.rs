//! The programs that prove the checks of `sniff`: the name it is started
//! under picks one.

#[path = "../wrong/sniff/any_case.rs"]
mod any_case;
#[path = "../wrong/sniff/first_byte_only.rs"]
mod first_byte_only;
#[path = "../wrong/sniff/forgets_put.rs"]
mod forgets_put;
#[path = "../also-right/sniff/hands_over.rs"]
mod hands_over;
#[path = "../also-right/sniff/keeps_the_bytes.rs"]
mod keeps_the_bytes;
#[path = "../also-right/sniff/low_water_mark.rs"]
mod low_water_mark;
#[path = "../wrong/sniff/naps_between_peeks.rs"]
mod naps_between_peeks;
#[path = "../wrong/sniff/one_peek.rs"]
mod one_peek;
#[path = "../wrong/sniff/peeks_again_and_again.rs"]
mod peeks_again_and_again;
#[path = "../wrong/sniff/peeks_on.rs"]
mod peeks_on;
#[path = "../also-right/sniff/poll.rs"]
mod poll;
#[path = "../wrong/sniff/takes_the_bytes.rs"]
mod takes_the_bytes;
#[path = "../wrong/sniff/text_only.rs"]
mod text_only;
#[path = "../wrong/sniff/waits_for_the_longest.rs"]
mod waits_for_the_longest;
#[path = "../wrong/sniff/zero_is_nothing_yet.rs"]
mod zero_is_nothing_yet;

corpus::main![
    hands_over,
    keeps_the_bytes,
    low_water_mark,
    poll,
    any_case,
    first_byte_only,
    forgets_put,
    naps_between_peeks,
    one_peek,
    peeks_again_and_again,
    peeks_on,
    takes_the_bytes,
    text_only,
    waits_for_the_longest,
    zero_is_nothing_yet,
];
