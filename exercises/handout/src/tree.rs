//! The files of a course or a hand-out, by their paths from its top.

use std::collections::BTreeMap;
use std::path::{Component, Path};

/// A file as it is to be written.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct File {
    pub(crate) bytes: Vec<u8>,
    pub(crate) executable: bool,
}

impl File {
    /// A text that nobody executes.
    pub(crate) fn text(text: String) -> File {
        File {
            bytes: text.into_bytes(),
            executable: false,
        }
    }
}

/// Files by path; the parts of a path are joined by `/`.
#[derive(Default)]
pub(crate) struct Tree(BTreeMap<String, File>);

impl Tree {
    pub(crate) fn files(&self) -> &BTreeMap<String, File> {
        &self.0
    }

    pub(crate) fn insert(&mut self, path: String, file: File) {
        self.0.insert(path, file);
    }

    pub(crate) fn has(&self, path: &str) -> bool {
        self.0.contains_key(path)
    }

    /// Whether a file lies somewhere below this folder.
    pub(crate) fn has_folder(&self, folder: &str) -> bool {
        let start = format!("{folder}/");
        let first = self.0.range(start.clone()..).next();
        first.is_some_and(|(path, _)| path.starts_with(&start))
    }

    /// The text of a file, where it is there and is text.
    pub(crate) fn text(&self, path: &str) -> Option<&str> {
        str::from_utf8(&self.0.get(path)?.bytes).ok()
    }

    /// Every text, by path.
    pub(crate) fn texts(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0
            .keys()
            .filter_map(|path| Some((path.as_str(), self.text(path)?)))
    }

    /// Gives a file that is there another text.
    pub(crate) fn replace(&mut self, path: &str, text: String) {
        if let Some(file) = self.0.get_mut(path) {
            file.bytes = text.into_bytes();
        }
    }
}

/// The path that `relative` means in the folder of the file `from`, from the
/// top; none where it leads out of it.
pub(crate) fn resolve(from: &str, relative: &str) -> Option<String> {
    let mut parts: Vec<&str> = Path::new(from)
        .parent()?
        .iter()
        .filter_map(|part| part.to_str())
        .collect();
    for part in Path::new(relative).components() {
        match part {
            Component::Normal(part) => parts.push(part.to_str()?),
            Component::CurDir => {}
            Component::ParentDir => {
                parts.pop()?;
            }
            Component::RootDir | Component::Prefix(_) => return None,
        }
    }
    Some(parts.join("/"))
}

/// Whether a folder's name is that of a topic: `03-accept`.
pub(crate) fn is_topic(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_digit())
}
