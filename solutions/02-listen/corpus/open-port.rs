//! The programs that prove the checks of `open-port`: the name it is started
//! under picks one.

#[path = "../wrong/open-port/any_other_port.rs"]
mod any_other_port;
#[path = "../wrong/open-port/backlog_of_its_own.rs"]
mod backlog_of_its_own;
#[path = "../wrong/open-port/closes_the_one_socket.rs"]
mod closes_the_one_socket;
#[path = "../wrong/open-port/end_is_a_line.rs"]
mod end_is_a_line;
#[path = "../wrong/open-port/forgets_the_line.rs"]
mod forgets_the_line;
#[path = "../wrong/open-port/keeps_open.rs"]
mod keeps_open;
#[path = "../wrong/open-port/looks_for_lines.rs"]
mod looks_for_lines;
#[path = "../wrong/open-port/most_clients.rs"]
mod most_clients;
#[path = "../wrong/open-port/no_option.rs"]
mod no_option;
#[path = "../wrong/open-port/one_less.rs"]
mod one_less;
#[path = "../wrong/open-port/option_after_bind.rs"]
mod option_after_bind;
#[path = "../wrong/open-port/option_when_refused.rs"]
mod option_when_refused;
#[path = "../also-right/open-port/poll_and_bytes.rs"]
mod poll_and_bytes;
#[path = "../wrong/open-port/port_for_two.rs"]
mod port_for_two;
#[path = "../also-right/open-port/std_and_listen.rs"]
mod std_and_listen;
#[path = "../wrong/open-port/takes_all.rs"]
mod takes_all;
#[path = "../wrong/open-port/takes_at_once.rs"]
mod takes_at_once;
#[path = "../also-right/open-port/threads.rs"]
mod threads;
#[path = "../wrong/open-port/wildcard.rs"]
mod wildcard;
#[path = "../wrong/open-port/wildcard_in_disguise.rs"]
mod wildcard_in_disguise;

corpus::main![
    poll_and_bytes,
    std_and_listen,
    threads,
    any_other_port,
    backlog_of_its_own,
    closes_the_one_socket,
    end_is_a_line,
    forgets_the_line,
    keeps_open,
    looks_for_lines,
    most_clients,
    no_option,
    one_less,
    option_after_bind,
    option_when_refused,
    port_for_two,
    takes_all,
    takes_at_once,
    wildcard,
    wildcard_in_disguise,
];
