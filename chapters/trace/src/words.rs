//! The picture as sentences.

use crate::layout::Picture;

/// A sentence a row.
#[must_use]
pub fn tell(_picture: &Picture) -> Vec<String> {
    Vec::new()
}

/// The sentences as a numbered list in Markdown.
#[must_use]
pub fn markdown(picture: &Picture) -> String {
    let lines = tell(picture);
    let items = lines.iter().map(|line| format!("1. {line}\n"));
    items.collect()
}
