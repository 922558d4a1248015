//! How results are shown.

use std::fmt::Arguments;
use std::fs;
use std::io::{Write, stdout};
use std::process::exit;

use claims::Outcome;
use claims::run::{Measured, Verdict};
use claims::story::Step;
use colored::Colorize;
use serde::Serialize;
use testkit::surroundings::Surroundings;

/// `println!` for readers that may have enough: `cargo lab claims | head`.
fn say(text: Arguments<'_>) {
    if writeln!(stdout(), "{text}").is_err() {
        exit(0);
    }
}

/// A line of JSON for each claim.
pub(crate) fn json(results: &[Measured]) {
    #[derive(Serialize)]
    struct Line<'a> {
        id: &'a str,
        verdict: Verdict,
        found: Vec<(&'a str, &'a str)>,
        expected: &'a [(&'a str, &'a str)],
        seen: &'a [&'a str],
        kernel: &'a str,
        reason: Option<&'a str>,
    }
    let kernel = kernel();
    for result in results {
        let line = Line {
            id: result.claim.id,
            verdict: result.verdict,
            found: result.story.found().collect(),
            expected: result.claim.finds,
            seen: result.claim.seen,
            kernel: &kernel,
            reason: result.reason.as_deref(),
        };
        // Strings alone: this can't fail.
        let line = serde_json::to_string(&line).unwrap_or_default();
        say(format_args!("{line}"));
    }
}

/// Every claim in a line, by section, and what they come to.
pub(crate) fn table(
    results: &[Measured],
    kind: Surroundings,
    why: Option<&str>,
) {
    let mut section = None;
    for result in results {
        let claim = &result.claim;
        if section != Some(claim.section()) {
            section = Some(claim.section());
            say(format_args!("\n{}", claim.section().title().bold()));
        }
        let head = format!("  {}  {:<8}", claim.id, word(result.verdict));
        let indent = " ".repeat(head.len() + 1);
        let text = wrap(claim.says, &indent);
        let head = match result.verdict {
            Verdict::Held | Verdict::HeldIf => head.green(),
            Verdict::Differed | Verdict::NotProvoked => head.yellow(),
            Verdict::Unexpected | Verdict::Failed => head.red(),
            Verdict::Skipped => head.dimmed(),
        };
        say(format_args!("{head} {}", text.trim_start()));
        for line in instead(result) {
            say(format_args!("{}", wrap(&line, &indent)));
        }
    }
    say(format_args!("\n{}", summary(results).bold()));
    say(format_args!("{}", kernel()));
    match (kind, why) {
        (Surroundings::Private, _) => {
            say(format_args!("each in a network of its own"));
        }
        (Surroundings::Shared, why) => say(format_args!(
            "in this machine's own network: {}",
            why.unwrap_or("no namespaces")
        )),
    }
    for line in settings() {
        say(format_args!("  {line}"));
    }
    say(format_args!(
        "\nOne of them step by step, with its source: cargo lab claims {}",
        results.first().map_or("CON-07", |result| result.claim.id)
    ));
}

/// What is to be said beside the claim itself.
fn instead(result: &Measured) -> Vec<String> {
    let mut lines = Vec::new();
    match result.verdict {
        Verdict::Held => {}
        Verdict::HeldIf | Verdict::Differed | Verdict::NotProvoked => {
            lines.push(outcome(result.claim.outcome));
        }
        Verdict::Unexpected => {
            lines.extend(difference(result));
            lines.push(format!(
                "A new finding: the register has seen {}. Please report it \
                 with the output of `cargo lab claims {} --json`.",
                result.claim.seen.join(", "),
                result.claim.id
            ));
        }
        Verdict::Skipped | Verdict::Failed => {
            lines.extend(result.reason.clone());
        }
    }
    lines
}

/// The register's finding, in a sentence.
fn outcome(outcome: Outcome) -> String {
    match outcome {
        Outcome::Holds => "It holds.".to_owned(),
        Outcome::OnlyIf(condition) => format!("It holds only if {condition}."),
        Outcome::Differs(instead) => format!("It differs: {instead}"),
        Outcome::CannotBeProvoked(tried) => {
            format!("It can't be provoked. Tried: {tried}")
        }
    }
}

