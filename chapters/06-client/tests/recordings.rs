//! Holds the client to what every program promises. Its recording is one side
//! of a conversation, which 08-server's tests hold and compare.

use std::process::ExitCode;

fn main() -> ExitCode {
    testkit::recordings::main(
        env!("CARGO_MANIFEST_DIR"),
        &[("client", env!("CARGO_BIN_EXE_client"))],
    )
}
