//! `cargo lab`: work through the exercises, with a verdict after every save.

// First: the others write with its macros.
#[macro_use]
mod screen;

mod bet;
mod build;
mod check;
mod cli;
mod doctor;
mod hint;
mod map;
mod progress;
mod report;
mod reset;
mod run;
mod solution;
mod status;
mod tool;
mod trace;
mod watch;

use std::process::ExitCode;

use cli::Command;
use map::Map;
use progress::Progress;

/// Why a command did not do what it was asked for.
enum Trouble {
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

impl From<std::io::Error> for Trouble {
    fn from(error: std::io::Error) -> Trouble {
        Trouble::Failed(error.into())
    }
}

/// What a command gives back: whether all is well, for the exit code.
type Done = Result<bool, Trouble>;

fn main() -> ExitCode {
    // Outside of the course the help tells of all that there is.
    let whole = map::top().is_none_or(|top| map::is_whole(&top));
    let command = match cli::parse(whole) {
        Ok(command) => command,
        Err(error) => {
            let code = if error.use_stderr() { 2 } else { 0 };
            // Where nobody reads, nobody misses it.
            let _ = error.print();
            return ExitCode::from(code);
        }
    };
    screen::choose_colours();
    match obey(command) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(Trouble::Misused(problem)) => {
            screen::complain(format_args!("{problem}\n"));
            ExitCode::from(2)
        }
        // `cargo lab | head` has read what it wanted.
        Err(Trouble::Failed(error)) if broken_pipe(&error) => ExitCode::SUCCESS,
        Err(Trouble::Failed(error)) => {
            screen::complain(format_args!("{error:#}\n"));
            ExitCode::from(1)
        }
    }
}

fn obey(command: Option<Command>) -> Done {
    let map = Map::find()?;
    let mut progress = Progress::read(&map)?;
    for line in progress.complaints() {
        screen::complain(format_args!("{line}\n"));
    }
    match command {
        None => status::show(&map, &progress),
        Some(Command::List { topic }) => {
            status::list(&map, &progress, topic.as_deref())
        }
        Some(Command::Run { program, args }) => {
            run::run(&map, program.as_deref(), &args)
        }
        Some(Command::Check(asked)) => {
            check::check(&map, &mut progress, &asked)
        }
        Some(Command::Watch { exercise, plain }) => {
            watch::watch(&map, &mut progress, exercise.as_deref(), plain)
        }
        Some(Command::Bet { asked, answer }) => {
            bet::bet(&map, &mut progress, asked.as_deref(), answer)
        }
        Some(Command::Hint { exercise }) => {
            hint::hint(&map, &mut progress, exercise.as_deref())
        }
        Some(Command::Solution { exercise, give_up }) => {
            solution::show(&map, &mut progress, &exercise, give_up)
        }
        Some(Command::Reset { exercise }) => reset::reset(&map, &exercise),
        Some(Command::Trace(asked)) => trace::trace(&map, &asked),
        Some(Command::Tool(name, args)) => tool::run(&map, name, &args),
        Some(Command::Doctor) => Ok(doctor::examine()),
    }
}

fn broken_pipe(error: &anyhow::Error) -> bool {
    error
        .downcast_ref::<std::io::Error>()
        .is_some_and(|e| e.kind() == std::io::ErrorKind::BrokenPipe)
}
