//! Claims about `connect`.

use std::os::fd::AsRawFd;

use anyhow::Result;
use nix::sys::socket::connect;

use crate::Outcome::Holds;
use crate::scene::{self, State};
use crate::{Claim, Story, probe};

const SOURCE: &str = include_str!("connect.rs");

pub(super) const CLAIMS: &[Claim] = &[
    Claim {
        id: "CON-07",
        says: "connect fails with ENOTSOCK on a descriptor that is no socket.",
        posix: "",
        outcome: Holds,
        why: "The kernel looks the descriptor up in the process's table and \
              finds an open file of another kind (connect(2)).",
        finds: &[("a pipe", "ENOTSOCK"), ("a regular file", "ENOTSOCK")],
        seen: &["Linux 6.18"],
        needs: &[],
        page: "01-connect/connect-errors.md",
        probe: probe!(connect_on_no_socket),
    },
    Claim {
        id: "CON-13",
        says: "connect fails with ECONNREFUSED where the server refuses.",
        posix: "",
        outcome: Holds,
        why: "Nobody listens at that port, so the kernel there answers the \
              SYN with a reset (RFC 9293, 3.5.2).",
        finds: &[("nobody listens", "ECONNREFUSED")],
        seen: &["Linux 6.18"],
        needs: &[],
        page: "01-connect/connect-errors.md",
        probe: probe!(connect_to_nobody),
    },
];

/// A pipe and a file are descriptors, and no sockets.
fn connect_on_no_socket(s: &mut Story) -> Result<()> {
    let (_listener, address) = scene::listener(1)?;
    let (pipe, _writer) = nix::unistd::pipe()?;
    s.does(format_args!("connect a pipe to {address}"));
    s.finds_result("a pipe", connect(pipe.as_raw_fd(), &address));
    let file = std::fs::File::open("/proc/self/exe")?;
    s.does(format_args!("connect a regular file to {address}"));
    s.finds_result("a regular file", connect(file.as_raw_fd(), &address));
    Ok(())
}

/// A port that is bound, but where nobody has called listen.
fn connect_to_nobody(s: &mut Story) -> Result<()> {
    let (_holder, address) = scene::nobody()?;
    let client = scene::tcp()?;
    s.does(format_args!("connect to {address}, where nobody listens"));
    let mut call = scene::Call::make({
        let client = client.try_clone()?;
        move || connect(client.as_raw_fd(), &address)
    })?;
    // An answer comes: it does not wait for long.
    let _: State = call.state(nix::libc::SYS_connect)?;
    s.finds_result("nobody listens", call.result()?);
    Ok(())
}
