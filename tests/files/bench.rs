//! What the tests of file sources share.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use flate2::{Compression, write::GzEncoder};
use reportwire::config::plan::{FocusFilePlan, SnapshotFiles, SourcePlan, UsageFilePlan};
use reportwire::money;
use reportwire::period::{Calendar, Period};
use reportwire::schedule::clock::ManualClock;
use reportwire::source::{
    self, Breakdown, Dataset, Depth, Need, Silent, Snapshot, SnapshotWriter, SourceError, SourceKind, Window,
};
use std::fs;
use std::io::Write;
use std::path::PathBuf;
use tempfile::TempDir;

/// A source whose files lie in a folder of their own.
pub(crate) struct Bench {
    folder: TempDir,
    pub(crate) plan: SourcePlan,
}

impl Bench {
    pub(crate) fn new(pattern: &str, build: impl Fn(String) -> SourcePlan) -> Self {
        let folder = TempDir::new().unwrap();
        let plan = build(
            folder
                .path()
                .join("in")
                .join(pattern)
                .to_str()
                .unwrap()
                .to_owned(),
        );
        fs::create_dir(folder.path().join("in")).unwrap();
        Self { folder, plan }
    }

    pub(crate) fn usage() -> Self {
        Self::usage_at("*")
    }

    pub(crate) fn usage_at(pattern: &str) -> Self {
        Self::new(pattern, |path| {
            SourcePlan::UsageFile(UsageFilePlan {
                path,
                projects: None,
                snapshot_files: SnapshotFiles::Copy,
                runs_at_once: None,
            })
        })
    }

    pub(crate) fn focus() -> Self {
        Self::new("*", |path| {
            SourcePlan::FocusFile(FocusFilePlan {
                path,
                snapshot_files: SnapshotFiles::Copy,
                runs_at_once: None,
            })
        })
    }

    pub(crate) fn projects(mut self, name: &str) -> Self {
        let path = self.path(name);
        if let SourcePlan::UsageFile(plan) = &mut self.plan {
            plan.projects = Some(path);
        }
        self
    }

    pub(crate) fn hashed(mut self) -> Self {
        match &mut self.plan {
            SourcePlan::UsageFile(plan) => plan.snapshot_files = SnapshotFiles::Hash,
            SourcePlan::FocusFile(plan) => plan.snapshot_files = SnapshotFiles::Hash,
            SourcePlan::Geai(_) | SourcePlan::Dispersl(_) | SourcePlan::Almyty(_) => {
                unreachable!("no file source")
            }
        }
        self
    }

    pub(crate) fn file(self, name: &str, content: impl AsRef<[u8]>) -> Self {
        fs::write(self.path(name), content).unwrap();
        self
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join("in").join(name)
    }

    pub(crate) fn fetch(&self) -> Result<Snapshot, SourceError> {
        let dir = self.folder.path().join("snapshot");
        if dir.exists() {
            fs::remove_dir_all(&dir).unwrap();
        }
        let writer = SnapshotWriter::create(&dir).unwrap();
        let at: DateTime<Utc> = "2026-11-01T07:00:00Z".parse().unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let clock = ManualClock::at(at);
        runtime.block_on(source::fetch("bill", &self.plan, &[], &writer, &clock, &Silent))?;
        writer.finish().unwrap();
        Ok(Snapshot::open(&dir).unwrap())
    }

    pub(crate) fn decode(&self, periods: &[&str]) -> Result<Dataset, SourceError> {
        decode(&self.fetch()?, self.plan.kind(), periods)
    }

    /// The error text, with the folder of the files cut out.
    pub(crate) fn error(&self, periods: &[&str]) -> String {
        let text = match self.decode(periods) {
            Ok(dataset) => panic!("expected an error, got {dataset:#?}"),
            Err(error) => error.to_string(),
        };
        text.replace(&format!("{}/", self.folder.path().join("in").display()), "")
    }
}

/// The first period in full, the others for comparison.
pub(crate) fn decode(
    snapshot: &Snapshot,
    kind: SourceKind,
    periods: &[&str],
) -> Result<Dataset, SourceError> {
    decode_in(Tz::UTC, snapshot, kind, periods)
}

/// The same for a job of another zone.
pub(crate) fn decode_in(
    zone: Tz,
    snapshot: &Snapshot,
    kind: SourceKind,
    periods: &[&str],
) -> Result<Dataset, SourceError> {
    let needs: Vec<Need> = periods
        .iter()
        .enumerate()
        .map(|(place, period)| Need {
            period: Period::parse(period, Calendar::years()).unwrap(),
            depth: if place == 0 {
                Depth::Full
            } else {
                Depth::Comparison
            },
        })
        .collect();
    let decoded = source::decode("bill", kind, &needs, snapshot, zone);
    decoded.iter().for_each(crate::spanish::assert_spanish_notices);
    decoded
}

pub(crate) fn gzip(content: &[u8]) -> Vec<u8> {
    let mut gz = GzEncoder::new(Vec::new(), Compression::fast());
    gz.write_all(content).unwrap();
    gz.finish().unwrap()
}

pub(crate) fn breakdown<'a>(window: &'a Window, dimension: &str) -> &'a Breakdown {
    window
        .breakdowns
        .iter()
        .find(|breakdown| breakdown.dimension == dimension)
        .unwrap_or_else(|| panic!("no breakdown by {dimension}"))
}

/// Name and cost of every member.
pub(crate) fn costs(window: &Window, dimension: &str) -> Vec<(String, String)> {
    breakdown(window, dimension)
        .members
        .iter()
        .map(|member| (member.name.clone(), member.measures[0].value.unwrap().to_string()))
        .collect()
}

pub(crate) fn figures(window: &Window) -> Vec<(&'static str, Option<String>)> {
    window
        .figures
        .iter()
        .map(|figure| (figure.metric.key(), figure.value.map(|value| value.to_string())))
        .collect()
}

/// Every breakdown and the daily series add up to the headline.
pub(crate) fn assert_ties_out(window: &Window) {
    for breakdown in &window.breakdowns {
        for (place, measure) in breakdown.members[0].measures.iter().enumerate() {
            let parts = breakdown
                .members
                .iter()
                .filter_map(|member| member.measures[place].value);
            let headline = window.figure(measure.metric);
            let total = headline.map(|_| money::sum(parts).unwrap());
            assert_eq!(
                total,
                headline,
                "{} by {}",
                measure.metric.key(),
                breakdown.dimension
            );
        }
    }
    for series in &window.daily {
        let parts = series.points.iter().filter_map(|(_, value)| *value);
        assert_eq!(Some(money::sum(parts).unwrap()), window.figure(series.metric));
    }
}
