//! Every claim, measured on this machine: a trial for each, and the rules of
//! the register.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Result, ensure};
use claims::run::{self, Measured, Verdict};
use claims::{Claim, Section, probes};
use libtest_mimic::{Arguments, Completion, Trial};
use testkit::trial;

type Test = fn() -> Result<()>;

pub(crate) fn main() -> ExitCode {
    if let Some(done) = run::serve() {
        return done;
    }
    let arguments = Arguments::from_args();
    let rules: [(&str, Test); 4] = [
        ("ids_are_unique_and_in_order", ids),
        ("a_claim_is_told_in_whole_sentences", sentences),
        ("a_claim_leads_to_a_page_and_to_its_source", pages),
        ("a_label_stands_once", labels),
    ];
    let mut trials: Vec<Trial> = rules
        .into_iter()
        .map(|(name, test)| trial(name, &[], test))
        .collect();
    // All at once: they wait more than they work.
    let results = if arguments.list {
        Vec::new()
    } else {
        run::run(&probes::all(), run::surroundings_here().0, |_| {})
    };
    trials.extend(results.into_iter().map(|result| {
        Trial::ignorable_test(result.claim.id, move || match result.verdict {
            Verdict::Skipped => {
                Ok(Completion::ignored_with(result.reason.unwrap_or_default()))
            }
            Verdict::Unexpected if !result.is_of_a_known_kernel() => {
                Ok(Completion::ignored_with(format!(
                    "a new finding on {}: {}",
                    run::kernel(),
                    told(&result)
                )))
            }
            Verdict::Unexpected | Verdict::Failed => Err(told(&result).into()),
            _ => Ok(Completion::Completed),
        })
    }));
    libtest_mimic::run(&arguments, trials).exit_code()
}

fn told(result: &Measured) -> String {
    let found: Vec<_> = result.story.found().collect();
    format!(
        "{:?}: found {found:?}, the register says {:?}; {}",
        result.verdict,
        result.claim.finds,
        result.reason.as_deref().unwrap_or("no reason")
    )
}

fn ids() -> Result<()> {
    let all = probes::all();
    let ids: BTreeSet<_> = all.iter().map(|claim| claim.id).collect();
    ensure!(ids.len() == all.len(), "an id stands twice");
    let mut last = Section::Introduction;
    for claim in &all {
        let number = claim.id.get(4..).unwrap_or_default();
        ensure!(
            claim.id.len() == 6 && number.parse::<u8>().is_ok(),
            "{}: not as CON-07",
            claim.id
        );
        ensure!(last <= claim.section(), "{}: out of order", claim.id);
        last = claim.section();
    }
    Ok(())
}

fn sentences() -> Result<()> {
    for Claim {
        id,
        says,
        why,
        seen,
        ..
    } in probes::all()
    {
        ensure!(says.ends_with('.'), "{id}: no sentence: {says}");
        ensure!(why.trim_end_matches(')').ends_with('.'), "{id}: {why}");
        ensure!(!seen.is_empty(), "{id}: seen on no kernel");
    }
    Ok(())
}

fn pages() -> Result<()> {
    let pages = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../book/src");
    for claim in probes::all() {
        ensure!(
            pages.join(claim.page).is_file(),
            "{}: no page {}",
            claim.id,
            claim.page
        );
        let source = claim.probe.source();
        ensure!(
            source.contains("fn ") && source.ends_with('}'),
            "{}: no source of {}",
            claim.id,
            claim.probe.name
        );
    }
    Ok(())
}

fn labels() -> Result<()> {
    for claim in probes::all() {
        let labels: BTreeSet<_> =
            claim.finds.iter().map(|(label, _)| label).collect();
        ensure!(
            labels.len() == claim.finds.len() && !labels.is_empty(),
            "{}: labels",
            claim.id
        );
    }
    Ok(())
}
