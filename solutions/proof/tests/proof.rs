//! The proof that the checks tell right from wrong: of each exercise the
//! reference and every also-right program get full points, the stub and every
//! wrong program fail as their headers say.
//!
//! ```sh
//! cargo test -p proof                                # all of it
//! cargo test -p proof -- greeter                     # one exercise
//! cargo test -p proof -- reference --times 50        # flakiness
//! cargo test -p proof -- reference --times 50 --busy 8
//! ```

use std::process::ExitCode;

use testkit::proof;

fn main() -> ExitCode {
    proof::main(&judge::ALL)
}
