//! Configuration: what the user wrote becomes a [`Plan`] that is proven runnable.
//!
//! In: a TOML file, the environment, the command line. Out: a plan, or every problem at once with its place and remedy.
//! Never here: the network, secrets' values, what time it is.

mod audit;
mod check;
mod document;
mod layers;
mod locate;
pub mod plan;
pub mod problem;
mod read;
pub mod schema;
pub mod secret;
pub mod starter;

pub use layers::ENV_PREFIX;
pub use plan::Plan;
pub use problem::{KeyPath, Origin, Place, Problem, Problems, Warning};

use layers::Layers;
use locate::{MAX_FILE_BYTES, SourceText};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Where the file is looked for if none is named, in this order.
const DEFAULT_FILES: [&str; 2] = ["reportwire.toml", "config/reportwire.toml"];

/// What a configuration is read from.
#[derive(Debug, Clone, Default)]
pub struct LoadOptions<'a> {
    /// The file; `None`: `reportwire.toml`, else `config/reportwire.toml`, in [`Self::folder`].
    pub file: Option<&'a Path>,
    /// Folder in which the default files are looked for; `None`: the working directory.
    pub folder: Option<&'a Path>,
    /// Key paths with values, from the command line: `("service.data_dir", "/var/lib/reportwire")`. They win over all.
    pub overrides: Vec<(String, String)>,
    /// Environment variables; only those that begin with [`ENV_PREFIX`] count. They win over the file.
    pub env: BTreeMap<String, String>,
}

/// The variables of this process that set keys.
#[must_use]
pub fn environment() -> BTreeMap<String, String> {
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value)))
        .filter(|(name, _)| name.starts_with(ENV_PREFIX))
        .map(|(name, value)| (name, value.to_string_lossy().into_owned()))
        .collect()
}

/// Reads and checks the configuration. Reveals no secret and asks no network.
///
/// # Errors
/// Every problem at once: of syntax, of unknown keys, of values, of what belongs together.
pub fn load(options: &LoadOptions<'_>) -> Result<Plan, Problems> {
    let name = match options.file {
        Some(file) => file.to_owned(),
        None => default_file(options.folder.unwrap_or(Path::new("")))?,
    };
    let text = read_text(&name)?;
    let file = absolute(&name);
    let base = file.parent().unwrap_or(Path::new("/")).to_owned();
    prove(&name, &text, file, &base, &options.overrides, &options.env)
}

/// Reads and checks the configuration `text`, which messages call `name`; relative paths are relative to `base_dir`.
///
/// # Errors
/// As for [`load`].
pub fn load_text(
    name: &str,
    text: &str,
    base_dir: &Path,
    overrides: &[(String, String)],
    env: &BTreeMap<String, String>,
) -> Result<Plan, Problems> {
    let base = absolute(base_dir);
    prove(Path::new(name), text, base.join(name), &base, overrides, env)
}

fn prove(
    name: &Path,
    text: &str,
    file: PathBuf,
    base: &Path,
    overrides: &[(String, String)],
    env: &BTreeMap<String, String>,
) -> Result<Plan, Problems> {
    let (source, values) =
        SourceText::parse(name, text).map_err(|problem| Problems::sorted(vec![*problem]))?;
    let (layers, problems) = Layers::new(values, env, overrides);
    check::check(source, &layers, file, base, problems)
}

fn default_file(folder: &Path) -> Result<PathBuf, Problems> {
    let found = DEFAULT_FILES
        .iter()
        .map(|name| folder.join(name))
        .find(|file| file.is_file());
    found.ok_or_else(|| {
        let hint = "`reportwire init` writes one here; `--config FILE` names another";
        unreadable(
            &folder.join(DEFAULT_FILES[0]),
            "neither this file nor `config/reportwire.toml` is there",
            hint,
        )
    })
}

fn read_text(file: &Path) -> Result<String, Problems> {
    let length = std::fs::metadata(file).map_or(0, |file| file.len());
    if length > MAX_FILE_BYTES {
        return Err(unreadable(
            file,
            "is larger than 16 MiB",
            "a configuration has a few kilobytes; is it the right file?",
        ));
    }
    std::fs::read_to_string(file).map_err(|error| {
        let hint = match error.kind() {
            std::io::ErrorKind::NotFound => "`reportwire init` writes one; `--config FILE` names another",
            std::io::ErrorKind::InvalidData => "save it as UTF-8",
            _ => "check that it is a file and that this user may read it",
        };
        unreadable(file, &error.to_string(), hint)
    })
}

fn unreadable(file: &Path, label: &str, hint: &str) -> Problems {
    Problems::sorted(vec![Problem {
        place: Place {
            origin: Origin::File {
                path: file.to_owned(),
                position: None,
            },
            key: KeyPath::default(),
            excerpt: None,
        },
        what: "the configuration cannot be read".into(),
        label: label.to_owned(),
        hint: Some(hint.to_owned()),
    }])
}

fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}
