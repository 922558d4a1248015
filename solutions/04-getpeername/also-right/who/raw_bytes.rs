//! Right: calls getpeername of the C library and reads the bytes by itself.

use std::net::{Ipv4Addr, Ipv6Addr};
use std::process::ExitCode;

use nix::errno::Errno;
use nix::libc;

pub fn main() -> ExitCode {
    let mut room = [0_u8; 256];
    let mut length: libc::socklen_t = 256;
    // SAFETY: there is room for 256 bytes.
    let done = unsafe {
        libc::getpeername(0, room.as_mut_ptr().cast(), &raw mut length)
    };
    if done < 0 {
        match Errno::last() {
            Errno::ENOTSOCK => println!("not a socket"),
            Errno::ENOTCONN => println!("not connected"),
            errno => eprintln!("getpeername: {errno}"),
        }
        return ExitCode::FAILURE;
    }
    let length = usize::try_from(length).unwrap_or(256);
    // SAFETY: the kernel has written an address, and the family is in the
    // same place in all of them; no alignment is assumed.
    let address: libc::sockaddr =
        unsafe { room.as_ptr().cast::<libc::sockaddr>().read_unaligned() };
    let port = u16::from_be_bytes([room[2], room[3]]);
    let line = match i32::from(address.sa_family) {
        libc::AF_INET => {
            let ip: [u8; 4] = room[4..8].try_into().expect("four");
            format!("IPv4 {} port {port}", Ipv4Addr::from(ip))
        }
        libc::AF_INET6 => {
            let ip: [u8; 16] = room[8..24].try_into().expect("sixteen");
            let ip = Ipv6Addr::from(ip);
            match ip.to_ipv4_mapped() {
                Some(ip) => format!("IPv4 {ip} port {port}"),
                None => format!("IPv6 {ip} port {port}"),
            }
        }
        _ => {
            let path = room[..length].get(2..).unwrap_or_default();
            let end = path.iter().position(|byte| *byte == 0);
            let path = &path[..end.unwrap_or(path.len())];
            if path.is_empty() {
                "local, unnamed".to_owned()
            } else {
                format!("local {}", String::from_utf8_lossy(path))
            }
        }
    };
    println!("{line}");
    ExitCode::SUCCESS
}
