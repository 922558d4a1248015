//! What strace wrote about one thread (`-ff -yy`): its calls, signals and end.
//!
//! Source: `strace`(1).

use std::collections::BTreeMap;

/// A line of strace's.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Line {
    Call(RawCall),
    /// The process got this signal: its name.
    Signal(String),
    /// It ended: how, and whether that is exit code 0.
    End {
        how: String,
        well: bool,
    },
}

/// A call, as strace wrote it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct RawCall {
    pub(super) name: String,
    pub(super) args: Vec<String>,
    /// Everything after the `=`; none where it never returned.
    pub(super) result: Option<String>,
    /// A signal took the process out of it: it returns EINTR or goes on,
    /// which the return from the signal's handler tells.
    pub(super) interrupted: bool,
    /// How long it took, in nanoseconds.
    pub(super) took: Option<u64>,
}

/// Reads a line: its time, in nanoseconds since 1970, and what it says.
pub(super) fn line(text: &str) -> Option<(u64, Line)> {
    let (time, rest) = text.split_once(' ')?;
    let at = nanoseconds(time)?;
    let rest = rest.trim();
    if let Some(rest) = rest.strip_prefix("--- ") {
        let signal = rest.split([' ', '{']).next()?;
        // `--- stopped by SIGSTOP ---`
        let signal = signal.starts_with("SIG").then(|| signal.to_owned());
        return Some((at, Line::Signal(signal?)));
    }
    if let Some(rest) = rest.strip_prefix("+++ ") {
        let how = rest.strip_suffix(" +++")?;
        let how = match how.strip_prefix("exited with ") {
            Some(code) => format!("exit {code}"),
            None => how.trim_end_matches(" (core dumped)").to_owned(),
        };
        let well = how == "exit 0";
        return Some((at, Line::End { how, well }));
    }
    call(rest).map(|call| (at, Line::Call(call)))
}

fn nanoseconds(time: &str) -> Option<u64> {
    let (seconds, fraction) = time.split_once('.')?;
    let seconds: u64 = seconds.parse().ok()?;
    let fraction: u64 = format!("{fraction:0<9}").get(..9)?.parse().ok()?;
    Some(seconds * 1_000_000_000 + fraction)
}

fn call(text: &str) -> Option<RawCall> {
    let open = text.find('(')?;
    let name = &text[..open];
    if name.is_empty()
        || !name.bytes().all(|b| b == b'_' || b.is_ascii_alphanumeric())
    {
        return None;
    }
    let (args, rest) = arguments(&text[open + 1..]);
    let rest = rest.trim_start();
    let Some(rest) = rest.strip_prefix("= ") else {
        // `<unfinished ...>`, `<detached ...>`
        return Some(RawCall {
            name: name.to_owned(),
            args,
            result: None,
            interrupted: false,
            took: None,
        });
    };
    let (result, took) = match rest.rsplit_once(" <") {
        Some((result, took)) => {
            let took = took.strip_suffix('>').and_then(nanoseconds);
            match took {
                Some(took) => (result, Some(took)),
                None => (rest, None),
            }
        }
        None => (rest, None),
    };
    // `?`: the call did not return, the process ended or the call begins anew.
    let result = result.trim();
    Some(RawCall {
        name: name.to_owned(),
        args,
        result: (!result.starts_with('?')).then(|| result.to_owned()),
        interrupted: result.starts_with("? ERESTART"),
        took,
    })
}

/// The arguments up to the bracket that closes the call, and what follows it.
fn arguments(text: &str) -> (Vec<String>, &str) {
    let mut args = Vec::new();
    let mut depth = 0_usize;
    let mut start = 0;
    let mut chars = text.char_indices();
    let mut before = ' ';
    let mut push = |from: usize, to: usize| {
        let arg = text[from..to].trim();
        if !arg.is_empty() {
            args.push(arg.to_owned());
        }
    };
    while let Some((at, char)) = chars.next() {
        match char {
            '"' => skip_string(&mut chars),
            '<' if before.is_ascii_digit() => {
                let end = annotation(&text[at..]).map_or(1, str::len);
                while chars.as_str().len() > text.len() - (at + end) {
                    chars.next();
                }
            }
            '(' | '[' | '{' => depth += 1,
            ')' if depth == 0 => {
                push(start, at);
                return (args, &text[at + 1..]);
            }
            ')' | ']' | '}' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                push(start, at);
                start = at + 1;
            }
            _ => {}
        }
        before = char;
    }
    // Cut off: ` <unfinished ...>`, or the end of a killed tracer's file.
    let whole = text[start..].trim_end();
    let end = whole
        .strip_suffix("<unfinished ...>")
        .or_else(|| whole.strip_suffix("<detached ...>"))
        .unwrap_or(whole);
    push(start, start + end.len());
    (args, "")
}

