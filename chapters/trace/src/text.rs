//! The picture for a terminal.

use crate::layout::Picture;
use crate::words;

/// Draws it.
#[must_use]
pub fn draw(picture: &Picture, _width: usize, _colour: bool) -> String {
    words::tell(picture).join("\n") + "\n"
}
