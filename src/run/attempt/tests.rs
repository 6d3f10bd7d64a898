//! The attempt loop against far ends that follow a script, on a clock that waits for nobody.

use super::patience::{ceiling, pause};
use super::*;
use crate::delivery::{Bulletin, Edition, Pace, Receipt};
use crate::run::state::RunState;
use crate::run::store::testing::{
    On, Place, execute, frozen, noon, on_both_databases, outlive_leases, store, texts,
};
use crate::schedule::clock::ManualClock;
use DeliveryState::{Acked, Ambiguous, Dead, RetryWait, Superseded};
use async_trait::async_trait;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

mod revisions;
mod service;

on_both_databases! {
    a_bad_recipient_never_blocks_or_remails_the_others,
    only_the_named_deliveries_are_tried,
    a_delivery_that_left_the_configuration_says_so,
    bytes_that_were_changed_on_disk_are_not_sent,
    a_run_that_was_taken_over_sends_nothing_more,
    an_answer_is_kept_although_the_database_is_away_when_it_comes,
}

/// One scripted answer of a far end.
#[derive(Debug, Clone)]
enum Answer {
    Ok,
    Busy,
    BusyFor(u64),
    Refused,
    Lost,
    Never,
    Gone,
    /// Takes it, and while it does an operator says that everything doubtful has arrived.
    Resolved,
    /// Takes it, and while it does a newer revision is frozen for `b@x` and the hook.
    Replaced,
    /// Is busy, and while it says so a newer revision is frozen for `a@x`.
    ReplacedAndBusy,
    /// Takes it after so many seconds.
    OkAfter(u64),
    /// Takes it, and from then on the database refuses outcomes.
    OkAndTrouble,
}

/// Everything that far ends were sent, in order: delivery, recipient, key, bytes.
type Log = Arc<Mutex<Vec<(String, Parcel)>>>;

/// A delivery that answers each recipient as scripted, then `Ok`.
#[derive(Debug)]
struct Scripted {
    name: String,
    script: Mutex<BTreeMap<String, VecDeque<Answer>>>,
    log: Log,
    store: Store,
}

#[async_trait]
impl Delivery for Scripted {
    fn compose(&self, _edition: &Edition) -> Result<Vec<Parcel>, DeliveryError> {
        Ok(Vec::new())
    }

    fn compose_bulletin(&self, _bulletin: &Bulletin) -> Result<Vec<Parcel>, DeliveryError> {
        Ok(Vec::new())
    }

    fn host(&self) -> String {
        self.name.clone()
    }

    fn repeats(&self) -> u32 {
        match self.name.as_str() {
            "signed" | "letter" => 1,
            "drop" => u32::MAX,
            _ => 0,
        }
    }

    fn spacing(&self) -> Duration {
        Duration::from_secs(u64::from(self.name == "chat"))
    }

    fn pace(&self) -> Pace {
        if ["mail", "letter"].contains(&self.name.as_str()) {
            Pace::Mail
        } else {
            Pace::Other
        }
    }

    async fn probe(&self) -> Result<(), DeliveryError> {
        Ok(())
    }

