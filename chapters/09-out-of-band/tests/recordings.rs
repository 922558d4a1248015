//! Runs every program of this topic and compares what it prints.

use std::process::ExitCode;

fn main() -> ExitCode {
    testkit::recordings::main(
        env!("CARGO_MANIFEST_DIR"),
        &[
            ("oob", env!("CARGO_BIN_EXE_oob")),
            ("sigurg", env!("CARGO_BIN_EXE_sigurg")),
            ("oob-select", env!("CARGO_BIN_EXE_oob-select")),
            (
                "discard-until-mark",
                env!("CARGO_BIN_EXE_discard-until-mark"),
            ),
            ("read-oob", env!("CARGO_BIN_EXE_read-oob")),
        ],
    )
}
