//! One folder of a file drop: files appear in it whole or not at all.

use crate::fail_point;
use crate::source::snapshot::hex_sha256;
use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::os::fd::AsRawFd;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Component, Path, PathBuf};

/// Longest name of a file, in bytes.
pub(super) const NAME_BYTES: usize = 120;

/// Begins the names of files that are not finished.
pub(super) const UNFINISHED: &str = ".reportwire-";

/// A folder held open. On Linux everything inside is reached through the open handle, so that the folder cannot be
/// exchanged for another while it is used.
#[derive(Debug)]
pub(super) struct Folder {
    pub(super) handle: File,
    pub(super) path: PathBuf,
}

/// What lies under a name.
#[derive(Debug)]
pub(super) enum Found {
    /// A file with this SHA-256.
    Hash(String),
    /// A link, a folder or another thing that is no file.
    Other,
}

impl Folder {
    fn inside(&self) -> PathBuf {
        if cfg!(target_os = "linux") {
            PathBuf::from(format!("/proc/self/fd/{}", self.handle.as_raw_fd()))
        } else {
            self.path.clone()
        }
    }

    pub(super) fn read(&self, name: &str) -> io::Result<Option<Found>> {
        let path = self.inside().join(name);
        match fs::symlink_metadata(&path) {
            Ok(found) if found.is_file() => Ok(Some(Found::Hash(hex_sha256(&fs::read(&path)?)))),
            Ok(_) => Ok(Some(Found::Other)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    pub(super) fn place(
        &self,
        name: &str,
        key: &str,
        content: &[u8],
        open: impl FnMut(&Path) -> io::Result<File>,
    ) -> io::Result<()> {
        let inside = self.inside();
        // Dropped on every error below, and with it the unfinished file.
        let mut unfinished = tempfile::Builder::new()
            .prefix(&format!("{UNFINISHED}{key}-"))
            .make_in(&inside, open)?;
        fail_point::hit("drop_begun");
        let (first, rest) = content.split_at(content.len() / 2);
        unfinished.write_all(first)?;
        fail_point::hit("drop_half");
        unfinished.write_all(rest)?;
        unfinished.as_file().sync_all()?;
        fail_point::hit("drop_written");
        unfinished
            .persist_noclobber(inside.join(name))
            .map_err(|error| error.error)?;
        fail_point::hit("drop_named");
        self.handle.sync_all()
    }

    /// Removes what earlier attempts at the same parcel left unfinished when they were killed.
    pub(super) fn clean(&self, key: &str) {
        let prefix = format!("{UNFINISHED}{key}-");
        let Ok(entries) = fs::read_dir(self.inside()) else {
            return;
        };
        for entry in entries.flatten() {
            if entry
                .file_name()
                .to_str()
                .is_some_and(|name| name.starts_with(&prefix))
            {
                // One that cannot be removed is no reason not to deliver; its name hides it.
                drop(fs::remove_file(entry.path()));
            }
        }
    }
}

pub(super) fn create_new(path: &Path) -> io::Result<File> {
    OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o640)
        .open(path)
}

/// An absolute path that goes down only.
pub(super) fn is_plain(folder: &Path) -> bool {
    folder.is_absolute()
        && folder.components().all(|part| match part {
            Component::Normal(name) => name.to_str().is_some_and(|name| !name.contains(char::is_control)),
            Component::RootDir => true,
            _ => false,
        })
}

/// A name that is safe on every file system: strict characters, no hidden files, no options.
pub(super) fn is_file_name(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= NAME_BYTES
        && !name.starts_with(['.', '-'])
        && !name.ends_with('.')
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
}