    async fn deliver(&self, parcel: &Parcel) -> Result<Receipt, DeliveryError> {
        self.log.lock().unwrap().push((self.name.clone(), parcel.clone()));
        let answer = self
            .script
            .lock()
            .unwrap()
            .get_mut(&parcel.recipient)
            .and_then(VecDeque::pop_front)
            .unwrap_or(Answer::Ok);
        let failed = |recourse| DeliveryError {
            reason: format!("{answer:?}"),
            far_end: match recourse {
                Recourse::Permanent | Recourse::Gone => FarEnd::Well,
                Recourse::Retry { .. } | Recourse::Ambiguous => FarEnd::Troubled,
            },
            recourse,
        };
        match answer {
            Answer::Ok => Ok(Receipt { proof: "ok".into() }),
            Answer::Busy => Err(failed(Recourse::Retry { after: None })),
            Answer::BusyFor(seconds) => Err(failed(Recourse::Retry {
                after: Some(Duration::from_secs(seconds)),
            })),
            Answer::Refused => Err(failed(Recourse::Permanent)),
            Answer::Lost => Err(failed(Recourse::Ambiguous)),
            Answer::Never => std::future::pending().await,
            Answer::Gone => Err(failed(Recourse::Gone)),
            Answer::Resolved => {
                let sql = "SELECT run_id AS t FROM runs WHERE job = $1";
                let run_id = texts(&self.store, sql, "monthly").await.remove(0);
                let rows = self.store.deliveries(&run_id).await.unwrap();
                for row in rows.iter().filter(|row| row.state == Ambiguous) {
                    self.store.resolve(row, true, noon()).await.unwrap();
                }
                Ok(Receipt { proof: "ok".into() })
            }
            Answer::Replaced => {
                frozen(&self.store, &[("hook", &["h"]), ("mail", &["b@x"])]).await;
                Ok(Receipt { proof: "ok".into() })
            }
            Answer::ReplacedAndBusy => {
                frozen(&self.store, &[("letter", &["a@x"])]).await;
                Err(failed(Recourse::Retry { after: None }))
            }
            Answer::OkAfter(seconds) => {
                tokio::time::sleep(Duration::from_secs(seconds)).await;
                Ok(Receipt { proof: "ok".into() })
            }
            Answer::OkAndTrouble => {
                refuse_outcomes(&self.store, true).await;
                Ok(Receipt { proof: "ok".into() })
            }
        }
    }
}

type Script<'a> = &'a [(&'a str, &'a [(&'a str, &'a [Answer])])];

/// A frozen run, its far ends and what they saw.
struct World {
    place: Place,
    store: Store,
    run: Run,
    ways: BTreeMap<String, Box<dyn Delivery>>,
    log: Log,
    clock: ManualClock,
    hosts: Arc<Hosts>,
}

impl World {
    async fn new(script: Script<'_>) -> Self {
        Self::on(On::Sqlite, script).await
    }

    async fn on(on: On, script: Script<'_>) -> Self {
        let (place, store) = store(on).await;
        let recipients: Vec<(&str, Vec<&str>)> = script
            .iter()
            .map(|(name, rows)| (*name, rows.iter().map(|(to, _)| *to).collect()))
            .collect();
        let deliveries: Vec<(&str, &[&str])> = recipients
            .iter()
            .map(|(name, to)| (*name, to.as_slice()))
            .collect();
        let run = frozen(&store, &deliveries).await;
        store
            .advance(&run.run_id, run.fence, RunState::Frozen, RunState::Delivering)
            .await
            .unwrap();
        let log = Log::default();
        let ways = script.iter().map(|(name, rows)| {
            let answers = rows
                .iter()
                .map(|(to, answers)| ((*to).to_owned(), answers.to_vec().into()));
            let delivery = Box::new(Scripted {
                name: (*name).to_owned(),
                script: Mutex::new(answers.collect()),
                log: log.clone(),
                store: store.clone(),
            });
            ((*name).to_owned(), delivery as Box<dyn Delivery>)
        });
        Self {
            ways: ways.collect(),
            log,
            clock: ManualClock::at(noon()),
            hosts: Arc::new(Hosts::new(1)),
            place,
            store,
            run,
        }
    }

    async fn deliver(&self, only: &[&str], wait_secs: u64) -> RunState {
        let only: Vec<String> = only.iter().map(|&name| name.to_owned()).collect();
        let effort = Effort::for_command(Duration::from_secs(wait_secs), self.hosts.clone());
        let chosen = |row: &OutboxRow| only.is_empty() || only.contains(&row.delivery);
        deliver_all(
            &self.store,
            &self.run,
            &open_ways(&self.ways),
            chosen,
            &effort,
            &self.clock,
        )
        .await
        .unwrap();
        self.store
            .conclude(&self.run.run_id, self.run.fence, noon(), vec![])
            .await
            .unwrap()
    }

