//! The kernel's settings.

use std::fs;

use anyhow::{Context, Result};

/// The value of a kernel setting, as `net/core/somaxconn`.
pub fn setting(name: &str) -> Result<String> {
    let path = format!("/proc/sys/{name}");
    let text = fs::read_to_string(&path).with_context(|| path)?;
    Ok(text.trim().to_owned())
}

/// Changes a kernel setting; of this network alone, in a claim that needs
/// `userns`.
pub fn set(name: &str, value: &str) -> Result<()> {
    let path = format!("/proc/sys/{name}");
    fs::write(&path, value).with_context(|| format!("write {path}"))
}
