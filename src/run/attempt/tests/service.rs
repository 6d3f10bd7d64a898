//! As the service tries: each parcel once, and what fails again when its row says so.

use super::*;
use chrono::TimeDelta;

on_both_databases! {
    a_manifest_is_never_sent_before_its_files_however_often_the_run_is_taken_up,
    a_manifest_whose_file_is_dead_is_dead_and_comes_back_with_it,
    a_delivery_that_stays_away_is_given_up,
    patience_with_a_held_report_begins_when_it_is_approved,
    a_delivery_that_cannot_be_opened_says_why,
    what_waits_for_a_far_end_that_is_left_alone_is_given_up_in_time,
    who_asks_again_for_what_was_given_up_is_as_patient_as_before,
    a_place_that_is_gone_costs_the_others_nothing,
    a_file_that_was_interrupted_again_and_again_needs_nobodys_word,
    what_an_operator_settles_meanwhile_is_not_sent_and_stops_nobody,
    what_may_have_arrived_by_a_way_that_is_gone_waits_for_a_word_and_falls_due_no_more,
    nobody_gets_an_old_report_after_the_new_one,
    a_newer_revision_counts_from_the_moment_at_which_it_is_frozen,
}

impl World {
    /// Takes the run up at this moment and tries what is due, as a worker does.
    pub(super) async fn taken_up(&mut self, after: TimeDelta) {
        let now = noon() + after;
        self.clock.set(now);
        outlive_leases(&self.store).await;
        self.run = self.store.claim(&self.run.run_id, now).await.unwrap();
        let due = |row: &OutboxRow| row.is_due(now);
        let effort = Effort::for_service(CancellationToken::new(), Arc::new(Hosts::new(4)));
        deliver_all(
            &self.store,
            &self.run,
            &open_ways(&self.ways),
            due,
            &effort,
            &self.clock,
        )
        .await
        .unwrap();
    }

    pub(super) async fn next(&self, at: usize) -> Option<TimeDelta> {
        let row = self.store.deliveries(&self.run.run_id).await.unwrap().remove(at);
        row.next_attempt_at.map(|next| next - noon())
    }
}

async fn a_manifest_is_never_sent_before_its_files_however_often_the_run_is_taken_up(on: On) {
    let twice: &[Answer] = &[Answer::BusyFor(3600), Answer::BusyFor(7200)];
    let mut world = World::on(
        on,
        &[(
            "drop",
            &[("a.csv", twice), ("b.csv", &[]), ("m.manifest.json", &[])],
        )],
    )
    .await;
    let hours = TimeDelta::hours;
    world.taken_up(hours(0)).await;
    assert_eq!(world.rows().await, [(RetryWait, 1), (Acked, 1), (RetryWait, 0)]);
    assert_eq!(
        world.next(2).await,
        Some(hours(1)),
        "it falls due with the file, not at once"
    );
    world.taken_up(TimeDelta::minutes(1)).await;
    assert_eq!(world.seen(), ["a.csv", "b.csv"]);
    world.taken_up(hours(1)).await;
    assert_eq!(world.rows().await, [(RetryWait, 2), (Acked, 1), (RetryWait, 0)]);
    assert_eq!(world.next(2).await, Some(hours(3)));
    world.taken_up(hours(3)).await;
    assert_eq!(
        world.seen(),
        ["a.csv", "b.csv", "a.csv", "a.csv", "m.manifest.json"]
    );
    let end = world
        .store
        .conclude(&world.run.run_id, world.run.fence, noon(), vec![])
        .await;
    assert_eq!(end.unwrap(), RunState::Delivered);
}

