//! How far grading is: one line that the next one overwrites on a terminal,
//! plain lines in a pipe.

use std::io::{IsTerminal, Write, stderr};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How often a line is worth its place.
const ON_A_TERMINAL: Duration = Duration::from_millis(200);
const IN_A_PIPE: Duration = Duration::from_secs(10);

/// Tells how far grading is.
pub struct Progress {
    terminal: bool,
    start: Instant,
    state: Mutex<State>,
}

struct State {
    of: usize,
    done: usize,
    last: Instant,
}

impl Progress {
    /// Of so many programs none is graded yet.
    pub fn new(of: usize) -> Progress {
        let terminal =
            stderr().is_terminal() && std::env::var_os("TERM").is_some();
        Progress {
            terminal,
            start: Instant::now(),
            state: Mutex::new(State {
                of,
                done: 0,
                last: Instant::now(),
            }),
        }
    }

    /// One more.
    pub fn step(&self) {
        let mut state =
            self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.done += 1;
        let pause = if self.terminal {
            ON_A_TERMINAL
        } else {
            IN_A_PIPE
        };
        if state.last.elapsed() < pause {
            return;
        }
        state.last = Instant::now();
        let text = line(state.done, state.of, self.start.elapsed());
        drop(state);
        self.put(&text);
    }

    /// A line that stays.
    pub fn say(&self, text: &str) {
        self.wipe();
        let _ = writeln!(stderr(), "{text}");
    }

    /// Takes the line of progress away.
    pub fn wipe(&self) {
        if self.terminal {
            let _ = write!(stderr(), "\r\x1b[K");
        }
    }

    fn put(&self, text: &str) {
        // Nobody needs to hear it.
        let _ = if self.terminal {
            write!(stderr(), "\r\x1b[K{text}")
        } else {
            writeln!(stderr(), "{text}")
        };
    }
}

/// Short enough for any terminal.
fn line(done: usize, of: usize, time: Duration) -> String {
    let mut line = format!("{done} of {of} programs graded");
    if let Some(left) = left(done, of, time) {
        line = format!("{line}, about {left} left");
    }
    line
}

/// How long the rest will take if it takes as long as what is done.
fn left(done: usize, of: usize, time: Duration) -> Option<String> {
    /// Before that nobody knows.
    const ENOUGH: usize = 5;

    if done < ENOUGH || done >= of {
        return None;
    }
    let (done, of) = (u32::try_from(done).ok()?, u32::try_from(of).ok()?);
    let seconds = (time / done * (of - done)).as_millis().div_ceil(1000);
    Some(if seconds < 60 {
        format!("{seconds} s")
    } else {
        format!("{} min", seconds.div_ceil(60))
    })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::line;

    #[test]
    fn the_rest_takes_as_long_as_what_is_done() {
        let minute = Duration::from_secs(60);
        assert_eq!(line(2, 100, minute), "2 of 100 programs graded");
        assert_eq!(
            line(50, 100, minute / 2),
            "50 of 100 programs graded, about 30 s left"
        );
        assert_eq!(
            line(10, 100, minute),
            "10 of 100 programs graded, about 9 min left"
        );
        assert_eq!(line(100, 100, minute), "100 of 100 programs graded");
    }
}
