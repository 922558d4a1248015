//! Tries: to get rights back that were taken away.

use nix::mount::{MsFlags, mount};
use nix::sched::{CloneFlags, unshare};
use nix::unistd::{Uid, chroot, setuid};

fn main() {
    if setuid(Uid::from_raw(0)).is_ok() {
        println!("STOLEN: root");
    }
    let _ = unshare(
        CloneFlags::CLONE_NEWUSER
            | CloneFlags::CLONE_NEWNS
            | CloneFlags::CLONE_NEWNET,
    );
    let flags = MsFlags::MS_REMOUNT | MsFlags::MS_BIND;
    for folder in ["/", "/usr", "/program"] {
        let none = None::<&str>;
        if mount(none, folder, none, flags, none).is_ok() {
            println!("STOLEN: {folder} can be changed");
        }
        let path = format!("{folder}/@MARK@-root");
        if std::fs::write(path, "root").is_ok() {
            println!("STOLEN: {folder} can be written");
        }
    }
    let _ = chroot("/proc/1/root");
    if std::fs::read_dir("@TOP@/solutions").is_ok() {
        println!("STOLEN: the solutions");
    }
}
