//! The file drop: artifacts into a folder, each whole or not at all, the manifest last, nothing overwritten.

mod folder;

use super::{Bulletin, Delivery, DeliveryError, Edition, FILES, Parcel, Receipt, bulletin_text};
use crate::config::plan::FileDropPlan;
use crate::fail_point;
use async_trait::async_trait;
use bytes::Bytes;
use folder::{Folder, Found, NAME_BYTES, UNFINISHED, create_new, is_file_name, is_plain};
use handlebars::Handlebars;
use serde::Deserialize;
use serde_json::json;
use std::fs::{self, DirBuilder, File};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Longest time for one file; a network file system may hang.
const TIMEOUT: Duration = Duration::from_mins(5);

/// Ends the name of every manifest.
const MANIFEST: &str = ".manifest.json";

/// Writes every finished report's files into a folder.
#[derive(Debug, Clone)]
pub(super) struct FileDrop {
    name: String,
    /// The folder, a Handlebars template.
    path: String,
}

/// What a manifest says about the files that must lie there before it.
#[derive(Debug, Deserialize)]
struct Manifest {
    files: Vec<ManifestFile>,
}

#[derive(Debug, Deserialize)]
struct ManifestFile {
    name: String,
    sha256: String,
}

/// The folder that the template `path` names for a job and a period (`{"id","start","end"}`).
///
/// # Errors
/// A sentence that says what is wrong with the template or with what came out of it.
pub fn folder(path: &str, job: &str, period: &serde_json::Value) -> Result<PathBuf, String> {
    let mut templates = Handlebars::new();
    templates.set_strict_mode(true);
    templates.register_escape_fn(handlebars::no_escape);
    let words = json!({"job": {"name": job}, "period": period});
    let rendered = templates.render_template(path, &words).map_err(|error| {
        format!(
            "the path `{path}` is wrong: {error}; it may use job.name, period.id, period.start and period.end"
        )
    })?;
    let folder = PathBuf::from(&rendered);
    if is_plain(&folder) {
        Ok(folder)
    } else {
        Err(format!(
            "the folder `{}` is not an absolute path without `..`",
            rendered.escape_debug()
        ))
    }
}

impl FileDrop {
    /// Opens the delivery called `name`.
    pub(super) fn open(name: &str, plan: &FileDropPlan) -> Self {
        Self {
            name: name.to_owned(),
            path: plan.path.clone(),
        }
    }

    /// The folder's path up to the first part that is a template: what the operator wrote and vouches for.
    fn root(&self) -> &Path {
        let fixed = self
            .path
            .find("{{")
            .map_or(self.path.as_str(), |at| &self.path[..at]);
        let end = if fixed.len() == self.path.len() {
            fixed.trim_end_matches('/')
        } else {
            fixed
        };
        Path::new(end.rfind('/').filter(|at| *at > 0).map_or("/", |at| &end[..at]))
    }

    fn folder(&self, edition: &Edition) -> Result<PathBuf, DeliveryError> {
        folder(&self.path, &edition.job, &edition.period).map_err(|reason| self.permanent(&reason))
    }

    fn permanent(&self, reason: &str) -> DeliveryError {
        DeliveryError::permanent(format!("delivery `{}`: {reason}", self.name))
    }

    fn retry(&self, reason: &str) -> DeliveryError {
        DeliveryError::retry(format!("delivery `{}`: {reason}", self.name), None)
    }

    /// What an error of the file system leaves to do: all of them may pass, except a refusal that needs a person.
    fn io(&self, what: &Path, error: &io::Error) -> DeliveryError {
        let what = what.display();
        match error.kind() {
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => self.retry(&format!(
                "{what}: no space is left there; make room, the file is then written"
            )),
            ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => {
                self.retry(&format!("{what}: {error}; let this program write there"))
            }
            _ => self.retry(&format!("{what}: {error}")),
        }
    }

    /// Makes the folder below the root, follows no symbolic link there, and holds the folder open.
    fn enter(&self, folder: &Path) -> Result<Folder, DeliveryError> {
        let root = self.root();
        if !is_plain(folder) {
            return Err(self.permanent("the recorded folder is not an absolute path without `..`"));
        }
        let below = folder.strip_prefix(root).map_err(|_| {
            self.permanent(&format!(
                "the folder {} does not lie below {}",
                folder.display(),
                root.display()
            ))
        })?;
        DirBuilder::new()
            .recursive(true)
            .mode(0o750)
            .create(root)
            .map_err(|error| self.io(root, &error))?;
        let mut reached = root.to_owned();
        for part in below.components() {
            reached.push(part);
            match DirBuilder::new().mode(0o750).create(&reached) {
                Err(error) if error.kind() != ErrorKind::AlreadyExists => {
                    return Err(self.io(&reached, &error));
                }
                _ => {}
            }
            let found = fs::symlink_metadata(&reached).map_err(|error| self.io(&reached, &error))?;
            if !found.is_dir() {
                return Err(self.permanent(&format!(
                    "{} is not a folder but a link or a file; put a folder there",
                    reached.display()
                )));
            }
        }
        self.hold(reached)
    }

