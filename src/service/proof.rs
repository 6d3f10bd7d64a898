//! What a plan needs besides being well formed: secrets, templates, file names, addresses; and what to warn of. Nothing is
//! contacted.

use super::mount;
use crate::config::{Plan, Problems};
use crate::delivery;
use crate::render::FileNames;
use crate::run::recipe;
use crate::run::store::STORE_FILE;
use crate::schedule::clock::Clock;
use std::fmt;
use std::path::Path;
use std::sync::Arc;

/// Everything that keeps a plan from being run. Its text begins each problem with `error:`.
#[derive(Debug, thiserror::Error)]
pub struct Unproven {
    /// References that lead to no secret.
    pub missing_secrets: Problems,
    /// Templates and file names that would fail a run, secrets of a wrong form, addresses that will not do.
    pub others: Vec<String>,
}

impl Unproven {
    /// How many problems there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.missing_secrets.len() + self.others.len()
    }
}

impl fmt::Display for Unproven {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for other in &self.others {
            writeln!(f, "error: {other}")?;
        }
        self.missing_secrets.fmt(f)
    }
}

/// Proves that every job of a plan could be run by this process.
///
/// # Errors
/// [`Unproven`], with all that is wrong.
pub fn prove(plan: &Plan, clock: &Arc<dyn Clock>) -> Result<(), Unproven> {
    let missing_secrets = plan.missing_secrets();
    let mut others = job_problems(plan);
    // Whatever lacks its secret cannot be opened, and has been told already.
    if missing_secrets.is_empty() {
        let opened = plan
            .deliveries
            .iter()
            .map(|(name, plan)| delivery::open(name, plan, Arc::clone(clock)));
        others.extend(opened.filter_map(Result::err).map(|error| error.reason));
    }
    let found = Unproven {
        missing_secrets,
        others,
    };
    if found.count() == 0 { Ok(()) } else { Err(found) }
}

/// What a service can live with, and its operator should know.
#[must_use]
pub fn warnings(plan: &Plan) -> Vec<String> {
    let store = plan.service.data_dir.join(STORE_FILE);
    let open = is_open(&store).then(|| {
        format!(
            "others on this machine can read or change the store {path}: run `chmod 600 {path}`",
            path = store.display()
        )
    });
    mount::warning(plan).into_iter().chain(open).collect()
}

/// Whether others than its owner may read or write a file.
#[cfg(unix)]
fn is_open(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::metadata(file).is_ok_and(|found| found.permissions().mode() & 0o077 != 0)
}

#[cfg(not(unix))]
fn is_open(_file: &Path) -> bool {
    false
}

fn job_problems(plan: &Plan) -> Vec<String> {
    let mut names = FileNames::default();
    let mut of_job = |job| match recipe::template_problems(plan, job, &mut names) {
        Ok(problems) => problems.iter().map(ToString::to_string).collect(),
        Err(error) => vec![error.to_string()],
    };
    plan.jobs
        .values()
        .flat_map(|job| {
            let problems: Vec<String> = of_job(job);
            problems
                .into_iter()
                .map(|problem| format!("job `{}`: {problem}", job.name))
        })
        .collect()
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::fs::{Permissions, set_permissions, write};
    use std::os::unix::fs::PermissionsExt as _;

    #[test]
    fn a_store_is_open_to_whoever_is_not_its_owner() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join(STORE_FILE);
        assert!(!is_open(&file), "there is none yet");
        write(&file, "").unwrap();
        for (mode, expected) in [
            (0o600, false),
            (0o400, false),
            (0o640, true),
            (0o604, true),
            (0o602, true),
        ] {
            set_permissions(&file, Permissions::from_mode(mode)).unwrap();
            assert_eq!(is_open(&file), expected, "{mode:o}");
        }
    }
}
