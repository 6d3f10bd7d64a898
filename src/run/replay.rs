//! Replay: a run is made again from its snapshot and compared byte for byte with what was stored.

use super::RunError;
use super::perform;
use super::recipe::{Identity, Recipe, Trial};
use super::store::{Run, Store, StoredArtifact};
use crate::delivery::Edition;
use crate::render::Artifact;

/// What a replay found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replayed {
    /// Which run.
    pub run_id: String,
    /// The version of the program that made the run, where it is not this one: differences are no corruption then.
    pub other_version: Option<String>,
    /// Each file with its verdict, in the order of the run.
    pub files: Vec<(String, Verdict)>,
}

impl Replayed {
    /// Whether every file came out the same.
    #[must_use]
    pub fn identical(&self) -> bool {
        self.files
            .iter()
            .all(|(_, verdict)| *verdict == Verdict::Identical)
    }
}

/// How a file compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Byte for byte the same.
    Identical,
    /// Not the same.
    Different,
    /// Stored, but not made again.
    Missing,
    /// Made now, but not stored.
    Unexpected,
}

impl Verdict {
    /// The word for it.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::Identical => "identical",
            Self::Different => "different",
            Self::Missing => "missing",
            Self::Unexpected => "unexpected",
        }
    }
}

/// Rebuilds every artifact of a run from its snapshot and compares it with the stored hash.
///
/// # Errors
/// [`RunError`] if the run is unknown, never froze anything, or its snapshot cannot be read.
pub async fn replay(store: &Store, run: &str) -> Result<Replayed, RunError> {
    let run = store.run(run).await?;
    Ok(rebuild(store, &run, String::new()).await?.0)
}

/// Makes the edition of a run again, as the issue named, and says how it compares with what was stored.
pub(super) async fn rebuild(
    store: &Store,
    run: &Run,
    issue: String,
) -> Result<(Replayed, Edition), RunError> {
    let Some(generated_at) = run.generated_at else {
        return Err(RunError::Failed(format!(
            "run {} ({}) froze nothing to compare with",
            run.run_id, run.state
        )));
    };
    if run.snapshot_cleared {
        return Err(RunError::Failed(format!(
            "the snapshot of run {} was cleared away because it was old (`service.keep_snapshots`), so it cannot be rebuilt",
            run.run_id
        )));
    }
    let mut recipe: Recipe = serde_json::from_str(&run.recipe).map_err(|error| {
        RunError::Failed(format!(
            "the recipe of run {} cannot be read: {error}",
            run.run_id
        ))
    })?;
    let other_version = (recipe.program != env!("CARGO_PKG_VERSION")).then(|| recipe.program.clone());
    // The pictures of a mail are made only for what is sent again: they decide no file, and their fonts may be gone.
    recipe.mail &= !issue.is_empty();
    let identity = Identity {
        run_id: run.run_id.clone(),
        revision: run.revision,
        generated_at,
        issue,
    };
    let product = perform::produce(recipe, identity, run.snapshot_dir.clone(), Trial::default()).await?;
    let edition = product.edition;
    let made: Vec<&Artifact> = edition.artifacts.iter().chain([&edition.manifest]).collect();
    let stored = store.artifacts(&run.run_id).await?;
    let replayed = Replayed {
        run_id: run.run_id.clone(),
        other_version,
        files: compare(&stored, &made),
    };
    Ok((replayed, edition))
}

fn compare(stored: &[StoredArtifact], made: &[&Artifact]) -> Vec<(String, Verdict)> {
    let known = stored.iter().map(|stored| {
        let verdict = match made.iter().find(|made| made.name == stored.name) {
            Some(made) if made.sha256 == stored.sha256 => Verdict::Identical,
            Some(_) => Verdict::Different,
            None => Verdict::Missing,
        };
        (stored.name.clone(), verdict)
    });
    let unexpected = made
        .iter()
        .filter(|made| stored.iter().all(|stored| stored.name != made.name))
        .map(|made| (made.name.clone(), Verdict::Unexpected));
    known.chain(unexpected).collect()
}
