//! A system call as the program's author wrote it.
//!
//! `recv` is `recvfrom` without an address, `select` is `pselect6`: strace
//! tells what reached the kernel, a picture tells what a reader knows.

use super::strace::{RawCall, address, bare, descriptor};

/// A call in the reader's words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Told {
    pub(super) name: String,
    pub(super) args: String,
    pub(super) result: Option<String>,
    pub(super) errno: Option<String>,
}

/// The calls that strace is asked for, for its option `--trace`.
pub(super) const TRACED: &str = "%network,read,write,readv,writev,close,dup,\
dup2,dup3,fcntl,ioctl,?select,pselect6,?poll,ppoll,?epoll_create,\
epoll_create1,epoll_ctl,?epoll_wait,epoll_pwait,sendfile,splice,\
execve,clone,?clone3,?fork,?vfork,rt_sigreturn";

/// The most bytes of data that are told.
pub(super) const HEAD: usize = 24;

/// Tells a call.
pub(super) fn tell(raw: &RawCall) -> Told {
    let arg = |at: usize| raw.args.get(at).map_or("", String::as_str);
    let fd = || bare(arg(0));
    let (returned, errno) = returned(raw.result.as_deref());
    let failed = errno.is_some();
    // What a call wrote into an argument counts only if it succeeded.
    let with = |more: String| {
        returned.as_ref().map(|returned| {
            if failed || more.is_empty() {
                returned.clone()
            } else {
                format!("{returned} {more}")
            }
        })
    };
    let told = |name: &str, args: Vec<String>, result: Option<String>| Told {
        name: name.to_owned(),
        args: args
            .into_iter()
            .filter(|arg| !arg.is_empty())
            .collect::<Vec<_>>()
            .join(", "),
        result,
        errno: errno.clone(),
    };
    if let Some(told) = transfer(raw, returned.as_deref(), errno.as_deref()) {
        return told;
    }
    match raw.name.as_str() {
        "socket" => {
            told("socket", vec![arg(0).into(), arg(1).into()], returned)
        }
        "bind" | "connect" => told(
            &raw.name,
            vec![fd(), address(arg(1)).unwrap_or_else(|| bare(arg(1)))],
            returned,
        ),
        "accept" | "accept4" => {
            told("accept", vec![fd()], returned.map(|text| bare(&text)))
        }
        "getsockname" | "getpeername" => told(
            &raw.name,
            vec![fd()],
            with(address(arg(1)).unwrap_or_default()),
        ),
        "getsockopt" => told(
            "getsockopt",
            vec![fd(), bare(arg(2))],
            with(option(arg(3)).to_owned()),
        ),
        "setsockopt" => told(
            "setsockopt",
            vec![fd(), bare(arg(2)), option(arg(3)).to_owned()],
            returned,
        ),
        "ioctl" => told(
            "ioctl",
            vec![fd(), bare(arg(1))],
            with(inside(&bare(arg(2))).to_owned()),
        ),
        "select" | "pselect6" => {
            let sets = ["read", "write", "except"].iter().enumerate();
            let sets = sets.filter_map(|(at, name)| {
                let set = bare(arg(at + 1));
                let empty = matches!(set.as_str(), "NULL" | "" | "[]");
                (!empty).then(|| format!("{name} {}", braces(&set)))
            });
            let mut args: Vec<String> = sets.collect();
            args.extend(time(arg(4)));
            let ready = raw.result.as_deref().map(bare).unwrap_or_default();
            // With a mask of signals it is another call to a reader.
            let name = match arg(5) {
                "" | "NULL" => "select",
                _ => "pselect",
            };
            told(name, args, ready_set(&ready).or(returned))
        }
        "poll" | "ppoll" => {
            let ready = raw.result.as_deref().map(bare).unwrap_or_default();
            let over = ready.ends_with("(Timeout)");
            let ready = match ready.split_once(" (") {
                Some((number, _)) if over => {
                    Some(format!("{number}, the time is over"))
                }
                Some((number, list)) => {
                    Some(format!("{number}: {}", polled(list, "revents=")))
                }
                None => returned,
            };
            let fds = polled(&bare(arg(0)), "events=");
            told("poll", vec![fds, time(arg(2)).unwrap_or_default()], ready)
        }
        _ => told(
            &raw.name,
            raw.args.iter().map(|arg| bare(arg)).collect(),
            returned.map(|text| bare(&text)),
        ),
    }
}

