//! The grading of a class, from the folder of submissions to the reports.

mod merge;
mod record;
mod signals;

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

use anyhow::{Context, Result, anyhow};

use crate::cli::Asked;
use crate::engine::{Engine, Question, Unit};
use crate::intake::{self, File, Found};
use crate::isolation::{self, Isolated, Level, Users, leave_nothing_of};
use crate::journal::{Done, Event, Journal, Key, Past, Program};
use crate::material::Material;
use crate::progress::Progress;
use crate::report::Visibility;
use crate::store::{self, Store};
use crate::tools::{self, Tools};
use crate::{
    Grade, Grader, Pack, Source, Status, Student, pack, report, roster,
};

/// Why grading did not do what it was asked for.
pub enum Trouble {
    /// It was asked in a way that nobody understands: exit code 2.
    Misused(String),
    /// It was understood, and something failed: exit code 1.
    Failed(anyhow::Error),
}

impl From<anyhow::Error> for Trouble {
    fn from(error: anyhow::Error) -> Trouble {
        Trouble::Failed(error)
    }
}

/// A submission, or a student of whom there is none.
pub struct Entry {
    name: String,
    /// Its folder in the results.
    folder: String,
    student: Option<Student>,
    /// Nothing was handed in.
    missing: bool,
    /// Why it can't be graded.
    fault: Option<String>,
    /// What it has of each exercise, by number; and the hash of what is to be
    /// graded.
    files: Vec<(Source, Option<String>)>,
    notes: Vec<String>,
}

/// What was asked about, in these results.
struct Class<'a> {
    asked: &'a Asked,
    material: &'a Material,
    store: &'a Store,
    journal: &'a Journal,
    entries: Vec<Entry>,
    started: String,
}

/// Grades a class; whether every submission has its marks.
pub fn grade(asked: &Asked) -> Result<bool, Trouble> {
    let stop: &'static AtomicBool = Box::leak(Box::default());
    signals::watch(stop, asked)?;
    let Some(submissions) = &asked.submissions else {
        return merge::merge(asked).map_err(Trouble::from);
    };
    if !submissions.is_dir() {
        return Err(Trouble::Misused(format!(
            "{} is not a folder; it should hold a folder or an archive for \
             each student",
            submissions.display()
        )));
    }
    let mut material = Material::find()?;
    material.select(&asked.exercises).map_err(|name| {
        Trouble::Misused(format!(
            "there is no exercise and no topic {name:?}; `cargo lab list` \
             shows them"
        ))
    })?;
    let students = match &asked.roster {
        Some(file) => roster::read(file)?,
        None => Vec::new(),
    };
    let found = intake::list(submissions)?;
    check_names(asked, &found)?;
    let store = Store::open(&asked.out)?;
    let (journal, past) = Journal::open(&store.out.join("journal.ndjson"))?;
    let class = Class {
        asked,
        material: &material,
        entries: entries(&found, &students, &material, &store, asked)?,
        store: &store,
        journal: &journal,
        started: now(),
    };
    class.rows()?;
    Ok(class.grade(past, stop)?)
}

/// A name that nobody has is a mistake to be told at once.
fn check_names(asked: &Asked, found: &[Found]) -> Result<(), Trouble> {
    let what = asked
        .regrade
        .iter()
        .filter(|r| !["failed", "all"].contains(&&***r));
    for name in asked.only.iter().chain(what) {
        if !found.iter().any(|known| known.name == *name) {
            return Err(Trouble::Misused(format!(
                "there is no submission {name:?}"
            )));
        }
    }
    Ok(())
}

/// Now, in UTC.
fn now() -> String {
    humantime::format_rfc3339_seconds(SystemTime::now()).to_string()
}

/// Everybody, in the order of their names.
fn entries(
    found: &[Found],
    students: &[Student],
    material: &Material,
    store: &Store,
    asked: &Asked,
) -> Result<Vec<Entry>> {
    let absent = students
        .iter()
        .filter(|student| !found.iter().any(|f| f.name == student.id));
    let names: Vec<String> = found
        .iter()
        .map(|f| f.name.clone())
        .chain(absent.clone().map(|student| student.id.clone()))
        .collect();
    let folders = store::safe_names(&names);
    let mut entries = Vec::new();
    for (found, folder) in found.iter().zip(&folders) {
        let student = students.iter().find(|s| s.id == found.name).cloned();
        let mut entry = Entry {
            name: found.name.clone(),
            folder: folder.clone(),
            missing: false,
            fault: None,
            files: Vec::new(),
            notes: Vec::new(),
            student,
        };
        if entry.student.is_none() && !students.is_empty() {
            entry.notes.push("it is not in the roster".into());
        }
        if asked.only.is_empty() || asked.only.contains(&entry.name) {
            entry.look_into(found, material, store)?;
        } else {
            entry.fault = Some("it was left out (--only)".into());
        }
        entries.push(entry);
    }
    for (student, folder) in absent.zip(&folders[found.len()..]) {
        entries.push(Entry {
            name: student.id.clone(),
            folder: folder.clone(),
            student: Some(student.clone()),
            missing: true,
            fault: None,
            files: Vec::new(),
            notes: Vec::new(),
        });
    }
    entries.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(entries)
}

