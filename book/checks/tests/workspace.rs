//! The folders are what the manifest and the design say.

use std::collections::BTreeSet;

use checks::{entries, is_topic, none, read, root, topics};

/// What may stand at the top, beside dot files and licences.
const TOP: [&str; 7] = [
    "Cargo.lock",
    "Cargo.toml",
    "README.md",
    "book",
    "chapters",
    "exercises",
    "solutions",
];

fn list(key: &str) -> BTreeSet<String> {
    let manifest: toml::Table = read("Cargo.toml").parse().expect("TOML");
    manifest["workspace"][key]
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|member| member.as_str().map(str::to_owned))
        .collect()
}

/// Those of these folders that are there: a hand-out for a class has no
/// `solutions`.
fn present<const N: usize>(
    folders: [&'static str; N],
) -> impl Iterator<Item = &'static str> {
    let is_there = |folder: &&str| root().join(folder).is_dir();
    folders.into_iter().filter(is_there)
}

/// Every folder with a manifest.
fn packages() -> BTreeSet<String> {
    present(["book", "chapters", "exercises", "solutions"])
        .flat_map(|top| {
            entries(top)
                .into_iter()
                .map(move |name| format!("{top}/{name}"))
        })
        .filter(|path| root().join(path).join("Cargo.toml").is_file())
        .collect()
}

#[test]
fn the_list_of_members_and_the_folders_are_equal() {
    assert_eq!(list("members"), packages());
}

#[test]
fn what_a_learner_compiles_leaves_the_books_own_tools_out() {
    let expected: BTreeSet<String> = packages()
        .into_iter()
        .filter(|path| {
            let (_, name) = path.split_once('/').unwrap_or_default();
            is_topic(name)
        })
        .collect();
    assert_eq!(list("default-members"), expected);
}

#[test]
fn the_top_level_is_fixed() {
    let strange: Vec<String> = entries("")
        .into_iter()
        .filter(|name| {
            !name.starts_with('.')
                && !name.starts_with("LICENSE")
                && !TOP.contains(&name.as_str())
                // Cargo's own, and ignored by git.
                && name != "target"
        })
        .collect();
    none("at the top, and not in the design", &strange);
}

#[test]
fn one_slug_names_a_topic_everywhere() {
    let topics = topics();
    let mut problems = Vec::new();
    for folder in present(["book/src", "exercises", "solutions"]) {
        for name in entries(folder) {
            if is_topic(&name) && !topics.contains(&name) {
                problems.push(format!("{folder}/{name}"));
            }
        }
    }
    for topic in &topics {
        if !root().join("book/src").join(topic).is_dir() {
            problems.push(format!("book/src/{topic} is missing"));
        }
    }
    none("topics under another name", &problems);
}

#[test]
fn every_binary_name_is_unique_and_says_whose_it_is() {
    let mut seen = BTreeSet::new();
    let mut problems = Vec::new();
    for path in packages() {
        let manifest: toml::Table =
            read(format!("{path}/Cargo.toml")).parse().expect("TOML");
        let own = manifest.get("bin").and_then(toml::Value::as_array);
        let mut names: Vec<String> = own
            .into_iter()
            .flatten()
            .filter_map(|bin| bin["name"].as_str().map(str::to_owned))
            .collect();
        let bins = root().join(&path).join("src/bin");
        if names.is_empty() && bins.is_dir() {
            names = entries(format!("{path}/src/bin"))
                .into_iter()
                .filter_map(|n| n.strip_suffix(".rs").map(str::to_owned))
                .collect();
        }
        let prefix = match path.split_once('/') {
            Some(("exercises", name)) if is_topic(name) => "ex-",
            Some(("solutions", name)) if is_topic(name) => "",
            _ => "",
        };
        for name in names {
            if !name.starts_with(prefix) {
                problems.push(format!("{path}: {name} lacks {prefix}"));
            }
            if !seen.insert(name.clone()) {
                problems.push(format!("{path}: {name} stands twice"));
            }
        }
    }
    none("names of binaries", &problems);
}

#[test]
fn nothing_that_a_learner_compiles_depends_on_the_books_tools() {
    let lock: toml::Table = read("Cargo.lock").parse().expect("TOML");
    let packages = lock["package"].as_array().expect("packages");
    let depends = |name: &str| -> Vec<String> {
        packages
            .iter()
            .filter(|p| p["name"].as_str() == Some(name))
            .filter_map(|p| p.get("dependencies")?.as_array())
            .flatten()
            .filter_map(|d| d.as_str()?.split(' ').next().map(str::to_owned))
            .collect()
    };
    let mut problems = Vec::new();
    for topic in topics() {
        let mut todo = vec![format!("ch-{topic}")];
        let mut seen = BTreeSet::new();
        while let Some(name) = todo.pop() {
            if seen.insert(name.clone()) {
                todo.extend(depends(&name));
            }
        }
        for heavy in ["mdbook-driver", "mdbook-core", "axum", "tokio", "book"] {
            if seen.contains(heavy) {
                problems.push(format!("ch-{topic} depends on {heavy}"));
            }
        }
    }
    none("heavy dependencies", &problems);
}
