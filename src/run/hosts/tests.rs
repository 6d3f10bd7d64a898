//! Far ends in trouble, busy, and in need of pauses. Time stands still but where a test moves it.

use super::*;
use crate::delivery::Recourse;
use tokio::time::{advance, timeout};

const HOST: &str = "mail.example.com:587";
const NONE: Duration = Duration::ZERO;

fn secs(secs: u64) -> Duration {
    Duration::from_secs(secs)
}

async fn fail(hosts: &Hosts, times: u32) {
    for _ in 0..times {
        hosts.admit(HOST, NONE).await.unwrap().failed();
    }
}

#[tokio::test(start_paused = true)]
async fn five_failures_in_a_row_open_it_and_one_success_starts_the_count_again() {
    let hosts = Hosts::new(2);
    fail(&hosts, 4).await;
    hosts.admit(HOST, NONE).await.unwrap().succeeded();
    fail(&hosts, 5).await;
    assert_eq!(hosts.admit(HOST, NONE).await.unwrap_err(), OpenFor(secs(60)));
    assert!(hosts.admit("other.example.com", NONE).await.is_ok());
    advance(secs(59)).await;
    let error = hosts.admit(HOST, NONE).await.unwrap_err();
    assert_eq!(error, OpenFor(secs(1)));
    assert_eq!(
        error.to_string(),
        "the far end failed 5 times in a row and is left alone for another 1 s"
    );
}

#[tokio::test(start_paused = true)]
async fn one_attempt_finds_out_and_each_failure_doubles_the_rest_up_to_half_an_hour() {
    let hosts = Hosts::new(2);
    fail(&hosts, 5).await;
    for rest in [60, 120, 240, 480, 960, 1_800, 1_800] {
        assert_eq!(hosts.admit(HOST, NONE).await.unwrap_err(), OpenFor(secs(rest)));
        advance(secs(rest)).await;
        let trial = hosts.admit(HOST, NONE).await.unwrap();
        assert_eq!(
            hosts.admit(HOST, NONE).await.unwrap_err(),
            OpenFor(TRIAL_PATIENCE)
        );
        trial.failed();
    }
    advance(secs(1_800)).await;
    hosts.admit(HOST, NONE).await.unwrap().succeeded();
    fail(&hosts, 4).await;
    assert!(
        hosts.admit(HOST, NONE).await.is_ok(),
        "it is as if nothing had been"
    );
}

#[tokio::test(start_paused = true)]
async fn a_trial_that_was_cancelled_lets_the_next_one_go() {
    let hosts = Hosts::new(2);
    fail(&hosts, 5).await;
    advance(secs(60)).await;
    drop(hosts.admit(HOST, NONE).await.unwrap());
    hosts.admit(HOST, NONE).await.unwrap().failed();
    assert_eq!(hosts.admit(HOST, NONE).await.unwrap_err(), OpenFor(secs(120)));
}

#[tokio::test(start_paused = true)]
async fn attempts_from_before_the_rest_neither_lengthen_it_nor_are_lost() {
    let hosts = Hosts::new(8);
    let mut before = Vec::new();
    for _ in 0..3 {
        before.push(hosts.admit(HOST, NONE).await.unwrap());
    }
    fail(&hosts, 5).await;
    before.pop().unwrap().failed();
    drop(before.pop());
    assert_eq!(hosts.admit(HOST, NONE).await.unwrap_err(), OpenFor(secs(60)));
    before.pop().unwrap().succeeded();
    assert!(hosts.admit(HOST, NONE).await.is_ok(), "it has answered");
}

