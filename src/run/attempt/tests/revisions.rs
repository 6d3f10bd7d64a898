//! Nobody gets an old report after the new one, whatever the old one was doing when the new one was frozen. A letter is a mail whose
//! far end can tell one repeat, as those of real servers can.

use super::*;
use crate::run::store::testing::{checked, freeze, parcel};
use DeliveryState::{Pending, Sending};
use chrono::TimeDelta;

on_both_databases! {
    what_was_being_sent_when_the_new_one_was_frozen_is_not_sent_once_more,
    the_second_copy_of_what_may_have_arrived_does_not_follow_the_new_report,
    whatever_an_old_parcel_was_doing_it_goes_out_no_more,
    a_new_report_that_surely_never_arrives_holds_no_old_one_back,
    an_operator_who_says_not_sent_sends_nothing_old,
    a_revision_that_is_frozen_after_a_newer_one_is_replaced_by_it,
    who_asks_for_an_old_report_as_new_gets_it,
    files_of_a_folder_are_replaced_all_together,
    files_of_which_some_lie_there_are_not_replaced,
    a_run_that_had_ended_ends_anew_when_what_was_left_of_it_is_replaced,
}

/// Where the first revision is by now, and why.
async fn ended(world: &World) -> (RunState, Option<String>) {
    let run = world.store.run(&world.run.run_id).await.unwrap();
    (run.state, run.error)
}

async fn why(world: &World, at: usize) -> String {
    let row = world
        .store
        .deliveries(&world.run.run_id)
        .await
        .unwrap()
        .remove(at);
    row.error.unwrap()
}

const REPLACED: &str = "a newer revision has replaced it before anything of it was acknowledged";

async fn what_was_being_sent_when_the_new_one_was_frozen_is_not_sent_once_more(on: On) {
    let busy: &[Answer] = &[Answer::ReplacedAndBusy];
    let mut world = World::on(on, &[("letter", &[("a@x", busy)])]).await;
    assert_eq!(world.deliver(&[], 0).await, RunState::Failed);
    assert_eq!(world.rows().await, [(RetryWait, 1)]);
    world.taken_up(TimeDelta::hours(1)).await;
    assert_eq!(world.rows().await, [(Superseded, 1)]);
    assert_eq!(world.next(0).await, None);
    assert_eq!(world.seen(), ["a@x"]);
    assert!(why(&world, 0).await.ends_with("before it was acknowledged"));
    assert_eq!(world.deliver(&[], 0).await, RunState::Failed);
    assert_eq!(ended(&world).await.1.as_deref(), Some(REPLACED));
}

async fn the_second_copy_of_what_may_have_arrived_does_not_follow_the_new_report(on: On) {
    let mut world = World::on(on, &[("letter", &[("a@x", &[Answer::Lost])])]).await;
    world.taken_up(TimeDelta::zero()).await;
    assert_eq!(world.next(0).await, Some(TimeDelta::minutes(10)));
    frozen(&world.store, &[("letter", &["a@x"])]).await;
    world.taken_up(TimeDelta::minutes(10)).await;
    assert_eq!(world.rows().await, [(Superseded, 1)]);
    assert_eq!(world.seen(), ["a@x"]);
    assert!(
        why(&world, 0)
            .await
            .ends_with("; an earlier attempt may have arrived"),
        "{}",
        why(&world, 0).await
    );
    assert_eq!(world.deliver(&[], 0).await, RunState::Failed);
    let said = format!("{REPLACED}; an earlier attempt may have arrived");
    assert_eq!(ended(&world).await.1, Some(said));
}

async fn whatever_an_old_parcel_was_doing_it_goes_out_no_more(on: On) {
    // `pending` is what two revisions leave that are frozen at one moment and do not see each other.
    for state in [Pending, Sending, RetryWait, Ambiguous, Dead] {
        let mut world = World::on(on, &[("letter", &[("a@x", &[])])]).await;
        frozen(&world.store, &[("letter", &["a@x"])]).await;
        let was = format!(
            "UPDATE deliveries SET state = '{state}' WHERE run_id = (SELECT run_id FROM runs WHERE revision = 1)"
        );
        execute(&world.store, was.leak()).await;
        outlive_leases(&world.store).await;
        assert_eq!(world.resend().await, RunState::Failed, "{state}");
        assert_eq!(world.rows().await, [(Superseded, 0)], "{state}");
        assert!(world.seen().is_empty(), "{state}");
    }
}

