//! The type of each call of this book: in C, in nix, in std. The compiler
//! proves each line, and a page shows them.
//!
//! `const _: TYPE = FUNCTION;` compiles only where the function has that very
//! type; a generic one is shown with the types that this book gives it, and
//! with `'static` where the compiler wants one lifetime.

#![cfg(all(target_os = "linux", target_env = "gnu"))]

use std::io;
use std::net::{Shutdown as How, SocketAddr, TcpListener, TcpStream};
use std::os::fd::{AsRawFd, BorrowedFd, OwnedFd, RawFd};
use std::os::unix::net::UnixStream;
use std::vec;

use nix::Result;
use nix::errno::Errno;
use nix::fcntl::{FcntlArg, fcntl};
use nix::libc::{
    self, addrinfo, c_char, c_int, c_ulong, c_void, fd_set, size_t, sockaddr,
    socklen_t, ssize_t, timeval,
};
use nix::sys::select::{FdSet, select};
use nix::sys::signal::{SigAction, Signal, sigaction};
use nix::sys::socket::sockopt::ReuseAddr;
use nix::sys::socket::{
    AddressFamily, Backlog, MsgFlags, Shutdown, SockFlag, SockProtocol,
    SockType, SockaddrIn, SockaddrLike, SockaddrStorage, accept, bind, connect,
    getpeername, getsockname, getsockopt, listen, recv, send, setsockopt,
    shutdown, socket,
};
use nix::sys::time::TimeVal;
use nix::unistd::{close, read, write};

// ANCHOR: socket
// In C: family, type, protocol; a descriptor, or -1.
const _: unsafe extern "C" fn(c_int, c_int, c_int) -> c_int = libc::socket;
// In nix: flags of their own; a descriptor with an owner.
const _: fn(
    AddressFamily,
    SockType,
    SockFlag,
    Option<SockProtocol>,
) -> Result<OwnedFd> = socket;
// ANCHOR_END: socket

// ANCHOR: bind
// In C:
const _: unsafe extern "C" fn(c_int, *const sockaddr, socklen_t) -> c_int =
    libc::bind;
// In nix:
const _: fn(RawFd, &dyn SockaddrLike) -> Result<()> = bind;
// ANCHOR_END: bind

// ANCHOR: listen
// In C:
const _: unsafe extern "C" fn(c_int, c_int) -> c_int = libc::listen;
// In nix:
const _: fn(&OwnedFd, Backlog) -> Result<()> = listen;
// In std: socket, setsockopt (SO_REUSEADDR), bind and listen at once.
const _: fn(SocketAddr) -> io::Result<TcpListener> = TcpListener::bind;
// ANCHOR_END: listen

// ANCHOR: connect
// In C:
const _: unsafe extern "C" fn(c_int, *const sockaddr, socklen_t) -> c_int =
    libc::connect;
// In nix:
const _: fn(RawFd, &dyn SockaddrLike) -> Result<()> = connect;
// In std: socket and connect at once.
const _: fn(SocketAddr) -> io::Result<TcpStream> = TcpStream::connect;
// ANCHOR_END: connect

// ANCHOR: accept
// In C: the client's address comes back through the two pointers.
const _: unsafe extern "C" fn(c_int, *mut sockaddr, *mut socklen_t) -> c_int =
    libc::accept;
