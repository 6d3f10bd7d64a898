//! After the storm: what should be there by the oracle, what the store says, what the far ends have, what lies in the folder.

use crate::ledger::{Duplicate, Ledger};
use crate::oracle::{self, Rule};
use crate::world::World;
use chrono::{DateTime, Datelike, Days, NaiveDateTime, Utc};
use reportwire::run::replay::replay;
use reportwire::run::store::RunFilter;
use reportwire::run::verify::verify;
use reportwire::run::{RunState, Store};
use reportwire::source::snapshot::hex_sha256;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// A job as the books know it, apart from the configuration.
pub struct Job {
    pub name: &'static str,
    pub rule: Rule,
    /// The closed period of an occurrence; none where periods are open.
    pub period: Option<fn(NaiveDateTime) -> String>,
    /// How many parcels go which way.
    pub parcels: &'static [(&'static str, usize)],
    /// Its data are never there.
    pub fails: bool,
    /// Processes are ended so often that one parcel may lose two attempts with them. What became of these only an operator can
    /// find out: it is not sent a third time, and the owner hears of it.
    pub may_be_unknown: bool,
}

pub fn month_before(nominal: NaiveDateTime) -> String {
    let last = nominal.date().with_day(1).unwrap() - Days::new(1);
    last.format("%Y-%m").to_string()
}

pub fn week_before(nominal: NaiveDateTime) -> String {
    (nominal.date() - Days::new(7)).format("%G-W%V").to_string()
}

pub fn day_before(nominal: NaiveDateTime) -> String {
    (nominal.date() - Days::new(1)).to_string()
}

/// Parcels that are in doubt, because a process ended between a permit and its outcome.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Tally {
    pub occurrences: usize,
    pub parcels: usize,
    pub copies: usize,
    pub doubts: usize,
    /// Parcels of which nobody knows whether they arrived, after two attempts; each is told to the owner.
    pub unknown: usize,
}

/// Parcels that lost two attempts with their processes: they wait for an operator, who has been told.
const UNKNOWN: &str = "deliveries.state = 'ambiguous' AND deliveries.next_attempt_at IS NULL \
     AND 2 = (SELECT count(*) FROM attempts WHERE delivery_id = deliveries.id AND coalesce(outcome, 'ambiguous') = 'ambiguous') \
     AND 1 = (SELECT count(*) FROM notices WHERE notices.run_id = deliveries.run_id AND kind = 'ambiguous')";

/// Compares everything with everything; panics at the first thing that is not as it must be.
pub async fn balance(world: &mut World, jobs: &[Job], from: DateTime<Utc>) -> Tally {
    let mut tally = Tally::default();
    for job in jobs {
        tally.occurrences += occurrences(world, job, from).await;
    }
    let strangers = "SELECT run_id, state FROM runs WHERE trigger <> 'schedule' OR revision <> 1 \
         OR state NOT IN ('delivered', 'failed') OR run_id NOT IN (SELECT run_id FROM occurrences WHERE run_id IS NOT NULL)";
    assert_eq!(
        world.rows().await.ask::<2>(strangers).await,
        [] as [[String; 2]; 0]
    );
    let parcels = parcels(world).await;
    tally.parcels = parcels.len();
    tally.unknown = parcels.iter().filter(|parcel| parcel.is_unknown).count();
    receivers(world, &parcels, &mut tally);
    owners(world).await;
    folders(world, &parcels);
    proofs(world).await;
    tally
}

