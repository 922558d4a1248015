//! `cargo lab watch`: grade an exercise again on every save.
//!
//! Four threads do the waiting: for the keyboard, for the file, for signals,
//! and for the run that is under way. One loop takes what they tell and
//! draws. A save or a key is answered at once, also while a learner's program
//! blocks: the run that is under way is ended with all that it has started.

mod keys;

use std::io::{IsTerminal, stdin, stdout};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

use anyhow::{Context, Result};
use colored::Colorize;
use course::Outcome;
use notify::event::{AccessKind, AccessMode, ModifyKind, RenameMode};
use notify::{EventKind, RecursiveMode, Watcher};

use crate::build::{self, Leash, News};
use crate::map::{Map, Task};
use crate::progress::{Progress, What};
use crate::reset::{self, Reset};
use crate::screen::{LOCKED, wrap};
use crate::{Done, Trouble, check, hint, report, screen, solution, status};

use keys::Keyboard;

/// What the loop hears of.
enum Event {
    Key(char),
    /// Ctrl-C, or another wish that this process should end.
    End,
    /// The terminal has come back after Ctrl-Z, or changed its size.
    Redraw,
    Saved,
    /// Of the run with this number.
    Of(usize, Step),
}

enum Step {
    Locked,
    Compiling(String),
    Verdict(Box<Outcome>),
    Done(Ended),
}

enum Ended {
    /// All checks have ended; the compiler's warnings.
    Judged(String),
    /// The compiler's messages.
    Broken(String),
    /// Something else went wrong.
    Failed(String),
}

pub(crate) fn watch(
    map: &Map,
    progress: &mut Progress,
    exercise: Option<&str>,
    plain: bool,
) -> Done {
    let named = exercise.map(|name| map.task(name)).transpose()?;
    let Some(mut task) = named.or_else(|| status::current(map, progress))
    else {
        say!("{ALL}");
        return Ok(true);
    };
    let plain = plain
        || !stdin().is_terminal()
        || !stdout().is_terminal()
        || std::env::var_os("TERM").is_none_or(|term| term == "dumb");
    let (sender, events) = channel();
    // Before any other thread is there, so that none gets a signal.
    let keyboard = Keyboard::open(plain, {
        let sender = sender.clone();
        move |heard| {
            let event = match heard {
                keys::Heard::Key(key) => Event::Key(key),
                keys::Heard::End => Event::End,
                keys::Heard::Back => Event::Redraw,
            };
            sender.send(event).is_ok()
        }
    })?;
    let mut done = true;
    // Counted on from one exercise to the next: what a cancelled run has still
    // told is of no other one.
    let mut runs = 0;
    loop {
        let mut view = View {
            map,
            task,
            plain,
            outcomes: Vec::new(),
            state: State::Building(String::new()),
            note: String::new(),
            was_reset: false,
            runs,
        };
        if plain {
            say!("{}\n{}", view.headline(), wrap(PLAIN_KEYS, ""));
        }
        let next = one(&mut view, progress, &sender, &events)?;
        runs = view.runs;
        done &= progress.passed(task.name());
        match next {
            Some(name) => task = map.task(&name)?,
            None => break,
        }
    }
    drop(keyboard);
    say!();
    Ok(done)
}

/// What is on the screen.
struct View<'a> {
    map: &'a Map,
    task: Task<'a>,
    plain: bool,
    outcomes: Vec<Outcome>,
    state: State,
    /// What the last key said.
    note: String,
    /// Whether that key has put the stub back, which is a save to come.
    was_reset: bool,
    runs: usize,
}

enum State {
    Building(String),
    Locked,
    Checking,
    Judged(String),
    Broken(String),
    Failed(String),
}

/// Watches one exercise; the name of the next one, or none to end.
fn one(
    view: &mut View<'_>,
    progress: &mut Progress,
    sender: &Sender<Event>,
    events: &Receiver<Event>,
) -> Result<Option<String>, Trouble> {
    let _watcher = watch_file(view, sender)?;
    let mut leash = view.begin(sender);
    view.draw(progress);
    // What comes at once is drawn at once.
    let mut drawn = true;
    let next = loop {
        let event = if let Ok(event) = events.try_recv() {
            event
        } else {
            if !drawn {
                view.draw(progress);
            }
            drawn = true;
            let Ok(event) = events.recv() else {
                break None;
            };
            event
        };
        match event {
            Event::End | Event::Key('q') => break None,
            Event::Redraw => {}
            Event::Of(run, step) if run == view.runs => {
                drawn &= !view.take(step, progress)?;
                continue;
            }
            // Of a run that has been cancelled.
            Event::Of(..) => continue,
            Event::Key('n') => {
                let after = status::after(view.map, progress, view.task.name());
                if !progress.passed(view.task.name()) {
                    view.note = NOT_YET.into();
                } else if let Some(task) = after {
                    break Some(task.name().to_owned());
                } else {
                    view.note = ALL.into();
                }
            }
            Event::Saved | Event::Key('r') => {
                // The stub that comes back is a save, but not the learner's.
                if !std::mem::take(&mut view.was_reset) {
                    view.note.clear();
                }
                leash.pull();
                leash = view.begin(sender);
            }
            Event::Key(key) => view.answer(key, progress)?,
        }
        drawn = false;
    };
    leash.pull();
    Ok(next)
}

