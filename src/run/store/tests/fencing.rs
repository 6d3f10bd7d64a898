//! A process that lost its run writes nothing more to it, wherever it was stopped and however far the next one has come (G3).

use super::*;
use crate::run::store::testing::{cases, number, scheduled};

on_both_databases! {
    wherever_a_process_is_stopped_it_writes_nothing_once_another_holds_the_run,
    a_ticket_is_good_for_one_worker,
}

/// What a process does with a run, write by write.
const STEPS: usize = 13;

/// A process at work on a run.
struct Hand {
    store: Store,
    run: Run,
    permit: Option<Permit>,
}

impl Hand {
    async fn takes(store: &Store, ticket: &Ticket) -> Self {
        let run = store.take(ticket, noon()).await.unwrap().unwrap();
        Self {
            store: store.clone(),
            run,
            permit: None,
        }
    }

    async fn row(&self, at: usize) -> OutboxRow {
        self.store.deliveries(&self.run.run_id).await.unwrap().remove(at)
    }

    async fn step(&mut self, n: usize) {
        use RunState::{Checked, Delivering, Fetching, Frozen, Queued, Rendered, Snapshotted};
        let (store, id, fence) = (self.store.clone(), self.run.run_id.clone(), self.run.fence);
        let moves = [Queued, Fetching, Snapshotted, Rendered, Checked];
        let acked = Outcome::Acked(Receipt { proof: "250".into() });
        match n {
            0 => store.prescribe(&id, fence, "{\"frozen\":1}").await.unwrap(),
            1..=4 => store.advance(&id, fence, moves[n - 1], moves[n]).await.unwrap(),
            5 => freeze(&store, &self.run).await.unwrap(),
            6 => store.advance(&id, fence, Frozen, Delivering).await.unwrap(),
            7 | 10 => {
                let row = self.row(usize::from(n == 10)).await;
                self.permit = Some(store.permit(&row, fence, noon()).await.unwrap());
            }
            8 | 11 => {
                let permit = self.permit.take().unwrap();
                store.record(&id, permit, &acked, noon()).await.unwrap();
            }
            9 => {
                let row = self.row(1).await;
                store
                    .put_off(&row, fence, PutOff::NoTurn("later"), noon())
                    .await
                    .unwrap();
            }
            _ => drop(store.conclude(&id, fence, noon(), vec![]).await.unwrap()),
        }
    }

    /// Goes on with a frozen run: `writes` of them, then it stops too.
    async fn sends(&mut self, writes: usize) {
        let mut left = writes;
        let acked = Outcome::Acked(Receipt { proof: "250".into() });
        let (id, fence) = (self.run.run_id.clone(), self.run.fence);
        for row in self.store.deliveries(&id).await.unwrap() {
            if row.state == DeliveryState::Acked || left == 0 {
                continue;
            }
            let permit = self.store.permit(&row, fence, noon()).await.unwrap();
            left -= 1;
            if left > 0 {
                self.store.record(&id, permit, &acked, noon()).await.unwrap();
                left -= 1;
            }
        }
        if left > 0 {
            self.store.conclude(&id, fence, noon(), vec![]).await.unwrap();
        }
    }

