//! What happens in the world of the kill matrix: four days that nobody served, then some time later the old files go.

use crate::books::{self, Job};
use crate::oracle::Rule;
use crate::service::Service;
use crate::world::{Base, World, tail};
use chrono::{DateTime, NaiveTime, Utc, Weekday};
use std::path::Path;
use std::process::ExitStatus;
use std::sync::OnceLock;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// In which life of the service something happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stage {
    /// The first start, on an empty folder.
    Start,
    /// Everything that fell due while nothing ran.
    Work,
    /// The same, with a job that fails and an owner who hears of it.
    Trouble,
    /// Three days later: new work, old files, and then somebody tells it to stop.
    Old,
}

const JOBS: &str = r#"
[jobs.monthly]
schedule = "0 7 1 * *"
sources = ["usage"]
period = "previous_month"
formats = ["csv", "json"]
deliveries = ["mail", "hook", "drop"]
[jobs.monthly.report.full]

[jobs.weekly]
schedule = "30 6 * * MON"
sources = ["usage"]
period = "previous_week"
formats = ["csv"]
deliveries = ["drop"]
[jobs.weekly.report.full]

[jobs.daily]
schedule = "0 6 * * *"
sources = ["usage"]
period = "month_to_date"
formats = ["csv"]
deliveries = ["hook"]
[jobs.daily.report.full]
"#;

const BROKEN: &str = r#"
[jobs.broken]
schedule = "0 5 * * MON"
sources = ["lost"]
period = "previous_week"
formats = ["csv"]
deliveries = ["drop"]
[jobs.broken.report.full]
"#;

/// How long the end may take that somebody asked for.
const STOPS_WITHIN: Duration = Duration::from_secs(30);

pub fn begins() -> DateTime<Utc> {
    "2026-10-30T12:00:00Z".parse().unwrap()
}

pub fn works() -> DateTime<Utc> {
    "2026-11-02T08:00:00Z".parse().unwrap()
}

fn is_old() -> DateTime<Utc> {
    "2026-11-05T12:00:00Z".parse().unwrap()
}

pub fn jobs(stage: Stage) -> Vec<Job> {
    let at = |hour, minute| NaiveTime::from_hms_opt(hour, minute, 0).unwrap();
    let job = |name, rule, period, parcels| Job {
        name,
        rule,
        period,
        parcels,
        fails: false,
        may_be_unknown: false,
    };
    let mut jobs = vec![
        job(
            "monthly",
            Rule::Monthly(1, at(7, 0)),
            Some(books::month_before as fn(_) -> _),
            &[("mail", 2), ("hook", 1), ("drop", 3)],
        ),
        job(
            "weekly",
            Rule::Weekly(Weekday::Mon, at(6, 30)),
            Some(books::week_before),
            &[("drop", 2)],
        ),
        job("daily", Rule::Daily(at(6, 0)), None, &[("hook", 1)]),
    ];
    if stage == Stage::Trouble {
        jobs.push(Job {
            fails: true,
            may_be_unknown: false,
            ..job(
                "broken",
                Rule::Weekly(Weekday::Mon, at(5, 0)),
                Some(books::week_before),
                &[],
            )
        });
    }
    jobs
}

/// A world before its first start.
pub async fn empty(base: Base, stage: Stage) -> World {
    let broken = if stage == Stage::Trouble { BROKEN } else { "" };
    let world = World::new(base, begins(), &format!("{JOBS}{broken}")).await;
    world.busy_at_first();
    world
}

/// A world in which the service has been started once. The embedded ones are copies of one.
pub async fn started(base: Base, stage: Stage) -> World {
    static ONCE: OnceLock<[tokio::sync::OnceCell<TempDir>; 2]> = OnceLock::new();
    let world = empty(base, stage).await;
    if base == Base::Postgres {
        start(&world, None);
        return world;
    }
    let once = &ONCE.get_or_init(Default::default)[usize::from(stage == Stage::Trouble)];
    let kept = once
        .get_or_init(|| async {
            let first = empty(base, stage).await;
            start(&first, None);
            let kept = tempfile::tempdir().unwrap();
            crate::world::copy(&first.path("data"), kept.path());
            kept
        })
        .await;
    world.continue_from(kept.path());
    world
}

