//! Builds programs and runs their checks: as many builds at once as there are
//! processors, and many more checks, since these wait more than they work.

use std::collections::VecDeque;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use anyhow::{Context, Result};
use course::{Outcome, Verdict};
use testkit::DEADLINE;
use testkit::grade::{Asked, Confined, Target, confined};

use crate::isolation::{Isolated, Level, Limits, Place};
use crate::journal::Done;
use crate::material::Material;
use crate::tools::{Compiled, Tools, make_open_folder};
use crate::{Build, CheckGrade};

/// How many checks run at once for each processor.
const AT_ONCE: usize = 16;

/// How many do so when nothing else is at work, and a deadline is to be met
/// by a machine that has little to do.
const AT_ONCE_ALONE: usize = 8;

/// How many programs are built before their checks are repeated.
const BATCH: usize = 16;

/// A check of an exercise, and who runs it.
#[derive(Debug, Clone)]
pub struct Question {
    /// What it asks.
    pub asked: Asked,
    /// The program that runs it.
    pub judge: PathBuf,
    /// From the instructor's pack.
    pub hidden: bool,
}

/// A program to be graded.
#[derive(Debug, Clone)]
pub struct Unit {
    /// Its exercise, by number.
    pub task: usize,
    /// SHA-256 of its file.
    pub sha256: String,
    /// The file.
    pub source: PathBuf,
}

/// Everything that grading a program takes.
pub struct Engine<'a> {
    /// The course.
    pub material: &'a Material,
    /// The compiler.
    pub tools: &'a Tools,
    /// How programs are kept apart.
    pub isolated: &'a Isolated,
    /// For programs that have been built, and scratch folders.
    pub work: &'a Path,
    /// Where the inputs come from.
    pub seed: u64,
    /// The checks of each exercise, by its number.
    pub questions: &'a [Vec<Question>],
    /// How many builds run at once.
    pub jobs: usize,
    /// Set where everything is to end.
    pub stop: &'a AtomicBool,
}

/// What becomes of a program as soon as it is graded.
pub type Told<'a> = dyn Fn(&Unit, Result<Done>) + Sync + 'a;

/// A program that is there, with what its checks have said so far.
struct Built {
    unit: Unit,
    program: PathBuf,
    folder: PathBuf,
    compiled: Compiled,
    /// Which checks to run.
    which: Vec<usize>,
    outcomes: Mutex<Vec<Option<Outcome>>>,
    left: AtomicUsize,
}

/// Checks that wait for their turn.
#[derive(Default)]
struct Queue {
    state: Mutex<Waiting>,
    changed: Condvar,
}

#[derive(Default)]
struct Waiting {
    checks: VecDeque<(Arc<Built>, usize)>,
    closed: bool,
}

impl Queue {
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait<'a>(
        &self,
        state: MutexGuard<'a, Waiting>,
    ) -> MutexGuard<'a, Waiting> {
        self.changed
            .wait(state)
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds checks as soon as fewer than `most` wait.
    fn push(&self, built: &Arc<Built>, most: usize) {
        let mut state = self.lock();
        while state.checks.len() > most {
            state = self.wait(state);
        }
        for &check in &built.which {
            state.checks.push_back((Arc::clone(built), check));
        }
        drop(state);
        self.changed.notify_all();
    }

    fn pop(&self) -> Option<(Arc<Built>, usize)> {
        let mut state = self.lock();
        loop {
            if let Some(next) = state.checks.pop_front() {
                drop(state);
                self.changed.notify_all();
                return Some(next);
            }
            if state.closed {
                return None;
            }
            state = self.wait(state);
        }
    }

    fn close(&self) {
        self.lock().closed = true;
        self.changed.notify_all();
    }
}