/// Label by label, where what was found is not what the register says.
fn difference(result: &Measured) -> Vec<String> {
    let found: Vec<_> = result.story.found().collect();
    let expected = result.claim.finds;
    let mut lines = Vec::new();
    for at in 0..found.len().max(expected.len()) {
        match (found.get(at), expected.get(at)) {
            (Some(found), Some(expected)) if found == expected => {}
            (found, expected) => {
                let show = |pair: Option<&(&str, &str)>| {
                    pair.map_or("nothing".to_owned(), |(label, value)| {
                        format!("{label}: {value}")
                    })
                };
                lines.push(format!(
                    "found {}; the register says {}",
                    show(found),
                    show(expected)
                ));
            }
        }
    }
    lines
}

/// One claim, step by step, with the source of its probe.
pub(crate) fn story(result: &Measured) {
    let claim = &result.claim;
    say(format_args!("{} {}", claim.id.bold(), claim.section().title()));
    say(format_args!("{}", wrap(claim.says, "  ")));
    say(format_args!(""));
    for (number, step) in result.story.steps.iter().enumerate() {
        let text = match step {
            Step::Did(what) => what.clone(),
            Step::Found(label, value) => format!("{label}: {value}"),
        };
        let text = wrap(&text, "     ");
        let line = format!("{:>4} {}", number + 1, text.trim_start());
        match step {
            Step::Did(_) => say(format_args!("{line}")),
            Step::Found(..) => say(format_args!("{}", line.bold())),
        }
    }
    say(format_args!("\n{}", word(result.verdict).bold()));
    if result.verdict == Verdict::Held {
        say(format_args!("{}", wrap(&outcome(claim.outcome), "  ")));
    }
    for line in instead(result) {
        say(format_args!("{}", wrap(&line, "  ")));
    }
    say(format_args!("{}", wrap(claim.why, "  ")));
    if !claim.posix.is_empty() {
        let posix = format!("POSIX: {}", claim.posix);
        say(format_args!("{}", wrap(&posix, "  ")));
    }
    say(format_args!("  The page: book/src/{}", claim.page));
    say(format_args!("\n{}", claim.probe.source().dimmed()));
}

/// A verdict in a word that fits a column.
fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Held => "holds",
        Verdict::HeldIf => "only if",
        Verdict::Differed => "differs",
        Verdict::NotProvoked => "never",
        Verdict::Unexpected => "NEW",
        Verdict::Skipped => "skipped",
        Verdict::Failed => "FAILED",
    }
}

fn summary(results: &[Measured]) -> String {
    let count = |wanted: &[Verdict]| {
        results.iter().filter(|r| wanted.contains(&r.verdict)).count()
    };
    let mut parts = vec![
        format!("{} held", count(&[Verdict::Held, Verdict::HeldIf])),
        format!("{} differed as expected", count(&[Verdict::Differed])),
        format!("{} can't be provoked", count(&[Verdict::NotProvoked])),
        format!("{} unexpected", count(&[Verdict::Unexpected])),
        format!("{} skipped", count(&[Verdict::Skipped])),
    ];
    let failed = count(&[Verdict::Failed]);
    if failed > 0 {
        parts.push(format!("{failed} could not be measured"));
    }
    format!("{} claims: {}", results.len(), parts.join(", "))
}

/// The kernel's name and version, its first two numbers.
fn kernel() -> String {
    let Ok(name) = nix::sys::utsname::uname() else {
        return "an unknown kernel".to_owned();
    };
    format!(
        "{} {}",
        name.sysname().to_string_lossy(),
        name.release().to_string_lossy()
    )
}

/// The settings that change what is found, as they are here.
fn settings() -> Vec<String> {
    [
        "net/core/somaxconn",
        "net/ipv4/tcp_abort_on_overflow",
        "net/ipv4/tcp_syn_retries",
        "net/ipv4/tcp_max_syn_backlog",
        "net/ipv4/tcp_syncookies",
        "net/ipv4/ip_local_port_range",
        "net/ipv4/tcp_rmem",
        "net/ipv4/tcp_wmem",
        "net/ipv4/tcp_stdurg",
        "net/ipv6/conf/all/disable_ipv6",
    ]
    .into_iter()
    .filter_map(|name| {
        let text = fs::read_to_string(format!("/proc/sys/{name}")).ok()?;
        let value: Vec<&str> = text.split_whitespace().collect();
        Some(format!("{} = {}", name.replace('/', "."), value.join(" ")))
    })
    .collect()
}

/// Text broken at blanks, each line behind `indent`.
fn wrap(text: &str, indent: &str) -> String {
    let options = textwrap::Options::new(80)
        .initial_indent(indent)
        .subsequent_indent(indent)
        .word_splitter(textwrap::WordSplitter::NoHyphenation)
        .break_words(false);
    textwrap::fill(text, options)
}
