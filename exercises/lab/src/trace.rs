//! `cargo lab trace`: a picture of what a program and its peers do.

use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;

use anyhow::{Context, anyhow};
use serde_json::json;

use crate::build::{Leash, Wanted};
use crate::map::{Map, misnamed};
use crate::{Done, Trouble, build, screen};

/// What is to be recorded, and how to show it.
pub(crate) struct Trace {
    pub(crate) program: String,
    pub(crate) args: Vec<String>,
    pub(crate) with: Vec<String>,
    pub(crate) check: Option<String>,
    pub(crate) seed: Option<String>,
    pub(crate) only: Vec<String>,
    pub(crate) limit: u64,
    pub(crate) show: Show,
    pub(crate) pcap: Option<PathBuf>,
}

/// How to show it.
pub(crate) enum Show {
    Text,
    Words,
    Json,
    Svg(PathBuf),
}

/// The package of the recorder, and its name there.
const TOOL: &str = "trace";

pub(crate) fn trace(map: &Map, asked: &Trace) -> Done {
    let exercise = map.task(&asked.program).ok();
    let driven =
        exercise.filter(|_| asked.args.is_empty() && asked.with.is_empty());
    if driven.is_none() && (asked.check.is_some() || asked.seed.is_some()) {
        return Err(Trouble::Misused(
            "a check drives an exercise, and gives it its arguments: \
             cargo lab trace greeter --check \
             a_client_that_resets_harms_nobody"
                .to_owned(),
        ));
    }
    let mut names = vec![(asked.program.clone(), asked.args.clone())];
    for line in &asked.with {
        let mut words = line.split_whitespace().map(ToOwned::to_owned);
        let name = words.next().ok_or_else(|| {
            Trouble::Misused("--with takes a program".to_owned())
        })?;
        names.push((name, words.collect()));
    }
    let mut wanted = vec![Wanted {
        package: TOOL.to_owned(),
        name: TOOL.to_owned(),
    }];
    for (name, _) in &names {
        wanted.push(find(map, name)?);
    }
    let leash = Arc::new(Leash::default());
    leash.end_with_signals()?;
    let mut built = Vec::new();
    let made = build::programs(map, &wanted, &leash, screen::tell_of_build);
    screen::hush();
    for (one, path) in wanted.iter().zip(made?) {
        built.push(path.map_err(|message| {
            anyhow!("{} does not compile:\n{}", one.name, message.trim_end())
        })?);
    }
    let programs: Vec<_> = names
        .iter()
        .zip(&built[1..])
        .map(|((name, args), path)| {
            json!({ "name": name, "path": path, "args": args })
        })
        .collect();
    let (show, to) = match &asked.show {
        Show::Text => ("text", None),
        Show::Words => ("words", None),
        Show::Json => ("json", None),
        Show::Svg(path) => ("svg", Some(path)),
    };
    let mut command = vec![asked.program.clone()];
    command.extend(asked.args.iter().cloned());
    let job = json!({
        "command": command.join(" "),
        "programs": programs,
        "exercise": driven.map(|task| task.exercise.name.as_str()),
        "check": asked.check,
        "seed": asked.seed,
        "limit": asked.limit,
        "only": asked.only,
        "show": show,
        "to": to,
        "pcap": asked.pcap,
        "width": screen::width(),
    });
    let tool = built.first().context("the recorder")?;
    // In place of this process: Ctrl-C is its own.
    let error = Command::new(tool).arg(job.to_string()).exec();
    Err(anyhow!(error)
        .context(format!("start {}", tool.display()))
        .into())
}

/// The program of a chapter or of an exercise.
fn find(map: &Map, name: &str) -> Result<Wanted, Trouble> {
    if let Ok(task) = map.task(name) {
        return Ok(Wanted {
            package: format!("ex-{}", task.topic),
            name: format!("ex-{}", task.name()),
        });
    }
    let programs = crate::run::programs(map)?;
    if let Some(program) = programs.iter().find(|p| p.name == name) {
        return Ok(Wanted {
            package: format!("ch-{}", program.topic),
            name: program.name.clone(),
        });
    }
    let exercises = map.tasks().map(|task| task.exercise.name.as_str());
    let known = programs.iter().map(|program| program.name.as_str());
    let list = "one of `cargo lab run` and `cargo lab list`";
    let all = known.chain(exercises);
    Err(misnamed("program or exercise", name, all, list))
}
