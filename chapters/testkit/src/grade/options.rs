//! What a graded test takes beside libtest's own arguments.

use std::env;
use std::path::PathBuf;

use course::Surroundings;
use libtest_mimic::Arguments;

use super::say;

/// The options of a graded test, and of the proof.
#[derive(Debug, Clone)]
pub(crate) struct Options {
    /// Where everything random comes from.
    pub(crate) seed: u64,
    /// Where the verdicts go as data.
    pub(crate) results: Option<PathBuf>,
    /// The surroundings asked for; else the best that this machine has.
    pub(crate) surroundings: Option<Surroundings>,
    /// Prove the checks in place of grading a program.
    pub(crate) prove: bool,
    /// How often each check runs.
    pub(crate) times: usize,
    /// How many threads keep the processors busy meanwhile.
    pub(crate) busy: usize,
}

impl Options {
    /// Takes them out of the command line; a wrong one ends the process.
    pub(crate) fn take() -> (Options, Arguments) {
        let mut options = Options {
            seed: fastrand::u64(..),
            results: None,
            surroundings: None,
            prove: false,
            times: 1,
            busy: 0,
        };
        let mut rest = Vec::new();
        let mut args = env::args();
        while let Some(arg) = args.next() {
            let mut value = |what: &str| {
                args.next().unwrap_or_else(|| {
                    misuse(&format!("{arg} takes {what}"));
                })
            };
            let mut number = || {
                let text = value("a number");
                text.parse().unwrap_or_else(|_| {
                    misuse(&format!("{arg} takes a number, not {text:?}"))
                })
            };
            match arg.as_str() {
                "--prove" => options.prove = true,
                "--times" => options.times = number(),
                "--busy" => options.busy = number(),
                "--seed" => {
                    let text = value("a seed, in hexadecimal digits");
                    options.seed = u64::from_str_radix(&text, 16)
                        .unwrap_or_else(|_| {
                            misuse(&format!(
                                "--seed takes up to 16 hexadecimal digits, \
                                 not {text:?}"
                            ))
                        });
                }
                "--results" => options.results = Some(value("a file").into()),
                "--surroundings" => {
                    let text = value("private or shared");
                    options.surroundings = Some(match text.as_str() {
                        "private" => Surroundings::Private,
                        "shared" => Surroundings::Shared,
                        _ => misuse(&format!(
                            "--surroundings takes private or shared, not \
                             {text:?}"
                        )),
                    });
                }
                _ => rest.push(arg),
            }
        }
        let mut arguments = Arguments::from_iter(rest);
        // Checks wait more than they work.
        arguments.test_threads.get_or_insert(64);
        (options, arguments)
    }
}

fn misuse(problem: &str) -> ! {
    say(format_args!(
        "{problem}\nusage: [CHECK] [--seed HEX] [--results FILE] \
         [--surroundings private|shared] [--times N] [--busy N] [--prove]\n\
         example: cargo test -p ex-03-accept --test greeter -- --seed 5f1c"
    ));
    std::process::exit(2)
}