impl Engine<'_> {
    /// Grades programs; `told` hears of each as soon as it is done.
    pub fn grade(&self, units: &[Unit], told: &Told<'_>) {
        let checkers = self.jobs * AT_ONCE;
        let queue = Queue::default();
        let next = AtomicUsize::new(0);
        thread::scope(|scope| {
            let mut builders = Vec::new();
            for slot in 0..self.jobs {
                let (queue, next) = (&queue, &next);
                builders.push(scope.spawn(move || {
                    while let Some(unit) =
                        units.get(next.fetch_add(1, Ordering::Relaxed))
                    {
                        if self.stopped() {
                            break;
                        }
                        let all = 0..self.questions[unit.task].len();
                        match self.build(unit, slot, all.collect()) {
                            Ok(Ok(built)) => queue.push(&built, checkers),
                            Ok(Err(failed)) => told(unit, Ok(failed)),
                            Err(error) => told(unit, Err(error)),
                        }
                    }
                }));
            }
            for slot in 0..checkers {
                let queue = &queue;
                scope.spawn(move || self.check(queue, self.jobs + slot, told));
            }
            for builder in builders {
                let _ = builder.join();
            }
            queue.close();
        });
    }

    /// Repeats the checks of programs that are marked for it, when nothing
    /// else is at work.
    pub fn repeat(&self, units: &[(Unit, Done)], told: &Told<'_>) {
        for batch in units.chunks(BATCH) {
            if self.stopped() {
                return;
            }
            let next = AtomicUsize::new(0);
            let ready = Mutex::new(Vec::new());
            thread::scope(|scope| {
                for slot in 0..self.jobs {
                    let (next, ready) = (&next, &ready);
                    scope.spawn(move || {
                        while let Some((unit, done)) =
                            batch.get(next.fetch_add(1, Ordering::Relaxed))
                        {
                            let again = done.again.clone();
                            match self.build(unit, slot, again) {
                                Ok(Ok(built)) => lock(ready).push(built),
                                Ok(Err(failed)) => told(unit, Ok(failed)),
                                Err(error) => told(unit, Err(error)),
                            }
                        }
                    });
                }
            });
            let ready = lock(&ready);
            let queue = Queue::default();
            for built in ready.iter() {
                queue.push(built, usize::MAX);
            }
            queue.close();
            let tell = |unit: &Unit, done: Result<Done>| {
                let first = batch.iter().find(|(known, _)| {
                    (known.task, &known.sha256) == (unit.task, &unit.sha256)
                });
                let done = done.map(|again| match first {
                    Some((_, first)) => merged(first, &again),
                    None => again,
                });
                told(unit, done);
            };
            thread::scope(|scope| {
                for slot in 0..self.jobs * AT_ONCE_ALONE {
                    let (queue, tell) = (&queue, &tell);
                    scope.spawn(move || {
                        self.check(queue, self.jobs + slot, tell);
                    });
                }
            });
        }
    }

    fn stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    /// Builds a program. What does not compile is done.
    fn build(
        &self,
        unit: &Unit,
        slot: usize,
        which: Vec<usize>,
    ) -> Result<Result<Arc<Built>, Done>> {
        let task = &self.material.tasks[unit.task];
        let source = fs::read(&unit.source)
            .with_context(|| format!("read {}", unit.source.display()))?;
        let name = format!("{}-{}", task.exercise.name, &unit.sha256[..16]);
        let folder = self.work.join(name);
        let _ = fs::remove_dir_all(&folder);
        make_open_folder(&folder)?;
        let compiled =
            self.tools
                .compile(task, &source, &folder, self.isolated, slot)?;
        let questions = &self.questions[unit.task];
        let Some(program) = compiled.program.clone() else {
            let _ = fs::remove_dir_all(&folder);
            let reason = "the program does not compile";
            let checks = questions.iter().map(|question| {
                unasked(question, reason, self.isolated.level, self.seed)
            });
            return Ok(Err(Done {
                build_milliseconds: milliseconds(&compiled),
                build: Build::Failed {
                    message: compiled.message,
                },
                checks: checks.collect(),
                again: Vec::new(),
                notes: Vec::new(),
            }));
        };
        Ok(Ok(Arc::new(Built {
            unit: unit.clone(),
            program,
            folder,
            compiled,
            left: AtomicUsize::new(which.len()),
            which,
            outcomes: Mutex::new(vec![None; questions.len()]),
        })))
    }

    fn check(&self, queue: &Queue, slot: usize, told: &Told<'_>) {
        while let Some((built, at)) = queue.pop() {
            if self.stopped() {
                continue;
            }
            let question = &self.questions[built.unit.task][at];
            let outcome = self.run(question, &built.program, slot);
            lock(&built.outcomes)[at] = Some(outcome);
            if built.left.fetch_sub(1, Ordering::AcqRel) == 1 {
                let _ = fs::remove_dir_all(&built.folder);
                told(&built.unit, Ok(self.done(&built)));
            }
        }
    }

    /// Runs one check.
    fn run(&self, question: &Question, program: &Path, slot: usize) -> Outcome {
        let level = self.isolated.level;
        let name = &question.asked.exercise;
        let target =
            Place::shows(level, program, &format!("/program/ex-{name}"));
        let place = self.place(slot).and_then(|mut place| {
            place.reads = vec![target.clone()];
            Ok(serde_json::to_string(&place)?)
        });
        let place = match place {
            Ok(place) => place,
            Err(error) => {
                let reason = format!("{error:#}");
                let mut outcome =
                    unasked(question, &reason, level, self.seed).outcome;
                outcome.verdict = Verdict::GraderError;
                return outcome;
            }
        };
        let how = Confined {
            judge: &question.judge,
            target: Target {
                path: target.inside,
                name: None,
            },
            seed: self.seed,
            place,
            surroundings: level.surroundings(),
        };
        confined(&question.asked, &how)
    }

    fn place(&self, slot: usize) -> Result<Place> {
        let users = self.isolated.users(slot);
        let scratch = self.work.join(format!("scratch-{slot}"));
        if self.isolated.level < Level::Namespaces {
            // What the last check has left there is nobody's.
            let _ = fs::remove_dir_all(&scratch);
            fs::create_dir_all(&scratch)
                .with_context(|| format!("make {}", scratch.display()))?;
            if let Some(users) = users {
                users.give(&scratch)?;
            }
        }
        Ok(Place {
            level: self.isolated.level,
            users,
            reads: Vec::new(),
            writes: Vec::new(),
            folder: scratch.clone(),
            scratch,
            limits: self.isolated.limits(Limits::CHECK),
            command: Vec::new(),
            environment: Vec::new(),
        })
    }

    /// All that came of a program.
    fn done(&self, built: &Built) -> Done {
        let mut checks = Vec::new();
        let mut again = Vec::new();
        let questions = &self.questions[built.unit.task];
        let outcomes = lock(&built.outcomes);
        for (at, question) in questions.iter().enumerate() {
            let level = self.isolated.level;
            let check = match outcomes[at].clone() {
                Some(outcome) => CheckGrade {
                    outcome,
                    hidden: question.hidden,
                    repeated: false,
                },
                None => unasked(question, "it was not asked", level, self.seed),
            };
            if wants_another(&check.outcome) {
                again.push(at);
            }
            checks.push(check);
        }
        Done {
            build: Build::Built,
            build_milliseconds: milliseconds(&built.compiled),
            checks,
            again,
            notes: Vec::new(),
        }
    }
}

