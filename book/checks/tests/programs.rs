//! Every program has the form that a reader learns once.

use checks::{Page, none, programs, read, root, topics};

/// What fits a page.
const WIDEST: usize = 80;

/// Lines of code, without imports, of a program that is read in one sitting.
const LONGEST: usize = 100;

/// For tables of errors and the example server.
const LONGEST_TABLE: usize = 150;

#[test]
fn every_program_has_its_header_in_order() {
    let mut problems = Vec::new();
    for program in programs() {
        let header = program.header();
        let place = &program.path;
        let starts =
            |mark: &str| header.iter().position(|line| line.starts_with(mark));
        let purpose = header.first().is_some_and(|line| !line.is_empty());
        let order = [
            starts("Watch for: "),
            starts_command(&header),
            starts("Page: "),
        ];
        let [Some(watch), Some(command), Some(page)] = order else {
            problems.push(format!("{place}: a part of the header is missing"));
            continue;
        };
        if !(purpose && 0 < watch && watch < command && command < page) {
            problems.push(format!("{place}: the header is out of order"));
        }
        let page = header[page].trim_start_matches("Page: ");
        let own = format!("{}:all}}}}", program.path);
        if !root().join(page).is_file() {
            problems.push(format!("{place}: no page {page}"));
        } else if !read(page).contains(&own) {
            problems.push(format!("{place}: {page} does not show it"));
        }
    }
    none("headers of programs", &problems);
}

#[test]
fn every_command_in_a_header_runs_the_program_itself() {
    let mut problems = Vec::new();
    for program in programs() {
        for line in program.header() {
            let Some((_, command)) = line.split_once("cargo run --bin ") else {
                continue;
            };
            let name = command.split_whitespace().next().unwrap_or_default();
            // The example client and server are each other's other side.
            let pair = ["client", "server"];
            let other =
                pair.contains(&name) && pair.contains(&program.name.as_str());
            if name != program.name && !other {
                problems.push(format!("{}: {line}", program.path));
            }
        }
    }
    none("commands of another program", &problems);
}

#[test]
fn every_line_of_code_fits_a_page() {
    let mut problems = Vec::new();
    for file in shown_files() {
        for (at, line) in read(&file).lines().enumerate() {
            let width = line.chars().count();
            if width > WIDEST {
                problems.push(format!("{file}:{}: {width} columns", at + 1));
            }
        }
    }
    none(&format!("lines of over {WIDEST} columns"), &problems);
}

#[test]
fn every_program_is_read_in_one_sitting() {
    let mut problems = Vec::new();
    for program in programs() {
        let lines = program.length();
        let table =
            program.name.ends_with("-errors") || program.name == "server";
        let longest = if table { LONGEST_TABLE } else { LONGEST };
        if lines > longest {
            problems.push(format!(
                "{}: {lines} lines of code, {longest} at most",
                program.path
            ));
        }
    }
    none("programs that are too long", &problems);
}

#[test]
fn every_program_starts_and_ends_by_the_same_rules() {
    let mut problems = Vec::new();
    for program in programs() {
        let code = &program.source;
        for (needed, why) in [
            ("stage::main(USAGE, run)", "exit codes and the one line"),
            ("const USAGE: &str = \"usage: ", "a usage line"),
            ("example: ", "an example in the usage"),
        ] {
            if !code.contains(needed) {
                problems.push(format!("{}: {needed}: {why}", program.path));
            }
        }
        for (at, line) in program.code() {
            for forbidden in [
                ".unwrap()",
                ".expect(\"",
                "panic!(",
                "println!",
                "todo!(",
                "thread::sleep",
                "process::exit",
                "dbg!(",
            ] {
                if line.contains(forbidden) {
                    problems
                        .push(format!("{}:{at}: {forbidden}", program.path));
                }
            }
        }
    }
    none("starts and ends", &problems);
}

#[test]
fn a_program_talks_less_than_it_works() {
    let mut problems = Vec::new();
    for program in programs() {
        let code = program.code();
        let prints = |line: &&str| {
            line.contains(".step(")
                || line.contains("announce(")
                || line.contains("writeln!")
        };
        let talk = code.iter().filter(|(_, line)| prints(line)).count();
        if talk * 4 > code.len() {
            problems.push(format!(
                "{}: {talk} prints in {} lines",
                program.path,
                code.len()
            ));
        }
    }
    none("programs with more than one print in four lines", &problems);
}

