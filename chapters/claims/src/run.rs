//! Runs probes, each in a process of its own, and compares what they find
//! with the register.

use std::collections::BTreeMap;
use std::env;
use std::io::{Read, Write, stdout};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitCode, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use nix::sys::signal::{Signal, killpg};
use nix::sys::utsname::uname;
use nix::unistd::Pid;
use serde::{Deserialize, Serialize};
use testkit::Skip;
use testkit::machine;
use testkit::surroundings::{self, Surroundings, Who};

use crate::{Claim, Outcome, Story, probes};

/// First argument of a process that runs one probe.
const PROBE: &str = "--probe";

/// How long a probe may take: the slowest waits about 3 s for a kernel that
/// tries again.
const LIMIT: Duration = Duration::from_secs(60);

/// How many probes run at once for each processor: they wait more than they
/// work.
const AT_ONCE: usize = 16;

/// The comparison of what was found with the register.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// The manual is right, as the register says.
    Held,
    /// It is right under the condition of the register.
    HeldIf,
    /// It is otherwise, as the register says.
    Differed,
    /// Nothing came of what was tried, as the register says.
    NotProvoked,
    /// Something else was found than the register says: a new finding.
    Unexpected,
    /// This machine lacks something.
    Skipped,
    /// The probe could not measure: a fault of the probe.
    Failed,
}

/// What a process that runs a probe tells.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Told {
    Measured(Story),
    Skipped(Story, String),
    Failed(Story, String),
}

/// A claim, measured.
#[derive(Debug, Clone)]
pub struct Measured {
    /// Which claim.
    pub claim: Claim,
    /// The comparison.
    pub verdict: Verdict,
    /// What was done and found.
    pub story: Story,
    /// Why it was skipped, or what went wrong.
    pub reason: Option<String>,
}

/// If this process has been started to run one probe: runs it.
pub fn serve() -> Option<ExitCode> {
    let mut args = env::args().skip(1);
    if args.next()? != PROBE {
        return None;
    }
    let id = args.next()?;
    let kind = match args.next()?.as_str() {
        "private" => Surroundings::Private,
        _ => Surroundings::Shared,
    };
    let entered = surroundings::enter(kind, Who::Root, || {
        surroundings::end_with_the_caller(kind);
        let told = probes::named(&id).map(|claim| measure(&claim));
        let left = surroundings::clear(kind);
        let text = serde_json::to_string(&told).unwrap_or_default();
        // The caller's pipe; if it is gone, so is the need.
        let written = stdout().write_all(text.as_bytes());
        u8::from(written.is_err() || left > 0)
    });
    Some(match entered {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    })
}

fn measure(claim: &Claim) -> Told {
    let mut story = Story::default();
    match (claim.probe.run)(&mut story) {
        Ok(()) => Told::Measured(story),
        Err(error) => match error.downcast_ref::<Skip>() {
            Some(Skip(why)) => Told::Skipped(story, why.clone()),
            None => Told::Failed(story, format!("{error:#}")),
        },
    }
}

impl Measured {
    /// Whether this is a kernel that the register has seen: a surprise on it
    /// is a mistake somewhere, and on another one a finding.
    pub fn is_of_a_known_kernel(&self) -> bool {
        self.claim.seen.contains(&&*kernel())
    }
}

/// This kernel, as the register names them: `Linux 6.18`.
pub fn kernel() -> String {
    let Ok(name) = uname() else {
        return "an unknown kernel".to_owned();
    };
    let release = name.release().to_string_lossy().into_owned();
    let numbers: Vec<&str> = release.splitn(3, '.').take(2).collect();
    format!("{} {}", name.sysname().to_string_lossy(), numbers.join("."))
}

/// Whether namespaces are there, and why not.
pub fn surroundings_here() -> (Surroundings, Option<String>) {
    match machine::lacks("userns") {
        None => (Surroundings::Private, None),
        Some(why) => (Surroundings::Shared, Some(why)),
    }
}

