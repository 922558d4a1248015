//! The libraries in the hand-out itself, for rooms without a network.

use anyhow::{Context, Result};

use crate::manifests::{cargo, run};
use crate::place::Stage;
use crate::tree::File;

/// Where the libraries lie. A dot folder: no learner has to look into it.
pub(crate) const FOLDER: &str = ".cargo/vendor";

/// Cargo's settings.
const SETTINGS: &str = ".cargo/config.toml";

const FROM_HERE: &str = "
# The libraries lie beside this file: Cargo fetches nothing.
[source.crates-io]
replace-with = \"vendored\"

[source.vendored]
directory = \".cargo/vendor\"

[net]
offline = true
";

/// Puts the libraries into the hand-out. It needs the network where Cargo has
/// not fetched them all before: those for other systems, for instance.
pub(crate) fn vendor(stage: &Stage) -> Result<()> {
    let folder = stage.folder();
    let mut command = cargo();
    command.args(["vendor", "--locked", "--versioned-dirs", FOLDER]);
    run(command.current_dir(folder)).context("put the libraries in")?;
    let settings = folder.join(SETTINGS);
    let text = std::fs::read_to_string(&settings)
        .with_context(|| format!("read {SETTINGS}"))?;
    stage.write(SETTINGS, &File::text(text + FROM_HERE))
}
