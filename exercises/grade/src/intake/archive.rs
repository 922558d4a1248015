//! A submission that is an archive. Nothing of it is unpacked to the disk.

use std::fs::File as Disk;
use std::io::{BufReader, Read};
use std::path::Path;

use anyhow::{Context, Result, bail};
use flate2::read::MultiGzDecoder;
use tar::EntryType;

use super::{Candidates, ENTRIES, FILE, File, Taken, UNPACKED, belongs, fault};
use crate::material::Material;

pub(super) fn take(
    path: &Path,
    material: &Material,
    taken: &mut Taken,
) -> Result<()> {
    let name = path.to_string_lossy().to_ascii_lowercase();
    let mut candidates = Candidates::default();
    let done = Disk::open(path)
        .context("open the archive")
        .and_then(|file| {
            let file = BufReader::new(file);
            let found = &mut candidates;
            if name.ends_with(".zip") {
                zip(file, material, taken, found)
            } else if name.ends_with(".tar") {
                tar(file, material, taken, found)
            } else {
                tar(MultiGzDecoder::new(file), material, taken, found)
            }
        });
    candidates.settle(taken);
    match done {
        Err(error) if !taken.files.is_empty() => {
            // What came before the fault counts.
            taken.note(format!(
                "the archive was not read to its end: {error:#}"
            ));
            Ok(())
        }
        done => done,
    }
}

fn zip(
    file: BufReader<Disk>,
    material: &Material,
    taken: &mut Taken,
    candidates: &mut Candidates,
) -> Result<()> {
    let mut archive = zip::ZipArchive::new(file)
        .context("this is no zip archive that can be read")?;
    let count = archive.len();
    if count > ENTRIES {
        taken.note(format!("only the first {ENTRIES} files were looked at"));
    }
    let mut left = UNPACKED;
    for at in 0..count.min(ENTRIES) {
        let entry = match archive.by_index(at) {
            Ok(entry) => entry,
            Err(error) => {
                taken.note(format!("file {at} of the archive: {error}"));
                continue;
            }
        };
        let name = entry.name().to_owned();
        let parts = parts(&name);
        if entry.is_dir() {
            continue;
        }
        let Some((exercise, rank)) = belongs(&parts, material) else {
            continue;
        };
        let file = match fault(&parts) {
            Some(why) => Err(why.to_owned()),
            None if entry.is_symlink() => Err("it is a link".to_owned()),
            None if !entry.is_file() => Err("it is not a file".to_owned()),
            None => read(entry, &mut left),
        };
        let file = file.unwrap_or_else(File::Refused);
        candidates.add(exercise, rank, parts.join("/"), file);
    }
    Ok(())
}

fn tar(
    reader: impl Read,
    material: &Material,
    taken: &mut Taken,
    candidates: &mut Candidates,
) -> Result<()> {
    // What is passed over is unpacked too, so all of it counts.
    let mut archive = tar::Archive::new(reader.take(UNPACKED));
    let mut left = UNPACKED;
    for (at, entry) in archive
        .entries()
        .context("this is no tar archive that can be read")?
        .enumerate()
    {
        if at == ENTRIES {
            taken
                .note(format!("only the first {ENTRIES} files were looked at"));
            break;
        }
        let entry = entry.context("this is no tar archive that can be read")?;
        let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        let parts = parts(&name);
        let Some((exercise, rank)) = belongs(&parts, material) else {
            continue;
        };
        let file = match (fault(&parts), entry.header().entry_type()) {
            (Some(why), _) => Err(why.to_owned()),
            (None, EntryType::Regular | EntryType::Continuous) => {
                read(entry, &mut left)
            }
            (None, EntryType::Directory) => continue,
            (None, EntryType::Symlink | EntryType::Link) => {
                Err("it is a link".to_owned())
            }
            (None, _) => Err("it is not a file".to_owned()),
        };
        let file = file.unwrap_or_else(File::Refused);
        candidates.add(exercise, rank, parts.join("/"), file);
    }
    Ok(())
}

fn parts(name: &str) -> Vec<String> {
    name.split(['/', '\\'])
        .filter(|part| !part.is_empty() && *part != ".")
        .map(str::to_owned)
        .collect()
}

/// Reads a file of an archive, whatever the archive says about its size.
fn read(entry: impl Read, left: &mut u64) -> Result<File, String> {
    let read = || -> Result<Vec<u8>> {
        let mut bytes = Vec::new();
        entry.take(FILE + 1).read_to_end(&mut bytes)?;
        let length = bytes.len() as u64;
        if length > *left {
            bail!("the archive is too large");
        }
        *left -= length;
        Ok(bytes)
    };
    sized(read().map_err(|error| format!("it can't be read: {error:#}"))?)
}

pub(super) fn sized(bytes: Vec<u8>) -> Result<File, String> {
    if bytes.len() as u64 > FILE {
        return Err(format!("it is larger than {} KiB", FILE >> 10));
    }
    Ok(File::Taken(bytes))
}