/// The first start; it is killed as soon as it serves.
fn start(world: &World, hits: Option<&Path>) {
    let launch = hits
        .into_iter()
        .fold(world.launch(), super::service::Launch::fail_log);
    let mut service = launch.start();
    service.wait_for("serving");
    service.kill();
}

/// Where something is to go wrong: nowhere, or at the n-th hit of a point.
pub type Kill<'a> = Option<(&'a str, u64)>;

/// One life of the service, up to its end: by a kill at a point, by SIGTERM in the last stage, else by SIGKILL once all is quiet.
pub async fn live(
    world: &mut World,
    stage: Stage,
    kill: Kill<'_>,
    hits: Option<&Path>,
) -> Option<ExitStatus> {
    let mut launch = world.launch();
    if let Some((point, nth)) = kill {
        launch = launch.fail_at(point, nth);
    }
    if let Some(hits) = hits {
        launch = launch.fail_log(hits);
    }
    let mut service = launch.start();
    let ended = match world.settle(&mut service).await {
        None if stage == Stage::Old => age(world, &mut service).await,
        ended => ended,
    };
    if let Some(ended) = ended {
        return Some(ended);
    }
    if let Some(hits) = hits {
        heard_out(hits, &service).await;
    }
    service.kill();
    None
}

/// Waits until whoever took a bulletin has come to its last point, which is after the row that says that it was told.
async fn heard_out(hits: &Path, service: &Service) {
    let since = Instant::now();
    loop {
        let text = std::fs::read_to_string(hits).unwrap();
        let count = |point| text.lines().filter(|line| *line == point).count();
        if count("bulletin_taken") == count("told") {
            return;
        }
        assert!(
            since.elapsed() < Duration::from_mins(1),
            "a bulletin stays on its way\n{}",
            tail(service)
        );
        tokio::time::sleep(Duration::from_millis(4)).await;
    }
}

/// Waits until the old files are gone and the minute was noted, then stops the service as an operator does.
async fn age(world: &mut World, service: &mut Service) -> Option<ExitStatus> {
    let since = Instant::now();
    let left = "SELECT run_id FROM runs WHERE finished_at < '2026-11-03' AND snapshot_cleared_at IS NULL \
         UNION ALL SELECT 'no beat' WHERE NOT EXISTS (SELECT 1 FROM facts WHERE name = 'beat' AND value > '2026-11-05')";
    while !world.rows().await.ask::<1>(left).await.is_empty() {
        if let Some(ended) = service.ended() {
            return Some(ended);
        }
        assert!(
            since.elapsed() < Duration::from_mins(1),
            "old files stay\n{}",
            tail(service)
        );
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    service.term();
    Some(service.wait_exit(STOPS_WITHIN))
}

/// Brings a world to the beginning of a stage, undisturbed.
pub async fn bring_to(base: Base, stage: Stage) -> World {
    if stage == Stage::Start {
        return empty(base, stage).await;
    }
    let mut world = started(base, stage).await;
    world.set_clock(works());
    if stage == Stage::Old {
        assert_eq!(live(&mut world, Stage::Work, None, None).await, None);
        world.set_clock(is_old());
    }
    world
}

/// Ends a world well: everything that is due by the end of its stage.
pub async fn finish(world: &mut World, stage: Stage) {
    if stage == Stage::Start {
        start(world, None);
        world.set_clock(works());
    } else {
        world.set_clock(world.now + chrono::TimeDelta::seconds(61));
    }
    let ended = live(world, stage, None, None).await;
    assert_eq!(
        ended.map(|status| status.code()),
        (stage == Stage::Old).then_some(Some(0)),
        "{stage:?}"
    );
}

/// The points that an undisturbed life of this stage passes, in order, each as often as it does.
pub async fn hits(base: Base, stage: Stage) -> Vec<String> {
    let mut world = bring_to(base, stage).await;
    let log = world.path("hits");
    if stage == Stage::Start {
        start(&world, Some(&log));
    } else {
        live(&mut world, stage, None, Some(&log)).await;
    }
    let text = std::fs::read_to_string(log).unwrap();
    text.lines().map(str::to_owned).collect()
}