    async fn resend(&mut self) -> RunState {
        self.run = self.store.claim(&self.run.run_id, noon()).await.unwrap();
        self.deliver(&[], 0).await
    }

    /// State and attempts of each recipient, in order.
    async fn rows(&self) -> Vec<(DeliveryState, u32)> {
        let rows = self.store.deliveries(&self.run.run_id).await.unwrap();
        rows.iter().map(|row| (row.state, row.attempts)).collect()
    }

    fn seen(&self) -> Vec<String> {
        self.log
            .lock()
            .unwrap()
            .iter()
            .map(|(_, parcel)| parcel.recipient.clone())
            .collect()
    }
}

async fn a_bad_recipient_never_blocks_or_remails_the_others(on: On) {
    let world = World::on(
        on,
        &[(
            "mail",
            &[
                ("bad@x", &[Answer::Refused]),
                ("good@x", &[]),
                ("lost@x", &[Answer::Lost]),
                ("also@x", &[]),
            ],
        )],
    )
    .await;
    assert_eq!(world.deliver(&[], 60).await, RunState::PartiallyDelivered);
    assert_eq!(
        world.rows().await,
        [(Dead, 1), (Acked, 1), (Ambiguous, 1), (Acked, 1)]
    );
    assert_eq!(world.seen(), ["bad@x", "good@x", "lost@x", "also@x"]);
}

#[tokio::test(start_paused = true)]
async fn a_retry_within_the_wait_is_made_with_the_same_bytes_and_key() {
    let world = World::new(&[("hook", &[("h", &[Answer::BusyFor(7), Answer::BusyFor(0)])])]).await;
    let begun = Instant::now();
    assert_eq!(world.deliver(&[], 60).await, RunState::Delivered);
    assert_eq!(world.rows().await, [(Acked, 3)]);
    assert!(
        begun.elapsed() >= Duration::from_secs(8),
        "seven, then at least one"
    );
    let log = world.log.lock().unwrap();
    assert!(log.iter().all(|sent| *sent == log[0]));
}

#[tokio::test(start_paused = true)]
async fn what_does_not_fit_the_wait_is_left_and_resend_ends_it() {
    let mut world = World::new(&[
        ("hook", &[("h", &[Answer::BusyFor(3600)])]),
        ("mail", &[("a@x", &[]), ("b@x", &[Answer::Lost])]),
    ])
    .await;
    assert_eq!(world.deliver(&[], 60).await, RunState::PartiallyDelivered);
    assert_eq!(world.rows().await, [(RetryWait, 1), (Acked, 1), (Ambiguous, 1)]);
    let row = world.store.deliveries(&world.run.run_id).await.unwrap().remove(0);
    assert_eq!(row.next_attempt_at, Some(noon() + chrono::Duration::hours(1)));
    assert_eq!(world.resend().await, RunState::Delivered);
    assert_eq!(world.rows().await, [(Acked, 2), (Acked, 1), (Acked, 2)]);
    assert_eq!(
        world.resend().await,
        RunState::Delivered,
        "nothing is left to send"
    );
    assert_eq!(world.seen().len(), 5);
}

#[tokio::test(start_paused = true)]
async fn a_far_end_that_never_answers_is_ambiguous_and_holds_nobody_up() {
    let world = World::new(&[
        ("a", &[("h", &[Answer::Never])]),
        ("b", &[("x@x", &[]), ("y@x", &[])]),
    ])
    .await;
    let begun = Instant::now();
    assert_eq!(world.deliver(&[], 5).await, RunState::PartiallyDelivered);
    assert_eq!(world.rows().await, [(Ambiguous, 1), (Acked, 1), (Acked, 1)]);
    assert!(begun.elapsed() < LONGEST_ATTEMPT * 2);
}

