//! Where a check runs: in a machine of its own, as far as the kernel gives one.
//!
//! *Private* is a new user, network, process and mount namespace for each
//! check: every port is free, nothing leads out, nothing survives. *Shared* is
//! the machine's own loopback, with process groups and, on Linux, a subreaper
//! that gets every stray. A check gives the same verdict in both.
//!
//! Source: `user_namespaces`(7), `network_namespaces`(7), `pid_namespaces`(7),
//! `PR_SET_CHILD_SUBREAPER`(2const).

use std::io::{self, Read};
use std::thread;

use anyhow::Result;
pub use course::Surroundings;

/// Who a process is in private surroundings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    /// Who it was: a program that behaves otherwise as root does so only where
    /// the learner is root.
    Same,
    /// Root there, and nobody outside: it may set up a network, and so may the
    /// programs that it starts.
    Root,
}

/// Runs `main` in these surroundings, as the first process there, and gives
/// back its exit code. To be called while this process has one thread. Fails
/// where the kernel does not give them.
pub fn enter(
    surroundings: Surroundings,
    who: Who,
    main: impl FnOnce() -> u8,
) -> Result<u8> {
    match surroundings {
        Surroundings::Private => namespaces::enter(who, main),
        Surroundings::Shared => {
            adopt_strays();
            Ok(main())
        }
    }
}

/// Kills every process that a check has left, and waits for their ends. Gives
/// back how many there are still.
pub fn clear(surroundings: Surroundings) -> usize {
    match surroundings {
        Surroundings::Private => namespaces::clear(),
        Surroundings::Shared => strays::clear(),
    }
}

/// Ends this process when its standard input ends, which its caller holds open:
/// whoever presses Ctrl-C or closes the terminal leaves nothing behind.
pub fn end_with_the_caller(surroundings: Surroundings) {
    end_with_the_caller_after(move || clear(surroundings));
}

/// As [`end_with_the_caller`], with another way to leave nothing behind.
pub fn end_with_the_caller_after(
    clear: impl FnOnce() -> usize + Send + 'static,
) {
    thread::spawn(move || {
        let mut byte = [0];
        while let Ok(1..) = io::stdin().read(&mut byte) {}
        clear();
        std::process::exit(1)
    });
}