/// Tells a call that moves bytes.
fn transfer(
    raw: &RawCall,
    returned: Option<&str>,
    errno: Option<&str>,
) -> Option<Told> {
    let arg = |at: usize| raw.args.get(at).map_or("", String::as_str);
    let number = |text: &str| text.parse::<i64>().ok();
    // With an address it is another call to a reader.
    let plain = matches!(arg(4), "NULL" | "");
    let (name, sends, flags) = match raw.name.as_str() {
        "sendto" if plain => ("send", true, flags(arg(3))),
        "recvfrom" if plain => ("recv", false, flags(arg(3))),
        name @ "write" => (name, true, ""),
        name @ "read" => (name, false, ""),
        _ => return None,
    };
    let (sent, got) = if sends {
        (data(arg(1), number(arg(2))), String::new())
    } else {
        let count = returned.and_then(number);
        let some = count.is_some_and(|count| count > 0);
        let got = some.then(|| format!(" {}", data(arg(1), count)));
        (String::new(), got.unwrap_or_default())
    };
    let args = [bare(arg(0)), sent, flags.to_owned()];
    let args = args.into_iter().filter(|arg| !arg.is_empty());
    Some(Told {
        name: name.to_owned(),
        args: args.collect::<Vec<_>>().join(", "),
        result: returned.map(|returned| format!("{returned}{got}")),
        errno: errno.map(ToOwned::to_owned),
    })
}

/// The number that came back and the error's name.
fn returned(result: Option<&str>) -> (Option<String>, Option<String>) {
    let Some(result) = result else {
        return (None, None);
    };
    let result = bare(result);
    let mut words = result.split(' ');
    let number = words.next().unwrap_or_default().to_owned();
    let errno = words
        .next()
        .filter(|word| number == "-1" && word.starts_with('E'));
    (Some(number), errno.map(ToOwned::to_owned))
}

/// The flags that tell something: `MSG_NOSIGNAL` is about what this process
/// gets, and every send of the book has it.
fn flags(arg: &str) -> &str {
    match arg {
        "0" | "MSG_NOSIGNAL" => "",
        _ => arg
            .strip_suffix("|MSG_NOSIGNAL")
            .or_else(|| arg.strip_prefix("MSG_NOSIGNAL|"))
            .unwrap_or(arg),
    }
}

/// Data as strace wrote it, cut short; its length where it is not all there.
fn data(arg: &str, count: Option<i64>) -> String {
    let cut = arg.ends_with("...");
    let text = arg.trim_end_matches("...");
    // NULL, or an address of memory that could not be read.
    let Some(inner) = text.strip_prefix('"').and_then(|t| t.strip_suffix('"'))
    else {
        return count
            .map_or_else(String::new, |count| format!("{count} bytes"));
    };
    let mut head = String::new();
    let mut chars = inner.chars().peekable();
    let mut bytes = 0;
    while let Some(char) = chars.next() {
        if bytes == HEAD {
            return format!("\"{head}…\" {} bytes", count.unwrap_or_default());
        }
        head.push(char);
        if char == '\\' {
            // `\n`, `\x07`, `\7`, `\377`
            match chars.next() {
                Some(digit @ '0'..='7') => {
                    head.push(digit);
                    for _ in 0..2 {
                        match chars.peek() {
                            Some(next @ '0'..='7') => {
                                head.push(*next);
                                chars.next();
                            }
                            _ => break,
                        }
                    }
                }
                Some(other) => head.push(other),
                None => {}
            }
        }
        bytes += 1;
    }
    if cut {
        format!("\"{head}…\" {} bytes", count.unwrap_or_default())
    } else {
        format!("\"{head}\"")
    }
}

