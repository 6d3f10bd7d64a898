//! Who keeps a run, and who finds that it is gone.

use super::*;
use crate::run::store::testing::{On, Place, noon, on_both_databases, outlive_leases, scheduled};

on_both_databases! {
    whoever_finds_its_run_in_other_hands_stops_at_once,
}

async fn whoever_finds_its_run_in_other_hands_stops_at_once(on: On) {
    let place = Place::new(on).await;
    let (one, other) = (place.store_of("one").await, place.store_of("other").await);
    let mut ticket = scheduled(&one).await;
    let mine = one.take(&ticket, noon()).await.unwrap().unwrap();
    let leases = Leases::default();
    let at_work = leases.keep(&mine);
    let kept = one.keep_leases(leases.left(), noon()).await.unwrap();
    assert_eq!(kept, [], "it is still ours");
    outlive_leases(&one).await;
    ticket.fence = mine.fence;
    assert!(other.take(&ticket, noon()).await.unwrap().is_some());
    let lost = one.keep_leases(leases.left(), noon()).await.unwrap();
    assert_eq!(lost, [(mine.run_id.clone(), mine.fence)]);
    assert!(!at_work.lost.is_cancelled());
    leases.give_up(&lost);
    at_work.lost().await;
}
