//! A page of the book: its code blocks, includes, headings and links.

use std::sync::LazyLock;

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};
use regex::Regex;

use crate::read;

static INCLUDE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"\{\{\s*#(\w+)\s+([^}\s:]+)(?::([^}\s]*))?\s*\}\}")
        .expect("written in this file")
});

/// A directive, a tag of HTML, or what one clicks to unfold something.
static MARK: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"\{\{#[^}]*\}\}|<summary>.*?</summary>|</?[a-z][^>]*>")
        .expect("written in this file")
});

static FIGURE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?s)<figure[^>]*>(.*?)</figure>").expect("written here")
});

static CAPTION: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?s)<figcaption>(.*?)</figcaption>").expect("written here")
});

/// One page, as it lies in `book/src`.
#[derive(Debug, Clone)]
pub struct Page {
    /// Its path below `book/src`: `03-accept/accept.md`.
    pub name: String,
    /// Its Markdown.
    pub text: String,
}

/// A code block.
#[derive(Debug)]
pub struct Fence {
    /// The page that it stands on.
    pub page: String,
    /// The line of its opening fence, counted from 1.
    pub line: usize,
    /// What stands behind the opening fence: `rust,ignore`.
    pub language: String,
    /// The lines between the fences.
    pub body: Vec<String>,
    /// The last line before it that isn't empty.
    pub before: String,
}

/// A figure.
#[derive(Debug)]
pub struct Figure {
    /// The line of its opening tag, counted from 1.
    pub line: usize,
    /// Where it begins in the page's text.
    pub start: usize,
    /// What stands between its tags.
    pub inner: String,
    /// The text of its caption, without tags.
    pub caption: String,
    /// The page's text behind it.
    pub after: String,
}

/// A directive that puts a file, or a part of it, into a page.
#[derive(Debug, Clone)]
pub struct Include {
    /// The page that it stands on.
    pub page: String,
    /// Its line, counted from 1.
    pub line: usize,
    /// The directive's name: `include`, `rustdoc_include`, …
    pub kind: String,
    /// The file, as a path from the top of the project.
    pub file: String,
    /// What stands behind the colon: an anchor.
    pub anchor: Option<String>,
}

/// A link on a page.
#[derive(Debug)]
pub struct Link {
    /// Where it leads, as written.
    pub to: String,
    /// Its line, counted from 1.
    pub line: usize,
}

impl Page {
    /// The page at `name` below `book/src`.
    ///
    /// # Panics
    ///
    /// Where there is none.
    pub fn read(name: &str) -> Page {
        let text = read(format!("book/src/{name}"));
        Page {
            name: name.into(),
            text,
        }
    }

    /// The topic that it belongs to, if any: `03-accept`.
    pub fn topic(&self) -> Option<&str> {
        let (topic, _) = self.name.split_once('/')?;
        crate::is_topic(topic).then_some(topic)
    }

    /// Its code blocks.
    pub fn fences(&self) -> Vec<Fence> {
        let mut fences: Vec<Fence> = Vec::new();
        let mut open: Option<(Fence, String)> = None;
        let mut before = String::new();
        for (at, raw) in self.text.lines().enumerate() {
            let line = raw.trim();
            let mark: String = line.chars().take_while(|c| *c == '`').collect();
            match &mut open {
                Some((_, end)) if mark == *end && line == end => {
                    fences.extend(open.take().map(|(fence, _)| fence));
                    before.clear();
                }
                Some((fence, _)) => fence.body.push(line.into()),
                None if mark.len() >= 3 => {
                    let fence = Fence {
                        page: self.name.clone(),
                        line: at + 1,
                        language: line[mark.len()..].trim().into(),
                        body: Vec::new(),
                        before: before.clone(),
                    };
                    open = Some((fence, mark));
                }
                None if !line.is_empty() => before = line.into(),
                None => {}
            }
        }
        fences
    }

    /// What it includes.
    pub fn includes(&self) -> Vec<Include> {
        let folder = self.name.rsplit_once('/').map_or("", |(dir, _)| dir);
        let mut includes = Vec::new();
        for (at, line) in self.text.lines().enumerate() {
            for found in INCLUDE.captures_iter(line) {
                includes.push(Include {
                    page: self.name.clone(),
                    line: at + 1,
                    kind: found[1].into(),
                    file: join(&format!("book/src/{folder}"), &found[2]),
                    anchor: found.get(3).map(|m| m.as_str().into()),
                });
            }
        }
        includes
    }

