//! Manifests that name only what goes over, and the lock file to them.

use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use toml_edit::{Array, DocumentMut, Item, TableLike};

use crate::course::Course;
use crate::tree::{Tree, resolve};

/// The list of packages.
const TOP: &str = "Cargo.toml";

/// The settings of mdBook.
const BOOK: &str = "book/book.toml";

pub(crate) fn change(tree: &mut Tree, course: &Course) -> Result<()> {
    edit(tree, TOP, |tree, document| {
        workspace(tree, course, document);
    })?;
    let members: Vec<String> = tree
        .files()
        .keys()
        .filter(|path| path.ends_with("/Cargo.toml"))
        .cloned()
        .collect();
    for path in members {
        edit(tree, &path, |tree, document| {
            targets(tree, &path, document);
        })?;
    }
    if tree.has(BOOK) {
        edit(tree, BOOK, book)?;
    }
    Ok(())
}

/// Changes a file in place, its comments and its order kept.
fn edit(
    tree: &mut Tree,
    path: &str,
    change: impl FnOnce(&Tree, &mut DocumentMut),
) -> Result<()> {
    let text = tree.text(path).with_context(|| format!("no {path}"))?;
    let mut document: DocumentMut =
        text.parse().with_context(|| format!("read {path}"))?;
    change(tree, &mut document);
    tree.replace(path, document.to_string());
    Ok(())
}

/// Members, dependencies and profiles of packages that stay are no more.
fn workspace(tree: &Tree, course: &Course, document: &mut DocumentMut) {
    let goes = |folder: &str| tree.has(&format!("{folder}/Cargo.toml"));
    let mut gone = Vec::new();
    if let Some(workspace) = table(document.get_mut("workspace")) {
        for key in ["members", "default-members"] {
            let Some(list) = array(workspace.get_mut(key)) else {
                continue;
            };
            for member in list.iter().filter_map(|member| member.as_str()) {
                if !goes(member) {
                    gone.extend(name(course, member));
                }
            }
            list.retain(|member| member.as_str().is_none_or(goes));
        }
        if let Some(all) = table(workspace.get_mut("dependencies")) {
            retain(all, |_, item| {
                let path = item.get("path").and_then(Item::as_str);
                path.is_none_or(goes)
            });
        }
    }
    if let Some(profiles) = table(document.get_mut("profile")) {
        for (_, profile) in profiles.iter_mut() {
            if let Some(of) = profile.get_mut("package")
                && let Some(of) = table(Some(of))
            {
                retain(of, |name, _| !gone.iter().any(|gone| gone == name));
            }
        }
    }
}

/// The name of the package in this folder of the course.
fn name(course: &Course, folder: &str) -> Option<String> {
    let text = course.tree.text(&format!("{folder}/Cargo.toml"))?;
    let document: DocumentMut = text.parse().ok()?;
    let name = document.get("package")?.get("name")?.as_str()?;
    Some(name.to_owned())
}

/// Programs, tests and benches whose files stay are no more.
fn targets(tree: &Tree, path: &str, document: &mut DocumentMut) {
    // A program may also be the package's only one.
    for (key, folder, alone) in [
        ("bin", "src/bin", "src/main.rs"),
        ("test", "tests", ""),
        ("bench", "benches", ""),
        ("example", "examples", ""),
    ] {
        let Some(all) =
            document.get_mut(key).and_then(Item::as_array_of_tables_mut)
        else {
            continue;
        };
        all.retain(|target| {
            let text = |key| target.get(key).and_then(Item::as_str);
            let files = match (text("path"), text("name")) {
                (Some(path), _) => vec![path.to_owned()],
                (None, Some(name)) => vec![
                    format!("{folder}/{name}.rs"),
                    format!("{folder}/{name}/main.rs"),
                    alone.to_owned(),
                ],
                (None, None) => return true,
            };
            let mut files = files.iter().filter_map(|file| resolve(path, file));
            files.any(|file| tree.has(&file))
        });
    }
}

/// Folders that stay need not be watched.
fn book(tree: &Tree, document: &mut DocumentMut) {
    let build = document.get_mut("build");
    let folders = build.and_then(|build| build.get_mut("extra-watch-dirs"));
    if let Some(folders) = array(folders) {
        folders.retain(|folder| {
            let folder = folder.as_str().and_then(|f| resolve(BOOK, f));
            folder.is_none_or(|folder| tree.has_folder(&folder))
        });
    }
}

