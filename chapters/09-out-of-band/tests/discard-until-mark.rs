//! Where `discard_until_mark` ends, whatever the stream does: black-box, with
//! the program in its role as the server.

// Some tests need Linux; elsewhere what only they use is idle.
#![cfg_attr(
    not(target_os = "linux"),
    allow(unused_imports, dead_code, reason = "used on Linux")
)]

use std::io::Write;
use std::net::TcpStream;
use std::os::fd::AsRawFd;

use anyhow::Result;
use ch_09_out_of_band::until_asleep;
use nix::libc;
use nix::sys::socket::{MsgFlags, send, setsockopt, sockopt};
use testkit::Program;

fn server() -> Result<(Program, TcpStream)> {
    let program = Program::start(
        env!("CARGO_BIN_EXE_discard-until-mark"),
        &["server", "127.0.0.1:0"],
    )?;
    let peer = TcpStream::connect(program.address()?)?;
    Ok((program, peer))
}

#[test]
fn the_end_of_a_stream_without_a_mark_ends_it() -> Result<()> {
    let (program, mut peer) = server()?;
    peer.write_all(&[b'x'; 5000])?;
    drop(peer);
    let ended = program.end()?;
    assert_eq!(ended.code(), Some(0), "{ended:?}");
    assert!(
        ended.stdout.contains("discard_until_mark(4) = None"),
        "{ended:?}"
    );
    Ok(())
}

#[test]
fn a_stream_that_ends_at_once_ends_it() -> Result<()> {
    let (program, peer) = server()?;
    drop(peer);
    let ended = program.end()?;
    assert!(
        ended.stdout.contains("discard_until_mark(4) = None"),
        "{ended:?}"
    );
    Ok(())
}

#[test]
fn an_error_ends_it() -> Result<()> {
    let (program, mut peer) = server()?;
    peer.write_all(b"abc")?;
    let at_once = libc::linger {
        l_onoff: 1,
        l_linger: 0,
    };
    setsockopt(&peer, sockopt::Linger, &at_once)?;
    drop(peer);
    let ended = program.end()?;
    assert_eq!(ended.code(), Some(1), "{ended:?}");
    assert!(ended.stderr.contains("ECONNRESET"), "{ended:?}");
    Ok(())
}

/// An ordinary `recv` that waits steps over a mark that comes meanwhile.
#[test]
#[cfg(target_os = "linux")]
fn a_mark_that_comes_while_it_waits_is_not_passed() -> Result<()> {
    let (program, mut peer) = server()?;
    until_asleep(program.pid().as_raw().cast_unsigned())?;
    let fd = peer.as_raw_fd();
    assert_eq!(send(fd, b"!", MsgFlags::MSG_OOB), Ok(1));
    peer.write_all(b"x")?;
    let ended = program.end()?;
    for line in ["= Some(0)", "recv(4, OOB) = 1 \"!\"", "recv(4) = 1 \"x\""] {
        assert!(ended.stdout.contains(line), "{line} in {ended:?}");
    }
    Ok(())
}
