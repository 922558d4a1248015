//! Where nothing can be mounted: a program reads the system, itself and its
//! own folders, as far as the kernel has Landlock, and can't signal anybody
//! outside (since Linux 6.12).

use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::path::Path;

use anyhow::Result;
use landlock::{
    ABI, Access, AccessFs, BitFlags, CompatLevel, Compatible, PathBeneath,
    PathFd, Ruleset, RulesetAttr, RulesetCreatedAttr, Scope,
};
use nix::libc;

use super::Place;

/// What every program reads, where it is there.
pub(super) const SYSTEM: &[&str] = &[
    "/usr",
    "/bin",
    "/sbin",
    "/lib",
    "/lib32",
    "/lib64",
    "/etc/alternatives",
    "/etc/ld.so.cache",
    "/etc/ld.so.conf",
    "/etc/ld.so.conf.d",
    "/etc/hosts",
    "/etc/host.conf",
    "/etc/nsswitch.conf",
    "/etc/services",
    "/etc/protocols",
    "/etc/gai.conf",
    "/etc/localtime",
];

/// Devices that every program has.
pub(super) const DEVICES: &[&str] = &[
    "/dev/null",
    "/dev/zero",
    "/dev/full",
    "/dev/random",
    "/dev/urandom",
];

/// Which version of Landlock this kernel has; 0: none.
pub(super) fn version() -> i64 {
    /// `LANDLOCK_CREATE_RULESET_VERSION` of `<linux/landlock.h>`.
    const VERSION: libc::c_long = 1;

    // SAFETY: without attributes the call only gives a number back.
    #[expect(unsafe_code, reason = "the crate keeps the number to itself")]
    let version = unsafe {
        let nothing = std::ptr::null::<libc::c_void>();
        libc::syscall(libc::SYS_landlock_create_ruleset, nothing, 0, VERSION)
    };
    version.max(0)
}

/// The rules of a place; none where the kernel knows no Landlock.
pub(super) fn rules(place: &Place) -> Result<Option<OwnedFd>> {
    let abi = ABI::V6;
    let mut rules = Ruleset::default()
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(AccessFs::from_all(abi))?
        .scope(Scope::from_all(abi))?
        .create()?;
    let read = AccessFs::from_read(abi);
    let device = AccessFs::ReadFile | AccessFs::WriteFile;
    let all = AccessFs::from_all(abi);
    let system = SYSTEM.iter().map(Path::new);
    let own = place.reads.iter().map(|seen| seen.outside.as_path());
    let reads = system.chain([Path::new("/proc")]).chain(own);
    let writes = place.writes.iter().map(|seen| seen.outside.as_path());
    let writes = writes.chain([place.scratch.as_path()]);
    let paths = reads
        .map(|path| (path, read))
        .chain(DEVICES.iter().map(|path| (Path::new(*path), device)))
        .chain(writes.map(|path| (path, all)));
    for (path, access) in paths {
        // What is not there needs no rule.
        let Ok(fd) = PathFd::new(path) else { continue };
        let access: BitFlags<AccessFs> = if path.is_dir() {
            access
        } else {
            access & AccessFs::from_file(abi)
        };
        rules = rules.add_rule(PathBeneath::new(fd, access))?;
    }
    Ok(rules.into())
}

/// From here on the calling process and all that it starts keep to the rules.
/// System calls only.
pub(super) fn restrict(rules: &OwnedFd) -> io::Result<()> {
    // SAFETY: takes two numbers and touches no memory.
    #[expect(unsafe_code, reason = "the crate's own call may allocate")]
    let done = unsafe {
        libc::syscall(libc::SYS_landlock_restrict_self, rules.as_raw_fd(), 0)
    };
    if done == 0 {
        Ok(())
    } else {
        Err(io::Error::last_os_error())
    }
}
