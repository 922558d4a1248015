//! The compiler, ready to be used on strangers' files: what Cargo would run
//! for each exercise, and everything that this reads, in a folder that shows
//! nothing else.
//!
//! Cargo builds the stubs once, with our manifests. This program stands before
//! the compiler meanwhile and keeps each command. Later one of them is run
//! again, in a place of its own, with the submission's file in the stub's
//! place: no other file of a submission takes part.

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use serde::{Deserialize, Serialize};

use crate::isolation::{Isolated, Level, Limits, Place, Said, Seen, run};
use crate::material::{Material, Task};

/// Where this process keeps the compiler's commands, if it stands before it.
const RECORD: &str = "GRADE_KEEPS_COMMANDS_IN";

/// How long the compiler may take for one program. It needs a second.
pub const BUILD_LIMIT: Duration = Duration::from_secs(60);

/// What is kept of the compiler's messages, in bytes.
const MESSAGE: usize = 16 << 10;

/// A command of Cargo's.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Kept {
    args: Vec<String>,
    environment: Vec<(String, String)>,
}

/// The compiler and what it reads.
pub struct Tools {
    /// `bin/rustc` and its libraries.
    toolchain: PathBuf,
    /// The libraries of the course.
    libraries: PathBuf,
    /// Where Cargo has put these.
    from: String,
    commands: BTreeMap<String, Kept>,
    /// `rustc 1.95.0 (…)`.
    pub version: String,
}

/// What the compiler made of a file.
#[derive(Debug, Clone)]
pub struct Compiled {
    /// The program, if there is one.
    pub program: Option<PathBuf>,
    /// What the compiler said where there is none.
    pub message: String,
    /// How long it took.
    pub time: Duration,
}

/// If Cargo has started this process in the compiler's place: keeps the
/// command and runs the compiler.
pub fn serve() -> Option<ExitCode> {
    let folder = PathBuf::from(env::var_os(RECORD)?);
    let args: Vec<String> = env::args().skip(1).collect();
    Some(match stand_in(&folder, &args) {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            use std::io::Write;
            let _ = writeln!(std::io::stderr(), "{error:#}");
            ExitCode::FAILURE
        }
    })
}

fn stand_in(folder: &Path, args: &[String]) -> Result<u8> {
    let (compiler, args) = args.split_first().context("no compiler")?;
    let mut args = args.to_vec();
    if let Ok(name) = env::var("CARGO_BIN_NAME")
        && let Some(exercise) = name.strip_prefix("ex-")
    {
        let environment = env::vars().filter(|(key, _)| {
            key.starts_with("CARGO_PKG_")
                || ["CARGO_BIN_NAME", "CARGO_CRATE_NAME"].contains(&&**key)
        });
        let kept = Kept {
            args: args.clone(),
            environment: environment.collect(),
        };
        let file = folder.join(format!("{exercise}.json"));
        fs::write(&file, serde_json::to_string(&kept)?)
            .with_context(|| format!("write {}", file.display()))?;
        // What lies in the course's own folder may be half a solution.
        let ours = format!("src/bin/{exercise}.rs");
        for arg in &mut args {
            if let Some(topic) = arg.strip_suffix(&ours) {
                *arg = format!("{topic}stubs/{exercise}.rs");
            }
        }
    }
    let status = Command::new(compiler)
        .args(args)
        .status()
        .with_context(|| format!("start {compiler}"))?;
    Ok(status
        .code()
        .and_then(|c| u8::try_from(c).ok())
        .unwrap_or(1))
}

/// Has Cargo build what every submission needs, offline. `target` is where it
/// keeps that for the next time; `work` gets what a submission may see.
pub fn prepare(
    material: &Material,
    target: &Path,
    work: &Path,
) -> Result<Tools> {
    let commands_folder = target.join("commands");
    let kept = |task: &Task| {
        commands_folder.join(format!("{}.json", task.exercise.name))
    };
    if !material.tasks.iter().all(|task| kept(task).is_file())
        && target.exists()
    {
        // Cargo would think that all is built.
        fs::remove_dir_all(target)
            .with_context(|| format!("remove {}", target.display()))?;
    }
    fs::create_dir_all(&commands_folder)
        .with_context(|| format!("make {}", commands_folder.display()))?;
    build_stubs(material, target, &commands_folder)?;

    let mut commands = BTreeMap::new();
    for task in &material.tasks {
        let file = kept(task);
        let text = fs::read_to_string(&file)
            .with_context(|| format!("read {}", file.display()))?;
        let name = task.exercise.name.to_owned();
        commands.insert(name, serde_json::from_str(&text)?);
    }
    let rustc = |args: &[&str]| -> Result<String> {
        let program = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
        let output = Command::new(program)
            .args(args)
            .current_dir(&material.top)
            .stderr(Stdio::inherit())
            .output()
            .context("start rustc")?;
        ensure!(output.status.success(), "rustc {args:?} failed");
        Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    };
    let from = target.join("debug/deps");
    let libraries = work.join("libraries");
    copy_libraries(&from, &libraries)?;
    Ok(Tools {
        toolchain: PathBuf::from(rustc(&["--print", "sysroot"])?),
        libraries,
        from: from.to_string_lossy().into_owned(),
        commands,
        version: rustc(&["--version"])?,
    })
}

