//! Runs every program of this topic and compares what it prints.

use std::process::ExitCode;

fn main() -> ExitCode {
    testkit::recordings::main(
        env!("CARGO_MANIFEST_DIR"),
        &[
            ("read-write", env!("CARGO_BIN_EXE_read-write")),
            ("send", env!("CARGO_BIN_EXE_send")),
            ("recv", env!("CARGO_BIN_EXE_recv")),
            ("endings", env!("CARGO_BIN_EXE_endings")),
            ("broken-pipe", env!("CARGO_BIN_EXE_broken-pipe")),
            ("interrupted", env!("CARGO_BIN_EXE_interrupted")),
            ("peek", env!("CARGO_BIN_EXE_peek")),
            ("transfer-errors", env!("CARGO_BIN_EXE_transfer-errors")),
        ],
    )
}
