//! The two tables of what is taught: `book/curriculum.toml` and
//! `book/misconceptions.toml`.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::read;

/// What is taught where.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Curriculum {
    /// Names of Rust for what C calls otherwise; an empty one is nothing that
    /// a page must teach.
    #[serde(default)]
    pub aliases: BTreeMap<String, String>,
    /// The lessons, in order.
    #[serde(rename = "lesson")]
    pub lessons: Vec<Lesson>,
}

/// A lesson, or another page that introduces something.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lesson {
    /// The page, below `book/src`.
    pub page: String,
    /// Its program; a page of reference has none.
    pub program: Option<String>,
    /// How long it takes a reader, in minutes.
    pub minutes: u32,
    /// The new ideas, as its head lists them.
    #[serde(default)]
    pub ideas: Vec<String>,
    /// The calls that it introduces, by their names in C.
    #[serde(default)]
    pub calls: Vec<String>,
    /// The flags, options, commands and signals that it introduces.
    #[serde(default)]
    pub flags: Vec<String>,
    /// The errnos that it introduces.
    #[serde(default)]
    pub errnos: Vec<String>,
    /// What its program uses before the page that introduces it; a comment in
    /// the program says which topic tells more.
    #[serde(default)]
    pub ahead: Vec<String>,
}

impl Curriculum {
    /// Reads the table.
    ///
    /// # Panics
    ///
    /// Where it does not parse.
    pub fn read() -> Curriculum {
        toml::from_str(&read("book/curriculum.toml"))
            .unwrap_or_else(|error| panic!("book/curriculum.toml: {error}"))
    }

    /// The lesson on `page`.
    pub fn lesson(&self, page: &str) -> Option<&Lesson> {
        self.lessons.iter().find(|lesson| lesson.page == page)
    }
}

impl Lesson {
    /// All names that it introduces.
    pub fn introduces(&self) -> impl Iterator<Item = &String> {
        self.calls.iter().chain(&self.flags).chain(&self.errnos)
    }
}

/// Something that readers believe wrongly.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Misconception {
    /// Its slug.
    pub id: String,
    /// What readers believe, in a sentence.
    pub belief: String,
    /// What is so, in a sentence.
    pub truth: String,
    /// The pages whose predictions meet it.
    #[serde(default)]
    pub prediction: Pages,
    /// The wrong program (`EXERCISE/NAME`) that acts on it.
    pub wrong: Option<String>,
    /// Why there is none: the belief is one that no program can act on.
    pub no_wrong: Option<String>,
    /// The pages whose check questions meet it.
    #[serde(default)]
    pub question: Pages,
}

/// One page, or a list of pages.
#[derive(Debug, Default, Deserialize)]
#[serde(untagged)]
pub enum Pages {
    /// None.
    #[default]
    None,
    /// `"03-accept/accept.md"`
    One(String),
    /// `["03-accept/accept.md", "08-server/server.md"]`
    Many(Vec<String>),
}

impl Pages {
    /// All of them.
    pub fn list(&self) -> &[String] {
        match self {
            Pages::None => &[],
            Pages::One(page) => std::slice::from_ref(page),
            Pages::Many(pages) => pages,
        }
    }
}

/// Reads the table of misconceptions.
///
/// # Panics
///
/// Where it does not parse.
pub fn misconceptions() -> Vec<Misconception> {
    #[derive(Deserialize)]
    struct Table {
        misconception: Vec<Misconception>,
    }
    let table: Table = toml::from_str(&read("book/misconceptions.toml"))
        .unwrap_or_else(|error| panic!("book/misconceptions.toml: {error}"));
    table.misconception
}