#[tokio::test(start_paused = true)]
async fn a_far_end_that_takes_its_time_is_not_cut_off_by_whoever_waits_for_less() {
    let world = World::new(&[("mail", &[("a@x", &[Answer::OkAfter(9 * 60)])])]).await;
    assert_eq!(world.deliver(&[], 5).await, RunState::Delivered);
    assert_eq!(world.rows().await, [(Acked, 1)]);
}

#[tokio::test(start_paused = true)]
async fn everyone_gets_one_try_but_the_rest_does_not_wait_for_a_server_that_hangs() {
    let world = World::new(&[("mail", &[("a@x", &[]), ("b@x", &[Answer::Busy]), ("c@x", &[])])]).await;
    assert_eq!(world.deliver(&[], 0).await, RunState::PartiallyDelivered);
    assert_eq!(world.rows().await, [(Acked, 1), (RetryWait, 1), (Acked, 1)]);
    let world = World::new(&[("mail", &[("a@x", &[]), ("b@x", &[Answer::Never]), ("c@x", &[])])]).await;
    assert_eq!(world.deliver(&[], 0).await, RunState::PartiallyDelivered);
    assert_eq!(world.rows().await, [(Acked, 1), (Ambiguous, 1), (RetryWait, 0)]);
}

#[tokio::test(start_paused = true)]
async fn a_manifest_waits_until_its_files_lie_there() {
    let drop: Script<'_> = &[(
        "drop",
        &[
            ("m.csv", &[Answer::BusyFor(2)]),
            ("m.xlsx", &[]),
            ("m.manifest.json", &[]),
        ],
    )];
    let world = World::new(drop).await;
    assert_eq!(world.deliver(&[], 60).await, RunState::Delivered);
    assert_eq!(world.seen(), ["m.csv", "m.xlsx", "m.csv", "m.manifest.json"]);

    let mut world = World::new(drop).await;
    assert_eq!(world.deliver(&[], 0).await, RunState::PartiallyDelivered);
    assert_eq!(world.seen(), ["m.csv", "m.xlsx"]);
    assert_eq!(world.resend().await, RunState::Delivered);
    assert_eq!(world.seen(), ["m.csv", "m.xlsx", "m.csv", "m.manifest.json"]);

    let world = World::new(&[("drop", &[("m.csv", &[Answer::Refused]), ("m.manifest.json", &[])])]).await;
    assert_eq!(world.deliver(&[], 60).await, RunState::Failed);
    assert_eq!(world.rows().await, [(Dead, 1), (Dead, 0)], "it can never come");
}

async fn only_the_named_deliveries_are_tried(on: On) {
    let world = World::on(on, &[("a", &[("h", &[])]), ("b", &[("x@x", &[])])]).await;
    assert_eq!(world.deliver(&["b"], 60).await, RunState::PartiallyDelivered);
    assert_eq!(world.seen(), ["x@x"]);
}

async fn a_delivery_that_left_the_configuration_says_so(on: On) {
    let mut world = World::on(on, &[("a", &[("h", &[])]), ("b", &[("x@x", &[])])]).await;
    world.ways.remove("a");
    assert_eq!(world.deliver(&[], 60).await, RunState::PartiallyDelivered);
    let row = world.store.deliveries(&world.run.run_id).await.unwrap().remove(0);
    assert_eq!((row.state, row.attempts), (RetryWait, 0));
    assert!(row.error.unwrap().contains("no delivery `a`"));
}