impl Entry {
    /// Takes the files of a submission and keeps them beside the results.
    fn look_into(
        &mut self,
        found: &Found,
        material: &Material,
        store: &Store,
    ) -> Result<()> {
        let looked = std::panic::catch_unwind(|| intake::take(found, material));
        let mut taken = match looked {
            Ok(Ok(taken)) => taken,
            Ok(Err(error)) => {
                self.fault = Some(format!("{error:#}"));
                return Ok(());
            }
            Err(_) => {
                self.fault = Some("it can't be read".into());
                return Ok(());
            }
        };
        self.notes.append(&mut taken.notes);
        let folder = sources(store, &self.folder);
        if folder.exists() {
            fs::remove_dir_all(&folder)
                .with_context(|| format!("remove {}", folder.display()))?;
        }
        for task in &material.tasks {
            let file = taken.files.remove(task.exercise.name);
            let hash = file.as_ref().and_then(File::sha256);
            let source = match file {
                None => Source::Missing,
                Some(File::Refused(reason)) => Source::Refused { reason },
                Some(File::Taken(bytes)) => {
                    let path = folder.join(task.file());
                    store::keep_file(&path, &bytes)?;
                    if hash.as_deref() == Some(&*task.stub) {
                        Source::Untouched
                    } else {
                        Source::Taken {
                            sha256: hash.clone().unwrap_or_default(),
                            bytes: bytes.len() as u64,
                        }
                    }
                }
            };
            self.files.push((source, hash));
        }
        Ok(())
    }
}

/// Where a submission's files are kept.
fn sources(store: &Store, folder: &str) -> PathBuf {
    store.out.join("sources").join(folder)
}