fn build_stubs(
    material: &Material,
    target: &Path,
    commands: &Path,
) -> Result<()> {
    let own = env::current_exe().context("find this program's file")?;
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command
        .args(["build", "--offline", "--quiet", "--bins", "--target-dir"])
        .arg(target)
        .current_dir(&material.top)
        .env("RUSTC_WORKSPACE_WRAPPER", &own)
        .env("CARGO_INCREMENTAL", "0")
        .env(RECORD, commands)
        .env_remove("CARGO_MAKEFLAGS")
        .stdin(Stdio::null());
    let mut topics: Vec<_> = material
        .tasks
        .iter()
        .map(|task| task.exercise.topic)
        .collect();
    topics.dedup();
    for topic in topics {
        command.args(["-p", &format!("ex-{topic}")]);
    }
    let output = command.output().context("run cargo build")?;
    if !output.status.success() {
        bail!(
            "the exercises' stubs don't build here:\n{}\nBuild them once with \
             a network (`cargo fetch` in the course's folder) and try again",
            String::from_utf8_lossy(&output.stderr).trim_end()
        );
    }
    Ok(())
}

/// Links or copies the libraries that programs are built with.
fn copy_libraries(from: &Path, to: &Path) -> Result<()> {
    make_open_folder(to)?;
    let entries = fs::read_dir(from)
        .with_context(|| format!("read {}", from.display()))?;
    for entry in entries {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default();
        let library = path
            .extension()
            .is_some_and(|end| end == "rlib" || end == "rmeta");
        if library {
            fs::copy(&path, to.join(name))
                .with_context(|| format!("copy {}", path.display()))?;
        }
    }
    Ok(())
}

/// A folder that others may look into, whatever mask this process has.
pub fn make_open_folder(folder: &Path) -> Result<()> {
    let open = fs::Permissions::from_mode(0o755);
    fs::create_dir_all(folder)
        .and_then(|()| fs::set_permissions(folder, open))
        .with_context(|| format!("make {}", folder.display()))
}

/// Whether every user can go there.
fn is_open(path: &Path) -> bool {
    path.ancestors().all(|folder| {
        fs::metadata(folder)
            .is_ok_and(|meta| meta.permissions().mode() & 0o001 != 0)
    })
}

impl Tools {
    /// `rustc` as it is found on the machine.
    pub fn rustc(&self) -> PathBuf {
        self.toolchain.join("bin/rustc")
    }

    /// What the compiler reads, in a place of this level.
    pub fn reads(&self, level: Level) -> Vec<Seen> {
        vec![
            Place::shows(level, &self.toolchain, "/toolchain"),
            Place::shows(level, &self.libraries, "/libraries"),
        ]
    }

    /// Puts the toolchain where a user that owns nothing can go, if it is not
    /// (it lies in the home of root): by hard links, or as a copy.
    pub fn open_up(&mut self, work: &Path) -> Result<()> {
        if is_open(&self.toolchain) {
            return Ok(());
        }
        let open = work.join("toolchain");
        for part in ["bin", "lib"] {
            link_all(&self.toolchain.join(part), &open.join(part))?;
        }
        self.toolchain = open;
        Ok(())
    }