    /// Opens the folder and makes sure that it is the one that was looked at.
    fn hold(&self, path: PathBuf) -> Result<Folder, DeliveryError> {
        let look = || {
            let handle = File::open(&path)?;
            let (opened, seen) = (handle.metadata()?, fs::symlink_metadata(&path)?);
            let same = seen.is_dir() && (opened.dev(), opened.ino()) == (seen.dev(), seen.ino());
            Ok::<_, io::Error>((handle, same))
        };
        let (handle, same) = look().map_err(|error| self.io(&path, &error))?;
        if same {
            Ok(Folder { handle, path })
        } else {
            Err(self.permanent(&format!("{} was replaced while it was opened", path.display())))
        }
    }

    /// Puts one parcel in its place.
    fn put(&self, parcel: &Parcel) -> Result<Receipt, DeliveryError> {
        let name = &parcel.recipient;
        if !is_file_name(name) {
            return Err(self.permanent(&format!(
                "`{}` is no file name that is safe everywhere: at most {NAME_BYTES} of A-Z a-z 0-9 . _ -, not beginning with . or -; correct the job's `file_name`",
                name.escape_debug()
            )));
        }
        let place = parcel.place.as_deref().ok_or_else(|| {
            self.permanent("the folder of the file is not recorded; run the job again with `run`")
        })?;
        let folder = self.enter(Path::new(place))?;
        folder.clean(&parcel.key);
        if name.ends_with(MANIFEST) {
            fail_point::hit("drop_manifest");
            self.check_files(&folder, parcel)?;
        }
        self.write(&folder, parcel, create_new)
    }

    /// A manifest promises its files, so they lie there first, unchanged.
    fn check_files(&self, folder: &Folder, parcel: &Parcel) -> Result<(), DeliveryError> {
        let manifest: Manifest = serde_json::from_slice(&parcel.content)
            .map_err(|error| self.permanent(&format!("`{}` is not a manifest: {error}", parcel.recipient)))?;
        for file in &manifest.files {
            let path = folder.path.join(&file.name);
            let found = is_file_name(&file.name)
                .then(|| folder.read(&file.name))
                .transpose();
            let found = found.map_err(|error| self.io(&path, &error))?.flatten();
            match found {
                Some(Found::Hash(sha256)) if sha256 == file.sha256 => {}
                Some(_) => return Err(self.conflict(&path)),
                None => {
                    return Err(self.retry(&format!("the manifest waits until {} is there", path.display())));
                }
            }
        }
        Ok(())
    }

    /// Writes under a name of its own, then gives the file its final name, which fails where one is in the way.
    fn write(
        &self,
        folder: &Folder,
        parcel: &Parcel,
        open: impl FnMut(&Path) -> io::Result<File>,
    ) -> Result<Receipt, DeliveryError> {
        let path = folder.path.join(&parcel.recipient);
        let receipt = |how: &str| Receipt {
            proof: format!("{how} {}", path.display()),
        };
        match folder
            .read(&parcel.recipient)
            .map_err(|error| self.io(&path, &error))?
        {
            Some(Found::Hash(sha256)) if sha256 == parcel.sha256 => return Ok(receipt("already there:")),
            Some(_) => return Err(self.conflict(&path)),
            None => {}
        }
        let placed = folder.place(&parcel.recipient, &parcel.key, &parcel.content, open);
        match placed {
            Ok(()) => Ok(receipt("written:")),
            // Somebody was faster; the next attempt finds out whether with the same content.
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                Err(self.retry(&format!("{} appeared while it was written", path.display())))
            }
            Err(error) => Err(self.io(&path, &error)),
        }
    }

    fn conflict(&self, path: &Path) -> DeliveryError {
        self.permanent(&format!(
            "{} is there already with other content and is not overwritten; move it away, then `resend` the run",
            path.display()
        ))
    }
}

#[async_trait]
impl Delivery for FileDrop {
    fn compose(&self, edition: &Edition) -> Result<Vec<Parcel>, DeliveryError> {
        let place = self.folder(edition)?;
        let place = place.to_str().map(str::to_owned);
        let files = edition.artifacts.iter().chain([&edition.manifest]);
        Ok(files
            .map(|artifact| Parcel {
                place: place.clone(),
                ..Parcel::new(edition, &self.name, &artifact.name, Bytes::clone(&artifact.bytes))
            })
            .collect())
    }

