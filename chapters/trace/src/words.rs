//! The picture as sentences.

use crate::layout::Picture;

/// A sentence a row.
#[must_use]
pub fn tell(_picture: &Picture) -> Vec<String> {
    Vec::new()
}
