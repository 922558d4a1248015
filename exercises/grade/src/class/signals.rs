//! Ctrl-C, and other wishes that this should end.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use anyhow::{Context, Result};
use nix::sys::signal::{SigSet, Signal, raise};

use crate::cli::Asked;

/// What is of no use to anybody when this has ended.
static WORK: OnceLock<PathBuf> = OnceLock::new();

/// Has a folder removed when a signal ends this process.
pub(super) fn remove_on_end(folder: &Path) {
    let _ = WORK.set(folder.to_owned());
}

/// Waits for a signal that asks for the end; to be called before there is
/// another thread.
///
/// What runs holds a pipe of ours open, and ends when that does.
pub(super) fn watch(stop: &'static AtomicBool, asked: &Asked) -> Result<()> {
    let wishes = [
        Signal::SIGINT,
        Signal::SIGQUIT,
        Signal::SIGTERM,
        Signal::SIGHUP,
    ];
    let set: SigSet = wishes.into_iter().collect();
    // Every thread inherits this; a child does not, since std gives it an
    // empty mask.
    set.thread_block().context("block signals")?;
    let out = asked.out.display().to_string();
    thread::spawn(move || {
        let Ok(signal) = set.wait() else { return };
        stop.store(true, Ordering::Relaxed);
        let _ = writeln!(
            std::io::stderr(),
            "\nended; what is done is in {out}, and the same command goes on \
             from there"
        );
        if let Some(work) = WORK.get() {
            let _ = fs::remove_dir_all(work);
        }
        // Ended by the signal, as the shell expects it.
        if set.thread_unblock().is_ok() {
            let _ = raise(signal);
        }
    });
    Ok(())
}
