//! The keyboard, and the signals that come from it.
//!
//! In a terminal single keys are read without Enter and without echo, and the
//! terminal gets its old settings back on every way out: the end of this
//! process, a signal, Ctrl-Z. In plain mode keys are lines.

use std::io::{IsTerminal, Read, stdin};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use anyhow::{Context, Result};
use nix::sys::signal::{SigSet, Signal, raise};
use nix::sys::termios::{
    LocalFlags, SetArg, SpecialCharacterIndices, Termios, tcgetattr, tcsetattr,
};

/// What comes from the keyboard.
pub(super) enum Heard {
    Key(char),
    /// Ctrl-C, end of input, or a signal that asks for the end.
    End,
    /// The terminal is ours again, or has another size.
    Back,
}

/// Keys until it is dropped.
pub(super) struct Keyboard {
    terminal: Terminal,
}

/// The settings to go back to; none in plain mode.
#[derive(Clone)]
struct Terminal(Arc<Mutex<Option<Termios>>>);

impl Terminal {
    /// Single keys, no echo. Ctrl-C and Ctrl-Z stay signals.
    fn listen(&self) -> Result<()> {
        let old = tcgetattr(stdin()).context("ask the terminal")?;
        let mut new = old.clone();
        new.local_flags
            .remove(LocalFlags::ICANON | LocalFlags::ECHO);
        new.control_chars[SpecialCharacterIndices::VMIN as usize] = 1;
        new.control_chars[SpecialCharacterIndices::VTIME as usize] = 0;
        tcsetattr(stdin(), SetArg::TCSANOW, &new)
            .context("set the terminal")?;
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(old);
        Ok(())
    }

    fn give_back(&self) -> bool {
        let mut old = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match old.take() {
            // Where the terminal is gone there is nothing to set.
            Some(old) => tcsetattr(stdin(), SetArg::TCSANOW, &old).is_ok(),
            None => false,
        }
    }
}

impl Keyboard {
    /// Tells `hear` of every key and signal, until it says false.
    pub(super) fn open(
        plain: bool,
        hear: impl Fn(Heard) -> bool + Clone + Send + 'static,
    ) -> Result<Keyboard> {
        let terminal = Terminal(Arc::default());
        let signals = [
            Signal::SIGINT,
            Signal::SIGQUIT,
            Signal::SIGTERM,
            Signal::SIGHUP,
            Signal::SIGTSTP,
            Signal::SIGWINCH,
        ];
        let set: SigSet = signals.into_iter().collect();
        // Every thread that comes inherits this; a child does not, since std
        // gives it an empty mask.
        set.thread_block().context("block signals")?;
        if !plain {
            terminal.listen()?;
        }
        let of_signals = hear.clone();
        let own = terminal.clone();
        thread::spawn(move || {
            while let Ok(signal) = set.wait() {
                let heard = match signal {
                    Signal::SIGTSTP => {
                        pause(&own);
                        Heard::Back
                    }
                    Signal::SIGWINCH => Heard::Back,
                    _ => Heard::End,
                };
                if !of_signals(heard) {
                    break;
                }
            }
        });
        thread::spawn(move || {
            let mut byte = [0];
            loop {
                match stdin().read(&mut byte) {
                    Ok(1..) => {
                        let key = char::from(byte[0]);
                        // Plain mode reads lines; their ends are no keys.
                        if plain && key == '\n' {
                            continue;
                        }
                        // Ctrl-D ends a terminal's input.
                        let heard = match key {
                            '\x04' => Heard::End,
                            _ => Heard::Key(key.to_ascii_lowercase()),
                        };
                        if !hear(heard) {
                            break;
                        }
                    }
                    Err(e) if e.kind() == std::io::ErrorKind::Interrupted => {}
                    // Without a keyboard it goes on until a signal comes.
                    Ok(0) if !stdin().is_terminal() => break,
                    Ok(0) | Err(_) => {
                        hear(Heard::End);
                        break;
                    }
                }
            }
        });
        Ok(Keyboard { terminal })
    }
}

/// Stops as Ctrl-Z asks for, with the terminal as it was, and comes back.
fn pause(terminal: &Terminal) {
    let was_ours = terminal.give_back();
    // SIGTSTP itself is blocked; the shell takes either for a stop.
    let _ = raise(Signal::SIGSTOP);
    if was_ours {
        let _ = terminal.listen();
    }
}

impl Drop for Keyboard {
    fn drop(&mut self) {
        self.terminal.give_back();
    }
}