/// `[{fd=3, events=POLLIN}, {fd=4, …}]` as `{3 IN, 4 …}`.
fn polled(list: &str, field: &str) -> String {
    let after = |text: &str, name: &str| {
        let (_, rest) = text.split_once(name)?;
        Some(rest.split([',', '}']).next()?.to_owned())
    };
    let all: Vec<_> = list
        .split("fd=")
        .skip(1)
        .map(|item| {
            let number = item.split(',').next().unwrap_or_default();
            let events = after(item, field).unwrap_or_default();
            format!("{number} {}", events.replace("POLL", ""))
        })
        .collect();
    format!("{{{}}}", all.join(", "))
}

/// `[1]` without its brackets.
fn inside(arg: &str) -> &str {
    arg.strip_prefix('[')
        .and_then(|arg| arg.strip_suffix(']'))
        .unwrap_or(arg)
}

/// The value of a socket option: a number, or a structure, which strace writes
/// as bytes where it does not know it.
fn option(arg: &str) -> &str {
    if arg.starts_with('"') {
        "…"
    } else {
        inside(arg)
    }
}

/// `[3 4]` as `{3, 4}`.
fn braces(set: &str) -> String {
    format!("{{{}}}", inside(set).replace(' ', ", "))
}

/// `{tv_sec=1, tv_nsec=500000000}` as `1.5 s`; nothing for "for ever".
fn time(arg: &str) -> Option<String> {
    let field = |name: &str| {
        let (_, rest) = arg.split_once(name)?;
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        rest[..digits].parse::<u64>().ok()
    };
    if let Some(seconds) = field("tv_sec=") {
        let nano = field("tv_nsec=")
            .or_else(|| Some(field("tv_usec=")? * 1000))
            .unwrap_or(0);
        return Some(seconds_text(seconds * 1_000_000 + nano / 1000));
    }
    // poll's milliseconds
    let milliseconds: i64 = arg.parse().ok()?;
    let milliseconds = u64::try_from(milliseconds).ok()?;
    Some(seconds_text(milliseconds * 1000))
}

fn seconds_text(micro: u64) -> String {
    if micro.is_multiple_of(1_000_000) {
        format!("{} s", micro / 1_000_000)
    } else if micro.is_multiple_of(1000) {
        format!("{} ms", micro / 1000)
    } else {
        format!("{micro} µs")
    }
}

/// `2 (in [3], out [4], left {…})` as `2: read {3}, write {4}`.
fn ready_set(result: &str) -> Option<String> {
    let (number, rest) = result.split_once(" (")?;
    if rest.starts_with("Timeout") {
        return Some(format!("{number}, the time is over"));
    }
    let mut sets = Vec::new();
    for (mark, name) in
        [("in [", "read"), ("out [", "write"), ("except [", "except")]
    {
        if let Some((_, set)) = rest.split_once(mark) {
            let set = set.split(']').next().unwrap_or_default();
            if !set.is_empty() {
                sets.push(format!("{name} {}", braces(set)));
            }
        }
    }
    (!sets.is_empty()).then(|| format!("{number}: {}", sets.join(", ")))
}

/// The descriptor that a call is about, and what the kernel knew of it: its
/// first argument, or what it returned.
pub(super) fn subject(raw: &RawCall) -> Option<(i32, Option<&str>)> {
    if raw.name == "socket" {
        return raw.result.as_deref().and_then(descriptor);
    }
    raw.args.first().map(String::as_str).and_then(descriptor)
}

#[cfg(test)]
mod tests {
    use super::super::strace::{Line, line};
    use super::tell;

    /// The call as a reader sees it.
    fn told(text: &str) -> String {
        let text = format!("1.5 {text} <0.000001>");
        let Some((_, Line::Call(raw))) = line(&text) else {
            panic!("{text}");
        };
        let told = tell(&raw);
        let errno = told.errno.map(|errno| format!(" {errno}"));
        format!(
            "{}({}) = {}{}",
            told.name,
            told.args,
            told.result.unwrap_or_else(|| "?".to_owned()),
            errno.unwrap_or_default()
        )
    }

