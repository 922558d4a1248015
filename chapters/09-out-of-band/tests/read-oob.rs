//! `read_oob` against peers that the recording can't play.

// Some tests need Linux; elsewhere what only they use is idle.
#![cfg_attr(
    not(target_os = "linux"),
    allow(unused_imports, dead_code, reason = "used on Linux")
)]

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::fd::AsRawFd;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::Result;
use ch_09_out_of_band::read_oob;
use nix::errno::Errno;
use nix::libc;
use nix::sys::socket::{MsgFlags, send, setsockopt, sockopt};

/// Longer than any of these tests should wait.
const LONG: Duration = Duration::from_secs(30);

/// The sender's end and the receiver's, with a receive buffer of this size.
fn pair(receive_buffer: usize) -> Result<(TcpStream, TcpStream)> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    setsockopt(&listener, sockopt::RcvBuf, &receive_buffer)?;
    let sender = TcpStream::connect(listener.local_addr()?)?;
    Ok((sender, listener.accept()?.0))
}

fn urgent(stream: &TcpStream, bytes: &[u8]) -> nix::Result<usize> {
    send(stream.as_raw_fd(), bytes, MsgFlags::MSG_OOB)
}

#[test]
fn every_byte_before_the_urgent_one_is_kept_in_order() -> Result<()> {
    for length in [0, 1, 1023, 1024, 1025, 50_000, 300_000] {
        let (mut sender, mut receiver) = pair(4096)?;
        let before: Vec<u8> = (0..251).cycle().take(length).collect();
        let sent = before.clone();
        let sending = thread::spawn(move || -> Result<()> {
            sender.write_all(&sent)?;
            assert_eq!(urgent(&sender, b"!"), Ok(1));
            sender.write_all(b"behind")?;
            Ok(())
        });
        let mut kept = Vec::new();
        assert_eq!(read_oob(&receiver, &mut kept, LONG), Ok(Some(b'!')));
        receiver.read_to_end(&mut kept)?;
        assert!(kept.starts_with(&before), "{length} bytes");
        assert_eq!(&kept[length..], b"behind");
        sending.join().expect("the sender")?;
    }
    Ok(())
}

#[test]
fn a_stream_that_ends_without_an_urgent_byte_gives_none() -> Result<()> {
    let (mut sender, receiver) = pair(4096)?;
    sender.write_all(b"abc")?;
    drop(sender);
    let mut kept = Vec::new();
    assert_eq!(read_oob(&receiver, &mut kept, LONG), Ok(None));
    assert_eq!(kept, b"abc");
    Ok(())
}

#[test]
fn a_byte_that_was_read_before_is_not_waited_for() -> Result<()> {
    let (sender, receiver) = pair(4096)?;
    assert_eq!(urgent(&sender, b"ab!"), Ok(3));
    let mut kept = Vec::new();
    assert_eq!(read_oob(&receiver, &mut kept, LONG), Ok(Some(b'!')));
    assert_eq!(read_oob(&receiver, &mut kept, LONG), Ok(None));
    assert_eq!(kept, b"ab");
    Ok(())
}

#[test]
fn silence_and_talk_without_an_urgent_byte_time_out() -> Result<()> {
    let limit = Duration::from_millis(100);
    for talks in [false, true] {
        let (mut sender, receiver) = pair(4096)?;
        let started = Instant::now();
        let talking = thread::spawn(move || {
            // Ends when the receiver has closed; until then it never stops.
            while talks && sender.write_all(&[b'x'; 4096]).is_ok() {}
            sender
        });
        let mut kept = Vec::new();
        let byte = read_oob(&receiver, &mut kept, limit);
        assert_eq!(byte, Err(Errno::ETIMEDOUT), "talks: {talks}");
        assert!(started.elapsed() >= limit);
        drop(receiver);
        talking.join().expect("the sender");
    }
    Ok(())
}

#[test]
fn a_reset_is_an_error() -> Result<()> {
    let (sender, receiver) = pair(4096)?;
    let at_once = libc::linger {
        l_onoff: 1,
        l_linger: 0,
    };
    setsockopt(&sender, sockopt::Linger, &at_once)?;
    drop(sender);
    let byte = read_oob(&receiver, &mut Vec::new(), LONG);
    assert_eq!(byte, Err(Errno::ECONNRESET));
    Ok(())
}
