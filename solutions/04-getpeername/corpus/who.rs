//! The programs that prove the checks of `who`: the name it is started
//! under picks one.

#[path = "../wrong/who/asks_for_its_own.rs"]
mod asks_for_its_own;
#[path = "../wrong/who/brackets.rs"]
mod brackets;
#[path = "../wrong/who/bytes_in_host_order.rs"]
mod bytes_in_host_order;
#[path = "../wrong/who/does_not_block.rs"]
mod does_not_block;
#[path = "../wrong/who/every_failure_is_no_socket.rs"]
mod every_failure_is_no_socket;
#[path = "../wrong/who/every_failure_is_not_connected.rs"]
mod every_failure_is_not_connected;
#[path = "../wrong/who/ipv4_only.rs"]
mod ipv4_only;
#[path = "../wrong/who/mapped_is_ipv6.rs"]
mod mapped_is_ipv6;
#[path = "../wrong/who/no_name_is_nobody.rs"]
mod no_name_is_nobody;
#[path = "../wrong/who/peeks_for_life.rs"]
mod peeks_for_life;
#[path = "../also-right/who/peeks_harmlessly.rs"]
mod peeks_harmlessly;
#[path = "../wrong/who/quotes_the_path.rs"]
mod quotes_the_path;
#[path = "../also-right/who/raw_bytes.rs"]
mod raw_bytes;
#[path = "../wrong/who/reads_to_see_whether_it_lives.rs"]
mod reads_to_see_whether_it_lives;
#[path = "../wrong/who/shuts_down.rs"]
mod shuts_down;
#[path = "../also-right/who/std_only.rs"]
mod std_only;
#[path = "../also-right/who/types_in_turn.rs"]
mod types_in_turn;

corpus::main![
    peeks_harmlessly,
    raw_bytes,
    std_only,
    types_in_turn,
    asks_for_its_own,
    brackets,
    bytes_in_host_order,
    does_not_block,
    every_failure_is_no_socket,
    every_failure_is_not_connected,
    ipv4_only,
    mapped_is_ipv6,
    no_name_is_nobody,
    peeks_for_life,
    quotes_the_path,
    reads_to_see_whether_it_lives,
    shuts_down,
];