impl Class<'_> {
    /// Everybody has a row before anything is run.
    fn rows(&self) -> Result<()> {
        for entry in &self.entries {
            if self.store.read(&entry.folder).is_none() {
                let row = record::row(entry, &self.started);
                self.store.keep(&entry.folder, &row)?;
            }
        }
        Ok(())
    }

    fn grade(&self, mut past: Past, stop: &AtomicBool) -> Result<bool> {
        let asked = self.asked;
        let target = target_folder()?;
        eprint_line("preparing the compiler");
        let work = Work::new(self.store)?;
        signals::remove_on_end(&work.path);
        let mut tools =
            tools::prepare(self.material, &target.join("stubs"), &work.path)?;
        let _users = if nix::unistd::geteuid().is_root() {
            Some(isolation::reserve()?)
        } else {
            None
        };
        let isolated = self.isolate(&mut tools, &work)?;
        let pack = match &asked.pack {
            Some(folder) => {
                eprint_line("building the pack");
                Some(pack::build(folder, self.material, &target)?)
            }
            None => None,
        };
        let seed = match (asked.seed, &past.seed) {
            (Some(seed), _) => seed,
            (None, Some(seed)) => u64::from_str_radix(seed, 16)?,
            (None, None) => fresh_seed(),
        };
        let identity = pack.as_ref().map(|built| built.pack.clone());
        let key = Key {
            seed: format!("{seed:x}"),
            checks: self.material.sha256.clone(),
            pack: identity.as_ref().map(|pack| pack.sha256.clone()),
            level: isolated.level.number(),
            toolchain: tools.version.clone(),
        };
        past.keep_only(&key);
        self.journal.tell(&Event::Run {
            at: self.started.clone(),
            key,
        })?;
        let questions = questions(self.material, pack);
        self.forget(&mut past.programs)?;

        let grading = Grading {
            class: self,
            isolated: &isolated,
            grader: grader(self.material, identity, &tools),
            seed,
            questions: &questions,
            programs: Mutex::new(past.programs),
            writing: Mutex::new(()),
        };
        let engine = Engine {
            material: self.material,
            tools: &tools,
            isolated: &isolated,
            work: &work.path,
            seed,
            questions: &questions,
            jobs: asked.jobs,
            stop,
        };
        grading.run(&engine)?;
        drop(work);
        if isolated.by_root && isolated.level == Level::Users {
            let users: Vec<Users> =
                (0..asked.jobs * 20).map(Users::of_slot).collect();
            let count = leave_nothing_of(&users);
            if count > 0 {
                eprint_line(&format!(
                    "removed {count} files that submissions left behind"
                ));
            }
        }
        self.report()
    }

    fn isolate(&self, tools: &mut Tools, work: &Work) -> Result<Isolated> {
        let asked = self.asked;
        let solutions = self.material.top.join("solutions");
        let mut secrets = vec![self.store.out.join("grades")];
        secrets.extend(asked.pack.clone());
        if solutions.is_dir() {
            secrets.push(solutions);
        }
        let secrets: Vec<&Path> = secrets.iter().map(|s| &**s).collect();
        let find = |level: Option<u8>, tools: &Tools| {
            let scratch = work.path.join("try");
            isolation::find(level, tools, &scratch, &secrets)
        };
        let isolated = match find(asked.isolation, tools) {
            Ok(isolated) if isolated.level >= Level::Namespaces => isolated,
            // Users that own nothing must reach the compiler.
            other if nix::unistd::geteuid().is_root() => {
                tools.open_up(&work.path)?;
                find(asked.isolation, tools).or(other)?
            }
            other => other?,
        };
        eprint_line(&format!(
            "isolation level {} ({})",
            isolated.level.number(),
            isolated.level.name()
        ));
        if !isolated.level.is_official() && !asked.accept_weak_isolation {
            return Err(anyhow!(
                "this machine gives only isolation level {} ({}), which is no \
                 protection against a program that means harm.\n{}\nGrade on a \
                 machine with namespaces or as root, or accept it with \
                 --accept-weak-isolation",
                isolated.level.number(),
                isolated.level.name(),
                isolated.details.join("\n")
            ));
        }
        Ok(isolated)
    }

    /// What is to be graded again, whatever came of it.
    fn forget(&self, programs: &mut BTreeMap<Program, Done>) -> Result<()> {
        let Some(what) = self.asked.regrade.as_deref() else {
            return Ok(());
        };
        let of_entry: Vec<Program> = self
            .entries
            .iter()
            .filter(|entry| entry.name == what)
            .flat_map(|entry| entry.programs(self.material))
            .map(|(_, program)| program)
            .collect();
        let forgotten: Vec<Program> = programs
            .iter()
            .filter(|(program, done)| match what {
                "all" => true,
                "failed" => !done.passed(),
                _ => of_entry.contains(program),
            })
            .map(|(program, _)| program.clone())
            .collect();
        for program in forgotten {
            programs.remove(&program);
            let (exercise, sha256) = program;
            self.journal.tell(&Event::Forgotten { exercise, sha256 })?;
        }
        Ok(())
    }

    /// Writes the reports of everybody; whether all have their marks.
    fn report(&self) -> Result<bool> {
        let mut grades = Vec::new();
        for entry in &self.entries {
            let grade = self.store.read(&entry.folder);
            let none = || record::row(entry, &self.started);
            grades.push(grade.unwrap_or_else(none));
        }
        let student = self.asked.hidden.unwrap_or(Visibility::STUDENT);
        report::write_all_for(&self.store.out, &grades, student)?;
        let open = grades
            .iter()
            .filter(|grade| matches!(grade.status, Status::NotGraded { .. }))
            .count();
        let missing = grades
            .iter()
            .filter(|grade| grade.status == Status::Missing)
            .count();
        let marked = grades.len() - open - missing;
        eprint_line(&format!(
            "{marked} graded, {missing} missing, {open} not graded; see {}",
            self.store.out.display()
        ));
        let wanted = |grade: &&Grade| {
            let only = &self.asked.only;
            only.is_empty() || only.contains(&grade.submission)
        };
        Ok(grades
            .iter()
            .filter(wanted)
            .all(|grade| !matches!(grade.status, Status::NotGraded { .. })))
    }
}

impl Done {
    /// Whether every check has passed.
    fn passed(&self) -> bool {
        self.checks
            .iter()
            .all(|check| check.outcome.verdict == course::Verdict::Passed)
    }
}

