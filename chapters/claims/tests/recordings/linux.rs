//! What the book shows of the claims is what the command measures and prints.

use std::process::{Command, ExitCode, Stdio};
use std::time::Duration;

use anyhow::{Result, bail, ensure};
use claims::run::{self, Verdict};
use claims::{probes, table};
use testkit::recordings::{self, Conversation};
use testkit::{Program, Skip};

pub(crate) fn main() -> ExitCode {
    if let Some(done) = run::serve() {
        return done;
    }
    recordings::main_with(env!("CARGO_MANIFEST_DIR"), &[], CONVERSATIONS)
}

const CONVERSATIONS: &[Conversation] = &[
    Conversation {
        names: &["table.md"],
        figures: &[],
        hold: whole_table,
    },
    Conversation {
        names: &["story"],
        figures: &[],
        hold: story,
    },
];

/// Every claim, measured now. What this machine can't measure is no change of
/// the table.
fn whole_table() -> Result<Vec<String>> {
    let results = run::run(&probes::all(), run::surroundings_here().0, |_| {});
    for result in &results {
        let reason = result.reason.as_deref().unwrap_or("another finding");
        let id = result.claim.id;
        match result.verdict {
            Verdict::Skipped => {
                bail!(Skip(format!("{id} {reason}")));
            }
            Verdict::Unexpected if !result.is_of_a_known_kernel() => {
                bail!(Skip(format!("has another finding in {id}")));
            }
            Verdict::Failed | Verdict::Unexpected => bail!("{id}: {reason}"),
            _ => {}
        }
    }
    Ok(vec![table::markdown(&results)])
}

fn story() -> Result<Vec<String>> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_claims"));
    command.args(["LIS-10", "--brief"]).stdin(Stdio::null());
    command.env("COLUMNS", "72");
    let ended = Program::start_as("claims", command)?
        .end_within(Duration::from_secs(60))?;
    ensure!(ended.code() == Some(0), "{ended:#?}");
    Ok(vec![format!(
        "$ cargo lab claims LIS-10 --brief\n{}",
        ended.stdout
    )])
}