fn table(item: Option<&mut Item>) -> Option<&mut dyn TableLike> {
    item?.as_table_like_mut()
}

fn array(item: Option<&mut Item>) -> Option<&mut Array> {
    item?.as_array_mut()
}

fn retain(table: &mut dyn TableLike, keep: impl Fn(&str, &Item) -> bool) {
    let gone: Vec<String> = table
        .iter()
        .filter(|(key, item)| !keep(key, item))
        .map(|(key, _)| key.to_owned())
        .collect();
    for key in gone {
        table.remove(&key);
    }
}

/// Has Cargo drop from the lock file of this hand-out what nothing in it needs
/// any more; the rest stays as it is, so nothing is fetched for it.
pub(crate) fn lock(folder: &Path) -> Result<()> {
    let args = ["update", "--workspace", "--offline", "--quiet"];
    run(cargo().args(args).current_dir(folder))
        .context("fit Cargo.lock to what is handed out")
}

/// Cargo: the one that runs this, or the one on the path.
pub(crate) fn cargo() -> Command {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    Command::new(cargo)
}

/// Runs a command to its end, in silence unless it fails.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let ended = command
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("start {command:?}"))?;
    let words = String::from_utf8_lossy(&ended.stderr);
    ensure!(ended.status.success(), "{}", words.trim());
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::change;
    use crate::course::Course;
    use crate::tree::{File, Tree};

    fn tree(files: &[(&str, &str)]) -> Tree {
        let mut tree = Tree::default();
        for (path, text) in files {
            let file = File::text((*text).to_owned());
            tree.insert((*path).to_owned(), file);
        }
        tree
    }

    fn course(files: &[(&str, &str)]) -> Course {
        Course {
            top: PathBuf::new(),
            tree: tree(files),
            missing: Vec::new(),
            origin: String::new(),
        }
    }

    const WORKSPACE: &str = "\
# Every package.
[workspace]
members = [
    \"lab\",
    \"grade\",
]
default-members = [\"lab\"]

[workspace.dependencies]
anyhow = \"1\"
grade = { path = \"grade\" }
lab = { path = \"lab\" }

[profile.dev.package.lab]
debug = false

[profile.dev.package.grader]
debug = false
";

    const LAB: &str = "\
[package]
name = \"lab\"

[[bin]]
name = \"lab\"

[[test]]
name = \"here\"
harness = false

# Solves exercises.
[[test]]
name = \"gone\"

[[bench]]
name = \"gone\"
path = \"benches/other.rs\"
";

    #[test]
    fn a_manifest_names_what_goes_over_and_nothing_else() {
        let all = [
            ("Cargo.toml", WORKSPACE),
            ("grade/Cargo.toml", "[package]\nname = \"grader\"\n"),
            ("lab/Cargo.toml", LAB),
            ("lab/src/main.rs", ""),
            ("lab/tests/here.rs", ""),
            (
                "book/book.toml",
                "[build]\nextra-watch-dirs = [\"../lab\", \"../grade\"]\n",
            ),
        ];
        let mut handed = tree(&all);
        let stays = course(&all);
        handed = {
            let mut fewer = Tree::default();
            for (path, file) in handed.files() {
                if !path.starts_with("grade/") {
                    fewer.insert(path.clone(), file.clone());
                }
            }
            fewer
        };
        change(&mut handed, &stays).expect("TOML");
        assert_eq!(
            handed.text("Cargo.toml"),
            Some(
                "\
# Every package.
[workspace]
members = [
    \"lab\",
]
default-members = [\"lab\"]

[workspace.dependencies]
anyhow = \"1\"
lab = { path = \"lab\" }

[profile.dev.package.lab]
debug = false
"
            )
        );
        assert_eq!(
            handed.text("lab/Cargo.toml"),
            Some(
                "\
[package]
name = \"lab\"

[[bin]]
name = \"lab\"

[[test]]
name = \"here\"
harness = false
"
            )
        );
        assert_eq!(
            handed.text("book/book.toml"),
            Some("[build]\nextra-watch-dirs = [\"../lab\"]\n")
        );
    }
}
