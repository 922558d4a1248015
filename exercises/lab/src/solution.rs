//! `cargo lab solution`: the reference, with its reasons, beside the
//! learner's own.

use anyhow::{Result, anyhow};
use colored::Colorize;
use similar::{ChangeTag, TextDiff};

use crate::map::{Map, Task};
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
    if let Some(why) = missing(map, task) {
        return Err(Trouble::Failed(anyhow!(why)));
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
    say!("{}", task.solution().display().to_string().bold());
    say_part!("{}", map.read(&task.solution())?);
    say!("\n{}", difference(map, task)?.trim_end());
    Ok(true)
}

/// Why there is no solution here, where there is none.
pub(crate) fn missing(map: &Map, task: Task<'_>) -> Option<String> {
    let name = task.name();
    (!map.top.join(task.solution()).is_file()).then(|| {
        format!(
            "this copy of the course is a hand-out: solutions come from your \
             instructor, and `cargo lab hint {name}` has a hint"
        )
    })
}

/// What leads from the learner's program to the reference.
pub(crate) fn difference(map: &Map, task: Task<'_>) -> Result<String> {
    /// Lines that stay as they are, around those that do not.
    const AROUND: usize = 2;

    let (own, solution) =
        (map.read(&task.file())?, map.read(&task.solution())?);
    if own == solution {
        return Ok("Yours is the reference, line for line.".to_owned());
    }
    let mut text = format!(
        "--- {}:1:1\n+++ {}:1:1\n",
        task.file().display(),
        task.solution().display()
    );
    let diff = TextDiff::from_lines(&own, &solution);
    for hunk in diff.unified_diff().context_radius(AROUND).iter_hunks() {
        let header = hunk.header().to_string();
        text += &[&*header.dimmed().to_string(), "\n"].concat();
        for change in hunk.iter_changes() {
            let line = change.to_string_lossy();
            let line = line.trim_end_matches('\n');
            let line = match change.tag() {
                ChangeTag::Delete => format!("-{line}").red(),
                ChangeTag::Insert => format!("+{line}").green(),
                ChangeTag::Equal => format!(" {line}").normal(),
            };
            text += &[&*line.to_string(), "\n"].concat();
        }
    }
    Ok(text)
}