#[tokio::test(start_paused = true)]
async fn what_is_put_off_keeps_what_its_far_end_said_and_when_it_is_due() {
    let mut world = World::new(&[(
        "mail",
        &[
            ("a@x", &[Answer::Busy, Answer::Never]),
            ("b@x", &[Answer::BusyFor(3600)]),
        ],
    )])
    .await;
    world.deliver(&[], 0).await;
    world.resend().await;
    assert_eq!(world.rows().await, [(Ambiguous, 2), (RetryWait, 1)]);
    let second = async |world: &World| world.store.deliveries(&world.run.run_id).await.unwrap().remove(1);
    let due = Some(noon() + chrono::Duration::hours(1));
    let row = second(&world).await;
    assert_eq!(
        (row.error.as_deref(), row.next_attempt_at),
        (Some("BusyFor(3600)"), due)
    );

    world.ways.remove("mail");
    world.resend().await;
    let row = second(&world).await;
    assert!(row.error.unwrap().contains("no delivery `mail`"));
    assert_eq!(row.next_attempt_at, due);

    // Back in the configuration, but out of turn: that it was away is no longer true.
    let script = BTreeMap::from([("a@x".to_owned(), VecDeque::from([Answer::Never]))]);
    world.ways.insert(
        "mail".to_owned(),
        Box::new(Scripted {
            name: "mail".to_owned(),
            script: Mutex::new(script),
            log: world.log.clone(),
            store: world.store.clone(),
        }),
    );
    world.resend().await;
    assert_eq!(second(&world).await.error.as_deref(), Some("BusyFor(3600)"));
}

async fn bytes_that_were_changed_on_disk_are_not_sent(on: On) {
    let world = World::on(on, &[("mail", &[("a@x", &[])])]).await;
    let row = world.store.deliveries(&world.run.run_id).await.unwrap().remove(0);
    std::fs::write(&row.content_path, "forged").unwrap();
    assert_eq!(world.deliver(&[], 60).await, RunState::Failed);
    assert_eq!(world.rows().await, [(Dead, 1)]);
    assert!(world.seen().is_empty());
}

/// A backfill sends one report after the other; a chat that takes one a second would refuse most of them.
#[tokio::test(start_paused = true)]
async fn what_commands_send_keeps_the_pace_of_its_far_end_from_run_to_run() {
    let chats: Script<'_> = &[("chat", &[("#board", &[]), ("#finance", &[])])];
    let october = World::new(chats).await;
    let mut november = World::new(chats).await;
    november.hosts = october.hosts.clone();
    let begun = Instant::now();
    for month in [&october, &november] {
        assert_eq!(month.deliver(&[], 0).await, RunState::Delivered);
    }
    let elapsed = begun.elapsed();
    assert!(elapsed >= Duration::from_secs(3), "four within {elapsed:?}");
    let others = World::new(&[("hook", &[("a", &[]), ("b", &[]), ("c", &[])])]).await;
    let begun = Instant::now();
    assert_eq!(others.deliver(&[], 0).await, RunState::Delivered);
    assert!(begun.elapsed() < Duration::from_secs(1), "nobody asked for that");
}

async fn a_run_that_was_taken_over_sends_nothing_more(on: On) {
    let world = World::on(on, &[("hook", &[("h", &[])])]).await;
    outlive_leases(&world.store).await;
    let other = world.place.store_of("other").await;
    other.claim(&world.run.run_id, noon()).await.unwrap();
    let wait = Duration::from_secs(1);
    let error = deliver_all(
        &world.store,
        &world.run,
        &open_ways(&world.ways),
        |_| true,
        &Effort::for_command(wait, world.hosts.clone()),
        &world.clock,
    )
    .await
    .unwrap_err();
    assert!(matches!(error, StoreError::Stale { .. }), "{error}");
    assert!(world.seen().is_empty());
}

/// Lets the database refuse whatever becomes of attempts, or take it again.
async fn refuse_outcomes(store: &Store, refuse: bool) {
    let sql = if refuse {
        "ALTER TABLE attempts RENAME COLUMN outcome TO away"
    } else {
        "ALTER TABLE attempts RENAME COLUMN away TO outcome"
    };
    execute(store, sql).await;
}

