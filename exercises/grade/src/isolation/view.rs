//! Level 3: namespaces. A place has a user, network, process, mount and IPC
//! namespace of its own, and a file tree in which there is nothing but the
//! system's libraries and what it is shown.
//!
//! Where root grades, it makes the mounts itself and then becomes a user that
//! owns nothing: a user namespace of root's is no protection, since its users
//! are root outside. Otherwise a user namespace gives the right to mount, and
//! the program gets a second one below, from which it reaches nobody above.

use std::ffi::c_short;
use std::fs::{self, File};
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use nix::errno::Errno;
use nix::fcntl::{OFlag, open};
use nix::libc;
use nix::mount::{MntFlags, MsFlags, mount, umount2};
use nix::sched::{CloneFlags, unshare};
use nix::sys::socket::{AddressFamily, SockFlag, SockType, socket};
use nix::sys::stat::Mode;
use nix::unistd::{chdir, getgid, getuid, pivot_root, write};

use super::Place;
use super::landlocked::{DEVICES, SYSTEM};

/// What a scratch folder holds, in memory.
const SCRATCH: &str = "mode=1777,size=64m,nr_inodes=4096";

/// Where the machine's own tree hangs while the new one is put together.
const OLD: &str = "/old-root";

const NONE: Option<&str> = None;

pub(super) fn enter(place: &Place, main: impl FnOnce() -> u8) -> Result<u8> {
    let mut what = CloneFlags::CLONE_NEWNET
        | CloneFlags::CLONE_NEWPID
        | CloneFlags::CLONE_NEWNS
        | CloneFlags::CLONE_NEWIPC
        | CloneFlags::CLONE_NEWUTS;
    let (user, group) = (getuid(), getgid());
    if place.users.is_none() {
        what |= CloneFlags::CLONE_NEWUSER;
    }
    unshare(what).context("unshare")?;
    if place.users.is_none() {
        for (file, text) in [
            ("setgroups", "deny".to_owned()),
            ("uid_map", format!("{user} {user} 1")),
            ("gid_map", format!("{group} {group} 1")),
        ] {
            let path = format!("/proc/self/{file}");
            fs::write(&path, text).with_context(|| format!("write {path}"))?;
        }
    }
    // The new process namespace begins with the next child.
    super::in_a_child(|| prepare(place), main)
}

fn prepare(place: &Place) -> Result<()> {
    loopback_up().context("bring lo up")?;
    tree(place)?;
    match &place.users {
        Some(users) => users.become_the_checker(),
        // The program will be in a user namespace below: that is enough.
        None => Ok(()),
    }
}

/// Makes the file tree of a place, and makes it the only one.
fn tree(place: &Place) -> Result<()> {
    let base = "/tmp";
    let private = MsFlags::MS_REC | MsFlags::MS_PRIVATE;
    mount(NONE, "/", NONE, private, NONE).context("make / private")?;
    tmpfs(base, "mode=755,size=1m")?;
    let old = format!("{base}{OLD}");
    fs::create_dir(&old).with_context(|| format!("make {old}"))?;
    // What was below /tmp is at hand again once its cover is the root.
    pivot_root(base, &*old).context("pivot_root")?;
    chdir("/").context("chdir /")?;

    for path in SYSTEM {
        show_system(Path::new(path))?;
    }
    for device in DEVICES {
        bind(Path::new(device), Path::new(device), &Access::Device)?;
    }
    fs::create_dir("/proc")?;
    let flags = MsFlags::MS_NOSUID | MsFlags::MS_NODEV | MsFlags::MS_NOEXEC;
    mount(Some("proc"), "/proc", Some("proc"), flags, NONE)
        .context("mount /proc")?;
    for (name, target) in [
        ("/dev/fd", "/proc/self/fd"),
        ("/dev/stdin", "/proc/self/fd/0"),
        ("/dev/stdout", "/proc/self/fd/1"),
        ("/dev/stderr", "/proc/self/fd/2"),
    ] {
        symlink(target, name).with_context(|| format!("link {name}"))?;
    }
    fs::create_dir("/dev/shm")?;
    tmpfs("/dev/shm", SCRATCH)?;
    fs::create_dir("/tmp")?;
    bind_from(Path::new("/dev/shm"), Path::new("/tmp"), &Access::Write)?;
    for seen in &place.reads {
        bind(&seen.outside, &seen.inside, &Access::Read)?;
    }
    for seen in &place.writes {
        bind(&seen.outside, &seen.inside, &Access::Write)?;
    }
    umount2(OLD, MntFlags::MNT_DETACH).context("let the old tree go")?;
    fs::remove_dir(OLD).with_context(|| format!("remove {OLD}"))?;
    change("/", libc::MOUNT_ATTR_RDONLY, false)
}

fn tmpfs(path: &str, options: &str) -> Result<()> {
    let flags = MsFlags::MS_NOSUID | MsFlags::MS_NODEV;
    mount(Some("tmpfs"), path, Some("tmpfs"), flags, Some(options))
        .with_context(|| format!("mount {path}"))
}

enum Access {
    Read,
    Write,
    Device,
}

