//! The manifest: what belongs to an edition, with a checksum of each file.

use super::{Artifact, Look, RenderError, name};
use crate::report::Report;
use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;

const MEDIA_TYPE: &str = "application/json";

#[derive(Serialize)]
struct Manifest<'a> {
    run_id: &'a str,
    job: &'a str,
    revision: u32,
    period: Period<'a>,
    generated_at: DateTime<Utc>,
    sources: Vec<Source<'a>>,
    files: Vec<File<'a>>,
}

#[derive(Serialize)]
struct Period<'a> {
    id: &'a str,
    start: NaiveDate,
    end: NaiveDate,
    timezone: &'a str,
}

#[derive(Serialize)]
struct Source<'a> {
    name: &'a str,
    platform: &'a str,
    fetched_at: DateTime<Utc>,
}

#[derive(Serialize)]
struct File<'a> {
    name: &'a str,
    media_type: &'a str,
    bytes: usize,
    sha256: &'a str,
    rows: Option<u64>,
}

/// The manifest of `files`, named by the job's `file_name` template with the extension `manifest.json`.
///
/// # Errors
/// [`RenderError::Template`] and [`RenderError::Name`] as for any name, also where a file already has the manifest's.
pub fn artifact(report: &Report, files: &[Artifact], look: &Look) -> Result<Artifact, RenderError> {
    let name = name::artifact(&look.file_name, report, "manifest.json")?;
    name::distinct(&name, files.iter().map(|file| file.name.as_str()))?;
    let manifest = Manifest {
        run_id: &report.run_id,
        job: &report.job,
        revision: report.revision,
        period: Period {
            id: &report.period.id,
            start: report.period.start,
            end: report.period.end,
            timezone: &report.period.timezone,
        },
        generated_at: report.generated_at,
        sources: report.sources.iter().map(source).collect(),
        files: files.iter().map(file).collect(),
    };
    let mut text = serde_json::to_string_pretty(&manifest).map_err(|error| RenderError::Format {
        format: "manifest",
        reason: error.to_string(),
    })?;
    text.push('\n');
    Ok(Artifact::new(name, MEDIA_TYPE, text.into(), None))
}

fn source(source: &crate::report::SourceRef) -> Source<'_> {
    Source {
        name: &source.name,
        platform: &source.platform,
        fetched_at: source.fetched_at,
    }
}

fn file(artifact: &Artifact) -> File<'_> {
    File {
        name: &artifact.name,
        media_type: &artifact.media_type,
        bytes: artifact.bytes.len(),
        sha256: &artifact.sha256,
        rows: artifact.rows,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::plan::Format;
    use crate::report::sample;

    #[test]
    fn the_manifest_lists_every_file_with_its_checksum() {
        let look = super::super::tests::look();
        let report = sample::report();
        let files = [
            Artifact::new(
                "a.csv".into(),
                Format::Csv.media_type(),
                "a,b\r\n".into(),
                Some(0),
            ),
            Artifact::new("a.json".into(), Format::Json.media_type(), "{}\n".into(), None),
        ];
        let manifest = artifact(&report, &files, &look).unwrap();
        assert_eq!(manifest.name, "monthly-full-report_2026-10.manifest.json");
        insta::assert_snapshot!(std::str::from_utf8(&manifest.bytes).unwrap());
    }

    #[test]
    fn a_file_may_not_have_the_manifests_name() {
        let look = Look {
            file_name: "report".into(),
            ..Look::default()
        };
        let files = [Artifact::new("report".into(), MEDIA_TYPE, "".into(), None)];
        assert!(artifact(&sample::report(), &files, &look).is_err());
    }
}
