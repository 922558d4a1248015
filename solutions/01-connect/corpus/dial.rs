//! The programs that prove the checks of `dial`: the name it is started
//! under picks one.

#[path = "../wrong/dial/ipv4_only.rs"]
mod ipv4_only;
#[path = "../wrong/dial/names_by_kind.rs"]
mod names_by_kind;
#[path = "../also-right/dial/non_blocking.rs"]
mod non_blocking;
#[path = "../wrong/dial/one_code.rs"]
mod one_code;
#[path = "../wrong/dial/one_loopback.rs"]
mod one_loopback;
#[path = "../wrong/dial/own_address.rs"]
mod own_address;
#[path = "../wrong/dial/refused_is_a_failure.rs"]
mod refused_is_a_failure;
#[path = "../wrong/dial/refused_is_tried_again.rs"]
mod refused_is_tried_again;
#[path = "../wrong/dial/says_hello.rs"]
mod says_hello;
#[path = "../also-right/dial/std_only.rs"]
mod std_only;
#[path = "../also-right/dial/thread.rs"]
mod thread;
#[path = "../wrong/dial/two_families.rs"]
mod two_families;
#[path = "../wrong/dial/unreachable_host.rs"]
mod unreachable_host;
#[path = "../wrong/dial/waits_for_a_word.rs"]
mod waits_for_a_word;

corpus::main![
    non_blocking,
    std_only,
    thread,
    ipv4_only,
    names_by_kind,
    one_code,
    one_loopback,
    own_address,
    refused_is_a_failure,
    refused_is_tried_again,
    says_hello,
    two_families,
    unreachable_host,
    waits_for_a_word,
];
