//! Dispersl against a platform that leaves open whatever its documentation leaves open, and misbehaves besides.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod closed_months;
mod errors;
#[path = "../support/dispersl.rs"]
mod far;
#[expect(dead_code, reason = "the fake can do more than these stories need")]
#[path = "../support/platform.rs"]
mod platform;
mod rubbish;
mod runs;
#[path = "../support/spanish.rs"]
mod spanish;
mod spoil;
mod sums;
mod windows;
mod words;

use chrono_tz::Tz;
use far::{Account, CANARY, Dispersl};
use reportwire::config::plan::{BilledIn, DisperslPlan, ServerPlan, Tier};
use reportwire::config::secret::Secret;
use reportwire::metric::Metric;
use reportwire::period::{Calendar, Period};
use reportwire::schedule::clock::ManualClock;
use reportwire::source::dispersl;
use reportwire::source::sdk::Pace;
use reportwire::source::{
    Breakdown, Dataset, Depth, Need, Silent, Snapshot, SnapshotWriter, SourceError, SourceKind, Window,
};
use rust_decimal::Decimal;
use std::path::Path;
use std::time::Duration;

/// Waits too short to notice.
const AT_ONCE: Pace = Pace {
    base: Duration::from_micros(10),
    ceiling: Duration::from_micros(50),
};

fn plan(base_url: &str) -> DisperslPlan {
    DisperslPlan {
        server: ServerPlan {
            base_url: base_url.parse().unwrap(),
            api_key: Secret::Literal(CANARY.to_owned().into()),
            connect_timeout: Duration::from_secs(10),
            timeout: Duration::from_secs(10),
            attempts: 4,
            ca_file: None,
            runs_at_once: None,
        },
        currency: BilledIn::Usd,
        exports: Vec::new(),
        tier: Some(Tier::Enterprise),
    }
}

/// Seven in the morning of the account's day.
fn clock(account: &Account) -> ManualClock {
    ManualClock::at(account.today.and_hms_opt(7, 0, 4).unwrap().and_utc())
}

fn need(id: &str, depth: Depth) -> Need {
    let period = Period::parse(id, Calendar::default()).unwrap();
    Need { period, depth }
}

fn full(id: &str) -> Vec<Need> {
    vec![need(id, Depth::Full)]
}

/// A month and the one before it, as the full report asks for them.
fn with_month_before() -> Vec<Need> {
    vec![need("2026-10", Depth::Full), need("2026-09", Depth::Comparison)]
}

/// Fetches, checks that nothing leaked and that a reopened snapshot says the same, and decodes.
async fn dataset(plan: &DisperslPlan, clock: &ManualClock, needs: &[Need]) -> Result<Dataset, SourceError> {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("agents");
    let writer = SnapshotWriter::create(&dir).unwrap();
    dispersl::fetch("agents", plan, needs, &writer, clock, &Silent, AT_ONCE)
        .await
        .inspect_err(|error| assert!(!format!("{error} {error:?}").contains(CANARY), "{error:?}"))?;
    let fresh = writer.finish().unwrap();
    for file in std::fs::read_dir(&dir).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        assert!(!String::from_utf8_lossy(&bytes).contains(CANARY));
    }
    let decode = |snapshot: &Snapshot| {
        reportwire::source::decode(
            "agents",
            SourceKind::Dispersl,
            needs,
            snapshot,
            Tz::Europe__Madrid,
        )
    };
    let (decoded, again) = (decode(&fresh), decode(&Snapshot::open(&dir).unwrap()));
    match (&decoded, &again) {
        (Ok(decoded), Ok(again)) => assert_eq!(decoded, again),
        (Err(decoded), Err(again)) => assert_eq!(decoded.to_string(), again.to_string()),
        other => panic!("replay differs: {other:?}"),
    }
    if let Ok(dataset) = &decoded {
        dataset.windows.iter().for_each(adds_up);
        spanish::assert_spanish_notices(dataset);
    }
    decoded
}

/// What the usual plan gets of this account.
async fn of(account: &Account, needs: &[Need]) -> (Dispersl, Dataset) {
    let far = Dispersl::start(account.clone()).await;
    let dataset = dataset(&plan(&far.base_url), &clock(account), needs)
        .await
        .unwrap();
    (far, dataset)
}

/// The members of every breakdown add up to the headline figures.
fn adds_up(window: &Window) {
    for breakdown in &window.breakdowns {
        for metric in metrics(breakdown)
            .into_iter()
            .filter(|metric| *metric != Metric::TaskSuccessRate)
        {
            let parts: Decimal = column(breakdown, metric)
                .into_iter()
                .filter_map(|(_, value)| value)
                .sum();
            assert_eq!(
                Some(parts),
                window.figure(metric),
                "{} by {}",
                metric.key(),
                breakdown.dimension
            );
        }
    }
}

fn metrics(breakdown: &Breakdown) -> Vec<Metric> {
    let first = breakdown.members.first().unwrap();
    first.measures.iter().map(|measure| measure.metric).collect()
}

fn column(breakdown: &Breakdown, metric: Metric) -> Vec<(&str, Option<Decimal>)> {
    let members = breakdown.members.iter();
    members
        .map(|member| {
            let measure = member
                .measures
                .iter()
                .find(|measure| measure.metric == metric)
                .unwrap();
            (member.name.as_str(), measure.value)
        })
        .collect()
}

fn breakdown<'d>(dataset: &'d Dataset, dimension: &str) -> &'d Breakdown {
    let mut breakdowns = dataset.windows[0].breakdowns.iter();
    breakdowns
        .find(|breakdown| breakdown.dimension == dimension)
        .unwrap()
}

fn texts(dataset: &Dataset) -> Vec<&str> {
    dataset
        .notices
        .iter()
        .map(|notice| notice.text.as_str())
        .collect()
}

/// The one notice that holds these words, and whether figures are missing because of it.
fn told<'d>(dataset: &'d Dataset, words: &str) -> (&'d str, bool) {
    let mut found = dataset
        .notices
        .iter()
        .filter(|notice| notice.text.contains(words));
    let notice = found
        .next()
        .unwrap_or_else(|| panic!("nobody says `{words}`: {:#?}", texts(dataset)));
    assert!(
        found.next().is_none(),
        "said twice: {words}: {:#?}",
        texts(dataset)
    );
    (&notice.text, notice.missing)
}

fn is_told(dataset: &Dataset, words: &str) -> bool {
    dataset.notices.iter().any(|notice| notice.text.contains(words))
}

/// The points of a daily series.
fn days(window: &Window, metric: Metric) -> Vec<Option<Decimal>> {
    let series = window
        .daily
        .iter()
        .find(|series| series.metric == metric)
        .unwrap();
    series.points.iter().map(|point| point.1).collect()
}
