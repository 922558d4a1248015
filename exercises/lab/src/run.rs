//! `cargo lab run`: a program of the book.

use std::io::Write;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use anyhow::{Context, Result, anyhow};

use crate::build::{Leash, Wanted};
use crate::map::{Map, misnamed};
use crate::screen::{width, wrap};
use crate::{Done, build, screen};

pub(crate) struct Program {
    pub(crate) topic: String,
    pub(crate) name: String,
    purpose: String,
}

pub(crate) fn run(map: &Map, program: Option<&str>, args: &[String]) -> Done {
    let programs = programs(map)?;
    let Some(name) = program else {
        list(&programs)?;
        return Ok(true);
    };
    if !programs.iter().any(|program| program.name == name) {
        let known = programs.iter().map(|program| program.name.as_str());
        return Err(misnamed("program", name, known, "cargo lab run"));
    }
    let leash = Arc::new(Leash::default());
    leash.end_with_signals()?;
    let path = build(map, name, &leash)?;
    // In place of this process: its output is live and Ctrl-C is its own
    // (`exec` of std unblocks signals).
    let error = Command::new(&path).args(args).exec();
    Err(anyhow!(error)
        .context(format!("start {}", path.display()))
        .into())
}

/// Builds a program of the book; where it is.
pub(crate) fn build(map: &Map, name: &str, leash: &Leash) -> Result<PathBuf> {
    let topic = map
        .topics
        .iter()
        .find(|place| {
            let file = format!("chapters/{}/src/bin/{name}.rs", place.name);
            map.top.join(file).is_file()
        })
        .with_context(|| format!("no topic has a program {name}"))?;
    let wanted = Wanted {
        package: format!("ch-{}", topic.name),
        name: name.to_owned(),
    };
    let built = build::program(map, wanted, leash, screen::tell_of_build);
    screen::hush();
    // The compiler's words, and nothing else.
    built?.map_err(|message| anyhow!("{}", message.trim_end().to_owned()))
}

fn list(programs: &[Program]) -> Result<()> {
    let mut out = std::io::stdout().lock();
    let mut topic = "";
    let longest = programs.iter().map(|p| p.name.len()).max().unwrap_or(0);
    for program in programs {
        if program.topic != topic {
            topic = &program.topic;
            writeln!(out, "{topic}")?;
        }
        let name = &program.name;
        if width() > longest + 30 {
            let indent = " ".repeat(longest + 4);
            let text = wrap(&program.purpose, &indent);
            writeln!(out, "  {name:<longest$}  {}", text.trim_start())?;
        } else {
            writeln!(out, "  {name}\n{}", wrap(&program.purpose, "    "))?;
        }
    }
    Ok(())
}

/// The programs of the book, in its order.
pub(crate) fn programs(map: &Map) -> Result<Vec<Program>> {
    let mut programs = Vec::new();
    for place in &map.topics {
        let folder = Path::new("chapters").join(&place.name).join("src/bin");
        let entries = std::fs::read_dir(map.top.join(&folder))
            .with_context(|| format!("read {}", folder.display()))?;
        let mut names = Vec::new();
        for entry in entries {
            let file = entry?.file_name().to_string_lossy().into_owned();
            if let Some(name) = file.strip_suffix(".rs") {
                names.push(name.to_owned());
            }
        }
        names.sort();
        for name in names {
            let text = map.read(&folder.join(format!("{name}.rs")))?;
            // The first paragraph of the header.
            let purpose: Vec<&str> = text
                .lines()
                .skip_while(|line| !line.starts_with("//!"))
                .map_while(|line| line.strip_prefix("//! "))
                .collect();
            programs.push(Program {
                topic: place.name.clone(),
                name,
                purpose: purpose.join(" "),
            });
        }
    }
    Ok(programs)
}
