//! Runs every program of this topic and compares what it prints.

use std::process::ExitCode;

fn main() -> ExitCode {
    testkit::recordings::main(
        env!("CARGO_MANIFEST_DIR"),
        &[
            ("getpeername", env!("CARGO_BIN_EXE_getpeername")),
            ("peer-gone", env!("CARGO_BIN_EXE_peer-gone")),
        ],
    )
}
