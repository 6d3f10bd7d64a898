//! References to secrets: `env:NAME` or `file:PATH`, resolved late into a type that prints nothing.

use secrecy::{ExposeSecret as _, SecretString};
use std::fmt;
use std::path::PathBuf;

/// Where a secret is found. `Debug` and `Display` show the reference, never the secret.
#[derive(Clone)]
pub enum Secret {
    /// The environment variable of this name.
    Env(String),
    /// The content of this file, without the line end.
    File(PathBuf),
    /// Written down in the configuration; accepted for webhook URLs of loopback hosts only.
    Literal(SecretString),
}

/// Why a secret could not be had.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum SecretError {
    /// The environment variable is not set, or empty.
    #[error("the environment variable `{0}` is not set")]
    EnvMissing(String),
    /// The file cannot be read.
    #[error("the secret file `{path}` cannot be read: {reason}")]
    FileUnreadable {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        reason: String,
    },
}

impl Secret {
    /// The secret itself.
    ///
    /// # Errors
    /// [`SecretError`] where the reference leads nowhere or to an empty text.
    pub fn reveal(&self) -> Result<SecretString, SecretError> {
        match self {
            Self::Env(name) => match std::env::var(name) {
                Ok(value) if !value.is_empty() => Ok(value.into()),
                _ => Err(SecretError::EnvMissing(name.clone())),
            },
            Self::File(path) => {
                let unreadable = |reason: String| SecretError::FileUnreadable {
                    path: path.clone(),
                    reason,
                };
                let text = std::fs::read_to_string(path).map_err(|error| unreadable(error.to_string()))?;
                let text = text.trim_end_matches(['\r', '\n']);
                if text.is_empty() {
                    Err(unreadable("it is empty".into()))
                } else {
                    Ok(text.into())
                }
            }
            Self::Literal(secret) => Ok(secret.clone()),
        }
    }
}

impl PartialEq for Secret {
    /// Whether both refer to the same place, or say the same.
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Env(one), Self::Env(other)) => one == other,
            (Self::File(one), Self::File(other)) => one == other,
            (Self::Literal(one), Self::Literal(other)) => one.expose_secret() == other.expose_secret(),
            _ => false,
        }
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Env(name) => write!(f, "env:{name}"),
            Self::File(path) => write!(f, "file:{}", path.display()),
            Self::Literal(_) => f.write_str("(written in the configuration)"),
        }
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secret({self})")
    }
}
