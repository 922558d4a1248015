//! How results are shown.

use std::collections::BTreeMap;
use std::fmt::Arguments;
use std::fs;
use std::io::{Write, stdout};
use std::process::exit;

use claims::run::{Measured, Verdict};
use claims::story::Step;
use claims::table::{self, summary};
use colored::Colorize;
use serde::{Deserialize, Serialize};
use testkit::surroundings::Surroundings;

/// `println!` for readers that may have enough: `cargo lab claims | head`.
fn say(text: Arguments<'_>) {
    if writeln!(stdout(), "{text}").is_err() {
        exit(0);
    }
}

/// A claim as data, here or on another system.
#[derive(Serialize, Deserialize)]
struct Line {
    id: String,
    verdict: Verdict,
    found: Vec<(String, String)>,
    expected: Vec<(String, String)>,
    seen: Vec<String>,
    kernel: String,
    reason: Option<String>,
}

fn owned(pair: (&str, &str)) -> (String, String) {
    (pair.0.to_owned(), pair.1.to_owned())
}

fn line(result: &Measured) -> Line {
    let claim = &result.claim;
    Line {
        id: claim.id.to_owned(),
        verdict: result.verdict,
        found: result.story.found().map(owned).collect(),
        expected: claim.finds.iter().copied().map(owned).collect(),
        seen: claim.seen.iter().map(ToString::to_string).collect(),
        kernel: kernel(),
        reason: result.reason.clone(),
    }
}

/// A line of JSON for each claim.
pub(crate) fn json(results: &[Measured]) {
    for result in results {
        // Strings alone: this can't fail.
        let line = serde_json::to_string(&line(result)).unwrap_or_default();
        say(format_args!("{line}"));
    }
}

/// Where this system and the one that wrote `file` find different values.
/// Fails where the file is not what `--json` prints.
pub(crate) fn beside(results: &[Measured], file: &str) -> Result<(), String> {
    let text = fs::read_to_string(file).map_err(|e| format!("{file}: {e}"))?;
    let mut theirs = BTreeMap::new();
    let mut system = "another system".to_owned();
    for (at, text) in text.lines().enumerate() {
        let line: Line = serde_json::from_str(text).map_err(|error| {
            let at = at + 1;
            format!(
                "{file}:{at}: no line of `cargo lab claims --json`: {error}"
            )
        })?;
        system.clone_from(&line.kernel);
        theirs.insert(line.id.clone(), line);
    }
    say(format_args!("here: {}\nthere: {system}", kernel()));
    let (mut same, mut other, mut alone) = (0, 0, 0);
    for result in results {
        let here = line(result);
        let Some(there) = theirs.get(&here.id) else {
            alone += 1;
            continue;
        };
        if here.found == there.found {
            same += 1;
            continue;
        }
        other += 1;
        say(format_args!(
            "\n{}\n{}",
            here.id.bold(),
            wrap(result.claim.says, "  ")
        ));
        for (name, line, other) in
            [("here", &here, there), ("there", there, &here)]
        {
            let own = line.found.iter().filter(|f| !other.found.contains(f));
            for (label, value) in own {
                let text = format!("{name}: {label}: {value}");
                say(format_args!("{}", wrap(&text, "  ")));
            }
            if let Some(reason) = &line.reason {
                let text = format!("{name}: {reason}");
                say(format_args!("{}", wrap(&text, "  ")));
            }
        }
    }
    say(format_args!(
        "\n{same} claims alike, {other} not, {alone} measured here only"
    ));
    Ok(())
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
            lines.extend(table::beside(result.claim.outcome));
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

/// One claim, step by step, with the source of its probe unless `brief`.
pub(crate) fn story(result: &Measured, brief: bool) {
    let claim = &result.claim;
    say(format_args!(
        "{} {}",
        claim.id.bold(),
        claim.section().title()
    ));
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
    for line in instead(result) {
        say(format_args!("{}", wrap(&line, "  ")));
    }
    say(format_args!("{}", wrap(claim.why, "  ")));
    if !claim.posix.is_empty() {
        let posix = format!("POSIX: {}", claim.posix);
        say(format_args!("{}", wrap(&posix, "  ")));
    }
    say(format_args!("  The page: book/src/{}", claim.page));
    if !brief {
        say(format_args!("\n{}", claim.probe.source().dimmed()));
    }
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

/// Columns: what COLUMNS says, which `cargo lab` sets to the terminal's.
fn width() -> usize {
    let given = std::env::var("COLUMNS").ok();
    let columns = given.and_then(|columns| columns.parse().ok());
    columns.filter(|columns| *columns > 0).unwrap_or(80)
}

/// Text broken at blanks, each line behind `indent`.
fn wrap(text: &str, indent: &str) -> String {
    let options = textwrap::Options::new(width())
        .initial_indent(indent)
        .subsequent_indent(indent)
        .word_splitter(textwrap::WordSplitter::NoHyphenation)
        .break_words(false);
    textwrap::fill(text, options)
}
