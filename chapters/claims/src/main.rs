//! `cargo lab claims`: what the manual says, measured on this machine.

mod report;

use std::io::{IsTerminal, Write, stderr};
use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering};

use clap::Parser;

use claims::run::{self, Verdict};
use claims::{Claim, probes};
use testkit::surroundings::Surroundings;

/// Measure on this machine what the manual says of sockets.
#[derive(Parser)]
#[command(
    name = "cargo lab claims",
    bin_name = "cargo lab claims",
    after_help = "\
Without an id it measures every claim and shows a table. Exit code 0, also
where this kernel has a surprise (--strict: then 1); 1: a probe could not
measure; 2: misused.

Example: cargo lab claims
         cargo lab claims CON-07
         cargo lab claims LIS OOB --json > mine.json"
)]
struct Cli {
    /// Claims (`CON-07`) or sections (`CON`); one claim is told step by step
    ids: Vec<String>,
    /// Results as data: a line of JSON for each claim
    #[arg(long)]
    json: bool,
    /// Exit code 1 also where this kernel does otherwise than the register
    #[arg(long)]
    strict: bool,
    /// Where probes run: private (namespaces) or shared (this machine's own
    /// network); else private where the kernel allows it
    #[arg(long, value_name = "KIND")]
    surroundings: Option<String>,
}

fn main() -> ExitCode {
    if let Some(done) = run::serve() {
        return done;
    }
    let cli = match Cli::try_parse() {
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
    if cli.json {
        report::json(&results);
    } else if let [result] = &results[..] {
        report::story(result);
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
        chosen.extend(all.iter().copied().filter(|claim| {
            claim.id == id || claim.section().prefix() == id
        }));
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