/// Whether a check may have failed because the machine was busy, or for a
/// reason of the grader's own.
fn wants_another(outcome: &Outcome) -> bool {
    match outcome.verdict {
        Verdict::GraderError => true,
        Verdict::Failed => {
            u128::from(outcome.milliseconds) >= DEADLINE.as_millis()
        }
        Verdict::Passed | Verdict::Skipped => false,
    }
}

/// The results of a program, with those of its repeated checks.
fn merged(first: &Done, again: &Done) -> Done {
    let mut done = first.clone();
    for &at in &first.again {
        let Some(second) = again.checks.get(at) else {
            continue;
        };
        let (old, new) = (&done.checks[at].outcome, &second.outcome);
        let better = new.verdict != old.verdict
            && new.verdict != Verdict::GraderError
            && (new.verdict == Verdict::Passed
                || old.verdict == Verdict::GraderError);
        if better {
            let passed = new.verdict == Verdict::Passed;
            if passed {
                done.notes.push(format!(
                    "{}: {} passed only when it was repeated",
                    new.exercise, new.check
                ));
            }
            done.checks[at] = CheckGrade {
                repeated: passed && old.verdict == Verdict::Failed,
                ..second.clone()
            };
        }
    }
    done.again.clear();
    done
}

/// A check that nobody ran, since there was nothing to run it on.
pub fn unasked(
    question: &Question,
    reason: &str,
    level: Level,
    seed: u64,
) -> CheckGrade {
    let asked = question.asked.clone();
    CheckGrade {
        outcome: Outcome {
            exercise: asked.exercise,
            check: asked.check,
            place: asked.place,
            verdict: Verdict::Failed,
            points: 0,
            of: asked.of,
            steps: Vec::new(),
            failure: None,
            reason: Some(reason.to_owned()),
            why: asked.why,
            page: asked.page,
            seed: format!("{seed:x}"),
            surroundings: level.surroundings(),
            milliseconds: 0,
        },
        hidden: question.hidden,
        repeated: false,
    }
}

fn milliseconds(compiled: &Compiled) -> u64 {
    u64::try_from(compiled.time.as_millis()).unwrap_or(u64::MAX)
}

fn lock<T>(what: &Mutex<T>) -> MutexGuard<'_, T> {
    what.lock().unwrap_or_else(PoisonError::into_inner)
}
