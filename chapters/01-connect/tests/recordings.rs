//! Runs every program of this topic and compares what it prints.

use std::process::ExitCode;

fn main() -> ExitCode {
    testkit::recordings::main(
        env!("CARGO_MANIFEST_DIR"),
        &[
            ("connect", env!("CARGO_BIN_EXE_connect")),
            ("connect-errors", env!("CARGO_BIN_EXE_connect-errors")),
        ],
    )
}
