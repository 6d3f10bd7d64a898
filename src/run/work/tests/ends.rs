//! A worker with real files and a real folder to deliver to.

use super::super::*;
use crate::run::resend;
use crate::run::store::testing::{
    On, Place, Recorder, advance, at, cursor, execute, noon, number, occurrence, on_both_databases,
    outlive_leases,
};
use crate::run::store::{Permit, PutOff};
use crate::schedule::clock::ManualClock;
use std::sync::Arc;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

on_both_databases! {
    a_scheduled_run_is_brought_to_its_end,
    a_stop_lets_what_is_being_sent_finish,
    a_run_whose_job_has_gone_ends_and_its_owner_hears,
    a_run_that_this_process_is_at_work_on_is_not_taken_from_it,
    whoever_is_told_to_stop_before_anything_is_frozen_gives_the_run_back,
    a_run_that_ends_every_process_that_begins_it_is_failed_and_its_owner_hears,
    what_a_killed_process_was_sending_is_sent_once_more_where_repeats_are_known,
    what_a_killed_process_left_is_sent_although_a_command_concludes_the_run_first,
}

const CONFIGURATION: &str = r#"
[service]
owner = ["finops@example.com"]
data_dir = "."
[sources.usage.usage_file]
path = "usage.csv"
[deliveries.drop.file_drop]
path = "drop"
[deliveries.second.file_drop]
path = "second"
[jobs.daily]
sources = ["usage"]
period = "previous_day"
schedule = "0 7 * * *"
formats = ["csv"]
deliveries = ["drop"]
[jobs.daily.report.full]
[deliveries.hook.webhook]
url = "http://127.0.0.1:PORT/"
allow_private = true
[jobs.other]
sources = ["usage"]
period = "previous_day"
formats = ["csv"]
[jobs.other.report.full]
"#;
const USAGE: &str = "date,project_id,project_name,agent_id,agent_name,user_id,user_name,model,service_type,requests,errors,\
    conversations,input_tokens,output_tokens,audio_seconds,characters,cost,currency\n\
    2026-11-01,p,P,a,A,u,U,gpt-4o-mini,text_generation,30,0,7,16980,2430,0,0,0.5,USD\n";

struct World {
    place: Place,
    clock: ManualClock,
    engine: Engine,
    lanes: Lanes,
    leases: Leases,
    stop: CancellationToken,
}

impl World {
    async fn new(on: On) -> Self {
        Self::with_hook(on, 9).await
    }

    /// With a receiver of webhooks at this port.
    async fn with_hook(on: On, port: u16) -> Self {
        let place = Place::new(on).await;
        std::fs::write(place.dir().join("usage.csv"), USAGE).unwrap();
        let text = CONFIGURATION.replace("PORT", &port.to_string());
        let plan = crate::config::load_text("reportwire.toml", &text, place.dir(), &[], &BTreeMap::new());
        let clock = ManualClock::at(noon());
        let engine = Engine::new(plan.unwrap(), place.store().await, Arc::new(clock.clone()));
        Self {
            place,
            clock,
            lanes: Lanes::of(&engine.plan),
            engine,
            leases: Leases::default(),
            stop: CancellationToken::new(),
        }
    }

    /// Writes down what has fallen due; its ticket.
    async fn due(&self) -> Ticket {
        let (store, recorder) = (&self.engine.store, Arc::new(Recorder::default()));
        let from = "2026-11-01T12:00:00Z";
        store.register(vec![cursor("daily", from)]).await.unwrap();
        let due = advance("daily", from, vec![occurrence("2026-11-02T07:00:00Z")]);
        store
            .materialise(vec![due], recorder.clone(), noon())
            .await
            .unwrap();
        recorder.taken().remove(0)
    }

    async fn works(&self, ticket: &Ticket) {
        work(&self.engine, ticket, &self.lanes, &self.leases, &self.stop)
            .await
            .unwrap();
    }

    async fn run(&self, ticket: &Ticket) -> Run {
        self.engine.store.run(&ticket.run_id).await.unwrap()
    }

    async fn swept(&self) -> Vec<Ticket> {
        let recorder = Arc::new(Recorder::default());
        let swept = self
            .engine
            .store
            .hand_out(recorder.clone(), self.engine.clock.now(), 99)
            .await;
        swept.unwrap();
        recorder.taken()
    }
}