// In nix: no address, and a number without an owner.
const _: fn(RawFd) -> Result<RawFd> = accept;
// In this book: both.
const _: fn(&'static OwnedFd) -> Result<(OwnedFd, SockaddrStorage)> =
    sys::accept;
// In std:
const _: fn(&TcpListener) -> io::Result<(TcpStream, SocketAddr)> =
    TcpListener::accept;
// ANCHOR_END: accept

// ANCHOR: names
// In C:
const _: unsafe extern "C" fn(c_int, *mut sockaddr, *mut socklen_t) -> c_int =
    libc::getsockname;
// In nix:
const _: fn(RawFd) -> Result<SockaddrIn> = getsockname;
// In std:
const _: fn(&TcpStream) -> io::Result<SocketAddr> = TcpStream::local_addr;

// In C:
const _: unsafe extern "C" fn(c_int, *mut sockaddr, *mut socklen_t) -> c_int =
    libc::getpeername;
// In nix:
const _: fn(RawFd) -> Result<SockaddrIn> = getpeername;
// In std:
const _: fn(&TcpStream) -> io::Result<SocketAddr> = TcpStream::peer_addr;
// ANCHOR_END: names

// ANCHOR: transfer
// In C:
const _: unsafe extern "C" fn(c_int, *const c_void, size_t, c_int) -> ssize_t =
    libc::send;
// In nix:
const _: fn(RawFd, &[u8], MsgFlags) -> Result<usize> = send;
// In std:
const _: fn(&mut TcpStream, &[u8]) -> io::Result<usize> = io::Write::write;

// In C:
const _: unsafe extern "C" fn(c_int, *mut c_void, size_t, c_int) -> ssize_t =
    libc::recv;
// In nix:
const _: fn(RawFd, &mut [u8], MsgFlags) -> Result<usize> = recv;
// In std:
const _: fn(&mut TcpStream, &mut [u8]) -> io::Result<usize> = io::Read::read;
// ANCHOR_END: transfer

// ANCHOR: files
// In C:
const _: unsafe extern "C" fn(c_int, *const c_void, size_t) -> ssize_t =
    libc::write;
// In nix:
const _: fn(&'static OwnedFd, &[u8]) -> Result<usize> = write;

// In C:
const _: unsafe extern "C" fn(c_int, *mut c_void, size_t) -> ssize_t =
    libc::read;
// In nix:
const _: fn(&'static OwnedFd, &mut [u8]) -> Result<usize> = read;
// ANCHOR_END: files

// ANCHOR: ends
// In C:
const _: unsafe extern "C" fn(c_int, c_int) -> c_int = libc::shutdown;
// In nix:
const _: fn(RawFd, Shutdown) -> Result<()> = shutdown;
// In std:
const _: fn(&TcpStream, How) -> io::Result<()> = TcpStream::shutdown;

// In C:
const _: unsafe extern "C" fn(c_int) -> c_int = libc::close;
// In nix:
const _: fn(OwnedFd) -> Result<()> = close;
// In std: what drop does, without the result.
const _: fn(OwnedFd) = drop;
// ANCHOR_END: ends

// ANCHOR: options
// In C:
const _: unsafe extern "C" fn(
    c_int,
    c_int,
    c_int,
    *const c_void,
    socklen_t,
) -> c_int = libc::setsockopt;
// In nix:
const _: fn(&OwnedFd, ReuseAddr, &bool) -> Result<()> = setsockopt;

// In C:
const _: unsafe extern "C" fn(
    c_int,
    c_int,
    c_int,
    *mut c_void,
    *mut socklen_t,
) -> c_int = libc::getsockopt;
// In nix:
const _: fn(&OwnedFd, ReuseAddr) -> Result<bool> = getsockopt;
// In std: one method for each of a few options.
const _: fn(&TcpStream, bool) -> io::Result<()> = TcpStream::set_nodelay;
// In std:
const _: fn(&TcpStream) -> io::Result<Option<io::Error>> =
    TcpStream::take_error;
// ANCHOR_END: options

// ANCHOR: fcntl
// In C: a command, and an argument whose type depends on it.
const _: unsafe extern "C" fn(c_int, c_int, ...) -> c_int = libc::fcntl;
// In nix: the command and its argument are one value.
const _: fn(BorrowedFd<'static>, FcntlArg<'static>) -> Result<c_int> = fcntl;
// In std:
const _: fn(&TcpStream, bool) -> io::Result<()> = TcpStream::set_nonblocking;
// ANCHOR_END: fcntl

// ANCHOR: select
// In C:
const _: unsafe extern "C" fn(
    c_int,
    *mut fd_set,
    *mut fd_set,
    *mut fd_set,
    *mut timeval,
) -> c_int = libc::select;
// In nix:
type Set = Option<&'static mut FdSet<'static>>;
type Time = Option<&'static mut TimeVal>;
const _: fn(Option<c_int>, Set, Set, Set, Time) -> Result<c_int> = select;
// ANCHOR_END: select

// ANCHOR: ioctl
// In C: a request, and an argument whose type depends on it.
const _: unsafe extern "C" fn(c_int, c_ulong, ...) -> c_int = libc::ioctl;
// In nix: a macro writes one function for each request that you name.
nix::ioctl_read_bad!(
    /// How many bytes can be read at once.
    bytes_to_read,
    libc::FIONREAD,
    c_int
);
const _: unsafe fn(c_int, *mut c_int) -> Result<c_int> = bytes_to_read;
// ANCHOR_END: ioctl

// ANCHOR: sigaction
// In C:
const _: unsafe extern "C" fn(
    c_int,
    *const libc::sigaction,
    *mut libc::sigaction,
) -> c_int = libc::sigaction;
// In nix still unsafe: a handler may run between any two instructions.
const _: unsafe fn(Signal, &SigAction) -> Result<SigAction> = sigaction;
// ANCHOR_END: sigaction

// ANCHOR: getaddrinfo
// In C:
const _: unsafe extern "C" fn(
    *const c_char,
    *const c_char,
    *const addrinfo,
    *mut *mut addrinfo,
) -> c_int = libc::getaddrinfo;
// Nothing in nix. In std: a name and a port become a list of addresses.
// In std:
const _: fn(&(&'static str, u16)) -> io::Result<vec::IntoIter<SocketAddr>> =
    std::net::ToSocketAddrs::to_socket_addrs;
// ANCHOR_END: getaddrinfo

/// nix looks at the family before it hands an address over.
#[test]
fn a_name_of_another_family_than_asked_for_is_einval() -> io::Result<()> {
    let (local, _peer) = UnixStream::pair()?;
    let name = getsockname::<SockaddrIn>(local.as_raw_fd());
    assert_eq!(name, Err(Errno::EINVAL));
    Ok(())
}

#[test]
fn nix_has_no_name_for_msg_dontroute_and_takes_its_number() {
    assert_eq!(MsgFlags::from_bits(libc::MSG_DONTROUTE), None);
    let flag = MsgFlags::from_bits_retain(libc::MSG_DONTROUTE);
    assert_eq!(flag.bits(), libc::MSG_DONTROUTE);
}

#[test]
fn every_call_has_the_type_that_the_page_shows() {
    // That this file compiles is the proof.
}
