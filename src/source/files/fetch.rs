//! Finds the files of a source and copies them into its snapshot, hashing every byte as found.

use super::error;
use crate::config::plan::SnapshotFiles;
use crate::schedule::clock::Clock;
use crate::source::snapshot::{Answer, Body, SnapshotWriter, hex};
use crate::source::{Progress, SourceError};
use flate2::{Compression, write::GzEncoder};
use sha2::{Digest, Sha256};
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

/// Most files that one source may have.
const MAX_FILES: usize = 10_000;
/// Bytes read at a time.
const CHUNK: usize = 1 << 16;
/// The first bytes of gzip.
pub(super) const GZIP: [u8; 2] = [0x1f, 0x8b];

/// What a file is for; the first word of its answer's request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// Rows that are summed.
    Rows,
    /// The list of projects.
    Projects,
}

impl Role {
    /// What stands before the path in [`Answer::request`].
    pub(super) fn prefix(self) -> &'static str {
        match self {
            Self::Rows => "file:",
            Self::Projects => "projects:",
        }
    }
}

/// A file to fetch.
#[derive(Debug, Clone)]
pub(crate) struct Found {
    role: Role,
    path: PathBuf,
}

/// The files that `pattern` matches, in the order of their names, and the project list, which never counts as one of them.
pub(crate) fn resolve(
    source: &str,
    pattern: &str,
    projects: Option<&Path>,
) -> Result<Vec<Found>, SourceError> {
    let projects_itself = projects.and_then(|path| fs::canonicalize(path).ok());
    let mut found: Vec<Found> = matching(source, pattern)?
        .into_iter()
        .filter(|path| projects_itself.is_none() || fs::canonicalize(path).ok() != projects_itself)
        .map(|path| Found {
            role: Role::Rows,
            path,
        })
        .collect();
    if found.is_empty() {
        let hint = "check the path, or wait until the export is there";
        return Err(error(source, pattern, format!("no file matches; {hint}")));
    }
    found.extend(projects.map(|path| Found {
        role: Role::Projects,
        path: path.to_owned(),
    }));
    Ok(found)
}

/// The regular files that a pattern matches. A name that exists as written is itself, whatever characters it has.
fn matching(source: &str, pattern: &str) -> Result<Vec<PathBuf>, SourceError> {
    let literal = Path::new(pattern);
    if let Ok(metadata) = fs::metadata(literal) {
        if metadata.is_dir() {
            let reason = format!("is a folder; name its files, such as `{pattern}/*.csv`");
            return Err(error(source, pattern, reason));
        }
        return Ok(vec![literal.to_owned()]);
    }
    let options = glob::MatchOptions {
        require_literal_leading_dot: true,
        ..glob::MatchOptions::default()
    };
    let paths = glob::glob_with(pattern, options)
        .map_err(|cause| error(source, pattern, format!("is not a pattern: {cause}")))?;
    let mut files = Vec::new();
    for path in paths {
        let path = path.map_err(|cause| unreadable(source, cause.path(), cause.error()))?;
        if path.is_dir() {
            continue;
        }
        if files.len() == MAX_FILES {
            let reason = format!("matches more than {MAX_FILES} files; narrow the pattern");
            return Err(error(source, pattern, reason));
        }
        files.push(path);
    }
    files.sort();
    Ok(files)
}

/// Copies `files` into the snapshot, or hashes them only.
pub(crate) async fn fetch(
    source: &str,
    (pattern, projects): (&str, Option<&Path>),
    keep: SnapshotFiles,
    into: &SnapshotWriter,
    clock: &dyn Clock,
    progress: &dyn Progress,
) -> Result<(), SourceError> {
    let (name, wanted) = (source.to_owned(), pattern.to_owned());
    let projects = projects.map(Path::to_owned);
    let files = blocking(source, move || resolve(&name, &wanted, projects.as_deref())).await?;
    progress.expect(files.len() as u64);
    for (index, file) in files.into_iter().enumerate() {
        let copy = match keep {
            SnapshotFiles::Copy => Some(format!("files/{:03}.gz", index + 1)),
            SnapshotFiles::Hash => None,
        };
        let (name, dir, path) = (source.to_owned(), into.dir().to_owned(), file.path.clone());
        let target = copy.as_ref().map(|copy| dir.join(copy));
        let (sha256, bytes) = blocking(source, move || take(&name, &path, target.as_deref())).await?;
        into.keep(Answer {
            request: format!("{}{}", file.role.prefix(), file.path.display()),
            fetched_at: clock.now(),
            sha256,
            bytes,
            body: copy.map_or(Body::Original(file.path), Body::Copy),
        });
        progress.step();
    }
    Ok(())
}

