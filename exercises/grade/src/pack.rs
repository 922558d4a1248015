//! An instructor's own checks, which no submission sees.
//!
//! A pack is a folder outside the course: `pack.toml`, in the form of an
//! `exercises.toml`, and `checks/EXERCISE.rs`, in the form of the course's own
//! `tests/EXERCISE.rs`: each has a `pub(crate) static EXERCISE`. They become a
//! program of their own.

use std::env;
use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use anyhow::{Context, Result, bail, ensure};
use testkit::grade::{Asked, Exercise};

use crate::engine::Question;
use crate::isolation::Grading;
use crate::material::{Material, collect, hash_of_files};
use crate::{Pack, is_another_process};

/// Argument of a pack's program: print what there is to check.
const LIST: &str = "--list-checks";

/// A pack that has been built.
pub struct Built {
    /// For the reports.
    pub pack: Pack,
    /// Its checks.
    pub questions: Vec<Question>,
}

/// The body of a pack's program.
pub fn main(exercises: &[&'static Exercise]) -> ExitCode {
    if let Some(done) =
        testkit::grade::is_one_confined_check(exercises, &Grading)
            .or_else(is_another_process)
    {
        return done;
    }
    let all: Vec<Asked> = exercises
        .iter()
        .flat_map(|exercise| {
            let checks = exercise.checks.iter();
            checks.map(|check| Asked::by(exercise, check))
        })
        .collect();
    let text = serde_json::to_string(&all).unwrap_or_default();
    match writeln!(std::io::stdout(), "{text}") {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

/// The hash of a pack's files, and its name.
pub fn identify(folder: &Path) -> Result<Pack> {
    let folder = folder
        .canonicalize()
        .with_context(|| format!("find the pack {}", folder.display()))?;
    let manifest = folder.join("pack.toml");
    ensure!(
        manifest.is_file(),
        "{} is no pack: it has no pack.toml",
        folder.display()
    );
    let mut files = vec![manifest];
    collect(&folder.join("checks"), &mut files)?;
    let name = folder.file_name().unwrap_or_default();
    Ok(Pack {
        name: name.to_string_lossy().into_owned(),
        sha256: hash_of_files(&folder, &mut files)?,
    })
}

/// Builds the program of a pack, in a package below `target`.
pub fn build(
    folder: &Path,
    material: &Material,
    target: &Path,
) -> Result<Built> {
    let pack = identify(folder)?;
    let folder = folder.canonicalize()?;
    ensure!(
        !folder.starts_with(&material.top),
        "the pack {} lies in the course, where everybody sees it; put it \
         elsewhere",
        folder.display()
    );
    let package = target.join("pack");
    write_package(&folder, material, &package)?;
    let program = compile(&package, target)?;
    let output = Command::new(&program)
        .arg(LIST)
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .with_context(|| format!("start {}", program.display()))?;
    let all: Vec<Asked> = serde_json::from_slice(&output.stdout)
        .context("read what the pack checks")?;
    for asked in &all {
        ensure!(
            asked.of > 0,
            "pack.toml has no points for the check {} of {}",
            asked.check,
            asked.exercise
        );
    }
    let question = |asked| Question {
        asked,
        judge: program.clone(),
        hidden: true,
    };
    Ok(Built {
        pack,
        questions: all.into_iter().map(question).collect(),
    })
}

fn write_package(
    folder: &Path,
    material: &Material,
    package: &Path,
) -> Result<()> {
    let mut files = Vec::new();
    collect(&folder.join("checks"), &mut files)?;
    files.sort();
    let mut modules = String::new();
    let mut all = String::new();
    for file in &files {
        let name = file.file_stem().unwrap_or_default().to_string_lossy();
        if file.extension().is_none_or(|end| end != "rs") {
            continue;
        }
        let Some((_, task)) = material.task(&name) else {
            // Another exercise than those that are graded now.
            if judge::ALL.iter().any(|known| known.name == name) {
                continue;
            }
            bail!("{}: there is no exercise {name}", file.display())
        };
        let module = task.exercise.name.replace('-', "_");
        let path = file.display().to_string();
        let _ = writeln!(modules, "#[path = {path:?}]\nmod {module};");
        let _ = write!(all, "&{module}::EXERCISE, ");
    }
    ensure!(
        !all.is_empty(),
        "the pack {} has no checks for what is graded",
        folder.display()
    );
    let course = |part: &str| {
        let path = material.top.join(part).display().to_string();
        format!("{path:?}")
    };
    let manifest = format!(
        "[package]\nname = \"grade-pack\"\nversion = \"0.0.0\"\n\
         edition = \"2024\"\n\n[workspace]\n\n{}\n[dependencies]\n\
         anyhow.workspace = true\nnix.workspace = true\n\
         grade = {{ path = {} }}\nsys = {{ path = {} }}\n\
         testkit = {{ path = {} }}\n",
        settings(&material.top)?,
        course("exercises/grade"),
        course("chapters/sys"),
        course("chapters/testkit"),
    );
    let main = format!(
        "{modules}\nfn main() -> std::process::ExitCode {{\n    \
         grade::pack::main(&[{all}])\n}}\n"
    );
    let write = || -> std::io::Result<()> {
        fs::create_dir_all(package.join("src"))?;
        fs::write(package.join("Cargo.toml"), manifest)?;
        // The same versions, and none that would have to be downloaded.
        fs::copy(material.top.join("Cargo.lock"), package.join("Cargo.lock"))?;
        fs::write(package.join("src/main.rs"), main)
    };
    write().with_context(|| format!("write {}", package.display()))
}

/// The course's own versions and profiles: libraries that it has built are
/// then good for a pack too.
fn settings(top: &Path) -> Result<String> {
    let file = top.join("Cargo.toml");
    let text = fs::read_to_string(&file)
        .with_context(|| format!("read {}", file.display()))?;
    let mut settings = String::new();
    let mut wanted = false;
    for line in text.lines() {
        if line.starts_with('[') {
            wanted = line == "[workspace.dependencies]"
                || line == "[profile.dev]"
                || line == "[profile.dev.package.\"*\"]";
        }
        if wanted {
            settings.push_str(line);
            settings.push('\n');
        }
    }
    Ok(settings)
}

fn compile(package: &Path, target: &Path) -> Result<PathBuf> {
    // Where this program itself was built.
    let target = target.parent().context("a folder")?;
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(["build", "--offline", "--quiet", "--target-dir"])
        .arg(target)
        .current_dir(package)
        .stdin(Stdio::null())
        .output()
        .context("run cargo build")?;
    if !output.status.success() {
        bail!(
            "the pack does not compile:\n{}",
            String::from_utf8_lossy(&output.stderr).trim_end()
        );
    }
    Ok(target.join("debug/grade-pack"))
}