fn skip_string(chars: &mut std::str::CharIndices<'_>) {
    while let Some((_, char)) = chars.next() {
        match char {
            '\\' => {
                chars.next();
            }
            '"' => return,
            _ => {}
        }
    }
}

/// What `-yy` says of the descriptor before it, brackets included:
/// `<TCP:[127.0.0.1:1->127.0.0.1:2]>`, `</dev/null<char 1:3>>`.
fn annotation(text: &str) -> Option<&str> {
    if let Some(kind) = text.get(1..)?.find(":[") {
        // A socket, a pipe: what stands before the bracket is one word.
        let word = &text[1..=kind];
        if word.bytes().all(|b| b.is_ascii_alphanumeric()) {
            let end = text.find("]>")?;
            return Some(&text[..end + 2]);
        }
    }
    let end = if let Some(device) = text.find("<char ").or(text.find("<block "))
    {
        device + text[device..].find(">>")? + 2
    } else {
        text.find('>')? + 1
    };
    Some(&text[..end])
}

/// A descriptor as strace wrote it: its number, and what it is.
pub(super) fn descriptor(arg: &str) -> Option<(i32, Option<&str>)> {
    let digits = arg.bytes().take_while(|b| b.is_ascii_digit() || *b == b'-');
    let (number, rest) = arg.split_at(digits.count());
    let number = number.parse().ok()?;
    let what = annotation(rest).map(|text| &text[1..text.len() - 1]);
    Some((number, what))
}

/// The text without what `-yy` says of descriptors.
pub(super) fn bare(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    let mut quoted = false;
    while let Some(char) = rest.chars().next() {
        let after_digit = out.ends_with(|c: char| c.is_ascii_digit());
        match char {
            '\\' if quoted => {
                let end = rest.chars().take(2).map(char::len_utf8).sum();
                out.push_str(&rest[..end]);
                rest = &rest[end..];
                continue;
            }
            '"' => quoted = !quoted,
            '<' if !quoted && after_digit => {
                if let Some(what) = annotation(rest) {
                    rest = &rest[what.len()..];
                    continue;
                }
            }
            _ => {}
        }
        out.push(char);
        rest = &rest[char.len_utf8()..];
    }
    out
}

/// An address as strace writes it, as one does: `127.0.0.1:5555`, or the last
/// part of a path. None where it is something else.
pub(super) fn address(arg: &str) -> Option<String> {
    if let Some(path) = between(arg, "sun_path=\"", "\"") {
        return Some(path.rsplit('/').next().unwrap_or(path).to_owned());
    }
    let port = between(arg, "port=htons(", ")")?;
    if let Some(host) = between(arg, "inet_addr(\"", "\")") {
        return Some(format!("{host}:{port}"));
    }
    let host = between(arg, "inet_pton(AF_INET6, \"", "\"")?;
    Some(format!("[{host}]:{port}"))
}

fn between<'a>(text: &'a str, before: &str, after: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(before)?;
    Some(rest.split_once(after)?.0)
}

