//! Right: one thread reads, another keeps and answers; a channel joins them.

use std::io::{self, Write};
use std::os::fd::{AsFd, AsRawFd};
use std::process::ExitCode;
use std::sync::mpsc::{Sender, channel};
use std::thread;

use nix::Result;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::socket::{MsgFlags, recv, send};

enum Event {
    Data(Vec<u8>),
    Cancel,
    End,
    Failed(String),
}

pub fn main() -> ExitCode {
    let (events, incoming) = channel();
    thread::spawn(move || {
        let last = match read(&events) {
            Ok(()) => Event::End,
            Err(errno) => Event::Failed(errno.to_string()),
        };
        let _ = events.send(last);
    });
    let mut kept = Vec::new();
    for event in incoming {
        match event {
            Event::Data(bytes) => kept.extend(bytes),
            Event::Cancel => {
                kept.clear();
                send(0, b"cancelled\n", sys::MSG_NOSIGNAL).expect("send");
            }
            Event::End => {
                io::stdout().write_all(&kept).expect("stdout");
                break;
            }
            Event::Failed(why) => {
                eprintln!("{why}");
                return ExitCode::FAILURE;
            }
        }
    }
    ExitCode::SUCCESS
}

fn read(events: &Sender<Event>) -> Result<()> {
    let connection = io::stdin();
    let fd = connection.as_raw_fd();
    loop {
        let both = PollFlags::POLLIN | PollFlags::POLLPRI;
        let mut asked = [PollFd::new(connection.as_fd(), both)];
        poll(&mut asked, PollTimeout::NONE)?;
        let told = asked[0].revents().unwrap_or(both);
        let mut buffer = vec![0; 2000];
        let event = if told.contains(PollFlags::POLLPRI) {
            if recv(fd, &mut [0], MsgFlags::MSG_OOB).is_err() {
                // A newer urgent byte is on its way.
                continue;
            }
            while !sys::at_mark(&connection)? {
                recv(fd, &mut buffer, MsgFlags::empty())?;
            }
            Event::Cancel
        } else {
            let count = recv(fd, &mut buffer, MsgFlags::empty())?;
            if count == 0 {
                return Ok(());
            }
            buffer.truncate(count);
            Event::Data(buffer)
        };
        let _ = events.send(event);
    }
}
