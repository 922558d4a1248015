//! The command line, and what is done with it.

use std::io::{IsTerminal, Write, stderr};
use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering};

use clap::{Arg, ArgAction, Command};

use claims::run::{self, Verdict};
use claims::{Claim, probes};
use testkit::surroundings::Surroundings;

use crate::report;

/// What was asked for.
struct Cli {
    ids: Vec<String>,
    json: bool,
    strict: bool,
    brief: bool,
    beside: Option<String>,
    surroundings: Option<String>,
}

/// Reads the command line.
fn parse() -> Result<Cli, clap::Error> {
    let flag = |id: &'static str, help: &'static str| {
        Arg::new(id).long(id).help(help).action(ArgAction::SetTrue)
    };
    let given = Command::new("cargo lab claims")
        .bin_name("cargo lab claims")
        .about("Measure on this machine what the manual says of sockets.")
        .after_help(
            "\
Without an id it measures every claim and shows a table. Exit code 0, also
where this kernel has a surprise (--strict: then 1); 1: a probe could not
measure; 2: misused.

Example: cargo lab claims
         cargo lab claims CON-07
         cargo lab claims --json > mine.json
         cargo lab claims LIS OOB --beside theirs.json",
        )
        .arg(
            Arg::new("ids")
                .num_args(0..)
                .help("Claims (CON-07) or sections (CON); one is told in full"),
        )
        .arg(flag("json", "Results as data: a line of JSON for each claim"))
        .arg(flag("brief", "One claim without the source of its probe"))
        .arg(flag(
            "strict",
            "Exit code 1 also where this kernel does otherwise than the register",
        ))
        .arg(
            Arg::new("beside")
                .long("beside")
                .value_name("FILE")
                .help("What another system's --json found otherwise"),
        )
        .arg(
            Arg::new("surroundings")
                .long("surroundings")
                .value_name("KIND")
                .help(
                    "private (namespaces) or shared (this machine's own \
                     network); else private where the kernel allows it",
                ),
        )
        .try_get_matches()?;
    Ok(Cli {
        ids: given
            .get_many("ids")
            .into_iter()
            .flatten()
            .cloned()
            .collect(),
        json: given.get_flag("json"),
        strict: given.get_flag("strict"),
        brief: given.get_flag("brief"),
        beside: given.get_one("beside").cloned(),
        surroundings: given.get_one("surroundings").cloned(),
    })
}

pub(crate) fn main() -> ExitCode {
    if let Some(done) = run::serve() {
        return done;
    }
    let cli = match parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Where nobody reads, nobody misses it.
            let _ = error.print();
            return ExitCode::from(if error.use_stderr() { 2 } else { 0 });
        }
    };
    match obey(&cli) {
        Ok(code) => code,
        Err(problem) => {
            eprintln!("{problem}");
            ExitCode::from(2)
        }
    }
}

fn obey(cli: &Cli) -> Result<ExitCode, String> {
    let claims = chosen(&cli.ids)?;
    let (mut kind, mut why) = run::surroundings_here();
    match cli.surroundings.as_deref() {
        None => {}
        Some("shared") => {
            kind = Surroundings::Shared;
            why = Some("as asked".to_owned());
        }
        Some("private") if kind == Surroundings::Private => {}
        Some("private") => {
            return Err(format!(
                "no private surroundings: this machine {}",
                why.unwrap_or_default()
            ));
        }
        Some(other) => {
            return Err(format!(
                "--surroundings takes private or shared, not {other:?}"
            ));
        }
    }
    let done = AtomicUsize::new(0);
    let results = run::run(&claims, kind, |result| {
        let done = done.fetch_add(1, Ordering::Relaxed) + 1;
        progress(done, claims.len(), result.claim.id);
    });
    hush();
    if let Some(file) = &cli.beside {
        report::beside(&results, file)?;
    } else if cli.json {
        report::json(&results);
    } else if let [result] = &results[..] {
        report::story(result, cli.brief);
    } else {
        report::table(&results, kind, why.as_deref());
    }
    let any = |verdict| results.iter().any(|r| r.verdict == verdict);
    let bad = any(Verdict::Failed) || (cli.strict && any(Verdict::Unexpected));
    Ok(ExitCode::from(u8::from(bad)))
}

/// The claims with these ids, or of these sections; none: all.
fn chosen(ids: &[String]) -> Result<Vec<Claim>, String> {
    let all = probes::all();
    if ids.is_empty() {
        return Ok(all);
    }
    let mut chosen = Vec::new();
    for id in ids {
        let id = id.to_uppercase();
        let before = chosen.len();
        chosen.extend(
            all.iter().copied().filter(|claim| {
                claim.id == id || claim.section().prefix() == id
            }),
        );
        if chosen.len() == before {
            return Err(format!(
                "there is no claim {id:?}; `cargo lab claims` lists them, \
                 CON-01 is the first of connect"
            ));
        }
    }
    Ok(chosen)
}

/// One line that the next one overwrites, for a terminal.
fn progress(done: usize, of: usize, id: &str) {
    let mut err = stderr();
    if err.is_terminal() {
        let _ = write!(err, "\r\x1b[K{done} of {of} {id}");
    }
}

fn hush() {
    let mut err = stderr();
    if err.is_terminal() {
        let _ = write!(err, "\r\x1b[K");
    }
}
