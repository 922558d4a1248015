//! Questions to the C compiler; for claims that need `tool:cc`.

use std::process::Command;

use anyhow::Result;

use super::run_with_input;

/// Has `cc` read these lines of C with these options; it writes no file. What
/// it complains about, in English, where it refuses them.
pub fn compile(options: &[&str], source: &str) -> Result<Result<(), String>> {
    let mut cc = Command::new("cc");
    cc.args(options)
        .args(["-fsyntax-only", "-x", "c", "-"])
        // Its words may be looked at.
        .env("LC_ALL", "C");
    let ended = run_with_input(&mut cc, &format!("{source}\n"))?;
    if ended.status.success() {
        return Ok(Ok(()));
    }
    let why = String::from_utf8_lossy(&ended.stderr);
    Ok(Err(why.trim_end().to_owned()))
}

/// Whether `cc` takes these lines of C with these options, in words.
pub fn compiles(options: &[&str], source: &str) -> Result<&'static str> {
    Ok(match compile(options, source)? {
        Ok(()) => "compiles",
        Err(_) => "does not compile",
    })
}
