//! Tools that are too large for the lab: packages of their own, which Cargo
//! builds when they are asked for, and which then take the lab's place.

use std::os::unix::process::CommandExt;
use std::process::Command;
use std::sync::Arc;

use anyhow::anyhow;

use crate::build::{self, Leash, Wanted};
use crate::map::Map;
use crate::{Done, screen};

/// Runs the tool of this name with these arguments.
pub(crate) fn run(map: &Map, name: &str, args: &[String]) -> Done {
    let leash = Arc::new(Leash::default());
    leash.end_with_signals()?;
    let wanted = Wanted {
        package: name.to_owned(),
        name: name.to_owned(),
    };
    let built = build::program(map, wanted, &leash, screen::tell_of_build);
    screen::hush();
    let path = built?.map_err(|message| anyhow!("{}", message.trim_end()))?;
    let mut command = Command::new(&path);
    command
        .args(args)
        .env("COLUMNS", screen::width().to_string());
    let error = command.exec();
    Err(anyhow!(error)
        .context(format!("start {}", path.display()))
        .into())
}