/// Whether there are files and all can be opened.
pub(crate) async fn probe(source: &str, pattern: &str, projects: Option<&Path>) -> Result<(), SourceError> {
    let (name, wanted) = (source.to_owned(), pattern.to_owned());
    let projects = projects.map(Path::to_owned);
    blocking(source, move || {
        for file in resolve(&name, &wanted, projects.as_deref())? {
            open(&name, &file.path)?;
        }
        Ok(())
    })
    .await
}

/// Runs file work where it may block.
async fn blocking<T: Send + 'static>(
    source: &str,
    work: impl FnOnce() -> Result<T, SourceError> + Send + 'static,
) -> Result<T, SourceError> {
    tokio::task::spawn_blocking(work)
        .await
        .unwrap_or_else(|stopped| Err(error(source, "files", format!("the reading stopped: {stopped}"))))
}

fn open(source: &str, path: &Path) -> Result<File, SourceError> {
    // Looked at before it is opened: opening a named pipe would wait for its other end.
    let metadata = fs::metadata(path).map_err(|cause| unreadable(source, path, &cause))?;
    if !metadata.is_file() {
        return Err(error(source, path.display().to_string(), "is not a regular file"));
    }
    File::open(path).map_err(|cause| unreadable(source, path, &cause))
}

fn unreadable(source: &str, path: &Path, cause: &io::Error) -> SourceError {
    let hint = match cause.kind() {
        io::ErrorKind::NotFound => "check the path",
        io::ErrorKind::PermissionDenied => "let the account that runs reportwire read it",
        _ => "check the disk or the share it lies on",
    };
    error(
        source,
        path.display().to_string(),
        format!("cannot be read: {cause}; {hint}"),
    )
}

/// Reads a file once, for its hash and length and, compressed, for its copy.
fn take(source: &str, path: &Path, copy: Option<&Path>) -> Result<(String, u64), SourceError> {
    let mut file = open(source, path)?;
    let before = stamp(source, path)?;
    let mut sink = copy.map(|copy| Copying::begin(source, copy)).transpose()?;
    let (mut hash, mut bytes, mut chunk) = (Sha256::new(), 0_u64, vec![0; CHUNK]);
    loop {
        let read = match file.read(&mut chunk) {
            Ok(0) => break,
            Ok(read) => read,
            Err(cause) if cause.kind() == io::ErrorKind::Interrupted => continue,
            Err(cause) => return Err(unreadable(source, path, &cause)),
        };
        hash.update(&chunk[..read]);
        bytes += read as u64;
        if let Some(sink) = &mut sink {
            sink.write(&chunk[..read])?;
        }
    }
    if let Some(sink) = sink {
        sink.finish()?;
    }
    let after = stamp(source, path)?;
    if before != after || bytes != after.0 {
        let reason = "changed while it was read; run again when whoever writes it has finished";
        return Err(error(source, path.display().to_string(), reason));
    }
    Ok((hex(&hash.finalize()), bytes))
}

/// Length and time of the last change.
fn stamp(source: &str, path: &Path) -> Result<(u64, Option<std::time::SystemTime>), SourceError> {
    let metadata = fs::metadata(path).map_err(|cause| unreadable(source, path, &cause))?;
    Ok((metadata.len(), metadata.modified().ok()))
}

/// A compressed copy that is being written.
struct Copying<'a> {
    source: &'a str,
    path: &'a Path,
    gz: GzEncoder<File>,
}

impl<'a> Copying<'a> {
    fn begin(source: &'a str, path: &'a Path) -> Result<Self, SourceError> {
        let file = fs::create_dir_all(path.parent().unwrap_or(path))
            .and_then(|()| File::create(path))
            .map_err(|cause| SourceError::of_snapshot(source, path, cause))?;
        let gz = GzEncoder::new(file, Compression::fast());
        Ok(Self { source, path, gz })
    }

    fn write(&mut self, chunk: &[u8]) -> Result<(), SourceError> {
        self.gz
            .write_all(chunk)
            .map_err(|cause| SourceError::of_snapshot(self.source, self.path, cause))
    }

    fn finish(self) -> Result<(), SourceError> {
        self.gz
            .finish()
            .and_then(|file| file.sync_all())
            .map_err(|cause| SourceError::of_snapshot(self.source, self.path, cause))
    }
}
