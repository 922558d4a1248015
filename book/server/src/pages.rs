//! Hands out the pages, with the scripts that plain mdBook pages lack.

use std::path::Path;

use anyhow::Result;
use axum::body::{Body, to_bytes};
use axum::http::header::{
    ACCEPT_RANGES, CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE,
    IF_MODIFIED_SINCE, IF_NONE_MATCH, IF_UNMODIFIED_SINCE, LAST_MODIFIED,
    RANGE,
};
use axum::http::{HeaderValue, Request, Response};
use tower::ServiceExt;
use tower_http::services::{ServeDir, ServeFile};

use crate::events::Edition;

/// A page of a book is some kilobytes long; the print page holds all of them.
const LONGEST: usize = 256 << 20;

/// Answers with the file that the request names.
pub(crate) async fn answer(
    mut request: Request<Body>,
    edition: &Edition,
    token: &str,
) -> Result<Response<Body>> {
    // What we add to a page changes more often than the file does, so each
    // request gets the whole file.
    for name in [RANGE, IF_MODIFIED_SINCE, IF_NONE_MATCH, IF_UNMODIFIED_SINCE] {
        request.headers_mut().remove(name);
    }
    let folder = edition.folder.path();
    let missing = ServeFile::new(folder.join("404.html"));
    let files = ServeDir::new(folder).not_found_service(missing);
    let (mut head, body) = files.oneshot(request).await?.into_parts();
    let body = Body::new(body);
    for name in [ACCEPT_RANGES, LAST_MODIFIED] {
        head.headers.remove(name);
    }
    let no_store = HeaderValue::from_static("no-store");
    head.headers.insert(CACHE_CONTROL, no_store);
    let is_page = head.headers.get(CONTENT_TYPE).is_some_and(|kind| {
        kind.to_str()
            .is_ok_and(|kind| kind.starts_with("text/html"))
    });
    if !is_page {
        return Ok(Response::from_parts(head, body));
    }
    head.headers.remove(CONTENT_LENGTH);
    let page = to_bytes(body, LONGEST).await?;
    let page = String::from_utf8_lossy(&page);
    let page = with_scripts(&page, &edition.name, token);
    Ok(Response::from_parts(head, Body::from(page)))
}

/// Adds our scripts and styles to the head of a page. They go into the answer
/// and not into the theme, so that `mdbook build` makes plain pages.
fn with_scripts(page: &str, edition: &str, token: &str) -> String {
    let add = format!(
        "<link rel=\"stylesheet\" href=\"/_book/run.css\">\n\
         <link rel=\"stylesheet\" href=\"/_book/reload.css\">\n\
         <script defer src=\"/_book/reload.js\" \
         data-edition=\"{edition}\"></script>\n\
         <script defer src=\"/_book/run.js\" \
         data-token=\"{token}\"></script>\n"
    );
    let at = page.find("</head>").unwrap_or(0);
    format!("{}{add}{}", &page[..at], &page[at..])
}

/// Whether two builds wrote the very same files.
pub(crate) fn same(one: &Path, other: &Path) -> bool {
    let (Ok(ones), Ok(others)) = (names(one), names(other)) else {
        return false;
    };
    ones == others
        && ones.iter().all(|name| {
            let (one, other) = (one.join(name), other.join(name));
            if one.is_dir() {
                other.is_dir() && same(&one, &other)
            } else {
                let texts = (std::fs::read(one), std::fs::read(other));
                matches!(texts, (Ok(a), Ok(b)) if a == b)
            }
        })
}

fn names(folder: &Path) -> std::io::Result<Vec<std::ffi::OsString>> {
    let mut names = Vec::new();
    for entry in folder.read_dir()? {
        names.push(entry?.file_name());
    }
    names.sort();
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scripts_go_into_the_head() {
        let page = with_scripts("<head>a</head>b</head>", "e1", "t1");
        let (head, rest) = page.split_once("</head>").unwrap();
        assert!(head.starts_with("<head>a"));
        assert!(head.contains("data-edition=\"e1\""));
        assert!(head.contains("data-token=\"t1\""));
        assert_eq!(rest, "b</head>");
    }

    #[test]
    fn builds_that_differ_in_a_byte_or_a_file_are_not_the_same() {
        let folder = tempfile::tempdir().unwrap();
        let make = |name: &str, text: &str| {
            let inner = folder.path().join(name).join("in");
            std::fs::create_dir_all(&inner).unwrap();
            std::fs::write(inner.join("a"), text).unwrap();
            folder.path().join(name)
        };
        let first = make("1", "x");
        let twin = make("2", "x");
        let other = make("3", "y");
        assert!(same(&first, &twin));
        assert!(!same(&first, &other));
        std::fs::write(twin.join("b"), "").unwrap();
        assert!(!same(&first, &twin));
    }
}