    /// Its headings: level and text.
    pub fn headings(&self) -> Vec<(usize, String)> {
        let mut headings = Vec::new();
        let mut text: Option<(usize, String)> = None;
        for event in self.events() {
            match event.0 {
                Event::Start(Tag::Heading { level, .. }) => {
                    text = Some((level as usize, String::new()));
                }
                Event::End(TagEnd::Heading(_)) => headings.extend(text.take()),
                Event::Text(part) | Event::Code(part) => {
                    if let Some((_, text)) = &mut text {
                        text.push_str(&part);
                    }
                }
                _ => {}
            }
        }
        headings
    }

    /// Its links and pictures, in Markdown and in HTML.
    pub fn links(&self) -> Vec<Link> {
        static ATTRIBUTE: LazyLock<Regex> = LazyLock::new(|| {
            Regex::new(r#"(?:href|src)="([^"]*)""#).expect("written here")
        });
        let mut links = Vec::new();
        for (event, at) in self.events() {
            let line = self.text[..at].lines().count().max(1);
            match event {
                Event::Start(
                    Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. },
                ) => links.push(Link {
                    to: dest_url.to_string(),
                    line,
                }),
                Event::Html(html) | Event::InlineHtml(html) => {
                    links.extend(ATTRIBUTE.captures_iter(&html).map(|found| {
                        Link {
                            to: found[1].to_owned(),
                            line,
                        }
                    }));
                }
                _ => {}
            }
        }
        links
    }

    /// The text between a heading and the next one of its level or above.
    pub fn section(&self, heading: &str) -> Option<String> {
        let mark = format!("## {heading}");
        let mut lines = self.text.lines().skip_while(|line| *line != mark);
        lines.next()?;
        let body: Vec<&str> =
            lines.take_while(|line| !line.starts_with("## ")).collect();
        Some(body.join("\n"))
    }

    /// Its prose: no code blocks, no HTML comments.
    pub fn prose(&self) -> Vec<(usize, String)> {
        let mut prose = Vec::new();
        let mut fenced = false;
        for (at, line) in self.text.lines().enumerate() {
            if line.trim_start().starts_with("```") {
                fenced = !fenced;
            } else if !fenced && !line.trim_start().starts_with("<!--") {
                prose.push((at + 1, line.to_owned()));
            }
        }
        prose
    }

    /// How many words a reader reads: prose without folded programs, without
    /// pictures and without the marks of HTML.
    pub fn words(&self) -> usize {
        let prose = self.prose();
        prose
            .iter()
            .map(|(_, line)| {
                let line = MARK.replace_all(line, "");
                line.split_whitespace().count()
            })
            .sum()
    }

    /// Its figures, in their order.
    pub fn figures(&self) -> Vec<Figure> {
        let mut figures = Vec::new();
        let mut at = 0;
        while let Some(found) = FIGURE.captures_at(&self.text, at)
            && let Some(whole) = found.get(0)
        {
            let caption = CAPTION.captures(&found[1]);
            figures.push(Figure {
                line: self.text[..whole.start()].lines().count() + 1,
                start: whole.start(),
                inner: found[1].to_owned(),
                caption: caption.map_or_else(String::new, |caption| {
                    MARK.replace_all(&caption[1], "").trim().to_owned()
                }),
                after: self.text[whole.end()..].to_owned(),
            });
            at = whole.end();
        }
        figures
    }

    fn events(&self) -> Vec<(Event<'_>, usize)> {
        let options = Options::ENABLE_TABLES | Options::ENABLE_FOOTNOTES;
        Parser::new_ext(&self.text, options)
            .into_offset_iter()
            .map(|(event, range)| (event, range.start))
            .collect()
    }
}

/// The pages that `SUMMARY.md` lists, in order.
pub fn pages() -> Vec<Page> {
    summary().iter().map(|name| Page::read(name)).collect()
}

/// The names of the pages that `SUMMARY.md` lists, in order.
pub fn summary() -> Vec<String> {
    let summary = Page::read("SUMMARY.md");
    summary.links().into_iter().map(|link| link.to).collect()
}

/// The id that mdBook gives a heading.
pub fn anchor_of(heading: &str) -> String {
    heading
        .trim()
        .chars()
        .filter_map(|c| match c {
            c if c.is_alphanumeric() || c == '_' || c == '-' => {
                Some(c.to_ascii_lowercase())
            }
            c if c.is_whitespace() => Some('-'),
            _ => None,
        })
        .collect()
}

/// `path`, seen from `folder`, with its `..` taken out.
pub fn join(folder: &str, path: &str) -> String {
    let mut parts: Vec<&str> =
        folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in path.split('/') {
        match part {
            ".." => {
                parts.pop();
            }
            "." | "" => {}
            part => parts.push(part),
        }
    }
    parts.join("/")
}
