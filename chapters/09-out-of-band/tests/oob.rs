//! What becomes of an urgent byte on Linux, in the cases that the pages tell
//! and no recording shows.

// Some tests need Linux; elsewhere what only they use is idle.
#![cfg_attr(
    not(target_os = "linux"),
    allow(unused_imports, dead_code, reason = "used on Linux")
)]
#![cfg(target_os = "linux")]

use std::net::{TcpListener, TcpStream};
use std::os::fd::{AsFd, AsRawFd};
use std::os::unix::net::UnixStream;

use anyhow::Result;
use ch_09_out_of_band::{told, until_urgent};
use nix::errno::Errno;
use nix::libc;
use nix::sys::socket::{MsgFlags, recv, send, setsockopt, sockopt};

const OOB: MsgFlags = MsgFlags::MSG_OOB;
const ORDINARY: MsgFlags = MsgFlags::MSG_DONTWAIT;

/// The sender's end and the receiver's.
fn pair() -> Result<(TcpStream, TcpStream)> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let sender = TcpStream::connect(listener.local_addr()?)?;
    Ok((sender, listener.accept()?.0))
}

fn urgent(sender: &TcpStream, receiver: &TcpStream, text: &str) -> Result<()> {
    let bytes = text.as_bytes();
    assert_eq!(send(sender.as_raw_fd(), bytes, OOB), Ok(bytes.len()));
    until_urgent(receiver, Ok(bytes[bytes.len() - 1]))
}

fn read(receiver: impl AsFd, flags: MsgFlags) -> String {
    let mut buffer = [0; 64];
    let fd = receiver.as_fd().as_raw_fd();
    told(recv(fd, &mut buffer, flags), &buffer)
}

#[test]
fn a_byte_that_was_read_comes_again_when_a_second_one_takes_the_mark()
-> Result<()> {
    let (sender, receiver) = pair()?;
    urgent(&sender, &receiver, "ab1")?;
    assert_eq!(read(&receiver, OOB), "1 \"1\"");
    urgent(&sender, &receiver, "cd2")?;
    assert_eq!(read(&receiver, ORDINARY), "5 \"ab1cd\"");
    Ok(())
}

#[test]
fn a_byte_at_the_read_pointer_is_thrown_away_for_a_second_one() -> Result<()> {
    let (sender, receiver) = pair()?;
    urgent(&sender, &receiver, "1")?;
    urgent(&sender, &receiver, "cd2")?;
    assert_eq!(read(&receiver, ORDINARY), "2 \"cd\"");
    assert_eq!(read(&receiver, OOB), "1 \"2\"");
    Ok(())
}

#[test]
fn an_ordinary_recv_that_fails_at_the_mark_loses_the_byte() -> Result<()> {
    let (sender, receiver) = pair()?;
    urgent(&sender, &receiver, "!")?;
    assert_eq!(read(&receiver, ORDINARY), "-1 EAGAIN");
    assert_eq!(read(&receiver, OOB), "-1 EINVAL");
    Ok(())
}

#[test]
fn after_a_reset_the_byte_is_not_to_be_had() -> Result<()> {
    let (sender, receiver) = pair()?;
    urgent(&sender, &receiver, "abc!")?;
    let at_once = libc::linger {
        l_onoff: 1,
        l_linger: 0,
    };
    setsockopt(&sender, sockopt::Linger, &at_once)?;
    drop(sender);
    until_urgent(&receiver, Err(Errno::ENOTCONN))?;
    assert_eq!(read(&receiver, ORDINARY), "3 \"abc\"");
    assert_eq!(read(&receiver, ORDINARY), "-1 ECONNRESET");
    Ok(())
}

#[test]
fn an_urgent_byte_needs_room_in_the_send_buffer() -> Result<()> {
    let (sender, _receiver) = pair()?;
    let (fd, bytes) = (sender.as_raw_fd(), vec![0; 65_536]);
    // Sends one urgent byte after the other, until there is no more room.
    let refused = loop {
        match send(fd, &bytes, OOB | MsgFlags::MSG_DONTWAIT) {
            Ok(_) => {}
            Err(errno) => break errno,
        }
    };
    assert_eq!(refused, Errno::EWOULDBLOCK);
    Ok(())
}

#[test]
fn a_local_socket_has_an_urgent_byte_too_and_keeps_the_first() -> Result<()> {
    let (sender, receiver) = UnixStream::pair()?;
    assert_eq!(send(sender.as_raw_fd(), b"STOP", OOB), Ok(4));
    assert_eq!(read(&receiver, OOB), "1 \"P\"");
    assert_eq!(read(&receiver, ORDINARY), "3 \"STO\"");
    assert_eq!(send(sender.as_raw_fd(), b"1", OOB), Ok(1));
    assert_eq!(send(sender.as_raw_fd(), b"cd2", OOB), Ok(3));
    assert_eq!(read(&receiver, ORDINARY), "3 \"1cd\"");
    assert_eq!(read(&receiver, OOB), "1 \"2\"");
    Ok(())
}