impl Entry {
    /// The programs of a submission, with the numbers of their exercises.
    fn programs(
        &self,
        material: &Material,
    ) -> impl Iterator<Item = (usize, Program)> {
        let files = self.files.iter().zip(&material.tasks).enumerate();
        files.filter_map(|(at, ((_, hash), task))| {
            let hash = hash.clone()?;
            Some((at, (task.exercise.name.to_owned(), hash)))
        })
    }
}

/// One run over all programs.
struct Grading<'a> {
    class: &'a Class<'a>,
    isolated: &'a Isolated,
    grader: Grader,
    seed: u64,
    questions: &'a [Vec<Question>],
    programs: Mutex<BTreeMap<Program, Done>>,
    /// One record is written at a time: its last two programs may be done at
    /// once.
    writing: Mutex<()>,
}

impl Grading<'_> {
    fn run(&self, engine: &Engine<'_>) -> Result<()> {
        let programs =
            || self.programs.lock().unwrap_or_else(PoisonError::into_inner);
        let class = self.class;
        let mut units: BTreeMap<Program, Unit> = BTreeMap::new();
        let mut order = Vec::new();
        // Who hands it in.
        let mut whose: BTreeMap<Program, Vec<usize>> = BTreeMap::new();
        for (at, entry) in class.entries.iter().enumerate() {
            for (task, program) in entry.programs(class.material) {
                whose.entry(program.clone()).or_default().push(at);
                if units.contains_key(&program) {
                    continue;
                }
                let file = class.material.tasks[task].file();
                let unit = Unit {
                    task,
                    sha256: program.1.clone(),
                    source: sources(class.store, &entry.folder).join(file),
                };
                units.insert(program.clone(), unit);
                order.push(program);
            }
        }
        let new: Vec<Unit> = order
            .iter()
            .filter(|program| !programs().contains_key(*program))
            .filter_map(|program| units.get(program).cloned())
            .collect();
        // Whoever has all that is needed gets the record now.
        for at in 0..class.entries.len() {
            self.finish(at)?;
        }
        let progress = Progress::new(new.len());
        let fault = Mutex::new(None);
        let told = |unit: &Unit, done: Result<Done>| {
            let result = self.keep(unit, done).and_then(|program| {
                for &at in whose.get(&program).into_iter().flatten() {
                    self.finish(at)?;
                }
                Ok(())
            });
            if let Err(error) = result {
                fault
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .get_or_insert(error);
                engine.stop.store(true, Ordering::Relaxed);
            }
        };
        engine.grade(&new, &|unit, done| {
            told(unit, done);
            progress.step();
        });
        progress.wipe();
        let again: Vec<(Unit, Done)> = order
            .iter()
            .filter_map(|program| {
                let done = programs().get(program)?.clone();
                let unit = units.get(program)?.clone();
                (!done.again.is_empty()).then_some((unit, done))
            })
            .collect();
        if !again.is_empty() && !engine.stop.load(Ordering::Relaxed) {
            let checks: usize =
                again.iter().map(|(_, done)| done.again.len()).sum();
            let what = match checks {
                1 => "1 check that ran into a deadline is repeated".to_owned(),
                _ => format!(
                    "{checks} checks that ran into a deadline are repeated"
                ),
            };
            progress.say(&format!("{what}, with nothing else at work"));
            engine.repeat(&again, &told);
        }
        match fault.into_inner().unwrap_or_else(PoisonError::into_inner) {
            Some(error) => Err(error),
            None => Ok(()),
        }
    }

    /// Keeps what came of a program.
    fn keep(&self, unit: &Unit, done: Result<Done>) -> Result<Program> {
        let task = &self.class.material.tasks[unit.task];
        let exercise = task.exercise.name.to_owned();
        let program = (exercise.clone(), unit.sha256.clone());
        let done = match done {
            Ok(done) => done,
            // The grader's own fault: told, and tried again by the next run.
            Err(error) => record::not_built(
                &self.questions[unit.task],
                &format!("{error:#}"),
                self.isolated.level,
                self.seed,
            ),
        };
        self.class.journal.tell(&Event::Program {
            exercise,
            sha256: unit.sha256.clone(),
            done: Box::new(done.clone()),
        })?;
        let mut programs =
            self.programs.lock().unwrap_or_else(PoisonError::into_inner);
        programs.insert(program.clone(), done);
        Ok(program)
    }

    /// Writes the record of a submission, if all of it has been graded.
    fn finish(&self, at: usize) -> Result<()> {
        let class = self.class;
        let entry = &class.entries[at];
        let old = || class.store.read(&entry.folder);
        if entry.missing || entry.fault.is_some() {
            let left_out = !class.asked.only.is_empty()
                && !class.asked.only.contains(&entry.name);
            if !(left_out && old().is_some()) {
                let row = record::row(entry, &class.started);
                class.store.keep(&entry.folder, &row)?;
            }
            return Ok(());
        }
        let programs =
            self.programs.lock().unwrap_or_else(PoisonError::into_inner);
        let mut results = Vec::new();
        for (task, program) in entry.programs(class.material) {
            match programs.get(&program) {
                Some(done) if done.again.is_empty() => {
                    results.push((task, done.clone()));
                }
                _ => return Ok(()),
            }
        }
        drop(programs);
        let grade = record::grade(
            entry,
            &results,
            class.material,
            &record::Circumstances {
                isolated: self.isolated,
                grader: &self.grader,
                seed: self.seed,
                started: &class.started,
                questions: self.questions,
            },
        );
        let _alone = self.writing.lock();
        if old().is_some_and(|old| record::same(&old, &grade)) {
            return Ok(());
        }
        class.store.keep(&entry.folder, &grade)?;
        class.journal.tell(&Event::Graded {
            submission: entry.name.clone(),
            points: grade.points(),
        })
    }
}