#[test]
fn no_excerpt_of_a_page_prints() {
    let mut problems = Vec::new();
    for program in programs() {
        let mut inside: Vec<&str> = Vec::new();
        for (at, line) in program.source.lines().enumerate() {
            let mark = line.trim();
            if let Some(name) = mark.strip_prefix("// ANCHOR: ") {
                inside.extend(Some(name).filter(|name| *name != "all"));
            } else if let Some(name) = mark.strip_prefix("// ANCHOR_END: ") {
                inside.retain(|open| *open != name);
            } else if let Some(name) = inside.last()
                && (line.contains(".step(") || line.contains("announce("))
            {
                problems.push(format!(
                    "{}:{}: a print in the excerpt {name}",
                    program.path,
                    at + 1
                ));
            }
        }
    }
    none("prints in excerpts", &problems);
}

#[test]
fn every_program_has_a_page_of_its_name() {
    let mut problems = Vec::new();
    for program in programs() {
        let page = format!("book/src/{}/{}.md", program.topic, program.name);
        if !program.source.contains(&format!("//! Page: {page}\n")) {
            problems.push(format!("{}: not {page}", program.path));
        }
    }
    none("programs whose page has another name", &problems);
}

#[test]
fn every_program_is_recorded_and_every_recording_has_a_program() {
    let mut problems = Vec::new();
    for topic in topics() {
        let folder = root().join(format!("chapters/{topic}/recorded"));
        let programs = programs();
        let own: Vec<_> = programs
            .iter()
            .filter(|program| program.topic == topic)
            .collect();
        for program in &own {
            let file = folder.join(format!("{}.txt", program.name));
            if !file.is_file() {
                problems.push(format!("{} is missing", file.display()));
            }
            // Client and server are recorded together, in the server's tests.
            if ["client", "server"].contains(&program.name.as_str()) {
                continue;
            }
            let test = read(format!("chapters/{topic}/tests/recordings.rs"));
            if !test.contains(&format!("\"CARGO_BIN_EXE_{}\"", program.name)) {
                problems.push(format!(
                    "chapters/{topic}/tests/recordings.rs leaves out {}",
                    program.name
                ));
            }
        }
        for name in checks::entries(format!("chapters/{topic}/recorded")) {
            let Some(stem) = name.strip_suffix(".txt") else {
                continue;
            };
            let text = read(format!("chapters/{topic}/recorded/{name}"));
            let command = text.lines().next().unwrap_or_default();
            let known = own.iter().any(|program| {
                command
                    .strip_prefix("$ cargo run --bin ")
                    .and_then(|rest| rest.split_whitespace().next())
                    == Some(program.name.as_str())
            });
            if !known {
                problems.push(format!("{topic}/{stem}.txt: {command:?}"));
            }
        }
    }
    none("recordings", &problems);
}

#[test]
fn the_first_program_of_each_topic_can_be_one_side_of_a_real_pair() {
    let mut problems = Vec::new();
    for topic in topics() {
        let index = Page::read(&format!("{topic}/index.md"));
        let first = index.links().into_iter().find(|l| l.to.ends_with(".md"));
        let Some(first) = first else { continue };
        let name = first.to.trim_end_matches(".md");
        let path = format!("chapters/{topic}/src/bin/{name}.rs");
        let program = read(&path);
        if !program.contains("//! Server: cargo run")
            && !program.contains("//! Client: cargo run")
        {
            problems.push(path);
        }
    }
    none("first programs that can't be one side", &problems);
}

/// Everything whose code a page shows.
fn shown_files() -> Vec<String> {
    let mut files: Vec<String> =
        programs().into_iter().map(|program| program.path).collect();
    for page in checks::pages() {
        for include in page.includes() {
            if include.file.ends_with(".rs") {
                files.push(include.file);
            }
        }
    }
    files.sort();
    files.dedup();
    files
}

fn starts_command(header: &[&str]) -> Option<usize> {
    header.iter().position(|line| {
        ["Run: ", "Both sides: ", "Server: ", "Client: "]
            .iter()
            .any(|mark| line.starts_with(mark))
            && line.contains("cargo run --bin ")
    })
}
