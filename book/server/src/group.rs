//! A program and all the processes that it starts, ended together.

use std::io;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus};
use std::sync::{Arc, Mutex, PoisonError};

use rustix::process::{
    Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid,
};

use crate::guard::Guard;

/// A process group led by a child of ours. Killed when dropped.
pub(crate) struct Group {
    /// `None` once the leader has been reaped: from then on the kernel may
    /// give its number to others.
    leader: Mutex<Option<Pid>>,
    guard: Arc<Guard>,
}

impl Group {
    /// Starts `command` as the leader of a group of its own. The command is
    /// consumed, so that our copies of its pipes are closed.
    pub(crate) fn start(
        mut command: Command,
        guard: Arc<Guard>,
    ) -> io::Result<(Arc<Group>, Child)> {
        let child = command.process_group(0).spawn()?;
        let leader = Pid::from_child(&child);
        guard.add(leader);
        let leader = Mutex::new(Some(leader));
        Ok((Arc::new(Group { leader, guard }), child))
    }

    /// Kills all of the group, if it still runs.
    pub(crate) fn kill(&self) {
        let leader = self.leader.lock();
        if let Some(group) = *leader.unwrap_or_else(PoisonError::into_inner) {
            // An error means that nobody is left to kill.
            let _ = kill_process_group(group, Signal::KILL);
        }
    }

    /// Waits, blocking, until the leader ends, and kills what it left behind.
    pub(crate) fn wait(&self, mut child: Child) -> io::Result<ExitStatus> {
        let leader = Pid::from_child(&child);
        // Look without reaping: as long as the leader is a zombie, its number
        // cannot mean another group.
        let ended = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
        while waitid(WaitId::Pid(leader), ended)
            .is_err_and(|err| err == rustix::io::Errno::INTR)
        {}
        let mut held =
            self.leader.lock().unwrap_or_else(PoisonError::into_inner);
        let _ = kill_process_group(leader, Signal::KILL);
        self.guard.remove(leader);
        *held = None;
        child.wait()
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.kill();
    }
}
