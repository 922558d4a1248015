//! The command line.

use clap::{Args, Parser, Subcommand};

#[derive(Parser)]
#[command(
    name = "cargo lab",
    bin_name = "cargo lab",
    about = "Work through the exercises of Sockets with Connections.",
    long_about = "Work through the exercises of Sockets with Connections.\n\n\
        Without a command it shows where you are and what comes next.",
    after_help = "Example: cargo lab watch",
    disable_help_subcommand = true
)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// List the bets and exercises, with what you have of each
    #[command(after_help = "\
Example: cargo lab list
         cargo lab list 05-transfer")]
    List {
        /// A topic (`02-listen`, or `02`); none: all of them
        topic: Option<String>,
    },

    /// Build a program of the book and run it
    #[command(after_help = "\
Without a name it lists the programs.

Example: cargo lab run connect
         cargo lab run connect 127.0.0.1:5555")]
    Run {
        /// A program of the chapters
        program: Option<String>,
        /// What it gets as arguments
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<String>,
    },

    /// Grade your exercises
    #[command(after_help = "\
Without a name it grades the next exercise that you have not passed.
Exit code 0: all checks passed; 1: not yet; 2: misused.

Example: cargo lab check greeter
         cargo lab check greeter --check a_client_that_resets_harms_nobody")]
    Check(Check),

    /// Grade one exercise again on every save
    #[command(after_help = "\
Keys answer at all times: h hint, l list, r run again, x reset, s solution,
n next exercise (when this one is done), q quit.

Example: cargo lab watch
         cargo lab watch greeter --plain")]
    Watch {
        /// The exercise; else the next one that you have not passed
        exercise: Option<String>,
        /// Print line after line, never clear the screen; keys need Enter
        #[arg(long)]
        plain: bool,
    },

    /// Predict what a program does, and let your own kernel mark it
    #[command(after_help = "\
Asks the next open question, of one topic or of all.

Example: cargo lab bet
         cargo lab bet 02-listen")]
    Bet {
        /// A topic (`02-listen`, or `02`) or the name of a bet
        topic: Option<String>,
        /// Your answer, by its number, without being asked
        #[arg(long, value_name = "NUMBER")]
        answer: Option<usize>,
    },

    /// Show the next hint
    #[command(after_help = "Example: cargo lab hint greeter")]
    Hint {
        /// The exercise; else the next one that you have not passed
        exercise: Option<String>,
    },

    /// Show the reference solution and how yours differs
    #[command(after_help = "\
Only after you have passed, or with --give-up, which your progress keeps.

Example: cargo lab solution greeter")]
    Solution {
        /// The exercise
        exercise: String,
        /// Show it although the exercise is not passed
        #[arg(long)]
        give_up: bool,
    },

    /// Put the stub in place again, and keep your work aside
    #[command(after_help = "Example: cargo lab reset greeter")]
    Reset {
        /// The exercise
        exercise: String,
    },

    /// Say what this machine can do, and how to get what is missing
    #[command(after_help = "Example: cargo lab doctor")]
    Doctor,
}

#[derive(Args, Default)]
pub(crate) struct Check {
    /// Exercises; none: the next one that you have not passed
    pub(crate) exercises: Vec<String>,
    /// Every exercise that you have begun
    #[arg(long, conflicts_with = "exercises")]
    pub(crate) all: bool,
    /// Only this check
    #[arg(long = "check", value_name = "NAME")]
    pub(crate) only: Option<String>,
    /// The inputs of an earlier run, by its seed
    #[arg(long, value_name = "HEX")]
    pub(crate) seed: Option<String>,
    /// Where checks run: private or shared (see the page "The exercises")
    #[arg(long, value_name = "KIND")]
    pub(crate) surroundings: Option<String>,
    /// Verdicts as data: a line of JSON for each check
    #[arg(long)]
    pub(crate) json: bool,
}
