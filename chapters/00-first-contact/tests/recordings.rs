//! Runs every program of this topic and compares what it prints.

use std::process::ExitCode;

fn main() -> ExitCode {
    testkit::recordings::main(
        env!("CARGO_MANIFEST_DIR"),
        &[
            ("first-contact", env!("CARGO_BIN_EXE_first-contact")),
            ("descriptor", env!("CARGO_BIN_EXE_descriptor")),
            ("address", env!("CARGO_BIN_EXE_address")),
            ("waiting", env!("CARGO_BIN_EXE_waiting")),
            ("std-unwrapped", env!("CARGO_BIN_EXE_std-unwrapped")),
        ],
    )
}