/// Shows something of the machine, if it has it; links stay links.
fn show_system(path: &Path) -> Result<()> {
    let outside = outside(path);
    let Ok(meta) = fs::symlink_metadata(&outside) else {
        return Ok(());
    };
    if meta.is_symlink() && path.parent() == Some(Path::new("/")) {
        let target = fs::read_link(&outside)?;
        return symlink(target, path)
            .with_context(|| format!("link {}", path.display()));
    }
    bind(path, path, &Access::Read)
}

fn outside(path: &Path) -> PathBuf {
    let path = path.strip_prefix("/").unwrap_or(path);
    Path::new(OLD).join(path)
}

/// Shows `from` of the machine at `to`.
fn bind(from: &Path, to: &Path, access: &Access) -> Result<()> {
    // A link would lead about in the half-made tree.
    let from = resolved(from);
    if fs::symlink_metadata(outside(&from)).is_err() {
        return Ok(());
    }
    if let Some(parent) = to.parent() {
        make_folders(parent)?;
    }
    bind_from(&outside(&from), to, access)
}

/// Where links lead, in the machine's own tree.
fn resolved(path: &Path) -> PathBuf {
    let mut path = path.to_owned();
    for _ in 0..8 {
        match fs::read_link(outside(&path)) {
            Ok(target) => {
                let folder = path.parent().unwrap_or(Path::new("/"));
                path = folder.join(target);
            }
            Err(_) => break,
        }
    }
    path
}

/// Folders that anybody may go through, whatever mask this process has.
fn make_folders(path: &Path) -> Result<()> {
    let missing: Vec<&Path> =
        path.ancestors().take_while(|p| !p.exists()).collect();
    for folder in missing.into_iter().rev() {
        fs::create_dir(folder)
            .and_then(|()| {
                fs::set_permissions(folder, fs::Permissions::from_mode(0o755))
            })
            .with_context(|| format!("make {}", folder.display()))?;
    }
    Ok(())
}

fn bind_from(from: &Path, to: &Path, access: &Access) -> Result<()> {
    let told = || format!("show {}", to.display());
    if from.is_dir() {
        make_folders(to)?;
    } else {
        File::create(to).with_context(told)?;
    }
    let flags = MsFlags::MS_BIND | MsFlags::MS_REC;
    mount(Some(from), to, NONE, flags, NONE).with_context(told)?;
    let flags = match access {
        Access::Read => {
            libc::MOUNT_ATTR_RDONLY
                | libc::MOUNT_ATTR_NOSUID
                | libc::MOUNT_ATTR_NODEV
        }
        Access::Write => libc::MOUNT_ATTR_NOSUID | libc::MOUNT_ATTR_NODEV,
        Access::Device => return Ok(()),
    };
    change(&to.to_string_lossy(), flags, true).with_context(told)
}

/// Gives a mount more flags, and with `all` those below it too.
///
/// <https://man7.org/linux/man-pages/man2/mount_setattr.2.html>
fn change(path: &str, set: u64, all: bool) -> Result<()> {
    let path = std::ffi::CString::new(path)?;
    let attributes = libc::mount_attr {
        attr_set: set,
        attr_clr: 0,
        propagation: 0,
        userns_fd: 0,
    };
    let flags = if all { libc::AT_RECURSIVE } else { 0 };
    // SAFETY: the kernel reads a path and a structure of the given size.
    #[expect(unsafe_code, reason = "nix has no call for it")]
    let done = unsafe {
        libc::syscall(
            libc::SYS_mount_setattr,
            libc::AT_FDCWD,
            path.as_ptr(),
            flags,
            &raw const attributes,
            size_of_val(&attributes),
        )
    };
    Errno::result(done).context("mount_setattr").map(drop)
}

/// Gives the calling process a user namespace below, where it is the same user
/// and from which it reaches nobody above. System calls only.
pub(super) fn another_user_namespace() -> io::Result<()> {
    let (user, group) = (getuid().as_raw(), getgid().as_raw());
    unshare(CloneFlags::CLONE_NEWUSER)?;
    put(c"/proc/self/setgroups", "deny")?;
    let mut text = [0; 32];
    put(c"/proc/self/uid_map", line(&mut text, user))?;
    let mut text = [0; 32];
    put(c"/proc/self/gid_map", line(&mut text, group))
}

/// `1000 1000 1`, without asking for memory.
fn line(text: &mut [u8; 32], id: u32) -> &str {
    use std::io::Write;

    let mut rest = &mut text[..];
    let _ = write!(rest, "{id} {id} 1");
    let left = rest.len();
    let length = text.len() - left;
    std::str::from_utf8(&text[..length]).unwrap_or_default()
}

fn put(path: &std::ffi::CStr, text: &str) -> io::Result<()> {
    let flags = OFlag::O_WRONLY | OFlag::O_CLOEXEC;
    let file = open(path, flags, Mode::empty())?;
    write(&file, text.as_bytes())?;
    Ok(())
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
    let any = socket(family, kind, SockFlag::SOCK_CLOEXEC, None)?;
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