/// Tells of every save of the exercise's file. Its folder is watched, since
/// many editors write a new file and rename it.
fn watch_file(
    view: &View<'_>,
    sender: &Sender<Event>,
) -> Result<notify::RecommendedWatcher> {
    let file = view.map.top.join(view.task.file());
    let folder = file.parent().context("the folder of the file")?.to_owned();
    let name = file.file_name().map(ToOwned::to_owned);
    let sender = sender.clone();
    let mut watcher = notify::recommended_watcher(
        move |event: notify::Result<notify::Event>| {
            let Ok(event) = event else { return };
            let ours = |path: &PathBuf| path.file_name() == name.as_deref();
            if is_save(event.kind) && event.paths.iter().any(ours) {
                let _ = sender.send(Event::Saved);
            }
        },
    )
    .context("watch files")?;
    watcher
        .watch(&folder, RecursiveMode::NonRecursive)
        .with_context(|| format!("watch {}", folder.display()))?;
    Ok(watcher)
}

/// Whether this ends a save, told once for each. Linux tells of the end of
/// writing, so a file that is half written makes no run.
fn is_save(kind: EventKind) -> bool {
    if cfg!(target_os = "linux") {
        matches!(
            kind,
            EventKind::Access(AccessKind::Close(AccessMode::Write))
                | EventKind::Modify(ModifyKind::Name(RenameMode::To))
        )
    } else {
        kind.is_modify() || kind.is_create()
    }
}

impl View<'_> {
    /// Begins a run; the leash ends it.
    fn begin(&mut self, sender: &Sender<Event>) -> Arc<Leash> {
        self.runs += 1;
        self.outcomes.clear();
        self.state = State::Building(String::new());
        if self.plain {
            // An editor's problem matcher begins here, and ends at `done`.
            say!("building {}", self.task.name());
        }
        let leash = Arc::new(Leash::default());
        let run = Run {
            number: self.runs,
            name: self.task.name().to_owned(),
            top: self.map.top.clone(),
            leash: Arc::clone(&leash),
            sender: sender.clone(),
        };
        thread::spawn(move || run.go());
        leash
    }

    /// Takes what a run tells; whether there is something to draw.
    fn take(&mut self, step: Step, progress: &mut Progress) -> Result<bool> {
        let ends = matches!(step, Step::Done(_));
        match step {
            Step::Locked => {
                self.state = State::Locked;
                if self.plain {
                    say!("{LOCKED}");
                }
            }
            Step::Compiling(what) => self.state = State::Building(what),
            Step::Verdict(outcome) => {
                self.state = State::Checking;
                if self.plain {
                    say!("{}", report::line(&outcome));
                }
                self.outcomes.push(*outcome);
                self.outcomes.sort_by_key(|outcome| outcome.place);
                if self.plain {
                    return Ok(false);
                }
            }
            Step::Done(Ended::Judged(warnings)) => {
                check::keep(progress, self.task, &self.outcomes)?;
                self.state = State::Judged(warnings);
            }
            Step::Done(Ended::Broken(text)) => self.state = State::Broken(text),
            Step::Done(Ended::Failed(text)) => self.state = State::Failed(text),
        }
        if ends && self.plain {
            say!(
                "{}\ndone {}",
                self.state(progress, report::stories),
                self.task.name()
            );
        }
        Ok(true)
    }

    fn answer(&mut self, key: char, progress: &mut Progress) -> Result<()> {
        let name = self.task.name();
        self.note = match key {
            'h' => hint::next(progress, self.task)?,
            'l' => list(self.map, progress),
            'x' => match reset::put_back(self.map, self.task)? {
                Reset::Kept(kept) => {
                    self.was_reset = true;
                    let kept = kept.display();
                    wrap(&format!("The stub again; your work is in {kept}"), "")
                }
                Reset::WasMissing => {
                    self.was_reset = true;
                    "The stub again; there was no file.".to_owned()
                }
                Reset::WasStub => "It is the stub already.".to_owned(),
            },
            's' => match solution::missing(self.map, self.task) {
                Some(why) => wrap(&why, ""),
                None if progress.passed(name)
                    || progress.has(name, What::GaveUp) =>
                {
                    solution::difference(self.map, self.task)?
                }
                None => wrap(
                    &format!(
                        "Not yet: the solution is shown when you have \
                         passed; `cargo lab solution {name} --give-up` shows \
                         it before."
                    ),
                    "",
                ),
            },
            '\n' | '\r' | ' ' => String::new(),
            _ => wrap(KEYS, ""),
        };
        Ok(())
    }

    /// Shows what is new: in plain mode the answer to a key, else all.
    fn draw(&mut self, progress: &Progress) {
        if self.plain {
            if !self.note.is_empty() {
                say!("{}", self.note);
                self.note.clear();
            }
            return;
        }
        let all = self.screen(progress, report::stories);
        let text = if screen::fits(&all) {
            all
        } else {
            self.screen(progress, report::first_story)
        };
        // Home, and nothing of what was there, also above.
        say_part!("\x1b[H\x1b[2J\x1b[3J{text}");
    }

    fn screen(
        &self,
        progress: &Progress,
        stories: fn(&[Outcome]) -> String,
    ) -> String {
        let mut text = self.headline();
        text += "\n\n";
        for outcome in &self.outcomes {
            text += &report::line(outcome);
            text.push('\n');
        }
        text += &self.state(progress, stories);
        text.push('\n');
        if !self.note.is_empty() {
            text += &["\n", &self.note, "\n"].concat();
        }
        text += &["\n", &wrap(KEYS, "").dimmed().to_string(), "\n"].concat();
        text
    }

    fn headline(&self) -> String {
        let file = self.task.file();
        format!("{} {}:1:1", self.task.name().bold(), file.display())
    }

    /// How far the run is, or what came of it.
    fn state(
        &self,
        progress: &Progress,
        stories: fn(&[Outcome]) -> String,
    ) -> String {
        let name = self.task.name();
        match &self.state {
            State::Building(what) => {
                format!("building … {what}").trim_end().to_owned()
            }
            State::Locked => wrap(LOCKED, ""),
            State::Checking => "checking …".to_owned(),
            State::Broken(text) | State::Failed(text) => {
                text.trim_end().to_owned()
            }
            State::Judged(warnings) => {
                let next = match status::after(self.map, progress, name) {
                    _ if !progress.passed(name) => String::new(),
                    Some(next) => {
                        format!("\nn: on to the next one, {}", next.name())
                    }
                    None => format!("\n{ALL}"),
                };
                [
                    &*stories(&self.outcomes),
                    warnings,
                    "\n",
                    &report::verdict(self.task, &self.outcomes),
                    &next,
                ]
                .concat()
            }
        }
    }
}

