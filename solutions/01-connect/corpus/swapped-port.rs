//! The programs that prove the checks of `swapped-port`: the name it is started
//! under picks one.

#[path = "../also-right/swapped-port/as_in_c.rs"]
mod as_in_c;
#[path = "../wrong/swapped-port/at_the_call_only.rs"]
mod at_the_call_only;
#[path = "../also-right/swapped-port/by_hand.rs"]
mod by_hand;
#[path = "../wrong/swapped-port/refused_is_done.rs"]
mod refused_is_done;
#[path = "../wrong/swapped-port/way_in_only.rs"]
mod way_in_only;
#[path = "../wrong/swapped-port/way_out_only.rs"]
mod way_out_only;

corpus::main![
    as_in_c,
    by_hand,
    at_the_call_only,
    refused_is_done,
    way_in_only,
    way_out_only,
];