/// Every due time is a row, none is two, and each has a run at its end with all of its parcels.
async fn occurrences(world: &mut World, job: &Job, from: DateTime<Utc>) -> usize {
    let zone = chrono_tz::Europe::Madrid;
    let due: BTreeSet<String> = oracle::due(job.rule, zone, from, world.now)
        .iter()
        .map(|due| {
            let nominal = due.nominal.format("%Y-%m-%dT%H:%M:%S");
            let closed = job.period.map(|period| period(due.nominal)).unwrap_or_default();
            format!("{nominal} {} {closed}", due.fold)
        })
        .collect();
    let sql = format!(
        "SELECT nominal, CAST(fold AS TEXT), closed, missed, runs.state, runs.run_id FROM occurrences \
         LEFT JOIN runs ON runs.run_id = occurrences.run_id WHERE occurrences.job = '{}' ORDER BY nominal",
        job.name
    );
    let rows = world.rows().await.ask::<6>(&sql).await;
    let found: Vec<String> = rows
        .iter()
        .map(|[nominal, fold, closed, ..]| format!("{nominal} {fold} {closed}"))
        .collect();
    assert_eq!(
        found,
        due.iter().cloned().collect::<Vec<_>>(),
        "{}: what is there, and what should be",
        job.name
    );
    for [nominal, _, _, missed, state, run_id] in &rows {
        let first_of_month = nominal[8..10] == *"01" && job.period.is_none();
        assert_eq!(
            missed.is_empty(),
            !first_of_month,
            "{} {nominal}: {missed}",
            job.name
        );
        if !missed.is_empty() {
            continue;
        }
        let end = if job.fails {
            RunState::Failed
        } else {
            RunState::Delivered
        };
        let unknown = format!("SELECT delivery FROM deliveries WHERE run_id = '{run_id}' AND {UNKNOWN}");
        let unknown = world.rows().await.ask::<1>(&unknown).await.len();
        if state != end.key() && !(job.may_be_unknown && unknown > 0) {
            let why = format!(
                "SELECT runs.error, deliveries.state, deliveries.error, CAST(deliveries.attempts AS TEXT) FROM runs \
                 LEFT JOIN deliveries ON deliveries.run_id = runs.run_id WHERE runs.run_id = '{run_id}'"
            );
            let why = world.rows().await.ask::<4>(&why).await;
            assert_eq!(state, end.key(), "{} {nominal}, run {run_id}: {why:?}", job.name);
        }
        let wanted = job
            .parcels
            .iter()
            .map(|(way, count)| (way.to_string(), *count))
            .collect::<BTreeMap<_, _>>();
        let sql = format!(
            "SELECT delivery, CAST(count(DISTINCT recipient) AS TEXT), CAST(count(*) AS TEXT) FROM deliveries \
             WHERE run_id = '{run_id}' GROUP BY delivery"
        );
        let rows = world.rows().await.ask::<3>(&sql).await;
        let parcels = rows.iter().map(|[way, recipients, count]| {
            assert_eq!(recipients, count, "{way} of {run_id}: one row for each recipient");
            (way.clone(), count.parse().unwrap())
        });
        assert_eq!(
            parcels.collect::<BTreeMap<_, _>>(),
            wanted,
            "{} {nominal}",
            job.name
        );
    }
    rows.len()
}

/// A row of the outbox.
struct Parcel {
    way: String,
    recipient: String,
    place: String,
    key: String,
    sha256: String,
    /// Whether an operator has to find out if it arrived.
    is_unknown: bool,
    /// Attempts of which nobody knows what became of them.
    doubts: usize,
    attempts: usize,
}

async fn parcels(world: &mut World) -> Vec<Parcel> {
    let sql = format!(
        "SELECT delivery, recipient, place, key, sha256, CASE WHEN {UNKNOWN} THEN 'unknown' ELSE state END, \
         (SELECT CAST(count(*) AS TEXT) FROM attempts WHERE delivery_id = deliveries.id AND coalesce(outcome, 'ambiguous') = 'ambiguous'), \
         CAST(attempts AS TEXT) FROM deliveries"
    );
    let rows = world.rows().await.ask::<8>(&sql).await;
    let parcel = |[way, recipient, place, key, sha256, state, doubts, attempts]: [String; 8]| {
        assert!(
            ["acked", "unknown"].contains(&state.as_str()),
            "{way} to {recipient}: {state}"
        );
        Parcel {
            way,
            recipient,
            place,
            key,
            sha256,
            is_unknown: state == "unknown",
            doubts: doubts.parse().unwrap(),
            attempts: attempts.parse().unwrap(),
        }
    };
    rows.into_iter().map(parcel).collect()
}

/// Everybody has what the store says, byte for byte, and twice only what the store says nobody knew of.
fn receivers(world: &mut World, parcels: &[Parcel], tally: &mut Tally) {
    let known: BTreeSet<&str> = parcels.iter().map(|parcel| parcel.key.as_str()).collect();
    for (way, ledger, key_of) in [
        ("mail", &world.smtp.ledger, key_of_mail as fn(&str) -> &str),
        ("post", &world.smtp.ledger, key_of_mail),
        ("hook", &world.hook.ledger, key_of_event),
    ] {
        for entry in ledger.entries().iter().filter(|entry| !is_bulletin(&entry.key)) {
            assert!(known.contains(key_of(&entry.key)), "{way}: nobody sent {entry:?}");
        }
        for parcel in parcels.iter().filter(|parcel| parcel.way == way) {
            let entries = ledger.entries();
            let mut arrived = entries
                .iter()
                .filter(|entry| key_of(&entry.key) == parcel.key)
                .peekable();
            assert!(
                parcel.is_unknown || arrived.peek().is_some(),
                "{way} to {} is lost",
                parcel.recipient
            );
            for entry in arrived {
                assert_eq!(
                    entry.sha256, parcel.sha256,
                    "{way} to {}: other bytes",
                    parcel.recipient
                );
            }
            assert!(
                parcel.is_unknown || taken(ledger, parcel, key_of) > 0,
                "{way} to {} was never taken",
                parcel.recipient
            );
            tally.doubts += parcel.doubts;
        }
        for copy in ledger.duplicates() {
            let parcel = parcels
                .iter()
                .find(|parcel| parcel.way == way && parcel.key == key_of(&copy.key));
            let Some(parcel) = parcel else { continue };
            assert!(
                is_excused(&copy, parcel),
                "{way}: {copy:?}, {} doubts of {}",
                parcel.doubts,
                parcel.attempts
            );
            tally.copies += copy.copies - 1;
        }
    }
}

