//! A class of hostile and innocent submissions, made and graded.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::Write;
use std::net::TcpListener;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use grade::Grade;
use nix::unistd::{geteuid, mkdtemp};
use testkit::{Program, machine};

use crate::{runs, top};

/// Stands in the pack and in nothing else.
pub(crate) const SECRET: &str = "the-secret-of-the-pack";

/// How long a class may take.
const PATIENCE: Duration = Duration::from_secs(300);

/// No check takes longer, with its grace.
const LONGEST_CHECK: Duration = Duration::from_secs(95);

/// Who grades, and at which level.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum How {
    Root3,
    Root2,
    /// An ordinary user: where root runs the tests, one of a user namespace.
    User3,
    User1,
}

impl How {
    pub(crate) fn level(self) -> u8 {
        match self {
            How::Root3 | How::User3 => 3,
            How::Root2 => 2,
            How::User1 => 1,
        }
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            How::Root3 => "root_level_3",
            How::Root2 => "root_level_2",
            How::User3 => "user_level_3",
            How::User1 => "user_level_1",
        }
    }

    fn by_root(self) -> bool {
        matches!(self, How::Root3 | How::Root2)
    }

    /// Why this machine can't do it.
    pub(crate) fn lacks(self) -> Option<String> {
        if let Some(why) = machine::lacks("linux") {
            return Some(why);
        }
        if self.by_root() {
            let mount = ["--mount", "--net", "--pid", "--fork", "true"];
            if !geteuid().is_root() {
                return Some("needs root".into());
            }
            return (self == How::Root3 && !runs("unshare", &mount))
                .then(|| "needs root's namespaces".into());
        }
        let (command, args) = ordinary_user();
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        (!runs(command, &[&args[..], &["true"]].concat()))
            .then(|| "needs a user and a process namespace".into())
    }
}

/// A command that runs another one as an ordinary user, in a process namespace
/// so that whatever gets loose kills nobody else.
fn ordinary_user() -> (&'static str, Vec<String>) {
    let id = if geteuid().is_root() {
        1000
    } else {
        geteuid().as_raw()
    };
    let args = [
        "--user",
        &format!("--map-user={id}"),
        &format!("--map-group={id}"),
        "--pid",
        "--fork",
        "--mount-proc",
        "--kill-child",
    ];
    ("unshare", args.map(str::to_owned).to_vec())
}

/// What came of a class.
pub(crate) struct Graded {
    pub(crate) how: How,
    /// How many submissions there were.
    pub(crate) count: usize,
    pub(crate) grades: Vec<Grade>,
    /// Names, and the points that they deserve.
    pub(crate) hostile: BTreeMap<String, String>,
    pub(crate) innocent: Vec<String>,
    /// Processes that are left.
    pub(crate) left: Vec<String>,
    /// Files that are left.
    pub(crate) files: Vec<PathBuf>,
    /// Connections that came to a listener outside.
    pub(crate) visits: usize,
    pub(crate) journal: String,
    /// What the grader printed.
    pub(crate) said: String,
}

impl Graded {
    pub(crate) fn find(&self, name: &str) -> Result<&Grade> {
        let found = self.grades.iter().find(|grade| grade.submission == name);
        found.with_context(|| format!("no record of {name}"))
    }

    /// What an exercise is worth.
    pub(crate) fn of(&self, exercise: &str) -> Result<u32> {
        let exercises = &self.grades.first().context("a grade")?.exercises;
        let found = exercises.iter().find(|e| e.name == exercise);
        Ok(found.context("an exercise")?.of())
    }
}

/// The folders of a class.
pub(crate) struct Class {
    folder: PathBuf,
    mark: String,
    port: u16,
}

impl Drop for Class {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

impl Class {
    pub(crate) fn grade(how: How) -> Result<Graded> {
        let folder = mkdtemp(&std::env::temp_dir().join("attacks-XXXXXX"))?;
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o755))?;
        // Nobody accepts: whoever connects waits in the queue.
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let class = Class {
            mark: format!("hx{}", folder_mark(&folder)),
            folder,
            port: listener.local_addr()?.port(),
        };
        let hostile = class.hand_in(how)?;
        let innocent = class.innocent()?;
        let out = class.folder.join("out");
        let submissions = class.folder.join("submissions");
        let count = fs::read_dir(&submissions)?.count();

