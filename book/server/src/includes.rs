//! Finds the includes that mdBook would leave broken on a page.
//!
//! mdBook leaves the directive on the page where the file is missing, and an
//! empty block where the anchor is, and reports success for both.

use std::ops::Range;
use std::path::{Path, PathBuf};

/// mdBook follows includes inside included files this deep.
const DEEPEST: usize = 10;

/// The broken includes of one page, each as one line that names the page, the
/// line on it, and the directive. `shown` is how to name the page.
pub(crate) fn broken(page: &Path, shown: &str, text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let folder = page.parent().unwrap_or(page);
    look(folder, shown, text, 0, &mut found);
    found
}

fn look(
    folder: &Path,
    shown: &str,
    text: &str,
    depth: usize,
    found: &mut Vec<String>,
) {
    for directive in directives(text) {
        let at = text[..directive.at].matches('\n').count() + 1;
        let fault = match directive.kind {
            "title" => continue,
            "include" | "rustdoc_include" | "playground" => {
                match included(folder, directive.kind, directive.target) {
                    Err(fault) => fault,
                    Ok((path, part)) if depth < DEEPEST => {
                        let inside = path.parent().unwrap_or(folder);
                        let shown =
                            format!("{shown}:{at}: in {}", directive.target);
                        look(inside, &shown, &part, depth + 1, found);
                        continue;
                    }
                    Ok(_) => "includes itself".to_owned(),
                }
            }
            _ => "mdBook knows no such directive".to_owned(),
        };
        found.push(format!("{shown}:{at}: {}: {fault}", directive.whole));
    }
}

struct Directive<'a> {
    at: usize,
    whole: &'a str,
    kind: &'a str,
    target: &'a str,
}

/// The directives `{{#kind target …}}` of a text, without escaped ones.
fn directives(text: &str) -> Vec<Directive<'_>> {
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(open) = text[from..].find("{{").map(|at| from + at) {
        from = open + 2;
        let Some(close) = text[from..].find("}}").map(|at| from + at) else {
            break;
        };
        let Some(inner) = text[from..close].trim_start().strip_prefix('#')
        else {
            continue;
        };
        if inner.contains('}') || text[..open].ends_with('\\') {
            continue;
        }
        let mut words = inner.split_whitespace();
        let (Some(kind), Some(target)) = (words.next(), words.next()) else {
            continue;
        };
        let whole = &text[open..close + 2];
        found.push(Directive {
            at: open,
            whole,
            kind,
            target,
        });
        from = close + 2;
    }
    found
}

/// The file that a directive names and the part of it that goes to the page.
fn included(
    folder: &Path,
    kind: &str,
    target: &str,
) -> Result<(PathBuf, String), String> {
    let (name, part) = match target.split_once(':') {
        Some((name, part)) if kind != "playground" => (name, part),
        _ => (target, ""),
    };
    let path = folder.join(name);
    let text = std::fs::read_to_string(&path)
        .map_err(|err| format!("cannot read {name}: {err}"))?;
    let chosen = choose(&text, part)?;
    Ok((path, chosen))
}

/// The part of `text` that stands behind the colon: an anchor, a line, or
/// lines.
fn choose(text: &str, part: &str) -> Result<String, String> {
    let lines: Vec<&str> = text.lines().collect();
    let first = part.split(':').next().unwrap_or_default();
    let range = if first.is_empty() || first.parse::<usize>().is_ok() {
        numbered(part, lines.len())
    } else {
        anchored(&lines, first)?
    };
    match lines.get(range) {
        Some(chosen) if part.is_empty() || !chosen.is_empty() => {
            Ok(chosen.join("\n"))
        }
        _ => Err(format!("no line is at `{part}`; {} are there", lines.len())),
    }
}

fn numbered(part: &str, length: usize) -> Range<usize> {
    let mut words = part.split(':');
    let start = words.next().and_then(|word| word.parse::<usize>().ok());
    let start_at = start.unwrap_or(1).saturating_sub(1);
    let end = match (start, words.next()) {
        (Some(_), None) => start_at + 1,
        (_, Some(word)) => word.parse().unwrap_or(length).min(length),
        (None, None) => length,
    };
    start_at..end
}

fn anchored(lines: &[&str], anchor: &str) -> Result<Range<usize>, String> {
    let is = |line: &str, mark: &str| {
        let name = line.split_once(mark).map(|(_, name)| name.trim_start());
        let end = |c: char| !(c.is_alphanumeric() || c == '_' || c == '-');
        name.and_then(|name| name.split(end).next()) == Some(anchor)
    };
    let start = lines
        .iter()
        .position(|line| is(line, "ANCHOR:"))
        .ok_or(format!("the file has no line `ANCHOR: {anchor}`"))?;
    let length = lines[start..]
        .iter()
        .position(|line| is(line, "ANCHOR_END:"))
        .ok_or(format!("the file has no line `ANCHOR_END: {anchor}`"))?;
    if length == 1 {
        return Err(format!("nothing is between the ends of `{anchor}`"));
    }
    Ok(start + 1..start + length)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The faults of a page beside `a.rs`, whose text is `file`.
    fn faults(page: &str, file: &str) -> Vec<String> {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("a.rs"), file).unwrap();
        broken(&folder.path().join("p.md"), "p.md", page)
    }

    #[test]
    fn whole_files_anchors_and_lines_that_exist_are_not_reported() {
        let file = "// ANCHOR: all\none\n// ANCHOR_END: all\n";
        for part in ["", ":all", ":2", ":1:2", ":2:", "::2", ":1:99"] {
            let page = format!("{{{{#include a.rs{part}}}}}\n");
            assert_eq!(faults(&page, file), [""; 0], "{page}");
        }
    }

    #[test]
    fn a_missing_file_is_reported_with_page_line_and_directive() {
        let found = faults("one\n{{#include b.rs}}\n", "");
        assert_eq!(found.len(), 1);
        let expected = "p.md:2: {{#include b.rs}}: cannot read b.rs";
        assert!(found[0].starts_with(expected), "{found:?}");
    }

    #[test]
    fn missing_and_unclosed_anchors_and_missing_lines_are_reported() {
        let file = "// ANCHOR: open\none\n// ANCHOR: nil\n// ANCHOR_END: nil\n\
            // ANCHOR_END: end";
        for part in [":all", ":open", ":ope", ":end", ":9", ":9:", ":nil"] {
            let page = format!("{{{{#include a.rs{part}}}}}\n");
            assert_eq!(faults(&page, file).len(), 1, "{page}");
        }
    }

    #[test]
    fn escaped_directives_and_titles_are_left_alone() {
        let page = "\\{{#include b.rs}} {{#title A b}} {{ x }} {{";
        assert_eq!(faults(page, ""), [""; 0]);
    }

    #[test]
    fn a_misspelt_directive_is_reported() {
        assert_eq!(faults("{{#inlcude a.rs}}", "").len(), 1);
    }

    #[test]
    fn an_include_inside_an_included_file_is_followed() {
        let found = faults("{{#include a.rs}}", "{{#include b.rs}}");
        assert!(found[0].contains("in a.rs:1: {{#include b.rs}}"));
    }

    #[test]
    fn a_file_that_includes_itself_is_reported() {
        assert_eq!(faults("{{#include a.rs}}", "{{#include a.rs}}").len(), 1);
    }
}
