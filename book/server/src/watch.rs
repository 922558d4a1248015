//! Tells when a file that the pages are made of has changed.

use std::ffi::OsStr;
use std::path::{Component, Path, PathBuf};
use std::time::Duration;

use anyhow::Result;
use mdbook_driver::config::Config;
use notify::event::{AccessKind, AccessMode};
use notify::{EventKind, RecommendedWatcher, RecursiveMode, Watcher};
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout_at};

use crate::place::Place;

/// An editor writes a file in several steps; a rebuild starts when none came
/// for this long,
const QUIET: Duration = Duration::from_millis(60);
/// but after this long at the latest.
const PATIENCE: Duration = Duration::from_secs(1);

/// The changed files, one after another. Watching ends when it is dropped.
pub(crate) struct Changes {
    paths: mpsc::UnboundedReceiver<PathBuf>,
    _watcher: RecommendedWatcher,
}

/// Watches the book and the folders that its pages include from.
pub(crate) fn watch(place: &Place, config: &Config) -> Result<Changes> {
    let (sender, paths) = mpsc::unbounded_channel();
    let rules = Rules::new(place, config);
    let report = move |event: notify::Result<notify::Event>| {
        let Ok(event) = event else { return };
        if !writes(event.kind) {
            return;
        }
        for path in event.paths.into_iter().filter(|path| rules.count(path)) {
            // It fails only where the server is about to end.
            let _ = sender.send(path);
        }
    };
    let mut watcher = notify::recommended_watcher(report)?;
    for folder in folders(place, config) {
        watcher.watch(&folder, RecursiveMode::Recursive)?;
    }
    Ok(Changes {
        paths,
        _watcher: watcher,
    })
}

impl Changes {
    /// Waits for changes and until they have settled; returns the first path,
    /// or `None` when watching ended.
    pub(crate) async fn next(&mut self) -> Option<PathBuf> {
        let first = self.paths.recv().await?;
        let latest = Instant::now() + PATIENCE;
        loop {
            let until = latest.min(Instant::now() + QUIET);
            match timeout_at(until, self.paths.recv()).await {
                Ok(Some(_)) if Instant::now() < latest => {}
                _ => return Some(first),
            }
        }
    }
}

/// Reading is reported too, and a build reads all files: it would set off the
/// next build.
fn writes(kind: EventKind) -> bool {
    match kind {
        EventKind::Access(access) => {
            access == AccessKind::Close(AccessMode::Write)
        }
        _ => true,
    }
}

/// The folders to watch. The book's own as a whole, since editors replace
/// files, and a watch on a replaced file is lost.
fn folders(place: &Place, config: &Config) -> Vec<PathBuf> {
    let named = config.build.extra_watch_dirs.iter();
    let extra = named.map(|folder| place.book.join(folder));
    let usual = ["chapters", "exercises", "solutions"];
    let usual = usual.iter().map(|name| place.root.join(name));
    let mut all: Vec<PathBuf> = std::iter::once(place.book.clone())
        .chain(extra)
        .chain(usual)
        .filter_map(|folder| folder.canonicalize().ok())
        .collect();
    all.sort();
    all.dedup();
    all
}

/// Which changes count.
struct Rules {
    tops: Vec<PathBuf>,
    ignored: Vec<PathBuf>,
}

impl Rules {
    fn new(place: &Place, config: &Config) -> Rules {
        let written = place.book.join(&config.build.build_dir);
        let tools = ["server", "checks"].map(|name| place.book.join(name));
        let ignored = std::iter::once(written).chain(tools);
        let ignored = ignored.filter_map(|path| {
            // What does not exist yet has no canonical path.
            Some(path.parent()?.canonicalize().ok()?.join(path.file_name()?))
        });
        Rules {
            tops: folders(place, config),
            ignored: ignored.collect(),
        }
    }

    fn count(&self, path: &Path) -> bool {
        if self.ignored.iter().any(|folder| path.starts_with(folder)) {
            return false;
        }
        let inside = self.tops.iter().find_map(|t| path.strip_prefix(t).ok());
        inside.unwrap_or(path).components().all(|part| match part {
            Component::Normal(name) => !is_scratch(name),
            _ => true,
        })
    }
}

/// What Cargo, version control and editors keep for themselves.
fn is_scratch(name: &OsStr) -> bool {
    let name = name.to_string_lossy();
    name == "target"
        || name == "4913" // Vim tries with it whether a folder is writable.
        || name.starts_with('.')
        || name.ends_with('~')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_count_and_builds_and_scratch_files_do_not() {
        let root = tempfile::tempdir().unwrap();
        let root = root.path().canonicalize().unwrap();
        let place = Place {
            book: root.join("book"),
            root: root.clone(),
        };
        for folder in ["book", "chapters", "exercises"] {
            std::fs::create_dir(root.join(folder)).unwrap();
        }
        let rules = Rules::new(&place, &Config::default());
        for path in [
            "book/book.toml",
            "book/src/a/b.md",
            "book/theme/book.css",
            "chapters/00-first/recorded/a.txt",
        ] {
            assert!(rules.count(&root.join(path)), "{path}");
        }
        for path in [
            "book/book/index.html",
            "book/server/src/main.rs",
            "book/src/.b.md.swp",
            "book/src/b.md~",
            "chapters/00-first/target/debug/a",
            "exercises/.lab/progress",
        ] {
            assert!(!rules.count(&root.join(path)), "{path}");
        }
    }

    #[test]
    fn reading_a_file_is_no_change() {
        let open = AccessKind::Open(AccessMode::Any);
        assert!(!writes(EventKind::Access(open)));
        let written = AccessKind::Close(AccessMode::Write);
        assert!(writes(EventKind::Access(written)));
    }
}
