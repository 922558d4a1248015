//! A folder for each submission, whatever that is called.

use std::collections::BTreeSet;

/// The longest name that is taken as it is.
const LONGEST: usize = 60;

/// Names for folders, one a submission and in their order: safe on every file
/// system, no two equal, also where upper and lower case are one, and that of
/// a submission the same whatever the others are called, unless two of them
/// have one name but for upper and lower case.
pub fn folders<'a>(
    submissions: impl IntoIterator<Item = &'a str>,
) -> Vec<String> {
    let mut taken = BTreeSet::new();
    let mut names = Vec::new();
    for submission in submissions {
        let folder = folder(submission);
        let mut unique = folder.clone();
        let mut number = 2;
        while !taken.insert(unique.to_ascii_lowercase()) {
            unique = format!("{folder}-{number}");
            number += 1;
        }
        names.push(unique);
    }
    names
}

fn folder(submission: &str) -> String {
    let is_safe =
        |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let is_plain = !submission.is_empty()
        && submission.len() <= LONGEST
        && submission.chars().all(is_safe)
        && !submission.starts_with(['.', '-'])
        && !submission.ends_with('.')
        && !is_device(submission);
    if is_plain {
        return submission.to_owned();
    }
    // What is left of the name says whose it is, and the figures that it is
    // no other's with the same left over.
    let kept: String = submission
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))
        .take(40)
        .collect();
    let kept = kept.trim_start_matches('-');
    let figures = fnv(submission.as_bytes());
    if kept.is_empty() {
        format!("submission-{figures:016x}")
    } else {
        format!("{kept}-{figures:016x}")
    }
}

/// What Windows keeps for devices, with any ending.
fn is_device(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or_default();
    let stem = stem.to_ascii_lowercase();
    let numbered = |stem: &str| {
        (stem.starts_with("com") || stem.starts_with("lpt")) && stem.len() == 4
    };
    matches!(&*stem, "con" | "prn" | "aux" | "nul") || numbered(&stem)
}

/// FNV-1a: no secret, only a short name for a long one that is the same in
/// every run.
fn fnv(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plain_name_is_its_own_folder() {
        assert_eq!(folders(["Ana", "lee-2_x.y"]), ["Ana", "lee-2_x.y"]);
    }

    #[test]
    fn no_name_leads_anywhere_else() {
        let hostile = [
            "",
            ".",
            "..",
            "../..",
            "/etc",
            "a/b",
            "a\\b",
            "-rf",
            "con",
            "Nul.txt",
            "a\0b",
            "\u{202e}fdp",
            "<b>",
            "é",
            "A",
            "a",
            "a.",
        ];
        let names = folders(hostile);
        for name in &names {
            assert!(!name.is_empty() && name.len() <= 60, "{name:?}");
            assert!(!name.starts_with(['.', '-']), "{name:?}");
            let safe = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
            assert!(name.chars().all(safe), "{name:?}");
        }
        let lower: BTreeSet<String> =
            names.iter().map(|name| name.to_lowercase()).collect();
        assert_eq!(lower.len(), hostile.len(), "{names:?}");
    }

    #[test]
    fn two_of_one_name_get_a_folder_each() {
        assert_eq!(folders(["ana", "ana"]), ["ana", "ana-2"]);
    }
}