    /// Compiles a file of a submission. `folder` is empty and this program's
    /// own; the program is found in it afterwards.
    pub fn compile(
        &self,
        task: &Task,
        source: &[u8],
        folder: &Path,
        isolated: &Isolated,
        slot: usize,
    ) -> Result<Compiled> {
        let level = isolated.level;
        let users = isolated.users(slot);
        let name = task.exercise.name;
        let kept = self.commands.get(name).context("no command for it")?;
        let course = folder.join("course");
        let file = course.join(task.file());
        make_open_folder(file.parent().context("a folder")?)?;
        for part in task.file().ancestors() {
            make_open_folder(&course.join(part.parent().unwrap_or(part)))?;
        }
        fs::write(&file, source)
            .with_context(|| format!("write {}", file.display()))?;
        if let Some(users) = users {
            users.admit(&course)?;
        }
        let mut outputs = Vec::new();
        for which in ["out", "scratch"] {
            let path = folder.join(which);
            fs::create_dir(&path)
                .with_context(|| format!("make {}", path.display()))?;
            if let Some(users) = users {
                users.give(&path)?;
            }
            outputs.push(path);
        }
        let [out, scratch] = &outputs[..] else {
            bail!("two folders")
        };
        let course = Place::shows(level, &course, "/course");
        let out_seen = Place::shows(level, out, "/out");
        let mut reads = self.reads(level);
        let text = |path: &Path| path.to_string_lossy().into_owned();
        let program = out_seen.inside.join("program");
        let mut command = vec![text(&reads[0].inside.join("bin/rustc"))];
        let libraries = text(&reads[1].inside);
        let args = kept.args.iter().map(|a| a.replace(&self.from, &libraries));
        command.extend(without_outputs(args));
        command.extend([
            "--emit=link".to_owned(),
            "-o".to_owned(),
            text(&program),
            "--color=never".to_owned(),
            // Nobody debugs it: this is a third less to do, and a fifth of
            // the file. A panic tells its line all the same.
            "-Cdebuginfo=0".to_owned(),
            "-Cstrip=debuginfo".to_owned(),
            "-Ccodegen-units=1".to_owned(),
            // Where it compiles they are no news; where it does not, they
            // hide the mistake.
            "-Awarnings".to_owned(),
        ]);
        let mut environment = kept.environment.clone();
        let path = "/usr/local/bin:/usr/bin:/bin".to_owned();
        environment.push(("PATH".into(), path));
        let mut place = Place {
            level,
            users,
            reads: Vec::new(),
            writes: vec![out_seen],
            scratch: scratch.clone(),
            folder: course.inside.clone(),
            limits: isolated.limits(Limits::BUILD),
            command,
            environment,
        };
        environment_of(&mut place);
        reads.push(course);
        place.reads = reads;
        let said = run(&place, BUILD_LIMIT)?;
        let built = out.join("program");
        let ours = folder.join("program");
        // A link would be somebody else's file.
        let is_file =
            fs::symlink_metadata(&built).is_ok_and(|meta| meta.is_file());
        let program = if said.code == Some(0) && is_file {
            fs::rename(&built, &ours).context("take the program")?;
            if users.is_some() {
                nix::unistd::chown(
                    &ours,
                    Some(nix::unistd::geteuid()),
                    Some(nix::unistd::getegid()),
                )?;
            }
            fs::set_permissions(&ours, fs::Permissions::from_mode(0o755))?;
            Some(ours)
        } else {
            None
        };
        for path in [out, scratch, &folder.join("course")] {
            let _ = fs::remove_dir_all(path);
        }
        Ok(Compiled {
            message: if program.is_some() {
                String::new()
            } else {
                message(&said)
            },
            program,
            time: said.time,
        })
    }
}

/// What every program finds in its environment.
fn environment_of(place: &mut Place) {
    let scratch = place.scratch_within().to_string_lossy().into_owned();
    for key in ["TMPDIR", "HOME"] {
        place.environment.push((key.into(), scratch.clone()));
    }
}

/// A compiler's arguments without those that say where its outputs go and how
/// it talks.
fn without_outputs(args: impl Iterator<Item = String>) -> Vec<String> {
    let mut kept = Vec::new();
    let mut args = args;
    while let Some(arg) = args.next() {
        if arg == "--out-dir" {
            args.next();
        } else if !["--emit", "--error-format", "--json", "--diagnostic-width"]
            .iter()
            .any(|prefix| arg.starts_with(prefix))
        {
            kept.push(arg);
        }
    }
    kept
}

fn message(said: &Said) -> String {
    let text = match said.code {
        None => format!(
            "The compiler was ended after {BUILD_LIMIT:?}; it needs a second \
             for a program of this course."
        ),
        Some(_) if said.stderr.trim().is_empty() => {
            "The compiler was ended: it took more memory or more time than it \
             may."
                .to_owned()
        }
        Some(_) => said.stderr.clone(),
    };
    if text.len() <= MESSAGE {
        return text;
    }
    let mut end = MESSAGE;
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}\n… and more\n", &text[..end])
}

/// Makes hard links of all files of a folder in another one, or copies.
fn link_all(from: &Path, to: &Path) -> Result<()> {
    make_open_folder(to)?;
    let entries = fs::read_dir(from)
        .with_context(|| format!("read {}", from.display()))?;
    for entry in entries {
        let entry = entry?;
        let (path, new) = (entry.path(), to.join(entry.file_name()));
        let kind = entry.file_type()?;
        if kind.is_dir() {
            link_all(&path, &new)?;
        } else if kind.is_symlink() {
            std::os::unix::fs::symlink(fs::read_link(&path)?, &new)?;
        } else if fs::hard_link(&path, &new).is_err() {
            fs::copy(&path, &new)
                .with_context(|| format!("copy {}", path.display()))?;
        }
    }
    Ok(())
}
