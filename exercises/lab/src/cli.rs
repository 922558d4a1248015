//! The command line.

use std::path::PathBuf;

use clap::{Arg, ArgAction, ArgMatches, Command as Parser, value_parser};

use crate::trace::{Show, Trace};

/// What was asked for; none: where the learner is.
pub(crate) enum Command {
    List {
        topic: Option<String>,
    },
    Run {
        program: Option<String>,
        args: Vec<String>,
    },
    Check(Check),
    Watch {
        exercise: Option<String>,
        plain: bool,
    },
    Bet {
        asked: Option<String>,
        answer: Option<usize>,
    },
    Hint {
        exercise: Option<String>,
    },
    Solution {
        exercise: String,
        give_up: bool,
    },
    Reset {
        exercise: String,
    },
    Doctor,
    Trace(Trace),
    /// A tool in a package of its own, with its arguments.
    Tool(&'static str, Vec<String>),
}

/// What is to be graded, and how.
#[derive(Default)]
pub(crate) struct Check {
    /// None: the next one that is not passed.
    pub(crate) exercises: Vec<String>,
    pub(crate) all: bool,
    pub(crate) only: Option<String>,
    pub(crate) seed: Option<String>,
    pub(crate) surroundings: Option<String>,
    pub(crate) json: bool,
}

/// Reads the command line. The derive feature of clap would be shorter here,
/// and a tenth of the time until the first `cargo lab` says something.
///
/// The `whole` course has commands that a hand-out does without: those for
/// instructors, and what shows a solution.
pub(crate) fn parse(whole: bool) -> Result<Option<Command>, clap::Error> {
    let matches = parser(whole).try_get_matches()?;
    let Some((name, given)) = matches.subcommand() else {
        return Ok(None);
    };
    let one = |id: &str| given.get_one::<String>(id).cloned();
    let many = |id: &str| {
        let all = given.get_many::<String>(id).into_iter().flatten();
        all.cloned().collect::<Vec<_>>()
    };
    Ok(Some(match name {
        "list" => Command::List {
            topic: one("topic"),
        },
        "run" => Command::Run {
            program: one("program"),
            args: many("args"),
        },
        "check" => Command::Check(Check {
            exercises: many("exercises"),
            all: given.get_flag("all"),
            only: one("check"),
            seed: one("seed"),
            surroundings: one("surroundings"),
            json: given.get_flag("json"),
        }),
        "watch" => Command::Watch {
            exercise: one("exercise"),
            plain: given.get_flag("plain"),
        },
        "bet" => Command::Bet {
            asked: one("bet"),
            answer: given.get_one("answer").copied(),
        },
        "hint" => Command::Hint {
            exercise: one("exercise"),
        },
        "solution" => Command::Solution {
            exercise: required(given),
            give_up: whole && given.get_flag("give-up"),
        },
        "reset" => Command::Reset {
            exercise: required(given),
        },
        "trace" => Command::Trace(Trace {
            program: one("program").unwrap_or_default(),
            args: many("args"),
            with: many("with"),
            check: one("check"),
            seed: one("seed"),
            only: many("only"),
            limit: given.get_one("limit").copied().unwrap_or(LIMIT),
            show: match given.get_one::<PathBuf>("svg") {
                Some(path) => Show::Svg(path.clone()),
                None if given.get_flag("json") => Show::Json,
                None if given.get_flag("words") => Show::Words,
                None => Show::Text,
            },
            pcap: given.get_one("pcap").cloned(),
        }),
        "claims" => Command::Tool("claims", many("args")),
        "grade" => Command::Tool("grade", many("args")),
        "handout" => Command::Tool("handout", many("args")),
        _ => Command::Doctor,
    }))
}

/// An argument that clap does not let anybody leave out.
fn required(given: &ArgMatches) -> String {
    given.get_one("exercise").cloned().unwrap_or_default()
}

const NEXT: &str = "The exercise; else the next one that you have not passed";

fn parser(whole: bool) -> Parser {
    let parser = Parser::new("cargo lab")
        .bin_name("cargo lab")
        .about(
            "Work through the exercises of Sockets with Connections.\n\n\
             Without a command it shows where you are and what comes next.",
        )
        .after_help("Example: cargo lab watch")
        .disable_help_subcommand(true)
        .subcommands([
            command(
                "list",
                "List the bets and exercises, with what you have of each",
                "\
Example: cargo lab list
         cargo lab list 05-transfer",
            )
            .arg(positional(
                "topic",
                "A topic (`02-listen`, or `02`); none: all of them",
            )),
            command(
                "run",
                "Build a program of the book and run it",
                "\
Without a name it lists the programs.

Example: cargo lab run connect
         cargo lab run connect 127.0.0.1:5555",
            )
            .arg(positional("program", "A program of the chapters"))
            .arg(
                positional("args", "What it gets as arguments")
                    .num_args(0..)
                    .trailing_var_arg(true)
                    .allow_hyphen_values(true),
            ),
            check(),
            command(
                "watch",
                "Grade one exercise again on every save",
                "\
Keys answer at all times: h hint, l list, r run again, x reset, s solution,
n next exercise (when this one is done), q quit.

Example: cargo lab watch
         cargo lab watch greeter --plain",
            )
            .arg(positional("exercise", NEXT))
            .arg(flag(
                "plain",
                "Print line after line, never wipe the screen; keys need Enter",
            )),
            command(
                "bet",
                "Predict what a program does, and let your own kernel mark it",
                "\
Asks the next open question, of one topic or of all.

Example: cargo lab bet
         cargo lab bet 02-listen",
            )
            .arg(positional(
                "bet",
                "A topic (`02-listen`, or `02`) or the name of a bet",
            ))
            .arg(
                option(
                    "answer",
                    "NUMBER",
                    "Your answer, by its number, without being asked",
                )
                .value_parser(value_parser!(usize)),
            ),
        ])
        .subcommands(when_stuck(whole));
    if whole {
        parser.subcommands(for_instructors())
    } else {
        parser
    }
}

/// The commands that a hand-out does not have.
fn for_instructors() -> [Parser; 2] {
    [
        tool("grade", "Grade a class"),
        tool(
            "handout",
            "Write the course without its solutions, for a class",
        ),
    ]
}

/// The commands for somebody who is stuck, or curious.
fn when_stuck(whole: bool) -> [Parser; 6] {
    [
        command(
            "hint",
            "Show the next hint",
            "Example: cargo lab hint greeter",
        )
        .arg(positional("exercise", NEXT)),
        solution(whole),
        command(
            "reset",
            "Put the stub in place again, and keep your work aside",
            "Example: cargo lab reset greeter",
        )
        .arg(positional("exercise", "The exercise").required(true)),
        trace(),
        command(
            "doctor",
            "Say what this machine can do, and how to get what is missing",
            "Example: cargo lab doctor",
        ),
        tool(
            "claims",
            "Measure on this machine what the manual says of sockets",
        ),
    ]
}

/// How long a program may run under `trace`, in seconds.
const LIMIT: u64 = 10;

fn trace() -> Parser {
    command(
        "trace",
        "Draw what a program and its peers do: calls, packets, states",
        "\
Runs the program in a network of its own (Linux, no root needed) and draws
every socket call, every packet, and what the kernel says of the sockets.
An exercise is driven by its first check that fails, or by --check.

Example: cargo lab trace accept
         cargo lab trace greeter
         cargo lab trace greeter --check a_client_that_resets_harms_nobody
         cargo lab trace server --with \"client {host} {port}\"
         cargo lab trace connect --svg connect.svg --pcap connect.pcap",
    )
    .arg(
        positional("program", "A program of the chapters, or an exercise")
            .required(true),
    )
    .arg(
        positional("args", "What it gets as arguments (behind `--` any)")
            .num_args(0..),
    )
    .arg(
        option(
            "with",
            "PROGRAM",
            "A client to run against it, with arguments; {host}, {port} and \
             {address} are where it listens",
        )
        .action(ArgAction::Append),
    )
    .arg(option("check", "NAME", "The check that drives an exercise"))
    .arg(option("seed", "HEX", "The inputs of an earlier run"))
    .arg(
        option("only", "NAME", "Only this process, and others so named")
            .action(ArgAction::Append),
    )
    .arg(
        option("limit", "SECONDS", "How long it may run (10)")
            .value_parser(value_parser!(u64).range(1..=600)),
    )
    .arg(
        option("svg", "FILE", "A picture for a browser")
            .value_parser(value_parser!(PathBuf))
            .conflicts_with_all(["json", "words"]),
    )
    .arg(
        option("pcap", "FILE", "The packets, for Wireshark or tcpdump")
            .value_parser(value_parser!(PathBuf)),
    )
    .arg(flag("json", "The recording as data").conflicts_with("words"))
    .arg(flag("words", "The picture in sentences"))
}

fn solution(whole: bool) -> Parser {
    let (about, after) = if whole {
        (
            "Show the reference solution and how yours differs",
            "\
Only after you have passed, or with --give-up, which your progress keeps.

Example: cargo lab solution greeter",
        )
    } else {
        (
            "Say where the reference solution is to be had",
            "Example: cargo lab solution greeter",
        )
    };
    let solution = command("solution", about, after)
        .arg(positional("exercise", "The exercise").required(true));
    if whole {
        solution.arg(flag(
            "give-up",
            "Show it although the exercise is not passed",
        ))
    } else {
        solution
    }
}

/// A tool in a package of its own, which has a help of its own.
fn tool(name: &'static str, about: &'static str) -> Parser {
    command(name, about, "").disable_help_flag(true).arg(
        positional("args", "What the tool gets as arguments")
            .num_args(0..)
            .trailing_var_arg(true)
            .allow_hyphen_values(true),
    )
}

fn check() -> Parser {
    command(
        "check",
        "Grade your exercises",
        "\
Without a name it grades the next exercise that you have not passed.
Exit code 0: all checks passed; 1: not yet; 2: misused.

Example: cargo lab check greeter
         cargo lab check greeter --check a_client_that_resets_harms_nobody",
    )
    .arg(
        positional(
            "exercises",
            "Exercises; none: the next one that you have not passed",
        )
        .num_args(0..),
    )
    .arg(
        flag("all", "Every exercise that you have begun")
            .conflicts_with("exercises"),
    )
    .arg(option("check", "NAME", "Only this check"))
    .arg(option(
        "seed",
        "HEX",
        "The inputs of an earlier run, by its seed",
    ))
    .arg(option(
        "surroundings",
        "KIND",
        "Where checks run: private or shared (see the page \"The exercises\")",
    ))
    .arg(flag(
        "json",
        "Verdicts as data: a line of JSON for each check",
    ))
}

fn command(
    name: &'static str,
    about: &'static str,
    after: &'static str,
) -> Parser {
    Parser::new(name).about(about).after_help(after)
}

fn positional(id: &'static str, help: &'static str) -> Arg {
    Arg::new(id).help(help)
}

fn flag(id: &'static str, help: &'static str) -> Arg {
    Arg::new(id).long(id).help(help).action(ArgAction::SetTrue)
}

fn option(id: &'static str, value: &'static str, help: &'static str) -> Arg {
    Arg::new(id).long(id).help(help).value_name(value)
}