async fn a_manifest_whose_file_is_dead_is_dead_and_comes_back_with_it(on: On) {
    let answers: &[Answer] = &[Answer::Refused, Answer::BusyFor(60)];
    let mut world = World::on(on, &[("drop", &[("a.csv", answers), ("m.manifest.json", &[])])]).await;
    world.taken_up(TimeDelta::zero()).await;
    assert_eq!(
        world.rows().await,
        [(Dead, 1), (Dead, 0)],
        "nothing of it falls due for ever"
    );
    assert_eq!((world.next(0).await, world.next(1).await), (None, None));
    outlive_leases(&world.store).await;
    assert_eq!(world.resend().await, RunState::Failed);
    assert_eq!(world.rows().await, [(RetryWait, 2), (RetryWait, 0)]);
    world.taken_up(TimeDelta::seconds(60)).await;
    assert_eq!(world.rows().await, [(Acked, 3), (Acked, 1)]);
}

async fn a_delivery_that_stays_away_is_given_up(on: On) {
    let mut world = World::on(on, &[("a", &[("h", &[])])]).await;
    world.ways.clear();
    world.taken_up(TimeDelta::zero()).await;
    assert_eq!(
        (world.rows().await, world.next(0).await),
        (vec![(RetryWait, 0)], Some(TimeDelta::minutes(15)))
    );
    world.taken_up(TimeDelta::hours(74)).await;
    assert_eq!(world.rows().await, [(RetryWait, 0)]);
    world.taken_up(TimeDelta::hours(76)).await;
    assert_eq!((world.rows().await, world.next(0).await), (vec![(Dead, 0)], None));
}

