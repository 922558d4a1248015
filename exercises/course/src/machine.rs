//! What a recording, a bet or a test can ask of the machine.

use std::net::TcpListener;
use std::process::{Command, Stdio};

/// Whether this machine has what a recording or a test needs, and if not, why
/// not, in words that end a skip's line.
///
/// - `linux`: the kernel is Linux.
/// - `ipv6`: `::1` can be bound.
/// - `userns`: a private user and network namespace can be made.
/// - `capture`: packets can be recorded in such a namespace.
/// - `not-root`: the user is not root.
/// - `tool:NAME`: the command NAME is installed.
///
/// # Panics
///
/// On any other word: a need that nobody checks would be a need that is always
/// met.
pub fn lacks(need: &str) -> Option<String> {
    let (met, why) = match need {
        "linux" => (cfg!(target_os = "linux"), "needs Linux".to_owned()),
        "ipv6" => (
            TcpListener::bind("[::1]:0").is_ok(),
            "needs IPv6 on the loopback interface".to_owned(),
        ),
        "userns" => (
            runs("unshare", &["--user", "--net", "--map-root-user", "true"]),
            "needs private user and network namespaces".to_owned(),
        ),
        "capture" => (captures(), "needs packet capture".to_owned()),
        "not-root" => (
            !nix::unistd::geteuid().is_root(),
            "needs an ordinary user".to_owned(),
        ),
        _ => match need.strip_prefix("tool:") {
            Some(tool) => (
                runs("sh", &["-c", &format!("command -v {tool}")]),
                format!("needs the command {tool}"),
            ),
            None => panic!("no such need: {need:?}"),
        },
    };
    (!met).then_some(why)
}

/// The first of `needs` that is not met, in words.
pub fn lacks_any<S: AsRef<str>>(needs: &[S]) -> Option<String> {
    needs.iter().find_map(|need| lacks(need.as_ref()))
}

fn runs(program: &str, args: &[&str]) -> bool {
    Command::new(program)
        .args(args)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// Whether a packet socket can be made in a private network.
#[cfg(target_os = "linux")]
fn captures() -> bool {
    use std::os::unix::process::CommandExt;

    use nix::sched::{CloneFlags, unshare};
    use nix::sys::socket::{AddressFamily, SockFlag, SockType, socket};

    let mut command = Command::new("true");
    // SAFETY: between fork and exec the closure makes system calls only.
    #[expect(unsafe_code, reason = "namespaces are made after fork")]
    unsafe {
        command.pre_exec(|| {
            unshare(CloneFlags::CLONE_NEWUSER | CloneFlags::CLONE_NEWNET)?;
            let family = AddressFamily::Packet;
            socket(family, SockType::Raw, SockFlag::SOCK_CLOEXEC, None)?;
            Ok(())
        });
    }
    command.status().is_ok_and(|status| status.success())
}

#[cfg(not(target_os = "linux"))]
fn captures() -> bool {
    false
}
