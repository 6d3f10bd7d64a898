//! The heart on a clock that tests move, against an independent walk over every minute.

use super::super::shared::{Current, current};
use super::*;
use crate::run::perform::Engine;
use crate::run::store::testing::{On, Place, Recorder, at, cases, execute, number, store, take_away, texts};
use crate::schedule::clock::ManualClock;
use chrono::{Datelike as _, NaiveDateTime, Timelike as _};
use chrono_tz::Tz;

mod clocks;
mod downtime;
mod edits;
mod refusals;

/// One job of a configuration.
#[derive(Debug, Clone)]
struct Job {
    name: String,
    schedule: &'static str,
    zone: &'static str,
    period: &'static str,
    catch_up: &'static str,
}

fn job(name: &str, schedule: &'static str, period: &'static str) -> Job {
    Job {
        name: name.to_owned(),
        schedule,
        zone: "Europe/Madrid",
        period,
        catch_up: "all",
    }
}

/// A service's heart, its store and what it handed out.
struct World {
    place: Place,
    store: Store,
    clock: ManualClock,
    recorder: Arc<Recorder>,
    heart: Heart,
    current: Current,
}

impl World {
    async fn begin(on: On, jobs: &[Job], now: &str) -> Self {
        let (place, store) = store(on).await;
        let (clock, recorder) = (ManualClock::at(at(now)), Arc::new(Recorder::default()));
        let heart = Heart::new(store.clone(), recorder.clone(), clock.now(), clock.since_boot());
        let heart = heart.await.unwrap();
        let current = plan(&place, &store, &clock, jobs);
        let mut world = Self {
            place,
            store,
            clock,
            recorder,
            heart,
            current,
        };
        world.adopt(jobs).await;
        world
    }

    /// The configuration is read again.
    async fn adopt(&mut self, jobs: &[Job]) {
        self.current = plan(&self.place, &self.store, &self.clock, jobs);
        match self.heart.adopt(&self.current).await {
            Ok(()) | Err(Halt::Clock(_)) => {}
            Err(Halt::Store(error)) => panic!("{error}"),
        }
    }

    /// The service is started anew.
    async fn restart(&mut self, jobs: &[Job]) {
        let (now, since_boot) = (self.clock.now(), self.clock.since_boot());
        let heart = Heart::new(self.store.clone(), self.recorder.clone(), now, since_boot);
        self.heart = heart.await.unwrap();
        self.adopt(jobs).await;
    }

    async fn beat(&mut self) -> Result<(), Halt> {
        self.heart.beat(&self.current).await?;
        self.store.note_beat(self.clock.now()).await.unwrap();
        // Somebody works what was handed out.
        execute(
            &self.store,
            "UPDATE runs SET state = 'delivered' WHERE state = 'queued'",
        )
        .await;
        Ok(())
    }

    /// Lets time pass up to this instant, with a beat whenever something falls due, and one at the end.
    async fn live_until(&mut self, until: DateTime<Utc>) {
        loop {
            let next = self.heart.next().map_or(until, |next| next.min(until));
            let passes = (next - self.clock.now()).to_std().unwrap_or_default();
            self.clock.advance(passes);
            self.beat().await.unwrap();
            if self.clock.now() >= until {
                return;
            }
        }
    }

    /// Nominal times of a job that are written down, oldest first: those that run, and those that do not.
    async fn written(&self, job: &str) -> (Vec<String>, Vec<String>) {
        let runs = "SELECT nominal AS t FROM occurrences WHERE job = $1 AND run_id IS NOT NULL ORDER BY due_at, fold";
        let missed = "SELECT nominal AS t FROM occurrences WHERE job = $1 AND missed IS NOT NULL ORDER BY due_at, fold";
        (
            texts(&self.store, runs, job).await,
            texts(&self.store, missed, job).await,
        )
    }

    /// Forgets everything, so that the next case begins anew.
    async fn wipe(&self) {
        for table in [
            "DELETE FROM occurrences",
            "DELETE FROM runs",
            "DELETE FROM jobs",
            "DELETE FROM notices",
            "DELETE FROM facts",
        ] {
            execute(&self.store, table).await;
        }
        self.recorder.taken();
    }
}

fn plan(place: &Place, store: &Store, clock: &ManualClock, jobs: &[Job]) -> Current {
    let mut text = String::from(
        "[service]\nowner = [\"finops@example.com\"]\n[sources.usage.usage_file]\npath = \"usage/*.csv\"\n\
         [deliveries.drop.file_drop]\npath = \"drop\"\n\
         [jobs.by-hand]\nsources = [\"usage\"]\nperiod = \"previous_month\"\nformats = [\"csv\"]\n[jobs.by-hand.report.full]\n",
    );
    for job in jobs {
        let Job {
            name,
            schedule,
            zone,
            period,
            catch_up,
        } = job;
        let one = format!(
            "[jobs.{name}]\nschedule = \"{schedule}\"\ntimezone = \"{zone}\"\nperiod = \"{period}\"\ncatch_up = \"{catch_up}\"\n\
             sources = [\"usage\"]\nformats = [\"csv\"]\ndeliveries = [\"drop\"]\n[jobs.{name}.report.full]\n"
        );
        text += &one;
    }
    let plan = crate::config::load_text("reportwire.toml", &text, place.dir(), &[], &BTreeMap::new());
    current(Engine::new(plan.unwrap(), store.clone(), Arc::new(clock.clone())))
}

/// Every minute after `after` and up to `until` at which a local time is as asked for: found by looking at each.
fn walk(
    zone: &str,
    after: DateTime<Utc>,
    until: DateTime<Utc>,
    asked: impl Fn(NaiveDateTime) -> bool,
) -> Vec<(NaiveDateTime, DateTime<Utc>)> {
    let zone: Tz = zone.parse().unwrap();
    let mut minute = after.with_second(0).unwrap().with_nanosecond(0).unwrap();
    let mut found = Vec::new();
    while minute <= until {
        let local = minute.with_timezone(&zone).naive_local();
        if minute > after && asked(local) {
            found.push((local, minute));
        }
        minute += TimeDelta::minutes(1);
    }
    found
}

fn written_as(nominal: NaiveDateTime) -> String {
    nominal.format("%Y-%m-%dT%H:%M:%S").to_string()
}

/// Numbers that look random and are the same every time.
struct Dice(u64);

impl Dice {
    /// A number below `sides`.
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }
}
