//! The command line.

use std::path::PathBuf;

use clap::{Arg, ArgAction, Command, value_parser};

/// What was asked for.
#[expect(clippy::struct_excessive_bools, reason = "each is a flag")]
pub(crate) struct Asked {
    /// The folder of the hand-out.
    pub(crate) out: PathBuf,
    /// It becomes a repository with one commit.
    pub(crate) git: bool,
    /// It is there already, and is to be brought up to date.
    pub(crate) update: bool,
    /// The libraries come with it.
    pub(crate) vendor: bool,
    /// Every file counts as one of the course.
    pub(crate) all_files: bool,
}

pub(crate) fn parse() -> Result<Asked, clap::Error> {
    let flag = |id: &'static str, help: &'static str| {
        Arg::new(id).long(id).help(help).action(ArgAction::SetTrue)
    };
    let given = Command::new("cargo lab handout")
        .bin_name("cargo lab handout")
        .about(
            "Write the course without its solutions, for a class.\n\n\
             What git tracks goes over as it lies in the folder, each \
             exercise as its stub. Solutions, wrong and other right programs, \
             tools and pages for instructors stay here.",
        )
        .after_help(
            "\
The folder is complete or not there at all: a run that fails or is interrupted
leaves none. Exit code 0: written; 1: not; 2: misused.

Example: cargo lab handout --out ../sockets-class
         cargo lab handout --out ../sockets-class --git --vendor
         cargo lab handout --out ../sockets-class --update",
        )
        .arg(
            Arg::new("out")
                .long("out")
                .value_name("FOLDER")
                .help("Where to: a new or empty folder outside of the course")
                .required(true)
                .value_parser(value_parser!(PathBuf)),
        )
        .arg(
            flag("git", "Make it a repository with one commit")
                .conflicts_with("update"),
        )
        .arg(flag(
            "update",
            "Bring FOLDER up to date: an earlier hand-out, in a repository \
             where all is committed",
        ))
        .arg(flag(
            "vendor",
            "Put the libraries in, so that nothing is fetched (for rooms \
             without a network)",
        ))
        .arg(flag(
            "all-files",
            "Where there is no git to name the course's files: take all that \
             lie in it",
        ))
        .try_get_matches()?;
    Ok(Asked {
        out: given.get_one("out").cloned().unwrap_or_default(),
        git: given.get_flag("git"),
        update: given.get_flag("update"),
        vendor: given.get_flag("vendor"),
        all_files: given.get_flag("all-files"),
    })
}
