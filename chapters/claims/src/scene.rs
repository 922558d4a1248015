//! What the probes share: sockets to begin with, ways to wait for an event,
//! calls that wait in threads, signals, and questions to the kernel and to a
//! compiler.

pub mod cancel;

mod accept_queue;
mod buffers;
mod call;
mod compiler;
mod folder;
mod options;
mod programs;
mod settings;
mod signals;
mod sockets;
mod waiting;
mod words;

pub use accept_queue::{
    fill_accept_queue, fill_local_accept_queue, until_dropped, until_queued,
};
pub use buffers::{
    fill_send_buffer, unacknowledged, unread, unsent, until_acknowledged,
    until_unread,
};
pub use call::{Call, Sleeper, State, until_asleep};
pub use compiler::{compile, compiles};
pub use folder::Folder;
pub use options::{drop_all_packets, set_number};
pub use programs::run_with_input;
pub use settings::{set, setting};
pub use signals::{
    Action, Sigpipe, count_sigusr1, handled, set_action, signal_thread,
};
pub use sockets::{
    deaf, inet6, listener, local, local_bound, local_listener,
    local_nonblocking, local_pair, local_pair_of, loopback, loopback6, nobody,
    pair, reset, set_nonblocking, small_tcp_pair, tcp, tcp_nonblocking,
    tcp_pair, udp, udp_pair,
};
pub use waiting::{
    DEADLINE, until, until_attempt_ends, until_readable, until_reset,
    until_tcp_state, until_writable, wait_for,
};
pub use words::{count, name, what_came, what_comes, yes_no};
