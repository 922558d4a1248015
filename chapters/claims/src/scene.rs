//! What the probes share: sockets to begin with, ways to wait for an event,
//! calls that wait in threads, signals, and questions to the kernel and to a
//! compiler.

pub mod cancel;

mod call;
mod compiler;
mod folder;
mod programs;
mod queues;
mod settings;
mod signals;
mod sockets;
mod waiting;
mod words;

pub use call::{Call, Sleeper, State, until_asleep};
pub use compiler::{compile, compiles};
pub use folder::Folder;
pub use programs::run_with_input;
pub use queues::{
    fill_send_buffer, unacknowledged, unread, unsent, until_acknowledged,
    until_unread,
};
pub use settings::{set, setting};
pub use signals::{
    Action, Sigpipe, count_sigusr1, handled, set_action, signal_thread,
};
pub use sockets::{
    listener, local, local_bound, local_listener, local_nonblocking,
    local_pair, local_pair_of, loopback, nobody, reset, set_nonblocking,
    small_tcp_pair, tcp, tcp_nonblocking, tcp_pair, udp, udp_pair,
};
pub use waiting::{
    DEADLINE, until, until_readable, until_reset, until_writable, wait_for,
};
pub use words::{name, yes_no};