async fn a_new_report_that_surely_never_arrives_holds_no_old_one_back(on: On) {
    let mut world = World::on(on, &[("letter", &[("a@x", &[Answer::Refused])])]).await;
    assert_eq!(world.deliver(&[], 0).await, RunState::Failed);
    frozen(&world.store, &[("letter", &["a@x"])]).await;
    let refused =
        "UPDATE deliveries SET state = 'dead' WHERE run_id = (SELECT run_id FROM runs WHERE revision = 2)";
    execute(&world.store, refused).await;
    assert_eq!(world.resend().await, RunState::Delivered);
    assert_eq!(world.seen(), ["a@x", "a@x"]);
}

async fn an_operator_who_says_not_sent_sends_nothing_old(on: On) {
    for replaced in [false, true] {
        let mut world = World::on(on, &[("letter", &[("a@x", &[Answer::Lost])])]).await;
        world.taken_up(TimeDelta::zero()).await;
        if replaced {
            frozen(&world.store, &[("letter", &["a@x"])]).await;
        }
        let row = world.store.deliveries(&world.run.run_id).await.unwrap().remove(0);
        let now = world.store.resolve(&row, false, noon()).await.unwrap();
        let expected = if replaced { Superseded } else { RetryWait };
        assert_eq!(now, expected);
        assert_eq!(world.rows().await, [(expected, 1)]);
        let said = why(&world, 0).await;
        assert!(
            said.starts_with("an operator says that it did not arrive"),
            "{said}"
        );
        assert_eq!(said.contains("replaced by revision 2"), replaced, "{said}");
    }
}

async fn a_revision_that_is_frozen_after_a_newer_one_is_replaced_by_it(on: On) {
    let (_place, store) = store(on).await;
    let letter: &[(&str, &[&str])] = &[("letter", &["a@x"])];
    let older = checked(&store).await;
    let newer = frozen(&store, letter).await;
    freeze(&store, &older, letter).await;
    for (run, expected) in [(&older, Superseded), (&newer, Sending)] {
        let (from, to) = (RunState::Frozen, RunState::Delivering);
        store.advance(&run.run_id, run.fence, from, to).await.unwrap();
        let row = store.deliveries(&run.run_id).await.unwrap().remove(0);
        let permit = store.permit(&row, run.fence, noon()).await;
        assert_eq!(permit.is_ok(), expected == Sending);
        let row = store.deliveries(&run.run_id).await.unwrap().remove(0);
        assert_eq!(row.state, expected);
    }
    let end = store.conclude(&older.run_id, older.fence, noon(), vec![]).await;
    assert_eq!(end.unwrap(), RunState::Failed);
}

async fn who_asks_for_an_old_report_as_new_gets_it(on: On) {
    let script: Script<'_> = &[("letter", &[("a@x", &[Answer::Ok, Answer::Busy])])];
    let mut world = World::on(on, script).await;
    assert_eq!(world.deliver(&[], 0).await, RunState::Delivered);
    frozen(&world.store, &[("letter", &["a@x"])]).await;
    world.run = world.store.claim(&world.run.run_id, noon()).await.unwrap();
    let again = Parcel {
        key: "again".into(),
        place: Some("there".into()),
        ..parcel("a@x", "for a@x")
    };
    let again = [("letter".to_owned(), vec![again])];
    world.store.enqueue(&world.run, &again, noon()).await.unwrap();
    assert_eq!(world.deliver(&[], 0).await, RunState::PartiallyDelivered);
    world.taken_up(TimeDelta::hours(1)).await;
    assert_eq!(world.rows().await, [(Acked, 1), (Acked, 2)]);
    // One that is frozen after that replaces it like any other.
    let as_before = "UPDATE deliveries SET state = 'retry_wait' WHERE key = 'again'";
    execute(&world.store, as_before).await;
    frozen(&world.store, &[("letter", &["a@x"])]).await;
    assert_eq!(world.rows().await, [(Acked, 1), (Superseded, 2)]);
}

