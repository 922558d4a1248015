//! Builds the pages with mdBook, and finds what mdBook would not report.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use mdbook_driver::MDBook;
use mdbook_driver::book::BookItem;
use mdbook_driver::config::{Config, HtmlConfig};
use serde_json::{Value, json};

use crate::place::Place;
use crate::terminal::{self, one_line};
use crate::{includes, mdbook_log};

/// What a build made.
pub(crate) struct Built {
    /// Where the pages are; `None` if nothing was written because of the
    /// problems.
    pub dest: Option<PathBuf>,
    /// Broken includes, a line each.
    pub problems: Vec<String>,
    /// What mdBook warned of, a line each.
    pub warnings: Vec<String>,
}

/// Reads `book.toml`.
pub(crate) fn config(place: &Place) -> Result<Config> {
    let file = shown(place, &place.book.join("book.toml"));
    let mut config = Config::from_disk(place.book.join("book.toml"))
        .with_context(|| format!("cannot use {file}; mend it"))?;
    config
        .update_from_env()
        .context("mend the environment variables named MDBOOK_…")?;
    // mdBook only warns of a mistake in this table, and ignores all of it.
    config
        .get::<HtmlConfig>("output.html")
        .with_context(|| format!("cannot use {file}; mend it"))?;
    // A page that the list names and that is missing is a mistake, not a wish.
    config.build.create_missing = false;
    Ok(config)
}

/// Builds to `dest`, or to the folder that `book.toml` names. Writes nothing
/// if an include is broken.
pub(crate) fn build_once(
    place: &Place,
    dest: Option<PathBuf>,
) -> Result<Built> {
    let mut config = config(place)?;
    let dest = match dest {
        Some(dest) => std::path::absolute(dest)?,
        None => place.book.join(&config.build.build_dir),
    };
    spare_other_folders(place, &config, &dest)?;
    config.build.build_dir = dest;
    build(place, config, false)
}

/// Builds pages for serving to `dest`, broken includes and all.
pub(crate) fn build_to_serve(place: &Place, dest: &Path) -> Result<Built> {
    let mut config = config(place)?;
    config.build.build_dir = dest.to_path_buf();
    // The page for a wrong address is shown under any path; from here its
    // links work.
    config.set("output.html.site-url", "/")?;
    build(place, config, true)
}

fn build(place: &Place, mut config: Config, anyway: bool) -> Result<Built> {
    let started = std::time::Instant::now();
    drop(mdbook_log::take());
    keep_html_only(&mut config)?;
    let src = place.book.join(&config.book.src);
    let summary = src.join("SUMMARY.md");
    let list = shown(place, &summary);
    std::fs::metadata(&summary)
        .with_context(|| format!("cannot read {list}, the list of pages"))?;
    terminal::step("reading", &shown(place, &src));
    let book = MDBook::load_with_config(&place.book, config)
        .with_context(|| format!("cannot read the pages that {list} names"))?;
    let (pages, problems) = check(place, &src, &book);
    if !problems.is_empty() && !anyway {
        return Ok(Built {
            dest: None,
            problems,
            warnings: Vec::new(),
        });
    }
    let dest = book.build_dir_for("html");
    terminal::step("building", &count(pages));
    let warn = || {
        mdbook_log::take()
            .iter()
            .map(|text| one_line(text))
            .collect()
    };
    if let Err(err) = book.build() {
        // mdBook logs the reason of some failures and returns only the fact.
        let why: Vec<String> = warn();
        let why = why.join("; ");
        bail!("cannot build the pages: {err:#} {why}");
    }
    let seconds = started.elapsed().as_secs_f64();
    terminal::step("built", &format!("{} in {seconds:.2} s", count(pages)));
    Ok(Built {
        dest: Some(dest),
        problems,
        warnings: warn(),
    })
}

fn count(pages: usize) -> String {
    let plural = if pages == 1 { "" } else { "s" };
    format!("{pages} page{plural}")
}

/// Leaves the HTML renderer alone in the configuration: the pages are what
/// this command is about, and others may need tools that are not installed.
fn keep_html_only(config: &mut Config) -> Result<()> {
    let html: Option<Value> = config.get("output.html")?;
    let output = json!({ "html": html.unwrap_or_else(|| json!({})) });
    config.set("output", output)
}

/// The number of pages, and the broken includes on them.
fn check(place: &Place, src: &Path, book: &MDBook) -> (usize, Vec<String>) {
    let mut pages = 0;
    let mut problems = Vec::new();
    for item in book.iter() {
        let BookItem::Chapter(chapter) = item else {
            continue;
        };
        let Some(path) = &chapter.source_path else {
            continue;
        };
        pages += 1;
        let page = src.join(path);
        let shown = shown(place, &page);
        problems.extend(includes::broken(&page, &shown, &chapter.content));
    }
    (pages, problems.iter().map(|text| one_line(text)).collect())
}

/// mdBook empties the folder that it writes to. Refuses one that holds
/// anything but an earlier build.
fn spare_other_folders(
    place: &Place,
    config: &Config,
    dest: &Path,
) -> Result<()> {
    let shown = dest.display();
    let mut entries = match dest.read_dir() {
        Ok(entries) => entries,
        Err(err) if err.kind() == std::io::ErrorKind::NotFound => {
            return Ok(());
        }
        Err(err) => {
            return Err(err).with_context(|| {
                format!("cannot write to {shown}; choose another --dest")
            });
        }
    };
    let real = dest.canonicalize()?;
    let src = place.book.join(&config.book.src).canonicalize();
    let holds_sources = place.book.canonicalize()?.starts_with(&real)
        || src.is_ok_and(|src| src.starts_with(&real) || real.starts_with(src));
    // mdBook leaves this file in each of its builds.
    let earlier_build =
        dest.join(".nojekyll").exists() && dest.join("index.html").exists();
    if holds_sources || (entries.next().is_some() && !earlier_build) {
        bail!(
            "{shown} holds other files, and a build would delete them; \
             choose an empty or a new folder with --dest"
        );
    }
    Ok(())
}

/// A path as the reader knows it, from the top of the book's folder.
pub(crate) fn shown(place: &Place, path: &Path) -> String {
    let path = path.strip_prefix(&place.root).unwrap_or(path);
    path.display().to_string()
}
