//! The named rules by which two runs of one program are compared.
//!
//! | rule | what it replaces |
//! |---|---|
//! | port | a port that the kernel chose: digits after `:` or the word `port`, 10000 and up |
//! | pid | digits after the word `pid`, or in `/proc/NUMBER` |
//! | time | a number with `s`, `ms`, `µs` or `ns` behind it |
//! | temporary name | a path below the folder for temporary files |
//! | column | a run of spaces becomes one, since a longer port moves what follows |
//! | figure | what the recording itself names: figures of one machine |
//!
//! Ports and pids keep their identity: the first one becomes `<port 1>`
//! wherever it stands, the next one `<port 2>`.

use std::collections::HashMap;
use std::sync::LazyLock;

use anyhow::{Context, Result};
use regex::{Captures, Regex};

static PORT: LazyLock<Regex> =
    LazyLock::new(|| rule(r"(?P<before>:|\bport )(?P<id>[1-9]\d{4})\b"));
static PID: LazyLock<Regex> =
    LazyLock::new(|| rule(r"(?P<before>\bpid |/proc/)(?P<id>\d+)\b"));
static TIME: LazyLock<Regex> =
    LazyLock::new(|| rule(r"\b\d+(\.\d+)? ?(s|ms|µs|ns)\b"));
static COLUMN: LazyLock<Regex> = LazyLock::new(|| rule("  +"));
static TEMPORARY: LazyLock<Regex> = LazyLock::new(|| rule(r"/tmp/[^\s,;)]+"));

fn rule(pattern: &str) -> Regex {
    Regex::new(pattern).expect("a rule written in this file")
}

/// `text` with every rule applied. Each of `figures` is a regular expression
/// whose first group, or whose whole match where it has none, belongs to one
/// machine.
///
/// Fails where one of `figures` is not a regular expression.
pub fn normalise(text: &str, figures: &[String]) -> Result<String> {
    let mut text = text.to_owned();
    for figure in figures {
        let regex =
            Regex::new(figure).with_context(|| format!("figure {figure:?}"))?;
        text = regex.replace_all(&text, without_figure).into_owned();
    }
    let text = numbered(&PORT, "port", &text);
    let text = numbered(&PID, "pid", &text);
    let text = TIME.replace_all(&text, "<time>");
    let temporary = std::env::temp_dir();
    let text = match temporary.to_str().filter(|dir| dir.len() > 1) {
        Some(dir) => text.replace(&format!("{dir}/"), "/tmp/"),
        None => text.into_owned(),
    };
    let text = TEMPORARY.replace_all(&text, "<temporary name>");
    Ok(COLUMN.replace_all(&text, " ").into_owned())
}

fn without_figure(captures: &Captures) -> String {
    let whole = captures.get(0).expect("group 0 is the match");
    match captures.get(1) {
        Some(group) => {
            let (start, end) =
                (group.start() - whole.start(), group.end() - whole.start());
            let text = whole.as_str();
            format!("{}<figure>{}", &text[..start], &text[end..])
        }
        None => "<figure>".to_owned(),
    }
}

fn numbered(rule: &Regex, name: &str, text: &str) -> String {
    let mut seen: HashMap<String, usize> = HashMap::new();
    rule.replace_all(text, |captures: &Captures| {
        let next = seen.len() + 1;
        let number = *seen.entry(captures["id"].to_owned()).or_insert(next);
        format!("{}<{name} {number}>", &captures["before"])
    })
    .into_owned()
}

#[cfg(test)]
mod tests {
    use super::normalise;

    fn plain(text: &str) -> String {
        normalise(text, &[]).expect("no figures")
    }

    #[test]
    fn a_port_keeps_its_identity() {
        assert_eq!(
            plain("from 127.0.0.1:40551 and [::1]:40552 to port 40551"),
            "from 127.0.0.1:<port 1> and [::1]:<port 2> to port <port 1>"
        );
    }

    #[test]
    fn a_port_that_the_program_chose_is_compared() {
        assert_eq!(plain("127.0.0.1:5555"), "127.0.0.1:5555");
    }

    #[test]
    fn a_pid_a_time_and_a_temporary_name_are_not_compared() {
        assert_eq!(
            plain("pid 17 read /proc/17/stat after 1.02 s in /tmp/x.sock"),
            "pid <pid 1> read /proc/<pid 1>/stat after <time> in \
             <temporary name>"
        );
    }

    #[test]
    fn a_figure_is_replaced_only_where_the_recording_names_it() {
        let figures = [r"returned (\d+)".to_owned()];
        assert_eq!(
            normalise("3 returned 3919467, 4 bytes", &figures).expect("valid"),
            "3 returned <figure>, 4 bytes"
        );
    }

    #[test]
    fn a_descriptor_and_a_count_are_compared() {
        let line = "server | recv(4, 5 bytes) = 5";
        assert_eq!(plain(line), line);
    }
}