const ALL: &str = "Every exercise is passed.";

const NOT_YET: &str = "Not yet: `n` leads on when every check has passed.";

const KEYS: &str = "h hint · l list · r run again · x reset · s solution · \
                    n next · q quit";

const PLAIN_KEYS: &str = "Keys, with Enter: h hint, l list, r run again, \
                          x reset, s solution, n next, q quit";

fn list(map: &Map, progress: &Progress) -> String {
    let mut text = String::new();
    for task in map.tasks() {
        let name = task.name();
        let mark = if progress.passed(name) { "ok" } else { "--" };
        text += &[mark, " ", task.topic, " ", name, "\n"].concat();
    }
    text
}

/// A run in a thread of its own.
struct Run {
    number: usize,
    name: String,
    top: PathBuf,
    leash: Arc<Leash>,
    sender: Sender<Event>,
}

impl Run {
    fn go(self) {
        let ended = self
            .judge()
            .unwrap_or_else(|error| Ended::Failed(format!("{error:#}")));
        self.tell(Step::Done(ended));
    }

    fn tell(&self, step: Step) {
        // Where the loop has ended, nobody needs to know.
        let _ = self.sender.send(Event::Of(self.number, step));
    }

    fn judge(&self) -> Result<Ended> {
        let map = Map::at(&self.top)?;
        let task = map
            .tasks()
            .find(|task| task.name() == self.name)
            .context("the exercise has left its table")?;
        let sender = std::sync::Mutex::new(self.sender.clone());
        let number = self.number;
        let built = build::build(&map, &[task], &self.leash, |news| {
            let step = match news {
                News::Locked => Step::Locked,
                News::Compiling(name) => Step::Compiling((*name).to_owned()),
            };
            if let Ok(sender) = sender.lock() {
                let _ = sender.send(Event::Of(number, step));
            }
        })?;
        let message = built.messages.get(&self.name).cloned();
        if built.programs.is_empty() {
            return Ok(Ended::Broken(message.unwrap_or_default()));
        }
        build::judge(&map, &built, &[], &self.leash, |outcome| {
            self.tell(Step::Verdict(Box::new(outcome)));
        })?;
        Ok(Ended::Judged(message.unwrap_or_default()))
    }
}
