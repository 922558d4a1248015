//! The notice and the byte are two events. One test, because the handlers of a
//! process leave what they have seen in one place.

// Some tests need Linux; elsewhere what only they use is idle.
#![cfg_attr(
    not(target_os = "linux"),
    allow(unused_imports, dead_code, reason = "used on Linux")
)]

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::fd::{AsFd, AsRawFd};

use anyhow::{Result, ensure};
use ch_09_out_of_band::{read_on_sigurg, seen, until_urgent};
use nix::errno::Errno;
use nix::poll::poll;
use nix::sys::signal::SaFlags;
use nix::sys::socket::{MsgFlags, recv, send, setsockopt, sockopt};
use nix::unistd::getpid;
use sys::{Owner, set_owner};

#[test]
#[cfg(target_os = "linux")]
fn the_signal_comes_before_a_byte_for_which_there_is_no_room() -> Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    setsockopt(&listener, sockopt::RcvBuf, &4096)?;
    let mut sender = TcpStream::connect(listener.local_addr()?)?;
    let (mut receiver, _) = listener.accept()?;
    read_on_sigurg(receiver.as_fd(), SaFlags::SA_RESTART)?;
    set_owner(&receiver, Owner::Process(getpid()))?;

    sender.write_all(&[b'x'; 10_000])?;
    assert_eq!(send(sender.as_raw_fd(), b"!", MsgFlags::MSG_OOB), Ok(1));
    until_urgent(&receiver, Err(Errno::EAGAIN))?;
    // Another thread may run the handler, so it may still be about to.
    let mut handler = seen();
    for _ in 0..5000 {
        if handler.signals > 0 {
            break;
        }
        let _ = poll(&mut [], 1u8);
        handler = seen();
    }
    assert_eq!((handler.signals, handler.byte), (1, None));
    let early = recv(receiver.as_raw_fd(), &mut [0], MsgFlags::MSG_OOB);
    assert_eq!(early, Err(Errno::EAGAIN));

    let mut ordinary = [0; 10_000];
    receiver.read_exact(&mut ordinary)?;
    until_urgent(&receiver, Ok(b'!'))?;
    ensure!(ordinary.iter().all(|byte| *byte == b'x'), "the order");
    Ok(())
}
