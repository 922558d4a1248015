//! The command line.

use std::path::PathBuf;

use clap::{Arg, ArgAction, ArgMatches, Command as Parser, value_parser};

use crate::report::{Format, Visibility};

/// What was asked for.
#[derive(Debug, Clone)]
pub struct Asked {
    /// The folder of submissions, or of results that are shown or exported;
    /// none: only merge.
    pub submissions: Option<PathBuf>,
    /// Where results go.
    pub out: PathBuf,
    /// Only these submissions.
    pub only: Vec<String>,
    /// Only these exercises, by name or by topic; none: all.
    pub exercises: Vec<String>,
    /// `failed`, `all`, or the name of a submission.
    pub regrade: Option<String>,
    /// The list of students.
    pub roster: Option<PathBuf>,
    /// Where everything random comes from.
    pub seed: Option<u64>,
    /// How many builds run at once.
    pub jobs: usize,
    /// The instructor's own checks.
    pub pack: Option<PathBuf>,
    /// Grade although a submission is not kept well apart.
    pub accept_weak_isolation: bool,
    /// Folders or files of results to be merged into one.
    pub merge: Vec<PathBuf>,
    /// The level of isolation.
    pub isolation: Option<u8>,
    /// Print the results in this format and grade nothing.
    pub format: Option<Format>,
    /// What is told of hidden checks; else what is usual for a report.
    pub hidden: Option<Visibility>,
    /// Copy what was graded into this folder and grade nothing.
    pub flat: Option<PathBuf>,
}

/// Reads the command line.
pub fn parse() -> Result<Asked, clap::Error> {
    let given = parser().try_get_matches()?;
    let path = |id: &str| given.get_one::<PathBuf>(id).cloned();
    Ok(Asked {
        submissions: path("submissions"),
        out: path("out").unwrap_or_default(),
        only: many(&given, "only"),
        exercises: many(&given, "exercise"),
        regrade: given.get_one("regrade").cloned(),
        roster: path("roster"),
        seed: given.get_one("seed").copied(),
        jobs: given
            .get_one::<u16>("jobs")
            .map_or_else(processors, |jobs| usize::from(*jobs)),
        pack: path("pack"),
        accept_weak_isolation: given.get_flag("accept-weak-isolation"),
        merge: many(&given, "merge"),
        isolation: given.get_one("isolation").copied(),
        format: given.get_one("format").copied(),
        hidden: given.get_one("hidden").copied(),
        flat: path("flat"),
    })
}

fn many<T: Clone + Send + Sync + 'static>(
    given: &ArgMatches,
    id: &str,
) -> Vec<T> {
    given
        .get_many::<T>(id)
        .into_iter()
        .flatten()
        .cloned()
        .collect()
}

fn processors() -> usize {
    std::thread::available_parallelism().map_or(2, usize::from)
}

fn parser() -> Parser {
    let path = || value_parser!(PathBuf);
    Parser::new("cargo lab grade")
        .bin_name("cargo lab grade")
        .about("Grade a class")
        .after_help(
            "\
SUBMISSIONS holds a folder or an archive (.zip, .tar, .tar.gz) for each
student. Of each only the files are taken that a student may edit.
The same command again goes on where an earlier one was ended.

Exit code 0: every submission has its marks; 1: not every one; 2: misused.

Example: cargo lab grade submissions --out marks --roster class.csv
         cargo lab grade submissions --out marks --exercise 03-accept
         cargo lab grade submissions --out marks --regrade failed
         cargo lab grade --merge part-1 part-2 --out marks
         cargo lab grade marks --format junit
         cargo lab grade marks --flat similar",
        )
        .arg(
            Arg::new("submissions")
                .help(
                    "The folder with the submissions; with --format or \
                     --flat the folder with the results, or one grade.json",
                )
                .value_parser(path())
                .required_unless_present("merge"),
        )
        .arg(
            option("out", "FOLDER", "Where the results go")
                .value_parser(path())
                .required_unless_present_any(["format", "flat"]),
        )
        .arg(
            option("only", "NAME", "Only these submissions")
                .num_args(1..)
                .action(ArgAction::Append),
        )
        .arg(exercise())
        .arg(option(
            "regrade",
            "WHAT",
            "Grade again what has its marks: `failed` (what has not passed), \
             `all`, or the name of a submission",
        ))
        .arg(
            option(
                "roster",
                "FILE",
                "The class as CSV with the columns `id` (the name of the \
                 submission) and `name`",
            )
            .value_parser(path()),
        )
        .arg(
            option("seed", "HEX", "The inputs of an earlier grading")
                .value_parser(seed),
        )
        .arg(
            option("jobs", "N", "How many builds run at once")
                .value_parser(value_parser!(u16).range(1..=256)),
        )
        .arg(
            option(
                "pack",
                "FOLDER",
                "Your own checks, which no submission sees",
            )
            .value_parser(path()),
        )
        .arg(flag(
            "accept-weak-isolation",
            "Grade although this machine can't keep a submission from harm",
        ))
        .arg(
            option(
                "merge",
                "FOLDER",
                "Results of other runs (folders or grade.json files) to be \
                 put together",
            )
            .value_parser(path())
            .num_args(1..)
            .conflicts_with("submissions"),
        )
        .arg(
            option(
                "isolation",
                "LEVEL",
                "0 to 3; else the best that this machine has",
            )
            .value_parser(value_parser!(u8).range(0..=3)),
        )
        .args(of_results())
}

fn exercise() -> Arg {
    option(
        "exercise",
        "NAME",
        "Only these exercises (`greeter`), or those of these topics \
         (`03-accept`)",
    )
    .num_args(1..)
    .action(ArgAction::Append)
}

/// What is done with results that are there.
fn of_results() -> [Arg; 3] {
    [
        option("format", "NAME", "Print results in another form")
            .value_parser(format)
            .requires("submissions")
            .conflicts_with_all(["out", "merge", "flat"]),
        option(
            "hidden",
            "WHAT",
            "What reports tell a student of hidden checks: `nothing` (before \
             the due date), `points`, or `all`",
        )
        .value_parser(hidden),
        option(
            "flat",
            "FOLDER",
            "Copy what was graded, a folder for each submission, for a tool \
             that finds similar programs",
        )
        .value_parser(value_parser!(PathBuf))
        .requires("submissions")
        .conflicts_with_all(["out", "merge"]),
    ]
}

fn format(name: &str) -> Result<Format, String> {
    Format::named(name).ok_or_else(|| {
        let names = Format::ALL.map(|(name, _)| name);
        format!("there are {}", names.join(", "))
    })
}

fn hidden(what: &str) -> Result<Visibility, String> {
    Visibility::named(what)
        .ok_or_else(|| "`nothing`, `points` or `all`".to_owned())
}

fn seed(text: &str) -> Result<u64, String> {
    u64::from_str_radix(text, 16)
        .map_err(|_| "up to 16 hexadecimal digits, as 5f1c".to_owned())
}

fn flag(id: &'static str, help: &'static str) -> Arg {
    Arg::new(id).long(id).help(help).action(ArgAction::SetTrue)
}

fn option(id: &'static str, value: &'static str, help: &'static str) -> Arg {
    Arg::new(id).long(id).help(help).value_name(value)
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_command_line_is_whole() {
        super::parser().debug_assert();
    }
}
