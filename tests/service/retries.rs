//! Far ends that are down, gone, or silent after the last byte: what the service makes of them by itself.

use crate::smtp::{At, Fault, Script};
use crate::world::{DUE, READERS, World, answer, instant, ok};

fn dies_after_the_dot() -> Script {
    Script {
        faults: [Fault::Die(At::AfterDot)].into(),
        ..Script::default()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_that_is_down_gets_the_same_event_later_and_the_mail_goes_out_once() {
    let world = World::with(Script::default(), vec![answer("503 Service Unavailable"), ok()]).await;
    let mut service = world.serve();
    service.set_clock(instant(DUE));
    service.wait_where("a delivery was attempted", |event| {
        event.fields["outcome"] == "retry_wait"
    });
    world.eventually("the rest", |world| {
        world.dropped("monthly", "2026-10").len() == 2 && world.smtp.accepted().len() == 2
    });
    assert_eq!(world.only_run()["state"], "delivering");
    service.set_clock(instant("2026-11-01T06:00:10Z"));
    assert_eq!(service.wait_for("run ends").fields["state"], "delivered");
    let events = world.hook.requests();
    assert_eq!(events.len(), 2);
    assert_eq!(events[0].headers["webhook-id"], events[1].headers["webhook-id"]);
    assert_eq!(events[0].body, events[1].body);
    assert_eq!(world.smtp.accepted().len(), 2, "one for each reader");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_that_is_gone_is_switched_off_and_the_owner_hears_how_to_switch_it_on() {
    let world = World::with(Script::default(), vec![answer("410 Gone")]).await;
    let mut service = world.serve();
    service.set_clock(instant(DUE));
    let ended = service.wait_for("run ends");
    assert_eq!(ended.fields["state"], "partially_delivered");
    let run = world.only_run()["run_id"].as_str().unwrap().to_owned();
    service.set_clock(instant("2026-11-01T06:00:30Z"));
    world.eventually("the owner's mail", |world| world.told().len() == 1);
    let told = &world.told()[0];
    assert!(told.contains("1 disabled"), "{told}");
    assert!(
        told.contains("is switched off, and nothing more is sent there: 127.0.0.1 answered HTTP 410"),
        "{told}"
    );
    let command = format!("$ reportwire resend {run} --only erp");
    assert!(told.contains(&command), "{told}");
    service.set_clock(instant("2026-12-01T06:00:01Z"));
    service.wait_for("run ends");
    assert_eq!(
        world.hook.requests().len(),
        1,
        "December's event is not even tried"
    );
    let again = world.ask(&["resend", &run, "--only", "erp"]);
    assert_eq!((again.code, world.hook.requests().len()), (0, 2), "{again:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_that_may_have_arrived_is_sent_once_more_after_ten_minutes_to_the_byte() {
    let world = World::with(dies_after_the_dot(), vec![]).await;
    let mut service = world.serve();
    service.set_clock(instant(DUE));
    world.eventually("the other reader", |world| world.smtp.accepted().len() == 2);
    service.wait_where("a delivery was attempted", |event| {
        event.fields["outcome"] == "ambiguous"
    });
    let run = world.only_run();
    let doubtful = world.parcel(run["run_id"].as_str().unwrap(), READERS[0]);
    assert_eq!(doubtful["state"], "ambiguous");
    assert_eq!(doubtful["next_attempt_at"], "2026-11-01T06:10:01Z");
    service.set_clock(instant("2026-11-01T06:10:05Z"));
    assert_eq!(service.wait_for("run ends").fields["state"], "delivered");
    let mails = world.mails_to(READERS[0]);
    assert_eq!(mails.len(), 2);
    assert_eq!(mails[0], mails[1]);
    assert_eq!(world.mails_to(READERS[1]).len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_that_may_have_arrived_is_held_where_that_is_wished_until_somebody_has_looked() {
    let world = World::with(dies_after_the_dot(), vec![]).await;
    world.edit(
        "[deliveries.finance-mail.email]",
        "[deliveries.finance-mail.email]\nambiguous = \"hold\"",
    );
    let mut service = world.serve();
    service.set_clock(instant(DUE));
    let ended = service.wait_for("run ends");
    assert_eq!(ended.fields["state"], "partially_delivered");
    let run = world.only_run()["run_id"].as_str().unwrap().to_owned();
    service.set_clock(instant("2026-11-01T06:20:00Z"));
    world.eventually("the owner's mail", |world| world.told().len() == 1);
    let told = &world.told()[0];
    assert!(told.contains("1 ambiguous"), "{told}");
    let command = format!("$ reportwire resolve {run} --only finance-mail --as sent");
    assert!(told.contains(&command), "{told}");
    assert_eq!(world.mails_to(READERS[0]).len(), 1, "nothing went out again");
    let resolved = world.ask(&["resolve", &run, "--only", "finance-mail", "--as", "sent"]);
    assert_eq!(resolved.code, 0, "{resolved:?}");
    assert_eq!(world.only_run()["state"], "delivered");
    assert_eq!(world.mails_to(READERS[0]).len(), 1);
}
