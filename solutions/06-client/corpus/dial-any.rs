//! The programs that prove the checks of `dial-any`: the name it is started
//! under picks one.

#[path = "../also-right/dial-any/std_only.rs"]
mod std_only;
#[path = "../also-right/dial-any/tells_at_the_end.rs"]
mod tells_at_the_end;
#[path = "../also-right/dial-any/with_poll.rs"]
mod with_poll;

#[path = "../wrong/dial-any/asks_twice.rs"]
mod asks_twice;
#[path = "../wrong/dial-any/ends_well.rs"]
mod ends_well;
#[path = "../wrong/dial-any/first_only.rs"]
mod first_only;
#[path = "../wrong/dial-any/one_socket.rs"]
mod one_socket;
#[path = "../wrong/dial-any/overwrites_the_failure.rs"]
mod overwrites_the_failure;
#[path = "../wrong/dial-any/stops_at_other_failures.rs"]
mod stops_at_other_failures;
#[path = "../wrong/dial-any/tells_its_own_end.rs"]
mod tells_its_own_end;
#[path = "../wrong/dial-any/tells_the_last_only.rs"]
mod tells_the_last_only;
#[path = "../wrong/dial-any/tells_when_all_failed.rs"]
mod tells_when_all_failed;
#[path = "../wrong/dial-any/tries_all.rs"]
mod tries_all;

corpus::main![
    std_only,
    tells_at_the_end,
    with_poll,
    asks_twice,
    ends_well,
    first_only,
    one_socket,
    overwrites_the_failure,
    stops_at_other_failures,
    tells_its_own_end,
    tells_the_last_only,
    tells_when_all_failed,
    tries_all,
];
