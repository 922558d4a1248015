//! Calls that may wait, in threads of their own.

use std::fmt::{Display, Formatter};
use std::fs;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::Instant;

use anyhow::{Context, Result, bail, ensure};
use nix::libc::c_long;
use nix::sys::signal::Signal;
use nix::unistd::{Pid, gettid};

use super::signals::{handled, signal_thread};
use super::waiting::{DEADLINE, pause, until};

/// A call in a thread of its own, which may wait.
pub struct Call<T> {
    thread: Pid,
    result: Receiver<T>,
}

/// How a call passes its time; its word is `returns` or `waits`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// It has returned.
    Returned,
    /// It sleeps in the kernel.
    Waits,
}

impl Display for State {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            State::Returned => "returns",
            State::Waits => "waits",
        })
    }
}

impl<T: Send + 'static> Call<T> {
    /// Makes the call in a new thread.
    pub fn make(call: impl FnOnce() -> T + Send + 'static) -> Result<Call<T>> {
        let (thread_of, ids): (Sender<Pid>, _) = channel();
        let (results, result) = channel();
        thread::spawn(move || {
            // Whoever asked is there until it has got both.
            let _ = thread_of.send(gettid());
            let _ = results.send(call());
        });
        let thread = ids.recv().context("a thread")?;
        Ok(Call { thread, result })
    }

    /// Whether it has returned or sleeps in this system call, as soon as one
    /// of them is sure. Linux only: the kernel tells in `/proc`.
    pub fn state(&mut self, number: c_long) -> Result<State>
    where
        T: Clone,
    {
        let until = Instant::now() + DEADLINE;
        while Instant::now() < until {
            if let Ok(value) = self.result.try_recv() {
                // Put back for `result`.
                let (sender, result) = channel();
                sender.send(value).ok().context("its own channel")?;
                self.result = result;
                return Ok(State::Returned);
            }
            if sleeps_in(self.thread, number) {
                return Ok(State::Waits);
            }
            pause()?;
        }
        bail!("the call neither returns nor sleeps in call {number}")
    }

    /// What the call gave back, when it has.
    pub fn result(self) -> Result<T> {
        self.result
            .recv_timeout(DEADLINE)
            .context("the call does not return")
    }
}

/// A call that sleeps in a thread of its own, to be met by a signal.
pub struct Sleeper<T> {
    call: Call<T>,
    number: c_long,
}

impl<T: Clone + Send + 'static> Sleeper<T> {
    /// Makes the call and waits until it sleeps in this system call; an error
    /// where it returns instead.
    pub fn start(
        number: c_long,
        call: impl FnOnce() -> T + Send + 'static,
    ) -> Result<Sleeper<T>> {
        let mut call = Call::make(call)?;
        let state = call.state(number)?;
        ensure!(state == State::Waits, "the call does not wait");
        Ok(Sleeper { call, number })
    }

    /// Sends SIGUSR1 to the thread and waits until its handler has run, which
    /// [`super::count_sigusr1`] sets.
    pub fn interrupt(&self) -> Result<()> {
        let before = handled();
        self.signal(Signal::SIGUSR1)?;
        until("the handler", || Ok((handled() > before).then_some(())))
    }

    /// Sends a signal to the thread.
    pub fn signal(&self, signal: Signal) -> Result<()> {
        signal_thread(self.call.thread, signal)
    }

    /// Whether it has returned, or sleeps again.
    pub fn state(&mut self) -> Result<State> {
        self.call.state(self.number)
    }

    /// What the call gave back.
    pub fn result(self) -> Result<T> {
        self.call.result()
    }
}

/// Waits until this thread of this process sleeps in this system call.
pub fn until_asleep(thread: Pid, number: c_long) -> Result<()> {
    until("a thread that sleeps in the call", || {
        Ok(sleeps_in(thread, number).then_some(()))
    })
}

/// Whether this thread of this process sleeps in this system call at this
/// moment.
fn sleeps_in(thread: Pid, number: c_long) -> bool {
    let path = format!("/proc/self/task/{thread}/syscall");
    // "running" where it does not sleep; the file goes with the thread.
    let told = fs::read_to_string(path).unwrap_or_default();
    told.starts_with(&format!("{number} "))
}
