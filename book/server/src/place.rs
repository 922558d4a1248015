//! Where the book is.

use std::io;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

/// The folders of the book.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Place {
    /// Holds `book.toml`.
    pub book: PathBuf,
    /// Holds `chapters`, and is where `cargo run` is called.
    pub root: PathBuf,
}

/// Finds the book from the folder of the package that Cargo runs, or from the
/// current one, upwards.
pub(crate) fn find() -> Result<Place> {
    let here = std::env::current_dir()
        .context("the current folder is gone; change to another")?;
    let package = std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from);
    for start in package.iter().chain([&here]) {
        if let Some(place) = above(start)? {
            return Ok(place);
        }
    }
    bail!(
        "no book.toml in {} or in a folder above it; run `cargo book` inside \
         the folder of the book",
        here.display()
    )
}

fn above(start: &Path) -> Result<Option<Place>> {
    for folder in start.ancestors() {
        for book in [folder.to_path_buf(), folder.join("book")] {
            if is_file(&book.join("book.toml"))? {
                let root = book.parent().unwrap_or(&book).to_path_buf();
                return Ok(Some(Place { book, root }));
            }
        }
    }
    Ok(None)
}

/// Unlike [`Path::is_file`], tells "not there" from "may not look".
fn is_file(path: &Path) -> Result<bool> {
    match path.metadata() {
        Ok(meta) => Ok(meta.is_file()),
        Err(err) if err.kind() == io::ErrorKind::PermissionDenied => Err(err)
            .with_context(|| {
                let folder = path.parent().unwrap_or(path).display();
                format!("cannot look into {folder}; make it readable")
            }),
        Err(_) => Ok(false),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_book_is_found_from_a_folder_deep_inside() {
        let root = tempfile::tempdir().unwrap();
        let deep = root.path().join("chapters/00-first/src");
        std::fs::create_dir_all(&deep).unwrap();
        std::fs::create_dir_all(root.path().join("book")).unwrap();
        std::fs::write(root.path().join("book/book.toml"), "").unwrap();
        let place = above(&deep).unwrap().unwrap();
        assert_eq!(place.root, root.path());
        assert_eq!(place.book, root.path().join("book"));
    }
}