fn questions(
    material: &Material,
    pack: Option<pack::Built>,
) -> Vec<Vec<Question>> {
    let own = std::env::current_exe().unwrap_or_default();
    let mut hidden = pack.map_or_else(Vec::new, |pack| pack.questions);
    material
        .tasks
        .iter()
        .map(|task| {
            let mut questions: Vec<Question> = task
                .asked()
                .map(|asked| Question {
                    asked,
                    judge: own.clone(),
                    hidden: false,
                })
                .collect();
            let public = questions.len();
            let mine = hidden
                .extract_if(.., |q| q.asked.exercise == task.exercise.name);
            questions.extend(mine);
            for question in &mut questions[public..] {
                question.asked.place += public;
            }
            questions
        })
        .collect()
}

fn grader(material: &Material, pack: Option<Pack>, tools: &Tools) -> Grader {
    let system = nix::sys::utsname::uname().map_or_else(
        |_| String::new(),
        |name| {
            let parts = [name.sysname(), name.release(), name.machine()];
            parts.map(|part| part.to_string_lossy()).join(" ")
        },
    );
    Grader {
        version: env!("CARGO_PKG_VERSION").into(),
        checks: material.sha256.clone(),
        pack,
        toolchain: tools.version.clone(),
        system,
    }
}

/// Where Cargo's part of the work is kept for the next time: beside what it
/// has built of ours.
fn target_folder() -> Result<PathBuf> {
    let own = std::env::current_exe().context("find this program's file")?;
    let profile = own.parent().context("a folder")?;
    // Tests lie one deeper.
    let profile = if profile.ends_with("deps") {
        profile.parent().context("a folder")?
    } else {
        profile
    };
    Ok(profile.parent().context("a folder")?.join("grade"))
}

/// A folder for what is needed while grading, and for nothing longer.
struct Work {
    path: PathBuf,
}

impl Work {
    /// Not in the results: those are for nobody else's eyes, and this is for
    /// users that own nothing.
    fn new(store: &Store) -> Result<Work> {
        let name = store.out.to_string_lossy().into_owned();
        let hash = crate::material::sha256(name.as_bytes());
        let path = std::env::temp_dir().join(format!("grade-{}", &hash[..16]));
        // Of a run that was killed.
        match fs::symlink_metadata(&path) {
            Ok(meta) if meta.is_dir() => fs::remove_dir_all(&path),
            Ok(_) => fs::remove_file(&path),
            Err(_) => Ok(()),
        }
        .with_context(|| format!("remove {}", path.display()))?;
        fs::create_dir(&path)
            .and_then(|()| {
                let others_pass = fs::Permissions::from_mode(0o711);
                fs::set_permissions(&path, others_pass)
            })
            .with_context(|| format!("make {}", path.display()))?;
        Ok(Work { path })
    }
}

impl Drop for Work {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.path);
    }
}

fn fresh_seed() -> u64 {
    use std::hash::{BuildHasher, RandomState};
    RandomState::new().hash_one(std::process::id())
}

/// A line for whoever waits.
fn eprint_line(text: &str) {
    use std::io::Write;
    let _ = writeln!(std::io::stderr(), "{text}");
}
