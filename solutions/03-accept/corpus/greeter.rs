//! The programs that prove the checks of `greeter`: the name it is started
//! under picks one.

#[path = "../also-right/greeter/bare_number.rs"]
mod bare_number;
#[path = "../also-right/greeter/std_incoming.rs"]
mod std_incoming;
#[path = "../also-right/greeter/threads.rs"]
mod threads;
#[path = "../also-right/greeter/with_poll.rs"]
mod with_poll;

#[path = "../wrong/greeter/a_number_for_each_port.rs"]
mod a_number_for_each_port;
#[path = "../wrong/greeter/ends_with_a_client.rs"]
mod ends_with_a_client;
#[path = "../wrong/greeter/keeps_the_last.rs"]
mod keeps_the_last;
#[path = "../wrong/greeter/leaks.rs"]
mod leaks;
#[path = "../wrong/greeter/listens_again.rs"]
mod listens_again;
#[path = "../wrong/greeter/never_gives_up.rs"]
mod never_gives_up;
#[path = "../wrong/greeter/reads_first.rs"]
mod reads_first;
#[path = "../wrong/greeter/shuts_and_keeps.rs"]
mod shuts_and_keeps;
#[path = "../wrong/greeter/three_clients.rs"]
mod three_clients;
#[path = "../wrong/greeter/waits_until_they_leave.rs"]
mod waits_until_they_leave;

corpus::main![
    bare_number,
    std_incoming,
    threads,
    with_poll,
    a_number_for_each_port,
    ends_with_a_client,
    keeps_the_last,
    leaks,
    listens_again,
    never_gives_up,
    reads_first,
    shuts_and_keeps,
    three_clients,
    waits_until_they_leave,
];
