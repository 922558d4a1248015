//! Keeps a submission from everything else, as well as the machine allows.
//!
//! A [`Place`] says where one program is built or checked: what it can see,
//! where it may write, as whom it runs. It is made by a process that is this
//! very program started again, and whatever is started in it is gone when that
//! process is.
//!
//! Source: `user_namespaces`(7), `mount_namespaces`(7), `pivot_root`(2),
//! `credentials`(7), `setrlimit`(2), `landlock`(7).

mod guard;
#[cfg(target_os = "linux")]
mod landlocked;
mod level;
mod limits;
mod run;
mod users;
#[cfg(target_os = "linux")]
mod view;

use std::io::{self, Read};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::sync::OnceLock;
use std::thread;

use anyhow::{Context, Result, anyhow};
use nix::errno::Errno;
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, fork, setsid};
use serde::{Deserialize, Serialize};
use testkit::grade::Confinement;

pub use level::{Isolated, Level, find};
pub use limits::Limits;
pub use run::{Said, run};
pub use users::{Users, leave_nothing_of, reserve};

/// First argument of a process that runs one command in a place; the place
/// comes on standard input.
pub const CONFINED: &str = "--confined";

/// Where a program is built or checked.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Place {
    /// How it is kept apart.
    pub level: Level,
    /// The users of level 2, and of level 3 where root starts it.
    pub users: Option<Users>,
    /// Files and folders that can be read, beside the system's own.
    pub reads: Vec<Seen>,
    /// Folders that can be written, beside the scratch folder.
    pub writes: Vec<Seen>,
    /// The scratch folder below level 3, where nothing is mounted.
    pub scratch: PathBuf,
    /// The working folder of a command, as it is seen from within.
    pub folder: PathBuf,
    /// What a program may use up.
    pub limits: Limits,
    /// What [`serve`] runs.
    pub command: Vec<String>,
    /// Its environment.
    pub environment: Vec<(String, String)>,
}

/// Something that a place shows, and where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    /// On the machine.
    pub outside: PathBuf,
    /// In the place; below level 3 it is the same.
    pub inside: PathBuf,
}

impl Seen {
    /// At the same path within.
    pub fn same(path: impl Into<PathBuf>) -> Seen {
        let outside = path.into();
        Seen {
            inside: outside.clone(),
            outside,
        }
    }
}

/// Exit code of a process that could not make its place, as `docker run` and
/// `env` have it.
const NO_PLACE: u8 = 125;

/// The confinement of this process's check, and of its command.
#[derive(Debug)]
pub struct Grading;

/// What this process has entered.
static ENTERED: OnceLock<Place> = OnceLock::new();

impl Confinement for Grading {
    fn enter(
        &self,
        place: &str,
        main: Box<dyn FnOnce() -> u8 + '_>,
    ) -> Result<u8> {
        enter(serde_json::from_str(place)?, main)
    }

    fn confine(&self, command: &mut Command) -> Result<()> {
        confine(entered()?, command)
    }

    fn clear(&self) -> usize {
        ENTERED.get().map_or(0, guard::clear)
    }

    fn folders(&self) -> PathBuf {
        match ENTERED.get() {
            Some(place) => place.scratch_within(),
            None => std::env::temp_dir(),
        }
    }
}

fn entered() -> Result<&'static Place> {
    ENTERED
        .get()
        .ok_or_else(|| anyhow!("no place has been entered"))
}

fn enter(place: Place, main: Box<dyn FnOnce() -> u8 + '_>) -> Result<u8> {
    let place = ENTERED.get_or_init(|| place);
    let main = || {
        guard::watch_memory(place);
        main()
    };
    match place.level {
        #[cfg(target_os = "linux")]
        Level::Namespaces => view::enter(place, main),
        #[cfg(not(target_os = "linux"))]
        Level::Namespaces => Err(anyhow!("this system has no namespaces")),
        Level::Users | Level::Landlock | Level::Groups => {
            let prepare = || {
                if let Some(users) = &place.users {
                    return users.become_the_checker();
                }
                users::hide_from_others();
                Ok(())
            };
            in_a_child(prepare, main)
        }
    }
}

