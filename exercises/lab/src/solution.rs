//! `cargo lab solution`: the reference, with its reasons, beside the
//! learner's own.

use std::io::Write;

use colored::Colorize;
use similar::{ChangeTag, TextDiff};

use crate::map::Map;
use crate::progress::{Progress, What};
use crate::{Done, Trouble};

pub(crate) fn show(
    map: &Map,
    progress: &mut Progress,
    exercise: &str,
    give_up: bool,
) -> Done {
    let task = map.task(exercise)?;
    let name = task.name();
    let passed = progress.passed(name);
    if !map.top.join(task.solution()).is_file() {
        return Err(Trouble::Failed(anyhow::anyhow!(
            "there are no solutions in this copy of the course"
        )));
    }
    let seen = passed || progress.has(name, What::GaveUp);
    if !seen && !give_up {
        return Err(Trouble::Misused(format!(
            "{name} is not passed yet; `cargo lab hint {name}` has a hint, \
             and `cargo lab solution {name} --give-up` shows the solution \
             all the same"
        )));
    }
    if !passed && give_up {
        progress.note(name, What::GaveUp)?;
    }
    let solution = map.read(&task.solution())?;
    let own = map.read(&task.file())?;
    let mut out = std::io::stdout().lock();
    writeln!(out, "{}", task.solution().display().to_string().bold())?;
    out.write_all(solution.as_bytes())?;
    writeln!(
        out,
        "\n{}",
        format!("From {} to it:", task.file().display()).bold()
    )?;
    let diff = TextDiff::from_lines(&own, &solution);
    for group in diff.grouped_ops(2) {
        for op in group {
            for change in diff.iter_changes(&op) {
                let text = change.to_string_lossy();
                let text = text.trim_end_matches('\n');
                let line = match change.tag() {
                    ChangeTag::Delete => format!("-{text}").red(),
                    ChangeTag::Insert => format!("+{text}").green(),
                    ChangeTag::Equal => format!(" {text}").normal(),
                };
                writeln!(out, "{line}")?;
            }
        }
        writeln!(out)?;
    }
    Ok(true)
}