/// Counts how often it is asked: once for each permit and for each try to write an outcome down.
#[derive(Debug, Default)]
struct AskedClock(AtomicUsize);

impl Clock for AskedClock {
    fn now(&self) -> DateTime<Utc> {
        self.0.fetch_add(1, Ordering::Relaxed);
        noon()
    }

    fn since_boot(&self) -> Duration {
        Duration::ZERO
    }
}

async fn an_answer_is_kept_although_the_database_is_away_when_it_comes(on: On) {
    let world = World::on(on, &[("mail", &[("a@x", &[Answer::OkAndTrouble]), ("b@x", &[])])]).await;
    let clock = AskedClock::default();
    let effort = Effort::for_command(Duration::ZERO, world.hosts.clone());
    let delivering = async {
        deliver_all(
            &world.store,
            &world.run,
            &open_ways(&world.ways),
            |_| true,
            &effort,
            &clock,
        )
        .await
        .unwrap();
    };
    let back = async {
        // The permit, the outcome that is refused, the outcome once more.
        while clock.0.load(Ordering::Relaxed) < 3 {
            tokio::task::yield_now().await;
        }
        refuse_outcomes(&world.store, false).await;
    };
    tokio::join!(delivering, back);
    assert_eq!(world.rows().await, [(Acked, 1), (Acked, 1)]);
    assert_eq!(world.seen(), ["a@x", "b@x"]);
}

#[tokio::test(start_paused = true)]
async fn what_became_of_an_attempt_is_written_down_while_there_is_hope_and_no_longer() {
    let minute = Duration::from_mins(1);
    let away = || StoreError::Locked { path: "x".into() };
    let stale = || StoreError::Stale { run_id: "r".into() };
    let mut answers = VecDeque::from([Err(away()), Err(away()), Ok(())]);
    insist(minute, || std::future::ready(answers.pop_front().unwrap()))
        .await
        .unwrap();
    let mut answers = VecDeque::from([Err(away()), Err(stale())]);
    let error = insist(minute, || std::future::ready(answers.pop_front().unwrap())).await;
    assert!(matches!(error, Err(StoreError::Stale { .. })), "{error:?}");
    let begun = Instant::now();
    let error = insist(minute, || std::future::ready(Err(away()))).await;
    assert!(matches!(error, Err(StoreError::Locked { .. })), "{error:?}");
    let waited = begun.elapsed();
    assert!(waited < minute && waited + LONGEST_PAUSE >= minute, "{waited:?}");
}

#[test]
fn waits_grow_are_spread_and_heed_the_far_end_within_reason() {
    let secs = Duration::from_secs;
    for (asked, expected) in [(0, 1), (30, 30), (999_999, 21_600)] {
        assert_eq!(pause(Pace::Other, "k", 1, Some(secs(asked))), secs(expected));
    }
    for (pace, ceilings) in [
        (Pace::Other, [5, 300, 1_800, 7_200, 18_000, 36_000, 36_000]),
        (Pace::Mail, [60, 120, 240, 480, 960, 1_920, 3_840]),
    ] {
        for (attempt, ceiling) in (1..).zip(ceilings) {
            let waits: Vec<Duration> = (0..200)
                .map(|n| pause(pace, &n.to_string(), attempt, None))
                .collect();
            assert!(waits.iter().all(|wait| *wait <= secs(ceiling)));
            let floor = if pace == Pace::Mail && ceiling > 1_800 {
                1_800
            } else {
                0
            };
            assert!(waits.iter().all(|wait| *wait >= secs(floor)), "{waits:?}");
            let mean = (waits.iter().sum::<Duration>() / 200).saturating_sub(secs(floor));
            let spread = secs(ceiling - floor);
            assert!(
                mean > spread / 3 && mean < spread * 2 / 3,
                "{mean:?} of {spread:?}"
            );
        }
    }
    assert_eq!(ceiling(Pace::Mail, u32::MAX), secs(4 * 60 * 60));
}