async fn a_scheduled_run_is_brought_to_its_end(on: On) {
    let world = World::new(on).await;
    let ticket = world.due().await;
    world.works(&ticket).await;
    let run = world.run(&ticket).await;
    assert_eq!((run.state, run.error.as_deref()), (RunState::Delivered, None));
    assert_eq!(run.period_id, "2026-11-01");
    assert!(world.place.dir().join("drop/daily_2026-11-01.csv").is_file());
    assert!(world.swept().await.is_empty());
    world.works(&ticket).await;
    assert_eq!(world.run(&ticket).await, run, "a used ticket changes nothing");
}

async fn a_stop_lets_what_is_being_sent_finish(on: On) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut world = World::with_hook(on, listener.local_addr().unwrap().port()).await;
    world.engine.plan.jobs.get_mut("daily").unwrap().deliveries = vec!["hook".to_owned()];
    let ticket = world.due().await;
    let receiver = async {
        let (mut connection, _) = listener.accept().await.unwrap();
        let mut request = Vec::new();
        while !String::from_utf8_lossy(&request).contains("\r\n\r\n") {
            connection.read_buf(&mut request).await.unwrap();
        }
        // The bytes are on their way, and the answer is not there yet.
        world.stop.cancel();
        for _ in 0..100 {
            tokio::task::yield_now().await;
        }
        let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
        connection.write_all(answer).await.unwrap();
        // Whatever of the request is still to come is read, so that closing does not reset the connection.
        connection.shutdown().await.unwrap();
        drop(connection.read_to_end(&mut request).await);
    };
    tokio::join!(world.works(&ticket), receiver);
    assert_eq!(world.run(&ticket).await.state, RunState::Delivered);
}

async fn a_run_whose_job_has_gone_ends_and_its_owner_hears(on: On) {
    let mut world = World::new(on).await;
    let ticket = world.due().await;
    std::fs::write(world.place.dir().join("drop"), "no folder").unwrap();
    world.works(&ticket).await;
    world.engine.plan.jobs.remove("daily");
    execute(
        &world.engine.store,
        "UPDATE deliveries SET state = 'retry_wait', next_attempt_at = '2026-11-02T11:00:00.000000Z'",
    )
    .await;
    let handed = world.swept().await;
    assert_eq!(handed.len(), 1);
    world.works(&handed[0]).await;
    assert_eq!(world.run(&ticket).await.state, RunState::Failed);
    let rows = world.engine.store.deliveries(&ticket.run_id).await.unwrap();
    assert!(
        rows.iter()
            .all(|row| (row.state, row.next_attempt_at) == (DeliveryState::Dead, None)),
        "{rows:?}"
    );
    assert!(world.swept().await.is_empty(), "not again and again");
    assert!(
        world.engine.store.in_trouble("daily").await.unwrap(),
        "its owner is told"
    );
}

async fn a_run_that_ends_every_process_that_begins_it_is_failed_and_its_owner_hears(on: On) {
    let world = World::new(on).await;
    let (mut ticket, store) = (world.due().await, &world.engine.store);
    let run = store.take(&ticket, noon()).await.unwrap().unwrap();
    store.release(&run.run_id, run.fence).await.unwrap();
    // Given back in good order: that does not count.
    for losses in 0..MOST_LOSSES {
        ticket = world.swept().await.remove(0);
        let run = store.take(&ticket, noon()).await.unwrap().unwrap();
        assert_eq!(run.losses, losses);
        outlive_leases(store).await;
    }
    ticket = world.swept().await.remove(0);
    world.works(&ticket).await;
    let run = world.run(&ticket).await;
    assert_eq!(run.state, RunState::Failed);
    assert!(run.error.unwrap().starts_with("5 times the program ended"));
    assert!(world.swept().await.is_empty());
    let told = "SELECT count(*) AS n FROM notices WHERE kind = 'failed' AND text LIKE '%reportwire run daily --period 2026-11-01%'";
    assert_eq!(number(store, told).await, 1);
}

