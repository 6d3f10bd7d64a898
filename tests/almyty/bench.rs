//! What the stories share: a plan, periods, and a fetch that proves on the way what must hold for every one.

use crate::server::{CANARY, KEY, Server};
use crate::spanish::assert_spanish_notices;
use chrono::NaiveDate;
use chrono_tz::Tz;
use flate2::read::GzDecoder;
use reportwire::config::plan::{AlmytyPlan, AlmytySurface, CostUnit, ServerPlan};
use reportwire::config::secret::Secret;
use reportwire::metric::Metric;
use reportwire::period::{Calendar, Period};
use reportwire::schedule::clock::ManualClock;
use reportwire::source::sdk::Pace;
use reportwire::source::{
    self, Breakdown, Dataset, Depth, Need, Silent, Snapshot, SnapshotWriter, SourceError, SourceKind, Window,
    almyty,
};
use rust_decimal::Decimal;
use std::fs;
use std::io::Read;
use std::path::Path;
use std::time::Duration;

/// Waits too short to notice.
pub(crate) const AT_ONCE: Pace = Pace {
    base: Duration::from_micros(10),
    ceiling: Duration::from_micros(50),
};

pub(crate) fn plan(server: &Server) -> AlmytyPlan {
    AlmytyPlan {
        server: ServerPlan {
            base_url: server.origin.parse().unwrap(),
            api_key: Secret::Literal(KEY.to_owned().into()),
            connect_timeout: Duration::from_secs(10),
            timeout: Duration::from_secs(10),
            attempts: 4,
            ca_file: None,
            runs_at_once: None,
        },
        organization: None,
        surface: AlmytySurface::Auto,
        conversation_cost: CostUnit::Cents,
        audit: true,
        retention_days: Some(90),
        requests_per_minute: 6000,
    }
}

/// 2 November 2026, seven in the morning.
pub(crate) fn clock() -> ManualClock {
    ManualClock::at("2026-11-02T07:00:04Z".parse().unwrap())
}

pub(crate) fn period(id: &str) -> Period {
    Period::parse(id, Calendar::default()).unwrap()
}

pub(crate) fn need(id: &str, depth: Depth) -> Need {
    Need {
        period: period(id),
        depth,
    }
}

/// October beside September.
pub(crate) fn october() -> Vec<Need> {
    vec![need("2026-10", Depth::Full), need("2026-09", Depth::Comparison)]
}

/// Fetches and decodes. On the way: nothing that people wrote and no key is in the snapshot or in an error, and a reopened
/// snapshot says the same.
pub(crate) async fn dataset(plan: &AlmytyPlan, needs: &[Need]) -> Result<Dataset, SourceError> {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("gateway");
    let writer = SnapshotWriter::create(&dir).unwrap();
    let silent = |error: &SourceError| {
        let told = format!("{error} {error:?}");
        assert!(!told.contains(CANARY) && !told.contains(KEY), "{told}");
    };
    almyty::fetch("gateway", plan, needs, &writer, &clock(), &Silent, AT_ONCE)
        .await
        .inspect_err(silent)?;
    let fresh = writer.finish().unwrap();
    let kept = contents(&dir);
    assert!(!kept.contains(CANARY), "{kept}");
    assert!(!kept.contains(KEY));
    let decoded = source::decode("gateway", SourceKind::Almyty, needs, &fresh, Tz::UTC);
    let reopened = Snapshot::open(&dir).unwrap();
    let again = source::decode("gateway", SourceKind::Almyty, needs, &reopened, Tz::UTC);
    match (&decoded, &again) {
        (Ok(decoded), Ok(again)) => assert_eq!(decoded, again),
        (Err(decoded), Err(again)) => assert_eq!(decoded.to_string(), again.to_string()),
        other => panic!("replay differs: {other:?}"),
    }
    decoded.iter().for_each(assert_spanish_notices);
    decoded.inspect_err(silent)
}

/// Everything below a folder as text, compressed files as what they hold.
pub(crate) fn contents(folder: &Path) -> String {
    let mut all = String::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            all += &contents(&path);
        } else if path.extension().is_some_and(|kind| kind == "gz") {
            GzDecoder::new(fs::File::open(path).unwrap())
                .read_to_string(&mut all)
                .unwrap();
        } else {
            all += &String::from_utf8_lossy(&fs::read(path).unwrap());
        }
    }
    all
}

pub(crate) fn texts(dataset: &Dataset) -> Vec<&str> {
    dataset
        .notices
        .iter()
        .map(|notice| notice.text.as_str())
        .collect()
}

/// Whether any notice says this.
pub(crate) fn says(dataset: &Dataset, words: &str) -> bool {
    texts(dataset).iter().any(|text| text.contains(words))
}

/// A headline figure, which must be told, though it may be unknown.
pub(crate) fn figure(window: &Window, metric: Metric) -> Option<Decimal> {
    let told = window.figures.iter().find(|measure| measure.metric == metric);
    told.unwrap_or_else(|| panic!("{} is not told", metric.key()))
        .value
}

pub(crate) fn breakdown<'w>(window: &'w Window, dimension: &str) -> &'w Breakdown {
    let found = window
        .breakdowns
        .iter()
        .find(|breakdown| breakdown.dimension == dimension);
    found.unwrap_or_else(|| panic!("no breakdown by {dimension}"))
}

/// The members of a breakdown with their values of one metric.
pub(crate) fn members(window: &Window, dimension: &str, metric: Metric) -> Vec<(String, String)> {
    breakdown(window, dimension)
        .members
        .iter()
        .map(|member| {
            let value = member.measures.iter().find(|measure| measure.metric == metric);
            let value = value.and_then(|measure| measure.value);
            (
                member.name.clone(),
                value.map_or_else(|| "n/a".to_owned(), |value| value.to_string()),
            )
        })
        .collect()
}

pub(crate) fn owned(rows: &[(&str, &str)]) -> Vec<(String, String)> {
    rows.iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}

/// What the series of a metric says of a day.
pub(crate) fn on(window: &Window, metric: Metric, day: &str) -> Option<Decimal> {
    let day: NaiveDate = day.parse().unwrap();
    let series = window
        .daily
        .iter()
        .find(|series| series.metric == metric)
        .unwrap();
    series.points.iter().find(|(date, _)| *date == day).unwrap().1
}

/// Members add up to the headline, and so do days.
pub(crate) fn assert_adds_up(window: &Window) {
    let total = |metric| window.figure(metric);
    for breakdown in &window.breakdowns {
        for measure in &breakdown.members[0].measures {
            let parts = breakdown.members.iter().filter_map(|member| {
                member
                    .measures
                    .iter()
                    .find(|other| other.metric == measure.metric)?
                    .value
            });
            let sum: Decimal = parts.sum();
            assert_eq!(
                Some(sum),
                total(measure.metric),
                "{} {:?}",
                breakdown.dimension,
                measure.metric
            );
        }
    }
    for series in &window.daily {
        let known: Option<Vec<Decimal>> = series.points.iter().map(|(_, value)| *value).collect();
        if let Some(values) = known {
            assert_eq!(
                Some(values.into_iter().sum()),
                total(series.metric),
                "{:?}",
                series.metric
            );
        }
    }
}