/// The variables in the third argument of `execve`, which strace was asked to
/// write out.
pub(super) fn environment(arg: &str) -> BTreeMap<String, String> {
    let list = arg.trim_start_matches('[').trim_end_matches(']');
    let mut all = BTreeMap::new();
    let (items, _) = arguments(list);
    for item in items {
        let text = item.trim_end_matches("...").trim_matches('"');
        if let Some((name, value)) = text.split_once('=') {
            all.insert(name.to_owned(), value.to_owned());
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::{Line, address, bare, descriptor, environment, line};

    fn call(text: &str) -> super::RawCall {
        match line(text) {
            Some((_, Line::Call(call))) => call,
            other => panic!("{text}: {other:?}"),
        }
    }

    #[test]
    fn a_call_is_taken_apart() {
        let text = "1795420984.388988041 accept(3<TCP:[127.0.0.1:40867]>, \
            {sa_family=AF_INET, sin_port=htons(37468), \
            sin_addr=inet_addr(\"127.0.0.1\")}, [128 => 16]) = \
            4<TCP:[127.0.0.1:40867->127.0.0.1:37468]> <0.000074419>";
        let call = call(text);
        assert_eq!(call.name, "accept");
        assert_eq!(call.args.len(), 3);
        assert_eq!(call.took, Some(74_419));
        assert_eq!(
            descriptor(&call.args[0]),
            Some((3, Some("TCP:[127.0.0.1:40867]")))
        );
        assert_eq!(address(&call.args[1]).as_deref(), Some("127.0.0.1:37468"));
        let result = call.result.unwrap_or_default();
        assert_eq!(bare(&result), "4");
        assert_eq!(
            descriptor(&result),
            Some((4, Some("TCP:[127.0.0.1:40867->127.0.0.1:37468]")))
        );
    }

    #[test]
    fn data_may_look_like_anything() {
        let text = r#"1.5 sendto(4<TCPv6:[[::1]:1->[::1]:2]>, "a\", 5<b>) = 9", 12, MSG_NOSIGNAL, NULL, 0) = 12 <0.000000001>"#;
        let call = call(text);
        assert_eq!(call.args[1], r#""a\", 5<b>) = 9""#);
        assert_eq!(call.args.len(), 6);
        assert_eq!(call.result.as_deref(), Some("12"));
        assert_eq!(bare(&call.args[1]), call.args[1]);
    }

    #[test]
    fn sets_of_descriptors_lose_their_remarks() {
        let text = "1.5 pselect6(5, [3<TCP:[1.2.3.4:5]> 4<TCP:[1.2.3.4:5->\
            1.2.3.4:6]>], NULL, NULL, NULL, NULL) = 1 (in [4<TCP:[1.2.3.4:5->\
            1.2.3.4:6]>]) <1.000000000>";
        let call = call(text);
        assert_eq!(bare(&call.args[1]), "[3 4]");
        assert_eq!(
            bare(call.result.as_deref().unwrap_or_default()),
            "1 (in [4])"
        );
    }

    #[test]
    fn what_never_returned_has_no_result() {
        for text in [
            "1.5 recvfrom(3<TCP:[1.2.3.4:5]>,  <unfinished ...>",
            "1.5 recvfrom(3<TCP:[1.2.3.4:5]>,  <detached ...>",
            "1.5 recvfrom(3<TCP:[1.2.3.4:5]>, 0x7ff, 64, 0, NULL, NULL) = ? \
             ERESTARTSYS (To be restarted if SA_RESTART is set) <0.5>",
        ] {
            let call = call(text);
            assert_eq!(call.result, None, "{text}");
            assert_eq!(
                descriptor(&call.args[0]),
                Some((3, Some("TCP:[1.2.3.4:5]"))),
                "{text}"
            );
        }
    }

    #[test]
    fn ends_and_signals_are_told() {
        let end = |how: &str, well| Line::End {
            how: how.to_owned(),
            well,
        };
        for (text, expected) in [
            ("1.5 +++ exited with 0 +++", end("exit 0", true)),
            ("1.5 +++ exited with 101 +++", end("exit 101", false)),
            (
                "1.5 +++ killed by SIGKILL +++",
                end("killed by SIGKILL", false),
            ),
            (
                "1.5 --- SIGURG {si_signo=SIGURG, si_code=SI_KERNEL} ---",
                Line::Signal("SIGURG".to_owned()),
            ),
        ] {
            assert_eq!(line(text), Some((1_500_000_000, expected)), "{text}");
        }
    }

    #[test]
    fn the_environment_is_read() {
        let all = environment(
            r#"["A=b", "LABEL=client A", "LONG=/aaaaaaaaaaaaaa"..., "E="]"#,
        );
        assert_eq!(all.get("LABEL").map(String::as_str), Some("client A"));
        assert_eq!(all.get("E").map(String::as_str), Some(""));
        assert_eq!(all.len(), 4);
    }
}