    /// Everything that this process could still try to write; how many of these the store said no to.
    async fn tries_everything(&self) -> usize {
        use RunState::{Checked, Delivering, Fetching, Frozen, Queued, Rendered, Snapshotted};
        let (store, run) = (&self.store, &self.run);
        let (id, fence) = (run.run_id.as_str(), run.fence);
        let mut answers = vec![
            store.prescribe(id, fence, "{}").await,
            freeze(store, run).await,
            store.fail(id, fence, "late", noon(), None).await,
            store.release(id, fence).await,
            store.set_aside(run, noon(), None, noon()).await,
            store.conclude(id, fence, noon(), vec![]).await.map(drop),
            store
                .enqueue(
                    run,
                    &[("mail".into(), vec![parcel("new@example.com", "new")])],
                    noon(),
                )
                .await,
        ];
        let moves = [
            Queued,
            Fetching,
            Snapshotted,
            Rendered,
            Checked,
            Frozen,
            Delivering,
        ];
        for step in moves.windows(2) {
            // A run is frozen by `freeze` alone, and `advance` would refuse this one by its fence as well.
            answers.push(store.advance(id, fence, step[0], step[1]).await);
        }
        let late = Outcome::Acked(Receipt { proof: "late".into() });
        let old = Permit {
            delivery_id: 1,
            attempt: 1,
            fence,
        };
        answers.push(store.record(id, self.permit.unwrap_or(old), &late, noon()).await);
        for row in store.deliveries(id).await.unwrap() {
            answers.push(store.permit(&row, fence, noon()).await.map(drop));
            for why in [
                PutOff::NoTurn("late"),
                PutOff::NoWay("late"),
                PutOff::Gone("late"),
            ] {
                store.put_off(&row, fence, why, noon()).await.unwrap();
            }
            store.resend_at(&row, fence, Some(noon())).await.unwrap();
        }
        store
            .keep_leases(vec![(id.to_owned(), fence)], noon())
            .await
            .unwrap();
        let stale = |answer: &Result<(), StoreError>| matches!(answer, Err(StoreError::Stale { .. }));
        assert!(answers.iter().all(stale), "{answers:?}");
        answers.len()
    }
}

async fn freeze(store: &Store, run: &Run) -> Result<(), StoreError> {
    let parcels = [parcel("a@example.com", "for a"), parcel("b@example.com", "for b")];
    let freeze = Freeze {
        artifacts: &[artifact("daily.csv", &format!("take {}", run.fence))],
        parcels: &[("mail".to_owned(), parcels.into())],
        notices: &[],
        generated_at: noon(),
        held: &[],
        measured: None,
    };
    store.freeze(run, freeze, vec![], noon()).await
}

/// Everything in the store that a stale write could change, as one text.
async fn everything(store: &Store, run_id: &str) -> String {
    format!(
        "{:?} {:?} {:?} {} {} {}",
        store.run(run_id).await.unwrap(),
        store.deliveries(run_id).await.unwrap(),
        store.artifacts(run_id).await.unwrap(),
        number(store, "SELECT count(*) AS n FROM attempts").await,
        number(
            store,
            "SELECT count(*) AS n FROM attempts WHERE outcome IS NOT NULL"
        )
        .await,
        number(store, "SELECT count(*) AS n FROM runs WHERE lease_until > '2021'").await,
    )
}

async fn wherever_a_process_is_stopped_it_writes_nothing_once_another_holds_the_run(on: On) {
    let place = Place::new(on).await;
    let (one, other) = (place.store_of("one").await, place.store_of("other").await);
    let all = (0..STEPS).flat_map(|stopped| (0..STEPS + 8).map(move |further| (stopped, further)));
    let all: Vec<(usize, usize)> = all.collect();
    let stride = all.len().div_ceil(cases(all.len(), 40));
    for (stopped, further) in all.iter().step_by(stride) {
        for table in [
            "DELETE FROM attempts",
            "DELETE FROM deliveries",
            "DELETE FROM artifacts",
            "DELETE FROM occurrences",
            "DELETE FROM runs",
            "DELETE FROM jobs",
        ] {
            execute(&one, table).await;
        }
        let ticket = scheduled(&one).await;
        let mut first = Hand::takes(&one, &ticket).await;
        for n in 0..*stopped {
            first.step(n).await;
        }
        assert_eq!(
            other.take(&after(&first), noon()).await.unwrap(),
            None,
            "within the lease"
        );
        outlive_leases(&one).await;
        let mut second = Hand::takes(&other, &after(&first)).await;
        if first.run.state == RunState::Queued && *stopped <= 5 {
            for n in 0..STEPS.min(*further) {
                second.step(n).await;
            }
        } else {
            second.sends(*further).await;
        }
        let before = everything(&other, &ticket.run_id).await;
        assert!(first.tries_everything().await >= 14);
        let now = everything(&other, &ticket.run_id).await;
        assert_eq!(
            before, now,
            "stopped at {stopped}, the next came {further} further"
        );
        assert!(
            verify(&other, Some(&second.run))
                .await
                .unwrap()
                .mismatches
                .is_empty()
        );
    }
}

