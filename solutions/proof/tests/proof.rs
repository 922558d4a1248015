//! The proof that the checks tell right from wrong: of each exercise the
//! reference and every also-right program get full points, the stub and every
//! wrong program fail as their headers say.
//!
//! ```sh
//! cargo test -p proof                                # all of it
//! cargo test -p proof -- greeter                     # one exercise
//! cargo test -p proof -- reference --times 50        # flakiness
//! cargo test -p proof -- reference --times 50 --busy 8
//! cargo test -p proof -- story --record              # the page's story anew
//! ```

use std::process::ExitCode;

use testkit::proof::{self, Story};

/// What the page about the exercises shows.
static STORIES: [Story; 1] = [Story {
    exercise: "greeter",
    program: "reads_first",
    check: "the_first_client_is_greeted_and_let_go",
    file: concat!(env!("CARGO_MANIFEST_DIR"), "/recorded/story.txt"),
}];

fn main() -> ExitCode {
    proof::main(&judge::ALL, &STORIES)
}