fn taken(ledger: &Ledger, parcel: &Parcel, key_of: fn(&str) -> &str) -> usize {
    ledger
        .keys()
        .iter()
        .filter(|key| key_of(key) == parcel.key)
        .count()
}

fn is_excused(copy: &Duplicate, parcel: &Parcel) -> bool {
    copy.identical && copy.copies <= 1 + parcel.doubts && parcel.doubts <= 2
}

/// The owner hears of each failure once, of the same bulletin twice at most, and nothing else.
async fn owners(world: &mut World) {
    // What a service says of itself, such as that its connection broke, may be told after its end.
    let untold = "SELECT coalesce(bulletin, 'none'), text FROM notices WHERE job IS NOT NULL AND (bulletin IS NULL \
         OR bulletin NOT IN (SELECT key FROM bulletins WHERE state = 'acked'))";
    assert_eq!(world.rows().await.ask::<2>(untold).await, [] as [[String; 2]; 0]);
    let failures = "SELECT run_id FROM runs WHERE state = 'failed' AND 1 <> \
         (SELECT count(*) FROM notices WHERE notices.run_id = runs.run_id AND kind IN ('failed', 'ambiguous'))";
    assert_eq!(
        world.rows().await.ask::<1>(failures).await,
        [] as [[String; 1]; 0],
        "told once each"
    );
    let bulletins = world
        .rows()
        .await
        .ask::<1>("SELECT key FROM bulletins WHERE state = 'acked'")
        .await
        .len();
    let told: Vec<String> = world
        .smtp
        .ledger
        .keys()
        .into_iter()
        .filter(|key| is_bulletin(key))
        .collect();
    assert!(told.len() >= bulletins, "{bulletins} bulletins, and {told:?}");
    for copy in world
        .smtp
        .ledger
        .duplicates()
        .iter()
        .filter(|copy| is_bulletin(&copy.key))
    {
        assert!(copy.identical && copy.copies == 2, "{copy:?}");
    }
}

fn is_bulletin(key: &str) -> bool {
    key.ends_with(" owner@example.com")
}

/// `<KEY@DOMAIN> RECIPIENT`.
fn key_of_mail(key: &str) -> &str {
    key.trim_start_matches('<').split('@').next().unwrap()
}

fn key_of_event(key: &str) -> &str {
    key
}

/// Exactly the files that were dropped, whole, and nothing else, hidden or not.
fn folders(world: &World, parcels: &[Parcel]) {
    let dropped = parcels
        .iter()
        .filter(|parcel| parcel.way == "drop")
        .map(|parcel| {
            let path = Path::new(&parcel.place).join(&parcel.recipient);
            (path, parcel.sha256.clone())
        });
    let found = tree(&world.path("drop")).into_iter().map(|path| {
        let sha256 = hex_sha256(&fs::read(&path).unwrap());
        (path, sha256)
    });
    assert_eq!(
        found.collect::<BTreeMap<_, _>>(),
        dropped.collect(),
        "what lies in the folders"
    );
}

/// `verify` finds every byte as stored, `replay` makes every run again.
async fn proofs(world: &mut World) {
    let data = world.path("data");
    let store = match world.url() {
        None => Store::open(&data).await.unwrap(),
        Some(url) => Store::connect(url, &data).await.unwrap(),
    };
    let verified = verify(&store, None).await.unwrap();
    assert_eq!(verified.mismatches, [], "verify");
    for run in store.runs(&RunFilter::default(), 1000).await.unwrap() {
        if run.state == RunState::Delivered && !run.snapshot_cleared {
            let replayed = replay(&store, &run.run_id).await.unwrap();
            assert!(replayed.identical(), "{replayed:?}");
        }
    }
}

/// Every file below a folder.
pub fn tree(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten();
    let paths = entries.map(|entry| entry.unwrap().path());
    paths
        .flat_map(|path| if path.is_dir() { tree(&path) } else { vec![path] })
        .collect()
}