        let mut args: Vec<String> = Vec::new();
        let program = if how.by_root() {
            env!("CARGO_BIN_EXE_grade")
        } else {
            let (program, before) = ordinary_user();
            args.extend(before);
            args.push(env!("CARGO_BIN_EXE_grade").to_owned());
            program
        };
        let text = |path: &Path| path.to_string_lossy().into_owned();
        args.extend([
            text(&submissions),
            "--out".into(),
            text(&out),
            "--pack".into(),
            text(&class.folder.join("pack")),
            "--isolation".into(),
            how.level().to_string(),
            "--accept-weak-isolation".into(),
        ]);
        let mut command = Command::new(program);
        command.args(&args).stdin(Stdio::null());
        for name in ["HOME", "CARGO_HOME", "RUSTUP_HOME", "CARGO"] {
            if let Some(value) = std::env::var_os(name) {
                command.env(name, value);
            }
        }
        let ended =
            Program::start_as(program, command)?.end_within(PATIENCE)?;
        ensure!(
            ended.code() == Some(0),
            "grade ended with {}: {}",
            ended.status,
            ended.stderr
        );
        let mut grades = Vec::new();
        for entry in fs::read_dir(out.join("grades"))? {
            let text = fs::read(entry?.path().join("grade.json"))?;
            grades.push(serde_json::from_slice(&text)?);
        }
        listener.set_nonblocking(true)?;
        let visits = std::iter::from_fn(|| listener.accept().ok()).count();
        Ok(Graded {
            how,
            count,
            grades,
            hostile,
            innocent,
            left: class.processes(how),
            files: class.files(),
            visits,
            journal: fs::read_to_string(out.join("journal.ndjson"))?,
            said: ended.stdout + &ended.stderr,
        })
    }

    /// A submission's only file.
    fn put(&self, name: impl AsRef<OsStr>, text: &[u8]) -> Result<PathBuf> {
        let folder = self
            .folder
            .join("submissions")
            .join(name.as_ref())
            .join("exercises/03-accept/src/bin");
        fs::create_dir_all(&folder)?;
        let file = folder.join("greeter.rs");
        fs::write(&file, text)?;
        Ok(file)
    }

    /// The hostile submissions, and what they deserve.
    fn hand_in(&self, how: How) -> Result<BTreeMap<String, String>> {
        let outside = self.folder.join("outside");
        fs::create_dir(&outside)?;
        fs::set_permissions(&outside, fs::Permissions::from_mode(0o777))?;
        self.pack()?;
        let mut deserved = BTreeMap::new();
        let folder =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/hostile");
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            let name = path.file_stem().context("a name")?.to_string_lossy();
            // The kernel never limits root's processes, and root it is, outside
            // of its user namespace, who plays the ordinary user.
            let played = !how.by_root() && geteuid().is_root();
            if played && name == "forks_for_ever" {
                continue;
            }
            let text = fs::read_to_string(&path)?;
            ensure!(text.starts_with("//! Tries: "), "{name}: no //! Tries:");
            let points = text
                .lines()
                .find_map(|line| line.strip_prefix("//! Points: "))
                .unwrap_or("0");
            deserved.insert(name.clone().into_owned(), points.to_owned());
            self.put(&*name, self.filled_in(&text).as_bytes())?;
        }
        self.files_that_are_none()?;
        self.archives()?;
        for name in [
            "a link to the solution",
            "a file that is a folder",
            "a large file",
            "a zip with a link",
            "a zip that leads out",
            "a tar with a hard link",
            "a bomb",
            "no archive at all",
        ] {
            if name != "no archive at all" {
                deserved.insert(name.into(), "0".into());
            }
        }
        Ok(deserved)
    }

    fn filled_in(&self, text: &str) -> String {
        let path =
            |name: &str| self.folder.join(name).to_string_lossy().into_owned();
        text.replace("@MARK@", &self.mark)
            .replace("@OUT@", &path("out"))
            .replace("@PACK@", &path("pack"))
            .replace("@OUTSIDE@", &path("outside"))
            .replace("@PORT@", &self.port.to_string())
            .replace("@TOP@", &top().to_string_lossy())
    }

    /// Hidden checks, as an instructor keeps them.
    fn pack(&self) -> Result<()> {
        let pack = self.folder.join("pack");
        fs::create_dir_all(pack.join("checks"))?;
        fs::write(pack.join("pack.toml"), PACK)?;
        let check = CHECK.replace("@SECRET@", SECRET);
        fs::write(pack.join("checks/greeter.rs"), check)?;
        fs::set_permissions(&pack, fs::Permissions::from_mode(0o700))?;
        Ok(())
    }

    fn files_that_are_none(&self) -> Result<()> {
        let right = right()?;
        let file = self.put("a link to the solution", b"")?;
        fs::remove_file(&file)?;
        symlink(solution(), &file)?;
        let file = self.put("a file that is a folder", b"")?;
        fs::remove_file(&file)?;
        fs::create_dir(&file)?;
        let mut large = right.clone();
        large.resize(300 << 10, b'\n');
        self.put("a large file", &large)?;
        Ok(())
    }

    fn archives(&self) -> Result<()> {
        use zip::write::SimpleFileOptions;

        const FILE: &str = "exercises/03-accept/src/bin/greeter.rs";
        let path = |name: &str| self.folder.join("submissions").join(name);
        let right = right()?;

        let mut zip =
            zip::ZipWriter::new(File::create(path("a zip with a link.zip"))?);
        let target = solution().to_string_lossy().into_owned();
        zip.add_symlink(FILE, target, SimpleFileOptions::default())?;
        zip.finish()?;

        let mut zip = zip::ZipWriter::new(File::create(path(
            "a zip that leads out.zip",
        ))?);
        let name = format!("../../{FILE}");
        zip.start_file(name, SimpleFileOptions::default())?;
        zip.write_all(&right)?;
        zip.finish()?;

        let mut zip = zip::ZipWriter::new(File::create(path("a bomb.zip"))?);
        zip.start_file(FILE, SimpleFileOptions::default())?;
        for _ in 0..64 {
            zip.write_all(&vec![b' '; 1 << 20])?;
        }
        zip.finish()?;

        let mut zip = zip::ZipWriter::new(File::create(path("in a zip.zip"))?);
        zip.start_file(FILE, SimpleFileOptions::default())?;
        zip.write_all(&right)?;
        zip.finish()?;

        let mut tar = tar::Builder::new(File::create(path(
            "a tar with a hard link.tar",
        ))?);
        let mut header = tar::Header::new_gnu();
        header.set_entry_type(tar::EntryType::Link);
        header.set_size(0);
        tar.append_link(&mut header, FILE, solution())?;
        tar.finish()?;

        let file = File::create(path("in a tar.tar.gz"))?;
        let level = flate2::Compression::default();
        let mut tar =
            tar::Builder::new(flate2::write::GzEncoder::new(file, level));
        let mut header = tar::Header::new_gnu();
        header.set_size(right.len() as u64);
        tar.append_data(&mut header, format!("work/{FILE}"), &right[..])?;
        tar.into_inner()?.finish()?;
        Ok(())
    }

    /// Right programs, some under names that are somebody's code.
    fn innocent(&self) -> Result<Vec<String>> {
        let right = right()?;
        let mut names = vec!["in a zip".to_owned(), "in a tar".to_owned()];
        for name in ["innocent", "=1+1", "<b>bold", "x\x1b[31mred", "\u{202e}x"]
        {
            // No two are equal: each is built and checked by itself.
            let mut text = right.clone();
            text.extend(format!("// {}\n", names.len()).as_bytes());
            self.put(name, &text)?;
            names.push(name.to_owned());
        }
        let bytes: &OsStr = OsStr::from_bytes(b"no\xfftext");
        self.put(bytes, &right)?;
        names.push("no\u{fffd}text".to_owned());

        // Files that nobody may hand in, beside one that they may.
        self.put("a build script", &right)?;
        names.push("a build script".to_owned());
        let folder = self
            .folder
            .join("submissions/a build script/exercises/03-accept");
        let script = "fn main() { std::fs::write(\"@OUTSIDE@/@MARK@-built\", \
                      \"x\").unwrap(); }";
        fs::write(folder.join("build.rs"), self.filled_in(script))?;
        fs::write(folder.join("Cargo.toml"), "[package]\nname = 1\n")?;
        fs::create_dir_all(folder.join(".cargo"))?;
        fs::write(
            folder.join(".cargo/config.toml"),
            "[build]\nrustc = \"/bin/false\"\n",
        )?;

        // All exercises of one topic.
        let name = "innocent of the whole topic";
        let folder = self.folder.join("submissions").join(name);
        fs::create_dir_all(&folder)?;
        for exercise in ["greeter", "dropped"] {
            let file = top().join("solutions/03-accept/src/bin").join(exercise);
            let text = fs::read(file.with_extension("rs"))?;
            fs::write(folder.join(format!("{exercise}.rs")), text)?;
        }
        names.push(name.to_owned());
        Ok(names)
    }

    /// Processes that submissions have left: what was there at once and does
    /// not go, as those of another grader do.
    fn processes(&self, how: How) -> Vec<String> {
        let until = Instant::now() + LONGEST_CHECK;
        let mut left = self.processes_now(how);
        while !left.is_empty() && Instant::now() < until {
            let _ = nix::poll::poll(&mut [], 100_u8);
            let now = self.processes_now(how);
            left.retain(|one| now.contains(one));
        }
        left
    }

    fn processes_now(&self, how: How) -> Vec<String> {
        let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
        entries
            .filter_map(|entry| {
                let status = entry.path().join("status");
                let status = fs::read_to_string(status).ok()?;
                let field = |name: &str| {
                    let line = status.lines().find(|l| l.starts_with(name));
                    line.unwrap_or_default().to_owned()
                };
                let name = field("Name:");
                let user: u32 =
                    field("Uid:").split_whitespace().nth(1)?.parse().ok()?;
                let spare = how.by_root() && (50_000..60_000).contains(&user);
                (name.contains(&self.mark) || spare).then(|| {
                    let path = entry.path();
                    format!("{name} ({}, user {user})", path.display())
                })
            })
            .collect()
    }

    /// Files that submissions have left, in the folders that they know.
    fn files(&self) -> Vec<PathBuf> {
        let mut found = Vec::new();
        let mut open: Vec<PathBuf> = ["outside", "out", "pack", "submissions"]
            .iter()
            .map(|name| self.folder.join(name))
            .collect();
        for folder in ["/tmp", "/var/tmp", "/dev/shm", "/"] {
            let entries = fs::read_dir(folder).into_iter().flatten().flatten();
            found.extend(
                entries
                    .map(|entry| entry.path())
                    .filter(|path| path.to_string_lossy().contains(&self.mark)),
            );
        }
        while let Some(folder) = open.pop() {
            for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
                let path = entry.path();
                if path.to_string_lossy().contains(&self.mark) {
                    found.push(path);
                } else if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                    open.push(path);
                }
            }
        }
        found
    }
}

