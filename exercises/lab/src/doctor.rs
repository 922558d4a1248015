//! `cargo lab doctor`: what this machine can do, and how to get the rest.

use std::process::{Command, Stdio};

use colored::Colorize;
use course::machine;

use crate::build;
use crate::screen::wrap;

/// What Rust must be at least: as `rust-version` in `Cargo.toml`.
const RUST: (u32, u32) = (1, 88);

struct Finding {
    name: &'static str,
    /// What was found, or what is missing without it.
    text: String,
    state: State,
    /// The line that mends it.
    mend: Option<String>,
}

#[derive(PartialEq)]
enum State {
    Fine,
    /// Something is missing that one can do without.
    Without,
    /// Nothing works without it.
    Broken,
}

/// Tells what it finds; true where nothing is broken.
pub(crate) fn examine() -> bool {
    let mut findings = vec![system(), rust(), linker()];
    findings.push(need(
        "userns",
        "namespaces",
        "each check runs in a network of its own",
        "checks run on the machine's own loopback interface, with the same \
         verdicts",
        namespaces_mend(),
    ));
    findings.push(need(
        "capture",
        "packet capture",
        "packets of a private network can be recorded, without root",
        "pictures of your own programs show calls, and no packets",
        namespaces_mend(),
    ));
    findings.push(need(
        "ipv6",
        "IPv6",
        "::1 can be bound",
        "checks and programs that need ::1 are skipped",
        None,
    ));
    for (tool, package, what) in [
        ("strace", "strace", "the investigations print system calls"),
        ("ss", "iproute2", "the investigations list sockets"),
        (
            "nc",
            "netcat-openbsd",
            "you can be a client or server by hand",
        ),
        (
            "socat",
            "socat",
            "the book's own tests of client and server",
        ),
    ] {
        findings.push(self::tool(tool, package, what));
    }
    let mut fine = true;
    for finding in &findings {
        let mark = match finding.state {
            State::Fine => "ok      ".green(),
            State::Without => "missing ".yellow(),
            State::Broken => "broken  ".red(),
        };
        fine &= finding.state != State::Broken;
        let line = format!("{}: {}", finding.name, finding.text);
        say!("{mark}{}", wrap(&line, "        ").trim_start());
        if let Some(mend) = &finding.mend {
            say!("        to get it: {}", mend.bold());
        }
    }
    let missing = findings.iter().any(|f| f.state == State::Without);
    say!();
    say!(
        "{}",
        match (fine, missing) {
            (true, false) => "This machine has all that the course uses.",
            (true, true) =>
                "The course works here; what is missing is told above.",
            (false, _) => "Mend what is broken first.",
        }
    );
    fine
}

fn first_line(program: &str, args: &[&str]) -> Option<String> {
    let output = Command::new(program)
        .args(args)
        .stdin(Stdio::null())
        .output()
        .ok()
        .filter(|output| output.status.success())?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.lines().next().map(str::to_owned)
}

fn system() -> Finding {
    let name = first_line("uname", &["-srm"]);
    let linux = cfg!(target_os = "linux");
    Finding {
        name: "system",
        text: format!(
            "{}{}",
            name.as_deref().unwrap_or("unknown"),
            if linux {
                ""
            } else {
                "; a hanging program is ended, but where it sits can only be \
                 told on Linux"
            }
        ),
        state: if linux { State::Fine } else { State::Without },
        mend: None,
    }
}

fn rust() -> Finding {
    let version = build::cargo()
        .arg("--version")
        .output()
        .ok()
        .map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
    let numbers = version.as_deref().and_then(|text| {
        let mut parts = text.split_whitespace().nth(1)?.split('.');
        let part = |p: &str| p.parse::<u32>().ok();
        Some((part(parts.next()?)?, part(parts.next()?)?))
    });
    let new = numbers.is_some_and(|version| version >= RUST);
    Finding {
        name: "Rust",
        text: format!(
            "{} (the course needs {}.{})",
            version.as_deref().unwrap_or("no cargo").trim(),
            RUST.0,
            RUST.1
        ),
        state: if new { State::Fine } else { State::Broken },
        mend: (!new).then(|| "rustup update stable".to_owned()),
    }
}

fn linker() -> Finding {
    let found = machine::lacks("tool:cc").is_none();
    Finding {
        name: "linker",
        text: if found {
            "cc links what Rust compiles".to_owned()
        } else {
            "there is no cc, so nothing can be linked".to_owned()
        },
        state: if found { State::Fine } else { State::Broken },
        mend: (!found).then(|| install("gcc")),
    }
}

fn need(
    need: &str,
    name: &'static str,
    with: &str,
    without: &str,
    mend: Option<String>,
) -> Finding {
    let lacks = machine::lacks(need).is_some();
    Finding {
        name,
        text: if lacks { without } else { with }.to_owned(),
        state: if lacks { State::Without } else { State::Fine },
        mend: mend.filter(|_| lacks),
    }
}

fn namespaces_mend() -> Option<String> {
    if !cfg!(target_os = "linux") {
        return None;
    }
    // Ubuntu 24.04 and later; elsewhere a container's profile forbids it.
    let restricted = std::fs::read_to_string(
        "/proc/sys/kernel/apparmor_restrict_unprivileged_userns",
    );
    if restricted.is_ok_and(|text| text.trim() == "1") {
        return Some(
            "sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0"
                .to_owned(),
        );
    }
    Some(
        "outside of a container, or: docker run --security-opt \
         seccomp=unconfined …"
            .to_owned(),
    )
}

fn tool(tool: &'static str, package: &str, what: &str) -> Finding {
    let found = machine::lacks(&format!("tool:{tool}")).is_none();
    Finding {
        name: tool,
        text: what.to_owned(),
        state: if found { State::Fine } else { State::Without },
        mend: (!found).then(|| install(package)),
    }
}

/// The line that installs a package here.
fn install(package: &str) -> String {
    let has = |tool: &str| machine::lacks(&format!("tool:{tool}")).is_none();
    // Where a distribution calls it otherwise.
    let named = |debian: &str| match (package, debian) {
        ("netcat-openbsd", "dnf") => "nmap-ncat".to_owned(),
        ("netcat-openbsd", "pacman") => "openbsd-netcat".to_owned(),
        ("netcat-openbsd", "brew") => "netcat".to_owned(),
        ("iproute2", "dnf") => "iproute".to_owned(),
        ("iproute2", "brew") => "iproute2mac".to_owned(),
        _ => package.to_owned(),
    };
    for (manager, line) in [
        ("apt-get", "sudo apt-get install"),
        ("dnf", "sudo dnf install"),
        ("pacman", "sudo pacman -S"),
        ("zypper", "sudo zypper install"),
        ("apk", "sudo apk add"),
        ("brew", "brew install"),
    ] {
        if has(manager) {
            return format!("{line} {}", named(manager));
        }
    }
    format!("install {package} with your system's package manager")
}