async fn what_may_have_arrived_by_a_way_that_is_gone_waits_for_a_word_and_falls_due_no_more(on: On) {
    for left_the_configuration in [false, true] {
        let mut world = World::on(on, &[("signed", &[("h", &[Answer::Lost])])]).await;
        world.taken_up(TimeDelta::zero()).await;
        assert_eq!(world.rows().await, [(Ambiguous, 1)]);
        assert!(world.next(0).await.is_some(), "it is to be sent once more");
        if left_the_configuration {
            world.ways.clear();
        } else {
            // Another run was told so meanwhile.
            let told = "INSERT INTO gone VALUES ('signed', 'there', '2026-11-02T12:00:00.000000Z', '410')";
            execute(&world.store, told).await;
        }
        world.taken_up(TimeDelta::hours(76)).await;
        assert_eq!(
            (world.rows().await, world.next(0).await),
            (vec![(Ambiguous, 1)], None)
        );
        assert_eq!(world.seen().len(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn what_still_waits_for_its_far_ends_turn_when_the_service_stops_is_not_begun() {
    let world = World::new(&[("mail", &[("a@x", &[]), ("b@x", &[])])]).await;
    let (hosts, stop) = (Arc::new(Hosts::new(1)), CancellationToken::new());
    let effort = Effort::for_service(stop.clone(), hosts.clone());
    let ways = open_ways(&world.ways);
    let delivers = deliver_all(&world.store, &world.run, &ways, |_| true, &effort, &world.clock);
    // Somebody else is talking to the same server.
    let busy = hosts.admit("mail", Duration::ZERO).await.unwrap();
    let stops = async {
        tokio::task::yield_now().await;
        stop.cancel();
    };
    tokio::join!(delivers, stops).0.unwrap();
    drop(busy);
    assert!(world.seen().is_empty());
    let left = world.rows().await;
    assert_eq!(left, [(RetryWait, 0), (RetryWait, 0)]);
    assert_eq!(world.next(0).await, Some(TimeDelta::zero()), "due at once");
}

async fn patience_with_a_held_report_begins_when_it_is_approved(on: On) {
    let mut world = World::on(on, &[("a", &[("h", &[])])]).await;
    world.ways.clear();
    execute(&world.store, "UPDATE runs SET state = 'held'").await;
    let hours = TimeDelta::hours;
    let id = world.run.run_id.clone();
    world.store.approve(&id, noon() + hours(100)).await.unwrap();
    world.taken_up(hours(101)).await;
    assert_eq!(world.rows().await, [(RetryWait, 0)]);
    world.taken_up(hours(176)).await;
    assert_eq!(world.rows().await, [(Dead, 0)]);
}

async fn a_delivery_that_cannot_be_opened_says_why(on: On) {
    let world = World::on(on, &[("a", &[("h", &[])])]).await;
    let why = "delivery `a`: the file `hook.key` cannot be read".to_owned();
    let ways = Ways::from([("a", Err(why.clone()))]);
    let effort = Effort::for_command(Duration::ZERO, world.hosts.clone());
    deliver_all(&world.store, &world.run, &ways, |_| true, &effort, &world.clock)
        .await
        .unwrap();
    let row = world.store.deliveries(&world.run.run_id).await.unwrap().remove(0);
    assert_eq!((row.state, row.error), (RetryWait, Some(why)));
}

async fn what_waits_for_a_far_end_that_is_left_alone_is_given_up_in_time(on: On) {
    let mut world = World::on(on, &[("mail", &[("a@x", &[]), ("b@x", &[Answer::Busy])])]).await;
    let hosts = Arc::new(Hosts::new(4));
    let effort = Effort::for_service(CancellationToken::new(), hosts.clone());
    let deliver = async |world: &World, chosen: fn(&OutboxRow) -> bool| {
        let ways = open_ways(&world.ways);
        deliver_all(&world.store, &world.run, &ways, chosen, &effort, &world.clock)
            .await
            .unwrap();
    };
    deliver(&world, |row| row.recipient == "b@x").await;
    while let Ok(leave) = hosts.admit("mail", Duration::ZERO).await {
        leave.failed();
    }
    for (hours, expected) in [
        (23, [(RetryWait, 0), (RetryWait, 1)]),
        (24, [(Dead, 0), (Dead, 1)]),
    ] {
        world.clock.set(noon() + TimeDelta::hours(hours));
        outlive_leases(&world.store).await;
        world.run = world.store.claim(&world.run.run_id, noon()).await.unwrap();
        deliver(&world, |_| true).await;
        assert_eq!(world.rows().await, expected, "after {hours} h");
    }
    let rows = world.store.deliveries(&world.run.run_id).await.unwrap();
    let said: Vec<&str> = rows.iter().filter_map(|row| row.error.as_deref()).collect();
    assert!(
        said[0].starts_with("given up: the far end failed 5 times in a row"),
        "{said:?}"
    );
    assert_eq!(said[1], "given up after 1 attempts: Busy");
}

async fn who_asks_again_for_what_was_given_up_is_as_patient_as_before(on: On) {
    let busy: Vec<Answer> = vec![Answer::BusyFor(1); 12];
    let mut world = World::on(on, &[("hook", &[("h", &busy)])]).await;
    for hours in 0..10 {
        world.taken_up(TimeDelta::hours(hours)).await;
    }
    assert_eq!(world.rows().await, [(Dead, 10)], "{:?}", world.seen());
    for tried in [11, 12] {
        outlive_leases(&world.store).await;
        assert_eq!(world.resend().await, RunState::Failed);
        assert_eq!(world.rows().await, [(RetryWait, tried)]);
    }
    outlive_leases(&world.store).await;
    assert_eq!(world.resend().await, RunState::Delivered);
}

async fn a_place_that_is_gone_costs_the_others_nothing(on: On) {
    let mut world = World::on(on, &[("hook", &[("a", &[]), ("b", &[Answer::Gone])])]).await;
    execute(
        &world.store,
        "UPDATE deliveries SET place = 'old' WHERE recipient = 'b'",
    )
    .await;
    world.taken_up(TimeDelta::zero()).await;
    assert_eq!(world.rows().await, [(Acked, 1), (Dead, 1)]);
    let gone = world.store.gone("hook").await.unwrap();
    assert_eq!(gone, BTreeMap::from([("old".to_owned(), "Gone".to_owned())]));
    execute(&world.store, "UPDATE deliveries SET state = 'pending'").await;
    world.taken_up(TimeDelta::zero()).await;
    assert_eq!(world.rows().await, [(Acked, 2), (Dead, 1)]);
}

async fn a_file_that_was_interrupted_again_and_again_needs_nobodys_word(on: On) {
    let mut world = World::on(
        on,
        &[("drop", &[("m.csv", &[Answer::Lost, Answer::Lost, Answer::Lost])])],
    )
    .await;
    for attempts in 1..=3 {
        world.taken_up(TimeDelta::hours(i64::from(attempts))).await;
        assert_eq!(world.rows().await, [(Ambiguous, attempts)]);
        assert!(world.next(0).await.is_some());
    }
    world.taken_up(TimeDelta::hours(9)).await;
    assert_eq!(world.rows().await, [(Acked, 4)]);
}

async fn what_an_operator_settles_meanwhile_is_not_sent_and_stops_nobody(on: On) {
    let script: Script<'_> = &[(
        "mail",
        &[("a@x", &[Answer::Resolved]), ("b@x", &[]), ("c@x", &[])],
    )];
    let mut world = World::on(on, script).await;
    let doubtful = "UPDATE deliveries SET state = 'ambiguous', next_attempt_at = '2026-11-02T12:00:00.000000Z' \
         WHERE recipient = 'b@x'";
    execute(&world.store, doubtful).await;
    world.taken_up(TimeDelta::zero()).await;
    assert_eq!(world.rows().await, [(Acked, 1), (Acked, 0), (Acked, 1)]);
    assert_eq!(world.seen(), ["a@x", "c@x"]);
}

async fn nobody_gets_an_old_report_after_the_new_one(on: On) {
    let busy: &[Answer] = &[Answer::Busy];
    let mut world = World::on(
        on,
        &[
            ("hook", &[("h", busy)]),
            ("mail", &[("a@x", busy), ("b@x", &[]), ("c@x", &[Answer::Lost])]),
        ],
    )
    .await;
    assert_eq!(world.deliver(&[], 0).await, RunState::PartiallyDelivered);
    frozen(&world.store, &[("mail", &["a@x", "b@x", "c@x", "d@x"])]).await;
    let rows = [(RetryWait, 1), (Superseded, 1), (Acked, 1), (Ambiguous, 1)];
    assert_eq!(world.rows().await, rows);
    let row = world.store.deliveries(&world.run.run_id).await.unwrap().remove(1);
    let why = row.error.unwrap();
    assert!(why.starts_with("replaced by revision 2 of the report"), "{why}");
    assert_eq!(row.next_attempt_at, None);
    // The new one does not go to the hook, which still gets the old one.
    let before = world.seen().len();
    world.taken_up(TimeDelta::days(1)).await;
    assert_eq!(world.seen()[before..], ["h"]);
    assert_eq!(world.rows().await[..2], [(Acked, 2), (Superseded, 1)]);
}

async fn a_newer_revision_counts_from_the_moment_at_which_it_is_frozen(on: On) {
    let replaced: &[Answer] = &[Answer::Replaced];
    let world = World::on(on, &[("mail", &[("a@x", replaced), ("b@x", &[]), ("c@x", &[])])]).await;
    assert_eq!(world.deliver(&[], 60).await, RunState::Delivered);
    assert_eq!(world.rows().await, [(Acked, 1), (Superseded, 0), (Acked, 1)]);
    assert_eq!(world.seen(), ["a@x", "c@x"]);
    let world = World::on(on, &[("mail", &[("a@x", &[])])]).await;
    frozen(&world.store, &[("mail", &["a@x"])]).await;
    assert_eq!(
        world.deliver(&[], 60).await,
        RunState::Failed,
        "it reached nobody"
    );
    assert!(world.seen().is_empty());
    let run = world.store.run(&world.run.run_id).await.unwrap();
    let why = "a newer revision has replaced it before anything of it was acknowledged";
    assert_eq!(run.error.as_deref(), Some(why));
}
