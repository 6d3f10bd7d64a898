//! The folder of a preview: what an earlier preview of the same report left there is replaced, and nobody's own file is.

use super::RunError;
use crate::render::Artifact;
use crate::source::snapshot::hex_sha256;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// Stands for the id of a run in the manifest of a preview.
pub(super) const RUN_ID: &str = "preview";

/// What is read of the manifest that an earlier preview left.
#[derive(Deserialize)]
struct Earlier {
    run_id: String,
    files: Vec<Listed>,
}

#[derive(Deserialize)]
struct Listed {
    name: String,
    sha256: String,
}

/// Writes `artifacts` and their `manifest` into `out`, and removes what the manifest of that name lists besides. Gives the paths, that of
/// the manifest last.
///
/// # Errors
/// [`RunError::Request`], before anything is touched, if a file is in the way that no preview wrote, or that was changed since;
/// [`RunError::Io`] if the disk says no.
pub(super) fn write(
    out: &Path,
    artifacts: &[Artifact],
    manifest: &Artifact,
) -> Result<Vec<PathBuf>, RunError> {
    let disk = |path: &Path| {
        let path = path.to_owned();
        move |cause| RunError::disk(&path, cause)
    };
    fs::create_dir_all(out).map_err(disk(out))?;
    let earlier = earlier(&out.join(&manifest.name));
    if earlier.is_none() {
        refuse_to_lose(&out.join(&manifest.name), &manifest.sha256, None)?;
    }
    let listed = earlier.unwrap_or_default();
    for artifact in artifacts {
        let known = listed.get(&artifact.name).map(String::as_str);
        refuse_to_lose(&out.join(&artifact.name), &artifact.sha256, known)?;
    }
    for (name, sha256) in &listed {
        let path = out.join(name);
        if hash(&path).is_some_and(|found| found == *sha256) {
            fs::remove_file(&path).map_err(disk(&path))?;
        }
    }
    // The manifest comes first: whatever ends this early, what lies there is known to the next preview.
    for artifact in [manifest].into_iter().chain(artifacts) {
        let path = out.join(&artifact.name);
        fs::write(&path, &artifact.bytes).map_err(disk(&path))?;
    }
    let names = artifacts.iter().chain([manifest]);
    Ok(names.map(|artifact| out.join(&artifact.name)).collect())
}

/// The files of the earlier preview whose manifest this is, by name, with their checksums; `None` if it is of no preview.
fn earlier(manifest: &Path) -> Option<BTreeMap<String, String>> {
    let earlier: Earlier = serde_json::from_slice(&fs::read(manifest).ok()?).ok()?;
    // A manifest that somebody has edited must not lead out of the folder.
    let is_plain = |file: &Listed| {
        Path::new(&file.name)
            .file_name()
            .is_some_and(|name| name == file.name.as_str())
    };
    let files = earlier.files.into_iter().filter(is_plain);
    (earlier.run_id == RUN_ID).then(|| files.map(|file| (file.name, file.sha256)).collect())
}

/// Refuses to write over a file that is neither what is to be written nor what an earlier preview wrote.
fn refuse_to_lose(path: &Path, sha256: &str, known: Option<&str>) -> Result<(), RunError> {
    let nothing_there = fs::symlink_metadata(path).is_err_and(|error| error.kind() == ErrorKind::NotFound);
    let found = hash(path);
    let ours = found.is_some_and(|found| found == sha256 || known.is_some_and(|known| found == known));
    if nothing_there || ours {
        return Ok(());
    }
    let what = if known.is_some() {
        "was changed since an earlier preview wrote it"
    } else {
        "was not written by an earlier preview"
    };
    Err(RunError::Request(format!(
        "{} {what}, and is not replaced; move it away, or name another folder with --out",
        path.display()
    )))
}

/// The checksum of the file at `path`, if it is one and can be read.
fn hash(path: &Path) -> Option<String> {
    let is_file = fs::symlink_metadata(path).is_ok_and(|found| found.is_file());
    is_file
        .then(|| fs::read(path).ok())
        .flatten()
        .map(|bytes| hex_sha256(&bytes))
}