/// Measures these claims, several at once; `tell` hears of each as it ends.
pub fn run(
    claims: &[Claim],
    kind: Surroundings,
    tell: impl Fn(&Measured) + Sync,
) -> Vec<Measured> {
    let mut lacks: BTreeMap<&str, Option<String>> = BTreeMap::new();
    for need in claims.iter().flat_map(|claim| claim.needs) {
        lacks.entry(need).or_insert_with(|| match (*need, kind) {
            ("userns", Surroundings::Shared) => {
                Some("needs private user and network namespaces".to_owned())
            }
            _ => machine::lacks(need),
        });
    }
    let lacks = &lacks;
    let next = AtomicUsize::new(0);
    let cores = thread::available_parallelism().map_or(2, usize::from);
    let mut results: Vec<(usize, Measured)> = thread::scope(|scope| {
        let workers: Vec<_> = (0..claims.len().min(cores * AT_ONCE))
            .map(|_| {
                scope.spawn(|| {
                    let mut own = Vec::new();
                    loop {
                        let at = next.fetch_add(1, Ordering::Relaxed);
                        let Some(claim) = claims.get(at) else {
                            return own;
                        };
                        let lacking = claim
                            .needs
                            .iter()
                            .find_map(|need| lacks[need].clone());
                        let result = one(claim, kind, lacking);
                        tell(&result);
                        own.push((at, result));
                    }
                })
            })
            .collect();
        workers
            .into_iter()
            .flat_map(|worker| worker.join().unwrap_or_default())
            .collect()
    });
    results.sort_by_key(|(at, _)| *at);
    results.into_iter().map(|(_, result)| result).collect()
}

fn one(claim: &Claim, kind: Surroundings, lacking: Option<String>) -> Measured {
    let told = match lacking {
        Some(why) => Told::Skipped(Story::default(), why),
        None => ask(claim, kind).unwrap_or_else(|error| {
            Told::Failed(Story::default(), format!("{error:#}"))
        }),
    };
    let (verdict, story, reason) = match told {
        Told::Measured(story) => (compare(claim, &story), story, None),
        Told::Skipped(story, why) => (Verdict::Skipped, story, Some(why)),
        Told::Failed(story, why) => (Verdict::Failed, story, Some(why)),
    };
    Measured {
        claim: *claim,
        verdict,
        story,
        reason,
    }
}

/// What was found against what the register says is found.
fn compare(claim: &Claim, story: &Story) -> Verdict {
    if !story.found().eq(claim.finds.iter().copied()) {
        return Verdict::Unexpected;
    }
    match claim.outcome {
        Outcome::Holds => Verdict::Held,
        Outcome::OnlyIf(_) => Verdict::HeldIf,
        Outcome::Differs(_) => Verdict::Differed,
        Outcome::CannotBeProvoked(_) => Verdict::NotProvoked,
    }
}

/// Starts a process for a probe, and takes what it tells.
fn ask(claim: &Claim, kind: Surroundings) -> Result<Told> {
    let kind = match kind {
        Surroundings::Private => "private",
        Surroundings::Shared => "shared",
    };
    let mut child = Command::new(env::current_exe()?)
        .args([PROBE, claim.id, kind])
        // Open as long as this process lives.
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .spawn()
        .context("start a probe")?;
    let text = told_by(&mut child)?;
    let told: Option<Told> = serde_json::from_str(&text)
        .with_context(|| format!("the probe said {text:?}"))?;
    told.context("the probe knows no such claim")
}

fn told_by(child: &mut Child) -> Result<String> {
    let mut stdout = child.stdout.take().context("its output")?;
    let mut stderr = child.stderr.take().context("its complaints")?;
    let (sender, ended) = channel();
    thread::spawn(move || {
        let (mut out, mut err) = (String::new(), String::new());
        let read = stdout
            .read_to_string(&mut out)
            .and_then(|_| stderr.read_to_string(&mut err));
        // Nobody listens where it was too late.
        let _ = sender.send(read.map(|_| (out, err)));
    });
    let read = ended.recv_timeout(LIMIT);
    if read.is_err() {
        // It isn't reaped yet, so the number is its own.
        let _ =
            killpg(Pid::from_raw(child.id().cast_signed()), Signal::SIGKILL);
    }
    let status = child.wait()?;
    let Ok(read) = read else {
        bail!("no end within {} s", LIMIT.as_secs());
    };
    let (out, err) = read?;
    if !status.success() {
        bail!("the probe ended with {status}: {}", err.trim_end());
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::{Verdict, compare};
    use crate::{Outcome, Story, probes};

    #[test]
    fn a_value_more_or_less_or_otherwise_is_a_new_finding() {
        let mut claim = probes::named("CON-13").expect("a claim");
        claim.outcome = Outcome::Holds;
        claim.finds = &[("a", "1"), ("b", "2")];
        let of = |found: &[(&str, &str)]| {
            let mut story = Story::default();
            for (label, value) in found {
                story.does("a step");
                story.finds(label, value);
            }
            compare(&claim, &story)
        };
        assert_eq!(of(&[("a", "1"), ("b", "2")]), Verdict::Held);
        for otherwise in [
            &[("a", "1")][..],
            &[("a", "1"), ("b", "3")],
            &[("b", "2"), ("a", "1")],
            &[("a", "1"), ("b", "2"), ("c", "3")],
        ] {
            assert_eq!(of(otherwise), Verdict::Unexpected);
        }
    }
}
