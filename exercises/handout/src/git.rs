//! What git is asked for.

use std::io::ErrorKind;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail, ensure};

/// Runs git in a folder; its output, or what it complained about.
pub(crate) fn git(
    folder: &Path,
    args: &[&str],
) -> Result<Result<Vec<u8>, String>> {
    let mut command = Command::new("git");
    command
        .arg("-C")
        .arg(folder)
        .args(args)
        .stdin(Stdio::null());
    // A hook or an alias of git that calls this works elsewhere.
    for name in [
        "GIT_DIR",
        "GIT_WORK_TREE",
        "GIT_INDEX_FILE",
        "GIT_OBJECT_DIRECTORY",
        "GIT_PREFIX",
    ] {
        command.env_remove(name);
    }
    let ended = command
        .output()
        .map_err(|error| match error.kind() {
            ErrorKind::NotFound => anyhow::anyhow!("git is not installed"),
            _ => error.into(),
        })
        .with_context(|| format!("run git {}", args.join(" ")))?;
    if ended.status.success() {
        return Ok(Ok(ended.stdout));
    }
    let words = String::from_utf8_lossy(&ended.stderr).trim().to_owned();
    Ok(Err(if words.is_empty() {
        ended.status.to_string()
    } else {
        words
    }))
}

/// The same where it must not fail.
fn must(folder: &Path, args: &[&str]) -> Result<String> {
    match git(folder, args)? {
        Ok(out) => Ok(String::from_utf8(out)?),
        Err(words) => bail!("git {}: {words}", args.join(" ")),
    }
}

/// The files that git tracks in the course; none where it is no repository, or
/// lies untracked in another one.
pub(crate) fn tracked(top: &Path) -> Result<Option<Vec<String>>> {
    if !top.ancestors().any(|folder| folder.join(".git").exists()) {
        return Ok(None);
    }
    let out = must(top, &["ls-files", "-z"])
        .context("find out which files belong to the course")?;
    let paths: Vec<String> =
        out.split_terminator('\0').map(str::to_owned).collect();
    let its_own = paths.iter().any(|path| path == "Cargo.toml");
    Ok(its_own.then_some(paths))
}

/// The commit of the course, and whether its files have changed since.
pub(crate) fn version(top: &Path) -> Result<String> {
    let Ok(commit) = git(top, &["rev-parse", "--short=12", "HEAD"])? else {
        return Ok("no commit yet".to_owned());
    };
    let commit = String::from_utf8(commit)?;
    let commit = commit.trim();
    let changed =
        must(top, &["status", "--porcelain", "--untracked-files=no"])?;
    Ok(match changed.lines().count() {
        0 => format!("commit {commit}"),
        1 => format!("commit {commit}, with one file changed since"),
        n => format!("commit {commit}, with {n} files changed since"),
    })
}

/// Makes the folder a repository whose one commit holds all that is in it.
pub(crate) fn first_commit(folder: &Path) -> Result<()> {
    must(folder, &["init", "--quiet"])?;
    // By force: what a reader's own settings ignore belongs to it as well.
    must(folder, &["add", "--all", "--force"])?;
    must(
        folder,
        &[
            "commit",
            "--quiet",
            "--message",
            "The course as it is handed out",
        ],
    )?;
    Ok(())
}

/// Refuses a folder in which a change would be lost.
pub(crate) fn is_clean(folder: &Path) -> Result<()> {
    let out = folder.display();
    ensure!(
        folder.join(".git").exists(),
        "{out} is no git repository, and nothing would keep what was changed \
         there; write a new hand-out into another folder"
    );
    let changed = must(folder, &["status", "--porcelain"])?;
    ensure!(
        changed.is_empty(),
        "{out} has changes that are not committed; commit them or put them \
         back (`git -C {out} status` names them), then try again"
    );
    Ok(())
}