#[tokio::test(start_paused = true)]
async fn a_host_takes_only_so_many_at_once_and_a_dropped_leave_frees_its_place() {
    let hosts = Hosts::new(2);
    let first = hosts.admit(HOST, NONE).await.unwrap();
    let second = hosts.admit(HOST, NONE).await.unwrap();
    let third = hosts.admit(HOST, NONE);
    assert!(timeout(secs(3_600), third).await.is_err());
    assert!(hosts.admit("other.example.com", NONE).await.is_ok());
    first.succeeded();
    let third = hosts.admit(HOST, NONE).await.unwrap();
    drop(second);
    let fourth = hosts.admit(HOST, NONE).await.unwrap();
    drop((third, fourth));
    assert!(
        Hosts::new(0).admit(HOST, NONE).await.is_ok(),
        "none at all would never end"
    );
}

#[tokio::test(start_paused = true)]
async fn who_waits_for_a_place_learns_that_the_host_was_left_alone_meanwhile() {
    let hosts = Hosts::new(1);
    fail(&hosts, 4).await;
    let last = hosts.admit(HOST, NONE).await.unwrap();
    let waiting = hosts.admit(HOST, NONE);
    let fails = async {
        tokio::time::sleep(secs(7)).await;
        last.failed();
    };
    let (waited, ()) = tokio::join!(waiting, fails);
    assert_eq!(waited.unwrap_err(), OpenFor(secs(60)));
}

#[tokio::test(start_paused = true)]
async fn attempts_begin_a_second_apart_where_the_far_end_wants_it() {
    let hosts = Hosts::new(4);
    let begin = Instant::now();
    let attempt = async || {
        let leave = hosts.admit("hooks.slack.com", secs(1)).await.unwrap();
        leave.succeeded();
        begin.elapsed()
    };
    let mut starts = futures::future::join_all((0..4).map(|_| attempt())).await;
    starts.sort_unstable();
    // The timer of the runtime counts in milliseconds and rounds up.
    let rounded: Vec<u128> = starts.iter().map(|start| start.as_millis() / 10 * 10).collect();
    assert_eq!(rounded, [0, 1_000, 2_000, 3_000]);
    advance(secs(10)).await;
    let before = begin.elapsed();
    assert_eq!(attempt().await, before, "after a long pause nobody waits");
}

#[tokio::test(start_paused = true)]
async fn a_folder_in_trouble_keeps_no_other_from_its_files() {
    let hosts = Hosts::new(1);
    for _ in 0..50 {
        hosts.admit(FILES, NONE).await.unwrap().failed();
    }
}

/// What an attempt that failed says of the far end.
fn told(far_end: FarEnd) -> Result<Receipt, DeliveryError> {
    Err(DeliveryError {
        reason: String::new(),
        recourse: Recourse::Permanent,
        far_end,
    })
}

#[tokio::test(start_paused = true)]
async fn a_refusal_is_an_answer_and_silence_is_none() {
    for (answered, outcome) in [
        (true, Ok(Receipt { proof: "ok".into() })),
        (true, told(FarEnd::Well)),
        (true, told(FarEnd::Unasked)),
        (false, told(FarEnd::Troubled)),
    ] {
        let hosts = Hosts::new(1);
        for _ in 0..FAILURES {
            hosts.admit(HOST, NONE).await.unwrap().settle(&outcome);
        }
        assert_eq!(hosts.admit(HOST, NONE).await.is_ok(), answered, "{outcome:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn who_did_not_ask_has_not_found_out_whether_it_is_well_again() {
    let hosts = Hosts::new(1);
    fail(&hosts, 4).await;
    hosts
        .admit(HOST, NONE)
        .await
        .unwrap()
        .settle(&told(FarEnd::Unasked));
    fail(&hosts, 1).await;
    assert!(hosts.admit(HOST, NONE).await.is_err(), "five in a row");
    advance(secs(60)).await;
    hosts
        .admit(HOST, NONE)
        .await
        .unwrap()
        .settle(&told(FarEnd::Unasked));
    fail(&hosts, 1).await;
    assert_eq!(
        hosts.admit(HOST, NONE).await.unwrap_err(),
        OpenFor(secs(120)),
        "the one after it found out"
    );
}
