//! Runs every program of this topic and compares what it prints.

use std::process::ExitCode;

fn main() -> ExitCode {
    testkit::recordings::main(
        env!("CARGO_MANIFEST_DIR"),
        &[
            ("backlog", env!("CARGO_BIN_EXE_backlog")),
            ("backlog-local", env!("CARGO_BIN_EXE_backlog-local")),
            ("listen", env!("CARGO_BIN_EXE_listen")),
            ("restart", env!("CARGO_BIN_EXE_restart")),
        ],
    )
}