async fn a_run_that_this_process_is_at_work_on_is_not_taken_from_it(on: On) {
    let world = World::new(on).await;
    let ticket = world.due().await;
    let run = world.engine.store.take(&ticket, noon()).await.unwrap().unwrap();
    let at_work = world.leases.keep(&run);
    // As after a step of the clock.
    outlive_leases(&world.engine.store).await;
    let again = world.swept().await.remove(0);
    world.works(&again).await;
    assert_eq!(world.run(&ticket).await.fence, run.fence);
    drop(at_work);
    world.works(&again).await;
    assert_eq!(world.run(&ticket).await.state, RunState::Delivered);
}

async fn whoever_is_told_to_stop_before_anything_is_frozen_gives_the_run_back(on: On) {
    let world = World::new(on).await;
    let ticket = world.due().await;
    world.stop.cancel();
    world.works(&ticket).await;
    let run = world.run(&ticket).await;
    assert!(
        run.generated_at.is_none() && run.state != RunState::Failed,
        "{run:?}"
    );
    let next = World {
        stop: CancellationToken::new(),
        ..world
    };
    let used = run.fence > ticket.fence;
    // Given back, so that nobody waits for a lease; a ticket that was not used is still good.
    let ticket = if used {
        next.swept().await.remove(0)
    } else {
        ticket
    };
    next.works(&ticket).await;
    assert_eq!(next.run(&ticket).await.state, RunState::Delivered);
}

async fn what_a_killed_process_was_sending_is_sent_once_more_where_repeats_are_known(on: On) {
    let world = World::new(on).await;
    let ticket = world.due().await;
    std::fs::write(world.place.dir().join("drop"), "no folder").unwrap();
    world.works(&ticket).await;
    std::fs::remove_file(world.place.dir().join("drop")).unwrap();
    let killed = world.place.store_of("killed").await;
    let run = killed.claim(&ticket.run_id, noon()).await.unwrap();
    let row = killed.deliveries(&run.run_id).await.unwrap().remove(0);
    let _: Permit = killed.permit(&row, run.fence, noon()).await.unwrap();
    outlive_leases(&killed).await;
    let handed = world.swept().await.remove(0);
    world.works(&handed).await;
    let row = killed.deliveries(&run.run_id).await.unwrap().remove(0);
    assert_eq!(row.state, DeliveryState::Ambiguous);
    assert!(
        row.next_attempt_at.is_some_and(|next| next > noon()),
        "a file drop can tell repeats: {row:?}"
    );
    killed
        .put_off(&row, run.fence, PutOff::NoWay("late"), at("2026-11-02T12:00:01Z"))
        .await
        .unwrap();
    assert_eq!(
        killed.deliveries(&run.run_id).await.unwrap().remove(0),
        row,
        "the killed one writes nothing"
    );
}

async fn what_a_killed_process_left_is_sent_although_a_command_concludes_the_run_first(on: On) {
    for by_resolving in [false, true] {
        let mut world = World::new(on).await;
        world.engine.plan.jobs.get_mut("daily").unwrap().deliveries = vec!["drop".into(), "second".into()];
        let ticket = world.due().await;
        let in_the_way = ["drop", "second"].map(|name| world.place.dir().join(name));
        for path in &in_the_way {
            std::fs::write(path, "no folder").unwrap();
        }
        world.works(&ticket).await;
        for path in &in_the_way {
            std::fs::remove_file(path).unwrap();
        }
        let never_tried = "UPDATE deliveries SET state = 'pending', attempts = 0, next_attempt_at = NULL";
        let (killed, id) = (world.place.store_of("killed").await, &ticket.run_id);
        execute(&killed, "DELETE FROM attempts").await;
        execute(&killed, never_tried).await;
        let run = killed.claim(id, noon()).await.unwrap();
        let row = killed.deliveries(id).await.unwrap().remove(0);
        let _: Permit = killed.permit(&row, run.fence, noon()).await.unwrap();
        outlive_leases(&killed).await;

        let run = if by_resolving {
            resend::settle(&world.engine, id).await
        } else {
            let only = ["second".to_owned()];
            resend::resend(&world.engine, id, &only, std::time::Duration::ZERO).await
        };
        assert_ne!(run.unwrap().state, RunState::Delivered);
        world.clock.set(at("2026-11-02T12:00:10Z"));
        let handed = world.swept().await.remove(0);
        world.works(&handed).await;
        assert_eq!(world.run(&ticket).await.state, RunState::Delivered);
    }
}
