//! Every other command works beside a busy service.

use crate::world::{DUE, World, instant};
use std::sync::atomic::{AtomicUsize, Ordering};

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_commands_beside_a_busy_service_lose_no_write_and_find_no_lock() {
    const COMMANDS: usize = 200;
    const JOBS: usize = 60;
    let world = World::new().await;
    for n in 0..JOBS {
        world.add_job(&format!("job-{n}"), "\"0 7 1 * *\"", "previous_month");
    }
    // Each asked for once: of two reports of one period that are made at one moment, the older may rightly never go out.
    let by_hand: Vec<String> = (0..COMMANDS / 10).map(|n| format!("by-hand-{n}")).collect();
    for job in &by_hand {
        world.add_job(job, "\"0 7 1 1 *\"", "previous_month");
    }
    world.add_job("by-hand", "\"0 7 1 1 *\"", "previous_month");
    let mut service = world.serve();
    let sent = world.ask(&["run", "by-hand", "--json"]);
    assert_eq!(sent.code, 0, "{sent:?}");
    let sent = sent.json()["run_id"].as_str().unwrap().to_owned();
    service.set_clock(instant(DUE));
    let next = AtomicUsize::new(0);
    tokio::task::block_in_place(|| {
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    loop {
                        let n = next.fetch_add(1, Ordering::Relaxed);
                        let arguments = match n % 10 {
                            _ if n >= COMMANDS => break,
                            0 => vec!["run", &by_hand[n / 10], "--wait", "5"],
                            1 => vec!["resend", &sent],
                            2 => vec!["resend", &sent, "--as-new"],
                            3 => vec!["runs", "show", &sent],
                            4 => vec!["verify", &sent],
                            _ => vec!["runs", "--json"],
                        };
                        let mut answer = world.ask(&arguments);
                        // Two at once on one run: the second is told to try again, and does.
                        while answer.err.contains("right now; try again") {
                            answer = world.ask(&arguments);
                        }
                        assert_eq!(answer.code, 0, "{arguments:?}: {answer:?}");
                        assert!(!answer.err.contains("lock"), "{arguments:?}: {answer:?}");
                    }
                });
            }
        });
    });
    for _ in 0..=JOBS {
        assert_eq!(service.wait_for("run ends").fields["state"], "delivered");
    }
    let runs = world.runs();
    assert_eq!(runs.len(), JOBS + 1 + 1 + COMMANDS / 10, "no run is lost");
    assert!(runs.iter().all(|run| run["state"] == "delivered"));
    let again = world.show(&sent)["deliveries"].as_array().unwrap().len();
    assert_eq!(again, 2 + 2 * COMMANDS / 10, "no parcel is lost");
    let said = service.log().join("\n");
    assert!(!said.contains("locked") && !said.contains("ERROR"), "{said}");
}
