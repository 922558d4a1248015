//! The command line.

use std::path::PathBuf;

use clap::{Arg, ArgAction, ArgMatches, Command as Parser, value_parser};

/// What was asked for.
#[derive(Debug, Clone)]
pub struct Asked {
    /// The folder of submissions; none: only merge.
    pub submissions: Option<PathBuf>,
    /// Where results go.
    pub out: PathBuf,
    /// Only these submissions.
    pub only: Vec<String>,
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
    /// Reports for students' eyes: of hidden checks only what they may see.
    pub student_view: bool,
}

/// Reads the command line.
pub fn parse() -> Result<Asked, clap::Error> {
    let given = parser().try_get_matches()?;
    let path = |id: &str| given.get_one::<PathBuf>(id).cloned();
    Ok(Asked {
        submissions: path("submissions"),
        out: path("out").unwrap_or_default(),
        only: many(&given, "only"),
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
        student_view: given.get_flag("student-view"),
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
         cargo lab grade submissions --out marks --regrade failed
         cargo lab grade --merge part-1 part-2 --out marks",
        )
        .arg(
            Arg::new("submissions")
                .help("The folder with the submissions")
                .value_parser(path())
                .required_unless_present("merge"),
        )
        .arg(
            option("out", "FOLDER", "Where the results go")
                .value_parser(path())
                .required(true),
        )
        .arg(
            option("only", "NAME", "Only these submissions")
                .num_args(1..)
                .action(ArgAction::Append),
        )
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
        .arg(flag(
            "student-view",
            "Reports that students may see: of hidden checks no names",
        ))
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
