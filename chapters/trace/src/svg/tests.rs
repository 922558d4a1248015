use std::collections::BTreeSet;

use super::canvas::TextBox;
use super::paint::paint;
use super::{draw, standalone};
use crate::layout::{Options, layout};
use crate::made::{conversation, hostile, recorded};

fn meet(one: &TextBox, other: &TextBox) -> bool {
    // Two lines of text may touch.
    one.left + 0.5 < other.right
        && other.left + 0.5 < one.right
        && one.top + 1.5 < other.bottom
        && other.top + 1.5 < one.bottom
}

#[test]
fn no_two_texts_lie_upon_each_other() {
    for (name, recording) in recorded() {
        let drawing = paint(&layout(&recording, &Options::default()), "x");
        let texts: Vec<&TextBox> = drawing.texts.iter().flatten().collect();
        for (at, one) in texts.iter().enumerate() {
            for other in &texts[at + 1..] {
                assert!(
                    !meet(one, other),
                    "{name}: {one:?} lies upon {other:?}"
                );
            }
        }
    }
}

#[test]
fn every_text_is_inside_the_picture() {
    for (name, recording) in recorded() {
        let drawing = paint(&layout(&recording, &Options::default()), "x");
        let width: f64 = drawing.width.parse().unwrap();
        let height: f64 = drawing.height.parse().unwrap();
        assert!(width <= 480.0, "{name}");
        for text in drawing.texts.iter().flatten() {
            let inside = text.left >= 0.0
                && text.right <= width
                && text.top >= 0.0
                && text.bottom <= height;
            assert!(inside, "{name}: {text:?} in {width} by {height}");
        }
    }
}

#[test]
fn the_picture_is_xml_that_stands_in_a_page_of_markdown() {
    for (name, recording) in recorded() {
        let picture = layout(&recording, &Options::default());
        for svg in [draw(&picture, &name), standalone(&picture)] {
            let options = roxmltree::ParsingOptions::default();
            let tree = roxmltree::Document::parse_with_options(&svg, options)
                .unwrap_or_else(|error| panic!("{name}: {error}"));
            let root = tree.root_element();
            assert_eq!(root.attribute("role"), Some("img"));
            let mut ids = BTreeSet::new();
            for id in tree.descendants().filter_map(|n| n.attribute("id")) {
                assert!(ids.insert(id.to_owned()), "{name}: {id} twice");
            }
            for reference in ["aria-labelledby", "aria-describedby"] {
                let id = root.attribute(reference).unwrap();
                assert!(ids.contains(id), "{name}: no {id}");
            }
        }
        for line in draw(&picture, &name).lines() {
            assert!(!line.trim().is_empty(), "{name}: an empty line");
            assert!(!line.starts_with("    "), "{name}: {line}");
            assert!(!line.contains("{{"), "{name}: {line}");
        }
    }
}

#[test]
fn two_pictures_of_a_page_share_no_id() {
    let picture = layout(&conversation(), &Options::default());
    let ids = |id: &str| -> BTreeSet<String> {
        let svg = draw(&picture, id);
        let tree = roxmltree::Document::parse(&svg).unwrap();
        tree.descendants()
            .filter_map(|n| n.attribute("id"))
            .map(str::to_owned)
            .collect()
    };
    let (one, other) = (ids("one"), ids("other"));
    assert_eq!(one.len(), 3);
    assert!(one.is_disjoint(&other));
}

#[test]
fn what_a_program_says_stays_text() {
    let picture = layout(&hostile(), &Options::default());
    for svg in [draw(&picture, "x"), standalone(&picture)] {
        assert!(!svg.contains("<script"), "{svg}");
        assert!(!svg.contains('\u{202e}'));
        assert!(!svg.contains('\u{1b}'));
        assert!(svg.contains("&lt;script&gt;"));
    }
}

#[test]
fn the_same_recording_gives_the_same_bytes() {
    for (_, recording) in recorded() {
        let json = serde_json::to_string(&recording).unwrap();
        let again = serde_json::from_str(&json).unwrap();
        let svg =
            |recording| draw(&layout(recording, &Options::default()), "x");
        assert_eq!(svg(&recording), svg(&again));
    }
}

#[test]
fn an_end_of_stream_and_a_reset_differ_in_words_and_in_shape() {
    let svg = draw(&layout(&conversation(), &Options::default()), "x");
    assert!(svg.contains("FIN: end of stream"));
    assert!(svg.contains("RST: reset"));
    assert_eq!(svg.matches("class=\"trace-rst\"").count(), 1);
    assert_eq!(svg.matches("class=\"trace-arrow trace-fin\"").count(), 1);
}

#[test]
fn the_urgent_byte_is_the_marked_one() {
    let svg = draw(&layout(&conversation(), &Options::default()), "x");
    assert_eq!(svg.matches("class=\"trace-urgent\"").count(), 1);
    let marked = svg
        .lines()
        .find(|line| line.contains("trace-inverse"))
        .unwrap();
    assert!(marked.ends_with(">P</text>"), "{marked}");
}

#[test]
fn a_file_of_its_own_has_the_books_colours_light_and_dark() {
    let svg = standalone(&layout(&conversation(), &Options::default()));
    assert!(svg.contains(super::STYLE.lines().next().unwrap()));
    assert!(svg.contains("prefers-color-scheme: dark"));
}

#[test]
fn every_class_of_the_picture_has_its_style() {
    let mut known = BTreeSet::new();
    for (_, recording) in recorded() {
        let svg = draw(&layout(&recording, &Options::default()), "x");
        for part in svg.split("class=\"").skip(1) {
            let classes = part.split('"').next().unwrap();
            known.extend(classes.split(' ').map(str::to_owned));
        }
    }
    for class in known {
        let styled = super::STYLE
            .split(|c: char| c != '-' && !c.is_ascii_alphanumeric())
            .any(|word| word == class);
        assert!(styled, "no style for {class}");
    }
}