    fn compose_bulletin(&self, bulletin: &Bulletin) -> Result<Vec<Parcel>, DeliveryError> {
        let name = format!("bulletin-{}.txt", bulletin.key);
        if self.path.contains("{{") {
            return Err(self.permanent(&format!(
                "a message to the owner is about no single job and period, which the path `{}` needs; name a delivery with a fixed path, or an e-mail delivery",
                self.path
            )));
        }
        if !is_plain(Path::new(&self.path)) || !is_file_name(&name) {
            return Err(self.permanent(&format!(
                "`{}` in the folder `{}` is no safe place for a message to the owner",
                name.escape_debug(),
                self.path.escape_debug()
            )));
        }
        let content = Bytes::from(bulletin_text(bulletin));
        Ok(vec![Parcel {
            place: Some(self.path.clone()),
            ..Parcel::of_bulletin(bulletin, &self.name, &name, content)
        }])
    }

    fn host(&self) -> String {
        FILES.to_owned()
    }

    fn repeats(&self) -> u32 {
        u32::MAX
    }

    async fn probe(&self) -> Result<(), DeliveryError> {
        let this = self.clone();
        blocking(&self.name, move || this.try_root()).await
    }

    async fn deliver(&self, parcel: &Parcel) -> Result<Receipt, DeliveryError> {
        let this = self.clone();
        let parcel = parcel.clone();
        blocking(&self.name, move || this.put(&parcel)).await
    }
}

impl FileDrop {
    /// Makes and removes a file in the nearest folder that exists; leaves nothing.
    fn try_root(&self) -> Result<(), DeliveryError> {
        let fixed = self
            .path
            .find("{{")
            .map_or(Path::new(&self.path), |_| self.root());
        let nearest = fixed
            .ancestors()
            .find(|folder| folder.exists())
            .unwrap_or(Path::new("/"));
        if !nearest.is_dir() {
            return Err(self.permanent(&format!(
                "{} is not a folder; put a folder there",
                nearest.display()
            )));
        }
        tempfile::Builder::new()
            .prefix(UNFINISHED)
            .tempfile_in(nearest)
            .and_then(tempfile::NamedTempFile::close)
            .map_err(|error| self.io(nearest, &error))
    }
}

/// Runs file system work where it may block. Repeating it is harmless, so a time-out leaves a retry.
async fn blocking<T: Send + 'static>(
    name: &str,
    work: impl FnOnce() -> Result<T, DeliveryError> + Send + 'static,
) -> Result<T, DeliveryError> {
    let unfinished = |why: &str| DeliveryError::retry(format!("delivery `{name}`: {why}"), None);
    match tokio::time::timeout(TIMEOUT, tokio::task::spawn_blocking(work)).await {
        Ok(Ok(result)) => result,
        Ok(Err(error)) => Err(unfinished(&format!("the file could not be written: {error}"))),
        Err(_) => Err(unfinished(
            "the file system did not answer in time; look whether it is mounted",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::delivery::Recourse;
    use crate::source::snapshot::hex_sha256;
    use std::fs::OpenOptions;

    fn drop_at(path: &str) -> FileDrop {
        FileDrop {
            name: "bi-drop".into(),
            path: path.into(),
        }
    }

    #[test]
    fn the_operator_vouches_for_the_fixed_part_of_the_path() {
        for (path, root) in [
            ("/srv/drop/{{job.name}}/{{period.id}}", "/srv/drop/"),
            ("/srv/drop/x-{{job.name}}", "/srv/drop/"),
            ("/srv/drop", "/srv/"),
            ("/srv/drop/", "/srv/"),
            ("/{{job.name}}", "/"),
        ] {
            assert_eq!(drop_at(path).root(), Path::new(root), "{path}");
        }
    }

    #[test]
    fn file_names_are_strict() {
        for name in [
            "monthly_2026-10.xlsx",
            "a",
            "a..b",
            "2026-10-01..2026-10-31.csv",
            &"x".repeat(120),
        ] {
            assert!(is_file_name(name), "{name}");
        }
        for name in [
            "",
            ".",
            "..",
            ".hidden",
            "-rf",
            "a/b",
            "a\\b",
            "a b",
            "a\n",
            "a\0",
            "é",
            "a.",
            "C:x",
            "x\u{202e}fdp",
            &"x".repeat(121),
        ] {
            assert!(!is_file_name(name), "{name:?}");
        }
    }

    #[test]
    fn a_full_disk_is_retried_and_leaves_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let delivery = drop_at(dir.path().to_str().unwrap());
        let folder = delivery.enter(dir.path()).unwrap();
        let content = Bytes::from_static(b"figures");
        let parcel = Parcel {
            key: "k".into(),
            recipient: "a.csv".into(),
            place: None,
            sha256: hex_sha256(&content),
            content,
        };
        let full = |path: &Path| {
            create_new(path)?;
            OpenOptions::new().write(true).open("/dev/full")
        };
        let error = delivery.write(&folder, &parcel, full).unwrap_err();
        assert_eq!(error.recourse, Recourse::Retry { after: None });
        assert!(error.reason.contains("no space"), "{error}");
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
        delivery.write(&folder, &parcel, create_new).unwrap();
        assert_eq!(fs::read(dir.path().join("a.csv")).unwrap(), b"figures");
    }
}
