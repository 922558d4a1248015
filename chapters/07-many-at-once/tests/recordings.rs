//! Runs every program of this topic and compares what it prints.

use std::process::ExitCode;

fn main() -> ExitCode {
    testkit::recordings::main(
        env!("CARGO_MANIFEST_DIR"),
        &[
            ("nonblocking", env!("CARGO_BIN_EXE_nonblocking")),
            ("select", env!("CARGO_BIN_EXE_select")),
            (
                "connect-nonblocking",
                env!("CARGO_BIN_EXE_connect-nonblocking"),
            ),
            (
                "accept-nonblocking",
                env!("CARGO_BIN_EXE_accept-nonblocking"),
            ),
            ("partial-send", env!("CARGO_BIN_EXE_partial-send")),
        ],
    )
}