/// The names of the second revision are others, and the folder is the same.
const SECOND: &[(&str, &[&str])] = &[("drop", &["a_r2.csv", "b_r2.csv", "m_r2.manifest.json"])];

async fn files_of_a_folder_are_replaced_all_together(on: On) {
    let busy: &[Answer] = &[Answer::BusyFor(60)];
    let first: Script<'_> = &[(
        "drop",
        &[("a.csv", busy), ("b.csv", busy), ("m.manifest.json", &[])],
    )];
    let mut world = World::on(on, first).await;
    assert_eq!(world.deliver(&[], 0).await, RunState::Failed);
    frozen(&world.store, SECOND).await;
    assert_eq!(
        world.rows().await,
        [(Superseded, 1), (Superseded, 1), (Superseded, 0)]
    );
    assert_eq!(ended(&world).await, (RunState::Failed, Some(REPLACED.to_owned())));
    // Those that were being written at that moment are looked at when they ask again.
    let was = "UPDATE deliveries SET state = 'retry_wait' WHERE run_id = (SELECT run_id FROM runs WHERE revision = 1)";
    execute(&world.store, was).await;
    assert_eq!(world.resend().await, RunState::Failed);
    assert_eq!(
        world.rows().await,
        [(Superseded, 1), (Superseded, 1), (Superseded, 0)]
    );
    assert_eq!(world.seen(), ["a.csv", "b.csv"]);
}

async fn files_of_which_some_lie_there_are_not_replaced(on: On) {
    for answer in [Answer::Ok, Answer::Lost] {
        let lies: &[Answer] = &[answer];
        let busy: &[Answer] = &[Answer::BusyFor(3600)];
        let first: Script<'_> = &[(
            "drop",
            &[("a.csv", lies), ("b.csv", busy), ("m.manifest.json", &[])],
        )];
        let mut world = World::on(on, first).await;
        world.deliver(&[], 0).await;
        frozen(&world.store, SECOND).await;
        world.taken_up(TimeDelta::hours(2)).await;
        world.taken_up(TimeDelta::hours(4)).await;
        let states: Vec<DeliveryState> = world.rows().await.iter().map(|(state, _)| *state).collect();
        assert_eq!(states, [Acked, Acked, Acked]);
        assert_eq!(world.seen().last().unwrap(), "m.manifest.json");
    }
}

async fn a_run_that_had_ended_ends_anew_when_what_was_left_of_it_is_replaced(on: On) {
    let busy: &[Answer] = &[Answer::Busy];
    let world = World::on(on, &[("mail", &[("a@x", &[]), ("b@x", busy)])]).await;
    assert_eq!(world.deliver(&[], 0).await, RunState::PartiallyDelivered);
    frozen(&world.store, &[("mail", &["a@x", "b@x"])]).await;
    assert_eq!(ended(&world).await, (RunState::Delivered, None));

    let world = World::on(on, &[("mail", &[("a@x", busy), ("b@x", busy)])]).await;
    assert_eq!(world.deliver(&[], 0).await, RunState::Failed);
    frozen(&world.store, &[("mail", &["a@x"])]).await;
    let nothing = Some("no delivery was acknowledged".to_owned());
    assert_eq!(ended(&world).await, (RunState::Failed, nothing));
    frozen(&world.store, &[("mail", &["b@x"])]).await;
    assert_eq!(ended(&world).await, (RunState::Failed, Some(REPLACED.to_owned())));
}

/// It would look for its turn again and again, without a pause, until somebody ends it.
#[tokio::test]
async fn who_waits_for_a_parcel_that_is_replaced_meanwhile_waits_no_longer() {
    let busy: &[Answer] = &[Answer::BusyFor(0)];
    let replaced: &[Answer] = &[Answer::Replaced];
    let world = World::new(&[("hook", &[("h", busy)]), ("mail", &[("a@x", replaced)])]).await;
    let waits = tokio::time::timeout(Duration::from_mins(1), world.deliver(&[], 30));
    let end = waits.await.expect("it waits no longer than it was told to");
    assert_eq!(end, RunState::Delivered);
    assert_eq!(world.rows().await, [(Superseded, 1), (Acked, 1)]);
    assert_eq!(world.seen(), ["h", "a@x"]);
}
