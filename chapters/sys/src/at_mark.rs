//! Whether the next byte to read is the one that the urgent mark stands at.

use std::os::fd::{AsFd, AsRawFd};

use nix::Result;
use nix::libc::c_int;

// ANCHOR: at_mark
/// The request's number. libc has it for BSD and leaves it out for Linux.
#[cfg(target_os = "linux")]
const SIOCATMARK: u32 = 0x8905;

/// BSD composes it: an int comes back, group `s`, number 7.
#[cfg(not(target_os = "linux"))]
const SIOCATMARK: nix::libc::c_ulong =
    nix::request_code_read!(b's', 7, size_of::<c_int>());

// Makes `unsafe fn siocatmark(fd: c_int, data: *mut c_int) -> Result<c_int>`.
nix::ioctl_read_bad!(siocatmark, SIOCATMARK, c_int);

/// Whether everything that was sent before the urgent byte has been read from
/// `socket`, and nothing behind it yet: the read pointer is at the mark.
///
/// Reading the urgent byte with `MSG_OOB` leaves the answer as it is; reading
/// past the mark ends it. A socket that has seen no urgent data says `false`.
///
/// # Errors
///
/// `ENOTTY` on what has no mark: a pipe, a file, a UDP socket. On Linux 6.18
/// `EOPNOTSUPP` on a local socket that is no stream.
/// `SIOCATMARK` in <https://man7.org/linux/man-pages/man7/tcp.7.html>; the
/// call that POSIX has for it is `sockatmark`.
pub fn at_mark(socket: impl AsFd) -> Result<bool> {
    let mut answer: c_int = 0;
    let fd = socket.as_fd().as_raw_fd();
    // SAFETY: the kernel writes one int, and `answer` is one.
    #[expect(unsafe_code, reason = "the call itself")]
    unsafe {
        siocatmark(fd, &raw mut answer)?;
    }
    Ok(answer != 0)
}
// ANCHOR_END: at_mark

#[cfg(test)]
mod tests {
    use std::io::Read;
    use std::net::{TcpListener, TcpStream};
    use std::os::fd::AsRawFd;

    use nix::errno::Errno;
    use nix::sys::socket::{MsgFlags, send};

    use super::at_mark;

    #[test]
    fn the_mark_is_reached_by_reading_and_left_by_reading_on() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("bind");
        let address = listener.local_addr().expect("address");
        let sender = TcpStream::connect(address).expect("connect");
        let (mut receiver, _) = listener.accept().expect("accept");
        assert_eq!(at_mark(&receiver), Ok(false), "nothing was sent");

        let fd = sender.as_raw_fd();
        assert_eq!(send(fd, b"ab!", MsgFlags::MSG_OOB), Ok(3));
        assert_eq!(send(fd, b"c", MsgFlags::empty()), Ok(1));
        let mut bytes = [0; 2];
        receiver.read_exact(&mut bytes).expect("what was before");
        assert_eq!((&bytes, at_mark(&receiver)), (b"ab", Ok(true)));
        receiver
            .read_exact(&mut bytes[..1])
            .expect("what is behind");
        assert_eq!((bytes[0], at_mark(&receiver)), (b'c', Ok(false)));
    }

    #[test]
    fn a_pipe_has_no_mark() {
        let (reader, _writer) = std::io::pipe().expect("pipe");
        assert_eq!(at_mark(&reader), Err(Errno::ENOTTY));
    }
}
