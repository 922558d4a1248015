//! How well this machine keeps a submission apart: found out by trying.

use std::fs;
use std::path::Path;
use std::time::Duration;

use anyhow::{Result, bail, ensure};
use course::Surroundings;
use nix::unistd::geteuid;
use serde::{Deserialize, Serialize};
use testkit::grade::{Confined, Target, try_confined};

use super::{Limits, Place, Users, run};
use crate::tools::Tools;

/// How a submission is kept apart, the weakest first.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// A process group and limits: level 0.
    Groups,
    /// Also a subreaper and, where the kernel has it, Landlock: level 1.
    Landlock,
    /// Also a user that owns nothing; only root can do that: level 2.
    Users,
    /// Namespaces, and a user that owns nothing where root grades: level 3.
    Namespaces,
}

impl Level {
    /// From 0 to 3.
    pub fn number(self) -> u8 {
        match self {
            Level::Groups => 0,
            Level::Landlock => 1,
            Level::Users => 2,
            Level::Namespaces => 3,
        }
    }

    /// In a word or two.
    pub fn name(self) -> &'static str {
        match self {
            Level::Groups => "process groups",
            Level::Landlock => "Landlock",
            Level::Users => "users",
            Level::Namespaces => "namespaces",
        }
    }

    /// Good enough for marks that count.
    pub fn is_official(self) -> bool {
        self >= Level::Users
    }

    /// Where a check of this level runs, as its outcome says it.
    pub fn surroundings(self) -> Surroundings {
        if self == Level::Namespaces {
            Surroundings::Private
        } else {
            Surroundings::Shared
        }
    }
}

/// A level that has been tried.
#[derive(Debug, Clone)]
pub struct Isolated {
    /// The level.
    pub level: Level,
    /// Whether root grades: each place then gets users of its own.
    pub by_root: bool,
    /// What was tried and what came of it, a sentence each.
    pub details: Vec<String>,
}

impl Isolated {
    /// Limits as far as they can be set here: processes are counted by user,
    /// and the user who grades has others.
    pub fn limits(&self, limits: Limits) -> Limits {
        let counts = match self.level {
            Level::Users => true,
            Level::Namespaces => self.by_root || counts_by_namespace(),
            Level::Landlock | Level::Groups => false,
        };
        Limits {
            processes: limits.processes.filter(|_| counts),
            ..limits
        }
    }

    /// The users of the `slot`th place.
    pub fn users(&self, slot: usize) -> Option<Users> {
        (self.by_root && self.level >= Level::Users)
            .then(|| Users::of_slot(slot))
    }
}

/// Whether the kernel counts a user's processes by user namespace: since Linux
/// 5.14.
fn counts_by_namespace() -> bool {
    let release = nix::sys::utsname::uname().ok();
    let release = release.as_ref().and_then(|u| u.release().to_str());
    let mut numbers = release
        .unwrap_or_default()
        .split(['.', '-'])
        .map_while(|part| part.parse::<u32>().ok());
    let (major, minor) = (numbers.next(), numbers.next());
    (major.unwrap_or(0), minor.unwrap_or(0)) >= (5, 14)
}

/// Finds the best level that this machine has, or tries the one asked for.
///
/// The compiler is tried in it. `scratch` is where the places that are tried
/// get their folder, and `secrets` are what no submission may read.
pub fn find(
    asked: Option<u8>,
    tools: &Tools,
    scratch: &Path,
    secrets: &[&Path],
) -> Result<Isolated> {
    let by_root = geteuid().is_root();
    let mut details = Vec::new();
    let all = [
        Level::Namespaces,
        Level::Users,
        Level::Landlock,
        Level::Groups,
    ];
    for level in all {
        if asked.is_some_and(|asked| asked != level.number()) {
            continue;
        }
        let tried = possible(level, by_root).and_then(|()| {
            let isolated = Isolated {
                level,
                by_root,
                details: Vec::new(),
            };
            try_it(&isolated, tools, scratch, secrets)
        });
        match tried {
            Ok(()) => {
                details.extend(told(level, by_root));
                return Ok(Isolated {
                    level,
                    by_root,
                    details,
                });
            }
            Err(error) if asked.is_some() => {
                bail!(
                    "isolation level {} can't be had: {error:#}",
                    level.number()
                );
            }
            Err(error) => details.push(format!(
                "Level {} ({}) can't be had: {error:#}.",
                level.number(),
                level.name()
            )),
        }
    }
    bail!("no level of isolation can be had: {}", details.join(" "))
}