    #[test]
    fn calls_are_told_in_the_readers_words() {
        for (strace, ours) in [
            (
                "socket(AF_INET, SOCK_STREAM, IPPROTO_IP) = 3<TCP:[272]>",
                "socket(AF_INET, SOCK_STREAM) = 3",
            ),
            (
                "accept4(3<TCP:[1.2.3.4:5]>, NULL, NULL, SOCK_CLOEXEC) = \
                 4<TCP:[1.2.3.4:5->1.2.3.4:6]>",
                "accept(3) = 4",
            ),
            (
                "connect(3<TCP:[272]>, {sa_family=AF_INET6, \
                 sin6_port=htons(5555), sin6_flowinfo=htonl(0), \
                 inet_pton(AF_INET6, \"::1\", &sin6_addr), \
                 sin6_scope_id=0}, 28) = -1 ECONNREFUSED (Connection refused)",
                "connect(3, [::1]:5555) = -1 ECONNREFUSED",
            ),
            (
                "sendto(4<TCP:[1.2.3.4:5->1.2.3.4:6]>, \"STOP\", 4, \
                 MSG_OOB|MSG_NOSIGNAL, NULL, 0) = 4",
                "send(4, \"STOP\", MSG_OOB) = 4",
            ),
            (
                "recvfrom(4<TCP:[1.2.3.4:5->1.2.3.4:6]>, \"x\", 64, \
                 MSG_OOB, NULL, NULL) = 1",
                "recv(4, MSG_OOB) = 1 \"x\"",
            ),
            (
                "recvfrom(4<TCP:[1.2.3.4:5->1.2.3.4:6]>, \"\", 64, 0, NULL, \
                 NULL) = 0",
                "recv(4) = 0",
            ),
            (
                "recvfrom(4<TCP:[1.2.3.4:5->1.2.3.4:6]>, 0x7ffe, 64, 0, NULL, \
                 NULL) = -1 EAGAIN (Resource temporarily unavailable)",
                "recv(4) = -1 EAGAIN",
            ),
            (
                "getsockopt(3<TCP:[272]>, SOL_SOCKET, SO_ERROR, \
                 [ECONNREFUSED], [4]) = 0",
                "getsockopt(3, SO_ERROR) = 0 ECONNREFUSED",
            ),
            (
                "pselect6(5, [3<TCP:[1.2.3.4:5]> 4<TCP:[1.2.3.4:5->1.2.3.4:6]>\
                 ], [], [4<TCP:[1.2.3.4:5->1.2.3.4:6]>], {tv_sec=1, \
                 tv_nsec=500000000}, NULL) = 2 (in [3<TCP:[1.2.3.4:5]>], \
                 except [4<TCP:[1.2.3.4:5->1.2.3.4:6]>], left {tv_sec=1, \
                 tv_nsec=2})",
                "select(read {3, 4}, except {4}, 1500 ms) = 2: read {3}, \
                 except {4}",
            ),
            (
                "select(4, [3<TCP:[1.2.3.4:5]>], NULL, NULL, {tv_sec=2, \
                 tv_usec=0}) = 0 (Timeout)",
                "select(read {3}, 2 s) = 0, the time is over",
            ),
            (
                "poll([{fd=3<TCP:[1.2.3.4:5]>, events=POLLIN|POLLOUT}], 1, 100)\
                 = 1 ([{fd=3<TCP:[1.2.3.4:5]>, revents=POLLIN}])",
                "poll({3 IN|OUT}, 100 ms) = 1: {3 IN}",
            ),
            (
                "ioctl(4<TCP:[1.2.3.4:5->1.2.3.4:6]>, SIOCATMARK, [1]) = 0",
                "ioctl(4, SIOCATMARK) = 0 1",
            ),
        ] {
            assert_eq!(told(strace), ours);
        }
    }

    #[test]
    fn data_is_cut_at_whole_bytes() {
        let text = format!(
            "write(4<TCP:[1.2.3.4:5->1.2.3.4:6]>, \"{}\"..., 48000) = 48000",
            "\\377".repeat(48)
        );
        assert_eq!(
            told(&text),
            format!(
                "write(4, \"{}…\" 48000 bytes) = 48000",
                "\\377".repeat(24)
            )
        );
    }
}
