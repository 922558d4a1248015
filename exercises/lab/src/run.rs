//! `cargo lab run`: a program of the book.

use std::io::Write;
use std::os::unix::process::CommandExt;
use std::path::Path;

use anyhow::{Context, Result, anyhow};

use crate::map::{Map, misnamed};
use crate::screen::{width, wrap};
use crate::{Done, build};

struct Program {
    topic: String,
    name: String,
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
    // In place of this process: its output is live and Ctrl-C is its own.
    let error = build::cargo()
        .args(["run", "--quiet", "--bin", name, "--manifest-path"])
        .arg(map.top.join("Cargo.toml"))
        .arg("--")
        .args(args)
        .exec();
    Err(anyhow!(error).context("start cargo").into())
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

fn programs(map: &Map) -> Result<Vec<Program>> {
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
