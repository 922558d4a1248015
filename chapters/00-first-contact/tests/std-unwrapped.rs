//! What std sets without being asked, read back from the kernel: so it also
//! holds where no strace is installed.

use std::net::{TcpListener, TcpStream};
use std::os::fd::AsFd;

use anyhow::Result;
use nix::fcntl::{FcntlArg, FdFlag, fcntl};
use nix::sys::socket::sockopt::ReuseAddr;
use nix::sys::socket::{AddressFamily, SockFlag, SockType, getsockopt, socket};

#[test]
fn std_sets_so_reuseaddr_on_a_listener_and_a_bare_socket_has_it_off()
-> Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    assert!(getsockopt(&listener, ReuseAddr)?);
    let (family, kind) = (AddressFamily::Inet, SockType::Stream);
    let bare = socket(family, kind, SockFlag::empty(), None)?;
    assert!(!getsockopt(&bare, ReuseAddr)?);
    Ok(())
}

#[test]
fn std_marks_every_socket_close_on_exec_and_a_bare_socket_is_not_marked()
-> Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let client = TcpStream::connect(listener.local_addr()?)?;
    let (server, _) = listener.accept()?;
    assert!(closes_on_exec(&listener)?);
    assert!(closes_on_exec(&client)?);
    assert!(closes_on_exec(&server)?);
    let (family, kind) = (AddressFamily::Inet, SockType::Stream);
    let bare = socket(family, kind, SockFlag::empty(), None)?;
    assert!(!closes_on_exec(&bare)?);
    Ok(())
}

fn closes_on_exec(socket: impl AsFd) -> Result<bool> {
    let flags = fcntl(socket, FcntlArg::F_GETFD)?;
    Ok(FdFlag::from_bits_truncate(flags).contains(FdFlag::FD_CLOEXEC))
}