/// A name that no other run has, short enough for a process.
fn folder_mark(folder: &Path) -> String {
    let name = folder.to_string_lossy();
    let end: String = name.chars().rev().take(6).collect();
    end.chars().rev().collect()
}

fn solution() -> PathBuf {
    top().join("solutions/03-accept/src/bin/greeter.rs")
}

fn right() -> Result<Vec<u8>> {
    Ok(fs::read(solution())?)
}

const PACK: &str = r#"[[exercise]]
name = "greeter"
kind = "make"
minutes = [1, 2]
page = "03-accept/accept.md"
hints = []

[exercise.points]
the_second_client_is_greeted_too = 2
"#;

const CHECK: &str = r#"//! A hidden check: @SECRET@.

use anyhow::Result;
use testkit::grade::{Attempt, Check, Exercise, args};

pub(crate) static EXERCISE: Exercise = Exercise {
    name: "greeter",
    topic: "03-accept",
    manifest: include_str!("../pack.toml"),
    checks: &[Check {
        name: "the_second_client_is_greeted_too",
        why: "every client is greeted",
        run: the_second_client_is_greeted_too,
    }],
};

fn the_second_client_is_greeted_too(a: &mut Attempt) -> Result<()> {
    let server = a.server(args(&[]))?;
    let mut first = a.connects("client A", server.address)?;
    let mut second = a.connects("client B", server.address)?;
    a.hears_line(&mut first, "you are client 1")?;
    a.hears_line(&mut second, "you are client 2")
}
"#;