/// Runs `main` in a child without a terminal, in which `prepare` has gone
/// well, and gives back its exit code.
fn in_a_child(
    prepare: impl FnOnce() -> Result<()>,
    main: impl FnOnce() -> u8,
) -> Result<u8> {
    // SAFETY: this process has one thread, so the child may do anything.
    #[expect(unsafe_code, reason = "fork is how a namespace gets its init")]
    match unsafe { fork() }.context("fork")? {
        ForkResult::Child => {
            let prepared = setsid().context("setsid").and_then(|_| {
                prepare()?;
                guard::adopt_strays();
                guard::end_with_the_parent()
            });
            let code = match prepared {
                Ok(()) => main(),
                Err(error) => {
                    say(&error);
                    NO_PLACE
                }
            };
            std::process::exit(i32::from(code))
        }
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

/// Adds to a command everything that its process does to itself.
fn confine(place: &'static Place, command: &mut Command) -> Result<()> {
    #[cfg(target_os = "linux")]
    let rules = match place.level {
        Level::Users | Level::Landlock => landlocked::rules(place)?,
        Level::Namespaces | Level::Groups => None,
    };
    let last = move || -> io::Result<()> {
        place.limits.apply()?;
        match &place.users {
            Some(users) => users.become_the_program()?,
            #[cfg(target_os = "linux")]
            None if place.level == Level::Namespaces => {
                view::another_user_namespace()?;
            }
            None => {}
        }
        #[cfg(any(target_os = "linux", target_os = "android"))]
        nix::sys::prctl::set_no_new_privs()?;
        #[cfg(target_os = "linux")]
        if let Some(rules) = &rules {
            landlocked::restrict(rules)?;
        }
        Ok(())
    };
    // SAFETY: between fork and exec the closure makes system calls only.
    #[expect(unsafe_code, reason = "what runs after fork must be signal-safe")]
    unsafe {
        command.pre_exec(last);
    }
    Ok(())
}

impl Place {
    /// The scratch folder as a program sees it.
    pub fn scratch_within(&self) -> PathBuf {
        if self.level == Level::Namespaces {
            PathBuf::from("/dev/shm")
        } else {
            self.scratch.clone()
        }
    }

    /// Where something that lies at `outside` is seen in a place of this
    /// level.
    pub fn shows(level: Level, outside: &Path, inside: &str) -> Seen {
        Seen {
            outside: outside.to_owned(),
            inside: if level == Level::Namespaces {
                inside.into()
            } else {
                outside.to_owned()
            },
        }
    }
}

/// If this process has been started to run one command in a place: runs it.
/// Its exit code is the command's; 125 means that the place could not be made.
pub fn serve() -> Option<ExitCode> {
    if std::env::args().nth(1)? != CONFINED {
        return None;
    }
    let done = || -> Result<u8> {
        let mut line = String::new();
        io::stdin().read_line(&mut line)?;
        let place: Place = serde_json::from_str(&line)?;
        enter(place, Box::new(first))
    };
    Some(match done() {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            say(&error);
            ExitCode::from(NO_PLACE)
        }
    })
}

fn say(error: &anyhow::Error) {
    use std::io::Write;
    // The caller's pipe; if it is gone, so is the need.
    let _ = writeln!(io::stderr(), "{error:#}");
}

/// The first process of a place that was made for a command.
fn first() -> u8 {
    // Its caller holds standard input open as long as it lives.
    thread::spawn(|| {
        let mut byte = [0];
        while let Ok(1..) = io::stdin().read(&mut byte) {}
        let _ = ENTERED.get().map_or(0, guard::clear);
        std::process::exit(1)
    });
    let run = || -> Result<u8> {
        let place = entered()?;
        let (program, args) = place.command.split_first().context("command")?;
        let mut command = Command::new(program);
        command
            .args(args)
            .env_clear()
            .envs(place.environment.iter().map(|(k, v)| (k, v)))
            .current_dir(&place.folder)
            .stdin(Stdio::null());
        confine(place, &mut command)?;
        let status = command
            .status()
            .with_context(|| format!("start {program}"))?;
        guard::clear(place);
        let code = status.code().and_then(|code| u8::try_from(code).ok());
        Ok(code.unwrap_or(1))
    };
    run().unwrap_or_else(|error| {
        say(&error);
        NO_PLACE
    })
}
