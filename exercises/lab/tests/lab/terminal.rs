//! A terminal with somebody in front of it: a pseudo-terminal, driven by a
//! test.

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use nix::libc;
use nix::pty::{OpenptyResult, Winsize, openpty};
use nix::sys::signal::{Signal, kill};
use nix::sys::termios::{Termios, tcgetattr};
use nix::unistd::{Pid, setsid};

/// How long anything may take that a person waits for, a build among it.
const PATIENCE: Duration = Duration::from_secs(120);

pub(crate) struct Terminal {
    child: Child,
    master: File,
    slave: OwnedFd,
    settings: Termios,
    screen: Arc<Screen>,
    /// What has been looked at already.
    seen: usize,
}

#[derive(Default)]
struct Screen {
    text: Mutex<Vec<u8>>,
    changed: Condvar,
}

nix::ioctl_none_bad!(take_terminal, libc::TIOCSCTTY);

impl Terminal {
    /// Starts a command in front of a terminal of so many columns.
    pub(crate) fn open(mut command: Command, columns: u16) -> Result<Terminal> {
        let size = Winsize {
            ws_row: 40,
            ws_col: columns,
            ws_xpixel: 0,
            ws_ypixel: 0,
        };
        let OpenptyResult { master, slave } =
            openpty(Some(&size), None).context("open a terminal")?;
        let settings = tcgetattr(&slave)?;
        command
            .stdin(slave.try_clone()?)
            .stdout(slave.try_clone()?)
            .stderr(slave.try_clone()?);
        // SAFETY: between fork and exec the closure makes system calls only.
        #[expect(unsafe_code, reason = "a session begins after fork")]
        unsafe {
            command.pre_exec(|| {
                setsid()?;
                take_terminal(0)?;
                Ok(())
            });
        }
        let child = command.spawn().context("start the command")?;
        drop(command);
        let screen = Arc::new(Screen::default());
        let (written, mut from) =
            (Arc::clone(&screen), File::from(master.try_clone()?));
        thread::spawn(move || {
            let mut buffer = [0; 4096];
            // EIO when the last slave has closed.
            while let Ok(count @ 1..) = from.read(&mut buffer) {
                let mut text =
                    written.text.lock().unwrap_or_else(PoisonError::into_inner);
                text.extend_from_slice(&buffer[..count]);
                written.changed.notify_all();
            }
        });
        Ok(Terminal {
            child,
            master: master.into(),
            slave,
            settings,
            screen,
            seen: 0,
        })
    }

    /// Presses keys.
    pub(crate) fn types(&mut self, keys: &str) -> Result<()> {
        self.master.write_all(keys.as_bytes()).context("type")
    }

    /// Waits until `text` appears, after what has been seen before.
    pub(crate) fn sees(&mut self, text: &str) -> Result<()> {
        let until = Instant::now() + PATIENCE;
        let mut screen = self
            .screen
            .text
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        loop {
            let new = &screen[self.seen..];
            let found = new
                .windows(text.len())
                .position(|window| window == text.as_bytes());
            if let Some(at) = found {
                self.seen += at + text.len();
                return Ok(());
            }
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                bail!(
                    "no {text:?} in\n{}",
                    String::from_utf8_lossy(new).escape_debug()
                );
            }
            screen = self
                .screen
                .changed
                .wait_timeout(screen, left)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
    }

    /// All that has been on the screen.
    pub(crate) fn all(&self) -> String {
        let text = self
            .screen
            .text
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&text).into_owned()
    }

    pub(crate) fn signal(&self, signal: Signal) -> Result<()> {
        // Not reaped before `ends`, so the number is its own.
        let pid = Pid::from_raw(self.child.id().cast_signed());
        Ok(kill(pid, signal)?)
    }

    /// Waits for the end; fails unless the terminal is as it was before.
    pub(crate) fn ends(mut self) -> Result<ExitStatus> {
        let until = Instant::now() + PATIENCE;
        let status = loop {
            if let Some(status) = self.child.try_wait()? {
                break status;
            }
            ensure!(Instant::now() < until, "it does not end: {}", self.all());
            nix::poll::poll(&mut [], 5_u8)?;
        };
        let now = tcgetattr(&self.slave)?;
        ensure!(
            now.local_flags == self.settings.local_flags
                && now.input_flags == self.settings.input_flags
                && now.output_flags == self.settings.output_flags,
            "the terminal is left as {:?}",
            now.local_flags
        );
        let _ = self.master.as_raw_fd();
        Ok(status)
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
