//! `cargo lab hint`: the next rung of the ladder.

use crate::map::Map;
use crate::progress::{Progress, What};
use crate::screen::{flow, hang, wrap};
use crate::{Done, Trouble, status};

pub(crate) fn hint(
    map: &Map,
    progress: &mut Progress,
    exercise: Option<&str>,
) -> Done {
    let task = match exercise {
        Some(name) => map.task(name)?,
        None => status::current(map, progress).ok_or_else(|| {
            Trouble::Misused(
                "every exercise is passed; name the one that you mean, as in \
                 `cargo lab hint greeter`"
                    .to_owned(),
            )
        })?,
    };
    say!("{}", next(progress, task)?);
    Ok(true)
}

/// The next hint of an exercise, or all of them where there is no next one.
pub(crate) fn next(
    progress: &mut Progress,
    task: crate::map::Task<'_>,
) -> anyhow::Result<String> {
    let hints = &task.exercise.hints;
    let name = task.name();
    let shown = usize::try_from(progress.hints(name))?;
    let Some(hint) = hints.get(shown) else {
        let all: Vec<String> = hints
            .iter()
            .enumerate()
            .map(|(at, hint)| {
                hang(&flow(hint), &format!("{}. ", at + 1), "   ")
            })
            .collect();
        return Ok(format!(
            "These are all the hints of {name}; the lesson is {}.\n{}",
            task.page(),
            all.join("\n")
        ));
    };
    progress.note(name, What::Hints(u32::try_from(shown + 1)?))?;
    let left = match hints.len() - shown - 1 {
        0 => "none is left".to_owned(),
        1 => "one more is left".to_owned(),
        left => format!("{left} more are left"),
    };
    Ok(format!(
        "{}\n(hint {} of {} for {name}; {left})",
        wrap(&flow(hint), ""),
        shown + 1,
        hints.len()
    ))
}
