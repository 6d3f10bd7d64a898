//! One service for each embedded store: a second one on the same file would only fight for its lock.

use crate::run::store::{StoreError, create_dir};
use std::fs::{File, TryLockError};
use std::io::{Read as _, Seek as _, Write as _};
use std::path::Path;

/// Name of the lock in the data folder.
const FILE: &str = "serve.lock";

/// The lock, held as long as it lives and no longer than the process does.
#[derive(Debug)]
pub(super) struct Lock {
    _file: File,
}

/// Takes the lock of a data folder, which is made where it is missing.
pub(super) fn take(data_dir: &Path) -> Result<Lock, StoreError> {
    create_dir(data_dir)?;
    let path = data_dir.join(FILE);
    let io = |cause| StoreError::Io {
        doing: "lock",
        path: path.clone(),
        cause,
    };
    let mut file = File::options()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(&path)
        .map_err(io)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let mut holder = String::new();
            // Who holds it is a help, no more.
            drop(file.read_to_string(&mut holder));
            let holder = holder.trim();
            return Err(StoreError::Served {
                holder: if holder.is_empty() {
                    "a process that does not say its id".to_owned()
                } else {
                    holder.to_owned()
                },
                data_dir: data_dir.to_owned(),
            });
        }
        Err(TryLockError::Error(cause)) => return Err(io(cause)),
    }
    let told = file
        .set_len(0)
        .and_then(|()| file.rewind())
        .and_then(|()| writeln!(file, "process {}", std::process::id()));
    told.map_err(io)?;
    Ok(Lock { _file: file })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_service_is_told_who_is_there() {
        let dir = tempfile::tempdir().unwrap();
        let lock = take(dir.path()).unwrap();
        let error = take(dir.path()).unwrap_err().to_string();
        assert!(
            error.contains(&format!("process {}", std::process::id())),
            "{error}"
        );
        drop(lock);
        take(dir.path()).unwrap();
    }
}