#[cfg(any(target_os = "linux", target_os = "android"))]
fn adopt_strays() {
    // A process that gives up its parent becomes ours instead of init's. Not
    // on kernels before 3.4; then only process groups are cleared.
    let _ = nix::sys::prctl::set_child_subreaper(true);
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn adopt_strays() {}

mod strays {
    use nix::errno::Errno;
    use nix::sys::signal::{Signal, kill};
    use nix::sys::wait::waitpid;
    use nix::unistd::getpid;

    use crate::kernel;

    /// A child's children become ours when it is gone, so one look is not
    /// enough; a program that forks for ever is not chased for ever.
    const ROUNDS: usize = 200;

    pub(super) fn clear() -> usize {
        for _ in 0..ROUNDS {
            let children = kernel::children(getpid());
            if children.is_empty() {
                return 0;
            }
            for child in &children {
                let _ = kill(*child, Signal::SIGSTOP);
            }
            for child in children {
                let _ = kill(child, Signal::SIGKILL);
                while waitpid(child, None) == Err(Errno::EINTR) {}
            }
        }
        kernel::children(getpid()).len()
    }
}

#[cfg(target_os = "linux")]
mod namespaces {
    use std::ffi::c_short;
    use std::fs;
    use std::os::fd::AsRawFd;
    use std::path::Path;

    use anyhow::{Context, Result};
    use nix::errno::Errno;
    use nix::libc;
    use nix::mount::{MsFlags, mount};
    use nix::sched::{CloneFlags, unshare};
    use nix::sys::signal::{Signal, kill};
    use nix::sys::socket::{AddressFamily, SockFlag, SockType, socket};
    use nix::sys::wait::{WaitStatus, waitpid};
    use nix::unistd::{ForkResult, Pid, fork, getgid, getuid};

    use super::Who;

    pub(super) fn enter(who: Who, main: impl FnOnce() -> u8) -> Result<u8> {
        let (user, group) = (getuid(), getgid());
        unshare(
            CloneFlags::CLONE_NEWUSER
                | CloneFlags::CLONE_NEWNET
                | CloneFlags::CLONE_NEWPID
                | CloneFlags::CLONE_NEWNS
                | CloneFlags::CLONE_NEWIPC,
        )
        .context("unshare")?;
        map("setgroups", "deny")?;
        let (to_user, to_group) = match who {
            Who::Same => (user.as_raw(), group.as_raw()),
            Who::Root => (0, 0),
        };
        map("uid_map", &format!("{to_user} {user} 1"))?;
        map("gid_map", &format!("{to_group} {group} 1"))?;
        // The new process namespace begins with the next child.
        // SAFETY: this process has one thread, so the child may do anything.
        #[expect(unsafe_code, reason = "fork is how a namespace gets its init")]
        let forked = unsafe { fork() }.context("fork")?;
        match forked {
            ForkResult::Child => match prepare() {
                Ok(()) => std::process::exit(i32::from(main())),
                Err(error) => {
                    crate::program::say(format_args!("{error:#}"));
                    std::process::exit(1)
                }
            },
            ForkResult::Parent { child } => loop {
                match waitpid(child, None) {
                    Ok(WaitStatus::Exited(_, code)) => {
                        return Ok(u8::try_from(code).unwrap_or(1));
                    }
                    Ok(_) => return Ok(1),
                    Err(Errno::EINTR) => {}
                    Err(errno) => return Err(errno).context("waitpid"),
                }
            },
        }
    }

    fn map(file: &str, text: &str) -> Result<()> {
        let path = format!("/proc/self/{file}");
        fs::write(&path, text).with_context(|| format!("write {path}"))
    }

    fn prepare() -> Result<()> {
        // What is mounted here stays here; /proc must show these processes.
        let none = None::<&str>;
        let private = MsFlags::MS_REC | MsFlags::MS_PRIVATE;
        mount(none, "/", none, private, none).context("make / private")?;
        let flags = MsFlags::MS_NOSUID | MsFlags::MS_NODEV | MsFlags::MS_NOEXEC;
        mount(Some("proc"), "/proc", Some("proc"), flags, none)
            .context("mount /proc")?;
        // Where checks keep their folders; it goes with this namespace.
        let shm = "/dev/shm";
        if Path::new(shm).is_dir() {
            let flags = MsFlags::MS_NOSUID | MsFlags::MS_NODEV;
            mount(Some("tmpfs"), shm, Some("tmpfs"), flags, none)
                .context("mount /dev/shm")?;
        }
        loopback_up().context("bring lo up")
    }

    /// Flags of an interface, as the first member of `ifr_ifru`.
    #[repr(C)]
    struct InterfaceFlags {
        name: [u8; libc::IFNAMSIZ],
        flags: c_short,
        rest: [u8; 22],
    }

    nix::ioctl_write_ptr_bad!(
        set_interface_flags,
        libc::SIOCSIFFLAGS,
        InterfaceFlags
    );

    // https://man7.org/linux/man-pages/man7/netdevice.7.html
    fn loopback_up() -> Result<()> {
        let (family, kind) = (AddressFamily::Inet, SockType::Datagram);
        let any = socket(family, kind, SockFlag::empty(), None)?;
        let mut request = InterfaceFlags {
            name: [0; libc::IFNAMSIZ],
            flags: c_short::try_from(libc::IFF_UP)?,
            rest: [0; 22],
        };
        request.name[..2].copy_from_slice(b"lo");
        // SAFETY: `request` has the layout and the size of `struct ifreq`.
        #[expect(unsafe_code, reason = "nix has no call for it")]
        unsafe { set_interface_flags(any.as_raw_fd(), &raw const request) }?;
        Ok(())
    }

    pub(super) fn clear() -> usize {
        // As the first process here: everybody else, and nobody outside.
        let _ = kill(Pid::from_raw(-1), Signal::SIGKILL);
        loop {
            match waitpid(None, None) {
                Ok(_) | Err(Errno::EINTR) => {}
                Err(_) => return 0,
            }
        }
    }
}

#[cfg(not(target_os = "linux"))]
mod namespaces {
    use anyhow::{Result, bail};

    use super::Who;

    pub(super) fn enter(_: Who, _: impl FnOnce() -> u8) -> Result<u8> {
        bail!("this system has no namespaces")
    }

    pub(super) fn clear() -> usize {
        0
    }
}
