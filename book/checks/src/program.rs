//! A chapter program: its header, its anchors, what it uses.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use regex::Regex;

use crate::{entries, read, root, topics};

/// One program of the book.
#[derive(Debug)]
pub struct Program {
    /// The name of its binary: `accept`.
    pub name: String,
    /// Its topic: `03-accept`.
    pub topic: String,
    /// Its path from the top of the project.
    pub path: String,
    /// Its source.
    pub source: String,
}

/// All programs, by topic and name.
pub fn programs() -> Vec<Program> {
    topics()
        .into_iter()
        .flat_map(|topic| below(&format!("chapters/{topic}/src/bin"), &topic))
        .collect()
}

/// What learners are handed and what solves it, by topic.
pub fn exercises() -> Vec<Program> {
    let mut all = Vec::new();
    for topic in topics() {
        for folder in [
            format!("exercises/{topic}/stubs"),
            format!("solutions/{topic}/src/bin"),
        ] {
            if root().join(&folder).is_dir() {
                all.extend(below(&folder, &topic));
            }
        }
    }
    all
}

fn below(folder: &str, topic: &str) -> Vec<Program> {
    let files = entries(folder).into_iter();
    files
        .filter_map(|file| {
            let name = file.strip_suffix(".rs")?.to_owned();
            let path = format!("{folder}/{file}");
            let (topic, source) = (topic.to_owned(), read(&path));
            Some(Program {
                name,
                topic,
                path,
                source,
            })
        })
        .collect()
}

impl Program {
    /// The lines of its `//!` header, without the marks.
    pub fn header(&self) -> Vec<&str> {
        self.source
            .lines()
            .skip_while(|line| line.starts_with("// ANCHOR"))
            .map_while(|line| line.strip_prefix("//!"))
            .map(|line| line.strip_prefix(' ').unwrap_or(line))
            .collect()
    }

    /// Its lines of code: no blank lines, no comments. With numbers, from 1.
    pub fn code(&self) -> Vec<(usize, &str)> {
        self.source
            .lines()
            .enumerate()
            .map(|(at, line)| (at + 1, line))
            .filter(|(_, line)| {
                let line = line.trim_start();
                !line.is_empty() && !line.starts_with("//")
            })
            .collect()
    }

    /// How many lines of it a reader reads: its code without the imports.
    pub fn length(&self) -> usize {
        let mut importing = false;
        let mut length = 0;
        for (_, line) in self.code() {
            importing |= line.starts_with("use ");
            length += usize::from(!importing);
            importing &= !line.ends_with(';');
        }
        length
    }

    /// What it uses of the kernel, by the names that C gives it: calls,
    /// flags, options, signals, errnos.
    pub fn uses(
        &self,
        aliases: &impl Fn(&str) -> Option<String>,
    ) -> BTreeSet<String> {
        static NAME: LazyLock<Regex> = LazyLock::new(|| {
            Regex::new(concat!(
                r"\bErrno::(E[A-Z0-9]+)\b",
                r"|\bsockopt::([A-Za-z0-9]+)\b",
                r"|\b((?:MSG|SO|SOCK|SA|TCP|IP|IPV6|O|F|FD|RLIMIT)_",
                r"[A-Z0-9_]+|SIG[A-Z0-9]+|SIO[A-Z]+)\b",
                r"|\bsys::([a-z_]+)\b",
            ))
            .expect("written in this file")
        });
        let code: Vec<&str> =
            self.code().into_iter().map(|(_, line)| line).collect();
        let code = code.join("\n");
        let mut used: BTreeSet<String> = NAME
            .captures_iter(&code)
            .filter_map(|found| {
                let name = found.iter().skip(1).flatten().next()?.as_str();
                // The module paths of nix begin with sys:: too.
                let whole = found.get(0)?;
                let inside = code[..whole.start()].ends_with("nix::");
                (!inside).then(|| name.to_owned())
            })
            .collect();
        used.extend(imported_calls(&code));
        used.into_iter()
            .map(|name| aliases(&name).unwrap_or(name))
            .filter(|name| !name.is_empty())
            .collect()
    }
}

/// The functions that a program imports from nix.
fn imported_calls(code: &str) -> Vec<String> {
    static USE: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"(?s)\buse nix::(.*?);").expect("written in this file")
    });
    static CALL: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new("^[a-z][a-z0-9_]*$").expect("written in this file")
    });
    USE.captures_iter(code)
        .flat_map(|import| {
            let names = import[1].replace(['{', '}'], ",");
            let calls: Vec<String> = names
                .split(',')
                .filter_map(|path| path.trim().rsplit("::").next())
                .filter(|name| CALL.is_match(name))
                .map(str::to_owned)
                .collect();
            calls
        })
        // Modules that are imported by name.
        .filter(|name| {
            !matches!(name.as_str(), "libc" | "sockopt" | "self" | "signal")
        })
        .collect()
}