/// Whether it makes sense to try.
fn possible(level: Level, by_root: bool) -> Result<()> {
    match level {
        Level::Namespaces => {
            ensure!(cfg!(target_os = "linux"), "this system has no namespaces");
        }
        Level::Users => {
            ensure!(cfg!(target_os = "linux"), "it is made for Linux");
            ensure!(by_root, "only root can take other users");
        }
        Level::Landlock => {
            ensure!(cfg!(target_os = "linux"), "only Linux has Landlock");
            ensure!(
                !by_root,
                "as root, a submission would be root too; grade as an \
                 ordinary user"
            );
        }
        Level::Groups => ensure!(
            !by_root,
            "as root, a submission would be root too; grade as an ordinary \
             user"
        ),
    }
    Ok(())
}

fn try_it(
    isolated: &Isolated,
    tools: &Tools,
    scratch: &Path,
    secrets: &[&Path],
) -> Result<()> {
    const LIMIT: Duration = Duration::from_secs(30);

    let users = isolated.users(0);
    let _ = fs::remove_dir_all(scratch);
    fs::create_dir_all(scratch)?;
    if let Some(users) = users {
        users.give(scratch)?;
    }
    let reads = tools.reads(isolated.level);
    let rustc = reads[0].inside.join("bin/rustc");
    let mut place = Place {
        level: isolated.level,
        users,
        reads,
        writes: Vec::new(),
        scratch: scratch.to_owned(),
        folder: "/".into(),
        limits: isolated.limits(Limits::BUILD),
        command: vec![rustc.to_string_lossy().into_owned(), "-vV".into()],
        environment: Vec::new(),
    };
    let said = run(&place, LIMIT)?;
    ensure!(
        said.code == Some(0),
        "the compiler does not run there: {}",
        said.stderr.trim()
    );
    for secret in secrets {
        place.command = vec!["/bin/ls".into(), secret.display().to_string()];
        let said = run(&place, LIMIT)?;
        let readable = said.code == Some(0);
        ensure!(
            !readable || !isolated.level.is_official(),
            "a submission could read {0}; `chmod -R go-rwx {0}` helps",
            secret.display()
        );
    }
    place.limits = isolated.limits(Limits::CHECK);
    place.command.clear();
    try_confined(&Confined {
        judge: &std::env::current_exe()?,
        target: Target {
            path: "/".into(),
            name: None,
        },
        seed: 0,
        place: serde_json::to_string(&place)?,
        surroundings: isolated.level.surroundings(),
    })
}

/// What the level means, for whoever must defend a mark.
fn told(level: Level, by_root: bool) -> Vec<String> {
    let mut told: Vec<String> = Vec::new();
    let mut say = |line: &str| told.push(line.to_owned());
    match level {
        Level::Namespaces => {
            say("Each build and each check ran in network, process, mount \
                 and IPC namespaces of its own: no way out to any network, \
                 and of the machine's files only its libraries and the \
                 compiler in sight.");
            say(if by_root {
                "The program ran as a user that owns nothing, and its \
                 checker as another one."
            } else {
                "The program ran in a user namespace below its checker's."
            });
        }
        Level::Users => {
            say("Each program ran as a user that owns nothing, and its \
                 checker as another one.");
            say("This machine gave no namespaces: the network was not \
                 closed to the program.");
        }
        Level::Landlock | Level::Groups => {
            say("The program ran as the user who graded: this is no \
                 protection against a program that means harm.");
            say("The network was not closed to the program.");
        }
    }
    #[cfg(target_os = "linux")]
    if matches!(level, Level::Users | Level::Landlock) {
        say(&match super::landlocked::version() {
            0 => "This kernel has no Landlock: the program could read \
                  whatever its user can."
                .to_owned(),
            version => format!(
                "Landlock (version {version}) let it read the system's \
                 libraries and its own folder{}.",
                if version >= 6 {
                    ", and signal no process but its own"
                } else {
                    ""
                }
            ),
        });
    }
    told
}
