//! The files of a run: written whole or not at all, durable before a row names them, readable by their owner only.

use super::StoreError;
use crate::fail_point;
use crate::source::snapshot::hex_sha256;
use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

/// Deepest folder of a snapshot: sources, their files.
const DEPTH: usize = 4;

/// Makes an I/O error of the store.
pub(super) fn io(doing: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> StoreError {
    let path = path.to_owned();
    move |cause| StoreError::Io { doing, path, cause }
}

/// Creates a folder and those above it, for their owner only.
pub(crate) fn create_dir(dir: &Path) -> Result<(), StoreError> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(dir).map_err(io("create", dir))
}

/// Writes `bytes` to `path`: a private file beside it first, made durable, then renamed.
pub(in crate::run) fn write_atomically(path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
    let dir = path.parent().unwrap_or(Path::new("."));
    let fault = |cause| io("write", path)(cause);
    let mut file = tempfile::NamedTempFile::new_in(dir).map_err(fault)?;
    file.write_all(bytes).map_err(fault)?;
    file.as_file().sync_all().map_err(fault)?;
    fail_point::hit("file_written");
    file.persist(path).map_err(|error| fault(error.error))?;
    sync_dir(dir)?;
    fail_point::hit("file_named");
    Ok(())
}

/// Makes the names in a folder durable.
pub(super) fn sync_dir(dir: &Path) -> Result<(), StoreError> {
    #[cfg(unix)]
    fs::File::open(dir)
        .and_then(|folder| folder.sync_all())
        .map_err(io("write", dir))?;
    Ok(())
}

/// Whether `name` is one harmless component of a path.
pub(super) fn is_file_name(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= 255
        && !name.starts_with('.')
        && !name.contains(|c: char| c.is_control() || matches!(c, '/' | '\\' | ':'))
}

/// SHA-256 of every file under `dir` by its path in it; empty where there is no such folder.
pub(super) fn hash_tree(dir: &Path) -> Result<BTreeMap<String, String>, StoreError> {
    let mut hashes = BTreeMap::new();
    if dir.is_dir() {
        hash_into(&mut hashes, dir, dir, DEPTH)?;
    }
    Ok(hashes)
}

fn hash_into(
    hashes: &mut BTreeMap<String, String>,
    root: &Path,
    dir: &Path,
    depth: usize,
) -> Result<(), StoreError> {
    for entry in fs::read_dir(dir).map_err(io("read", dir))? {
        let entry = entry.map_err(io("read", dir))?;
        let path = entry.path();
        let kind = entry.file_type().map_err(io("read", &path))?;
        if kind.is_dir() && depth > 0 {
            hash_into(hashes, root, &path, depth - 1)?;
        } else if kind.is_file() {
            hashes.insert(
                relative(root, &path),
                hash_file(&path).map_err(io("read", &path))?,
            );
        }
    }
    Ok(())
}

/// Lower-case hex SHA-256 of a file, read piece by piece.
pub(in crate::run) fn hash_file(path: &Path) -> std::io::Result<String> {
    use sha2::{Digest, Sha256};
    use std::io::Read;
    let mut file = fs::File::open(path)?;
    let mut hasher = Sha256::new();
    let mut piece = vec![0; 64 * 1024];
    loop {
        match file.read(&mut piece)? {
            0 => return Ok(crate::source::snapshot::hex(&hasher.finalize())),
            length => hasher.update(&piece[..length]),
        }
    }
}

/// A path below `root` as it is stored: with `/` between its parts.
pub(super) fn relative(root: &Path, path: &Path) -> String {
    let below = path.strip_prefix(root).unwrap_or(path);
    below
        .components()
        .map(|part| part.as_os_str().to_string_lossy())
        .collect::<Vec<_>>()
        .join("/")
}

/// Keeps `bytes` in `dir` under their hash, once.
pub(super) fn keep_by_hash(dir: &Path, bytes: &[u8]) -> Result<PathBuf, StoreError> {
    let path = dir.join(hex_sha256(bytes));
    if !path.is_file() {
        write_atomically(&path, bytes)?;
    }
    Ok(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_cannot_leave_their_folder() {
        for good in ["a.csv", "job_2026-10_r2.xlsx", "Bericht März.html"] {
            assert!(is_file_name(good), "{good}");
        }
        let long = "x".repeat(256);
        for bad in [
            "", ".", "..", ".hidden", "a/b", "../x", "a\\b", "c:x", "a\nb", "a\0b", &long,
        ] {
            assert!(!is_file_name(bad), "{bad}");
        }
    }

    #[test]
    fn a_file_appears_whole_and_private() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.csv");
        write_atomically(&path, b"one").unwrap();
        write_atomically(&path, b"two").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"two");
        assert_eq!(
            fs::read_dir(dir.path()).unwrap().count(),
            1,
            "nothing is left behind"
        );
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
        let error = write_atomically(&dir.path().join("missing/a"), b"x").unwrap_err();
        assert!(error.to_string().contains("missing/a"), "{error}");
    }

    #[test]
    fn a_tree_is_hashed_by_relative_path() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir_all(dir.path().join("globant/files")).unwrap();
        fs::write(dir.path().join("globant/answers.jsonl"), b"").unwrap();
        fs::write(dir.path().join("globant/files/001.gz"), b"x").unwrap();
        let hashes = hash_tree(dir.path()).unwrap();
        assert_eq!(
            hashes.keys().collect::<Vec<_>>(),
            ["globant/answers.jsonl", "globant/files/001.gz"]
        );
        assert_eq!(hashes["globant/answers.jsonl"], hex_sha256(b""));
        assert!(hash_tree(&dir.path().join("none")).unwrap().is_empty());
    }
}