fn after(hand: &Hand) -> Ticket {
    Ticket {
        run_id: hand.run.run_id.clone(),
        fence: hand.run.fence,
        fetches: None,
    }
}

async fn a_ticket_is_good_for_one_worker(on: On) {
    let place = Place::new(on).await;
    let (one, other) = (place.store_of("one").await, place.store_of("other").await);
    let ticket = scheduled(&one).await;
    let tries = (0..10).map(|n| if n % 2 == 0 { &one } else { &other }.take(&ticket, noon()));
    let taken = futures::future::join_all(tries).await;
    let taken: Vec<Run> = taken.into_iter().filter_map(Result::unwrap).collect();
    assert_eq!(taken.len(), 1);
    // Given back, but the ticket is used all the same.
    let holder = if one.release(&taken[0].run_id, 1).await.is_ok() {
        &one
    } else {
        &other
    };
    assert_eq!(holder.take(&ticket, noon()).await.unwrap(), None);
}

/// While another process is in the middle of taking the run over, a write of the first one waits and is refused: it must not
/// slip in between what the other has read and what it commits.
#[tokio::test]
async fn no_write_slips_in_while_the_run_is_being_taken_over() {
    let place = Place::new(On::Postgres).await;
    let (one, other) = (place.store_of("one").await, place.store_of("other").await);
    for write in ["permit", "put_off", "record"] {
        let run = frozen(&one, &[("mail", &["a@example.com"])]).await;
        let (from, to) = (RunState::Frozen, RunState::Delivering);
        one.advance(&run.run_id, run.fence, from, to).await.unwrap();
        let row = one.deliveries(&run.run_id).await.unwrap().remove(0);
        let permit = match write {
            "record" => Some(one.permit(&row, run.fence, noon()).await.unwrap()),
            _ => None,
        };
        let (taking, taken) = tokio::sync::oneshot::channel::<()>();
        let (go_on, told) = tokio::sync::oneshot::channel::<()>();
        let take_over = {
            let (other, id) = (other.clone(), run.run_id.clone());
            tokio::spawn(async move {
                let work = db::work(move |tx| {
                    Box::pin(async move {
                        let sql = "UPDATE runs SET fence = fence + 1, owner = 'other' WHERE run_id = $1";
                        tx.execute(sql, db::values![id]).await?;
                        taking.send(()).unwrap();
                        told.await.unwrap();
                        Ok(())
                    })
                });
                other.db.transaction(work).await
            })
        };
        taken.await.unwrap();
        let late = {
            let (one, run) = (one.clone(), run.clone());
            tokio::spawn(async move {
                let acked = Outcome::Acked(Receipt { proof: "250".into() });
                match permit {
                    Some(permit) => one.record(&run.run_id, permit, &acked, noon()).await,
                    None if write == "permit" => one.permit(&row, run.fence, noon()).await.map(drop),
                    None => one.put_off(&row, run.fence, PutOff::NoWay("late"), noon()).await,
                }
            })
        };
        let waiting = "SELECT count(*) AS n FROM pg_locks WHERE NOT granted";
        while number(&other, waiting).await == 0 {
            assert!(!late.is_finished(), "{write} did not wait: {:?}", late.await);
        }
        go_on.send(()).unwrap();
        take_over.await.unwrap().unwrap();
        let answer = late.await.unwrap();
        assert!(
            write == "put_off" || matches!(answer, Err(StoreError::Stale { .. })),
            "{answer:?}"
        );
        let row = other.deliveries(&run.run_id).await.unwrap().remove(0);
        let state = if write == "record" {
            DeliveryState::Sending
        } else {
            DeliveryState::Pending
        };
        assert_eq!((row.state, row.receipt), (state, None), "{write}");
    }
}
