//! Which command lines a Run button may start: those that stand in the first
//! line of a recording and name a program of a chapter. Nothing else is run.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// A recorded command line, taken apart.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Program {
    /// The name behind `--bin`.
    pub name: String,
    /// The program's own arguments.
    pub arguments: Vec<String>,
}

/// Every command line that may be run, as it stands in the recordings.
pub(crate) fn all(root: &Path) -> BTreeSet<String> {
    let chapters = folders(&root.join("chapters"));
    let recordings = chapters.iter().flat_map(|chapter| {
        files(&chapter.join("recorded"), "txt").into_iter()
    });
    recordings
        .filter_map(|path| fs::read_to_string(path).ok())
        .filter_map(|text| text.lines().next().map(str::to_owned))
        .filter(|line| {
            parse(line).is_some_and(|program| {
                let file = format!("src/bin/{}.rs", program.name);
                chapters.iter().any(|chapter| chapter.join(&file).is_file())
            })
        })
        .collect()
}

/// The program of `line`, if `line` may be run.
pub(crate) fn find(root: &Path, line: &str) -> Option<Program> {
    if all(root).contains(line) {
        parse(line)
    } else {
        None
    }
}

/// Takes `$ cargo run --bin NAME [--] [ARGUMENT…]` apart. What only a shell
/// could do (quotes, pipes, variables) is not run.
fn parse(line: &str) -> Option<Program> {
    let words = line.strip_prefix("$ cargo run --bin ")?;
    if words.contains(|c: char| "\"'`|&;<>()$\\*?[]#~{}".contains(c)) {
        return None;
    }
    let mut words = words.split_whitespace().map(str::to_owned);
    let name = words.next()?;
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if name.starts_with('-') || !name.chars().all(fits) {
        return None;
    }
    let mut arguments: Vec<String> = words.collect();
    match arguments.first().map(String::as_str) {
        Some("--") => drop(arguments.remove(0)),
        // It would be an option of Cargo.
        Some(word) if word.starts_with('-') => return None,
        _ => {}
    }
    Some(Program { name, arguments })
}

fn folders(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .map(|entry| entry.path())
        .filter(|path| path.is_dir())
        .collect()
}

fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let paths = entries.map(|entry| entry.path());
    paths
        .filter(|path| path.extension().is_some_and(|e| e == extension))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recorded_command_line_is_taken_apart() {
        let program = parse("$ cargo run --bin peek -- 127.0.0.1 5555");
        let program = program.unwrap();
        assert_eq!(program.name, "peek");
        assert_eq!(program.arguments, ["127.0.0.1", "5555"]);
    }

    #[test]
    fn shell_syntax_and_options_of_cargo_are_refused() {
        for line in [
            "$ cargo run --bin a; rm b",
            "$ cargo run --bin a > b",
            "$ cargo run --bin a $(b)",
            "$ cargo run --bin --release",
            "$ cargo run --bin ../a",
            "$ cargo run --bin a --release",
            "$ cargo test --bin a",
            "cargo run --bin a",
        ] {
            assert_eq!(parse(line), None, "{line}");
        }
    }

    #[test]
    fn only_a_recorded_line_of_an_existing_program_may_be_run() {
        let root = tempfile::tempdir().unwrap();
        let chapter = root.path().join("chapters/00-first");
        fs::create_dir_all(chapter.join("recorded")).unwrap();
        fs::create_dir_all(chapter.join("src/bin")).unwrap();
        fs::write(chapter.join("src/bin/a.rs"), "").unwrap();
        let record = |file: &str, line: &str| {
            fs::write(chapter.join("recorded").join(file), line).unwrap();
        };
        record("a.txt", "$ cargo run --bin a\nout\n$ cargo run --bin a x\n");
        record("gone.txt", "$ cargo run --bin gone\n");
        let expected = BTreeSet::from(["$ cargo run --bin a".to_owned()]);
        assert_eq!(all(root.path()), expected);
        assert!(find(root.path(), "$ cargo run --bin a").is_some());
        assert!(find(root.path(), "$ cargo run --bin a x").is_none());
        assert!(find(root.path(), "$ cargo run --bin gone").is_none());
    }
}
