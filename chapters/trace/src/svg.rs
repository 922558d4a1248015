//! The picture as SVG: inline in a page, whose colours it takes, or as a file
//! of its own.

mod canvas;
mod geometry;
mod paint;

use std::fmt::Write as _;

use crate::layout::Picture;
use crate::words;
use canvas::escape;

/// The colours of the book's pages, which are those of a file of its own too.
const STYLE: &str = include_str!("../../../book/theme/trace.css");

/// The picture for a page of the book, to stand in a `<figure>`. All its ids
/// begin with `id`.
#[must_use]
pub fn draw(picture: &Picture, id: &str) -> String {
    write(picture, id, false)
}

/// The picture as a file of its own.
#[must_use]
pub fn standalone(picture: &Picture) -> String {
    let mut svg = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n".to_owned();
    svg.push_str(&write(picture, "trace", true));
    svg
}

/// What the picture is called.
fn title(picture: &Picture) -> String {
    match &picture.check {
        Some(check) => format!("A run of {}, {check}", picture.command),
        None => format!("A run of {}", picture.command),
    }
}

fn write(picture: &Picture, id: &str, alone: bool) -> String {
    let id: String = id
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
        .collect();
    let drawing = paint::paint(picture, &id);
    let (width, height) = (drawing.width, drawing.height);
    let class = match picture.columns.len() {
        _ if alone => "trace trace-alone",
        0..=4 => "trace",
        _ => "trace trace-wide",
    };
    let mut svg = String::new();
    let _ = write!(
        svg,
        "<svg class=\"{class}\" xmlns=\"http://www.w3.org/2000/svg\" \
         viewBox=\"0 0 {width} {height}\" role=\"img\" \
         aria-labelledby=\"{id}-title\" aria-describedby=\"{id}-desc\"",
    );
    if alone {
        let _ = write!(svg, " width=\"{width}\" height=\"{height}\"");
    }
    svg.push_str(">\n");
    let _ = writeln!(
        svg,
        "<title id=\"{id}-title\">{}</title>",
        escape(&title(picture))
    );
    let _ = writeln!(
        svg,
        "<desc id=\"{id}-desc\">{}</desc>",
        escape(&words::tell(picture).join(" "))
    );
    if alone {
        let style: Vec<&str> =
            STYLE.lines().filter(|line| !line.is_empty()).collect();
        let _ = writeln!(svg, "<style>\n{}\n</style>", style.join("\n"));
        let _ = writeln!(
            svg,
            "<rect class=\"trace-page\" width=\"{width}\" \
             height=\"{height}\"/>"
        );
    }
    svg.push_str(&drawing.body);
    svg.push_str("</svg>\n");
    svg
}

#[cfg(test)]
pub(crate) use paint::paint as painted;
