//! What the owner hears: one bulletin for each owner and quarter of an hour, by the owner's delivery, else by a second way.
//!
//! Bulletins are rows like everything else: each address is tried by itself and gets it once. Where another try may help there
//! is another; after some, or where none would help (the address is refused, or nobody knows whether it arrived), it takes the
//! second way (`service.owner_fallback`), and where there is none, or it fails too, lies as a file in the data folder, which
//! cannot be missed by whoever looks after the machine. No reader of a report ever gets one.

use crate::config::Plan;
use crate::delivery::{self, Bulletin, BulletinItem, DeliveryError, FarEnd, Recourse, bulletin_text};
use crate::fail_point;
use crate::run::store::{PendingBulletin, Store, StoreError, StoredNotice, Tell, Told};
use crate::schedule::clock::Clock;
use crate::source::snapshot::hex_sha256;
use chrono::TimeDelta;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// Shortest time between two bulletins to one owner.
const QUIET: TimeDelta = TimeDelta::minutes(15);
/// How long the first notice waits for others of the same trouble.
const RIPE: TimeDelta = TimeDelta::seconds(20);
/// How long one sender has a bulletin to itself: more than both ways may take together.
const LEASE: TimeDelta = TimeDelta::minutes(5);
/// How long one way may take. A mail server may think for longer about what it has; then nobody knows, and the second way tells.
const ONE_WAY: Duration = Duration::from_mins(2);
/// Tries by the first way before the second is taken.
const PATIENCE: u32 = 3;
/// Between two tries.
const PAUSE: TimeDelta = TimeDelta::minutes(1);
/// Most bulletins in one go, side by side.
const MOST: usize = 20;
/// Folder of the last way, in the data folder.
const FOLDER: &str = "bulletins";

/// Puts together what waits and sends what is due.
pub(super) async fn send_due(plan: &Plan, store: &Store, clock: &Arc<dyn Clock>) -> Result<(), StoreError> {
    let now = clock.now();
    fail_point::hit("gathering");
    store.gather_bulletins(now, now - QUIET, now - RIPE).await?;
    fail_point::hit("gathered");
    let mut taken = Vec::new();
    while taken.len() < MOST
        && let Some(pending) = store.take_bulletin(clock.now(), LEASE).await?
    {
        taken.push(pending);
    }
    // A server that hangs keeps only its own owner waiting.
    let sent = taken.iter().map(|pending| send_one(plan, store, clock, pending));
    futures::future::join_all(sent).await.into_iter().collect()
}

async fn send_one(
    plan: &Plan,
    store: &Store,
    clock: &Arc<dyn Clock>,
    pending: &PendingBulletin,
) -> Result<(), StoreError> {
    fail_point::hit("bulletin_taken");
    let bulletin = write(plan, pending);
    let told = tell(plan, store, clock, pending, &bulletin).await;
    if let Told::Later { reason, .. } = &told {
        tracing::warn!(
            reason,
            attempt = pending.attempt,
            "the owner could not be told; it is tried again"
        );
    }
    fail_point::hit("bulletin_sent");
    store.told(pending, told).await?;
    fail_point::hit("told");
    Ok(())
}

/// Sends what could not be written down, because the store takes nothing; whether somebody has it.
pub(super) async fn send_unwritten(plan: &Plan, store: &Store, clock: &Arc<dyn Clock>, news: Tell) -> bool {
    let (now, owner) = (clock.now(), news.owner.clone());
    if owner.is_empty() {
        return false;
    }
    let pending = PendingBulletin {
        key: hex_sha256(format!("{}/{now}", news.text).as_bytes())[..32].to_owned(),
        owner,
        written_at: now,
        // There is no other.
        attempt: PATIENCE,
        settled: BTreeMap::new(),
        notices: vec![StoredNotice::unwritten(news, now)],
        more: 0,
    };
    let bulletin = write(plan, &pending);
    matches!(
        tell(plan, store, clock, &pending, &bulletin).await,
        Told::Acked { .. }
    )
}

fn write(plan: &Plan, pending: &PendingBulletin) -> Bulletin {
    Bulletin {
        key: pending.key.clone(),
        owner: pending.owner.clone(),
        written_at: pending.written_at,
        timezone: plan.service.timezone,
        items: items(&pending.notices),
        more: pending.more,
    }
}

/// The same trouble of the same job and period is told once, with how often it came.
fn items(notices: &[StoredNotice]) -> Vec<BulletinItem> {
    let mut items: Vec<BulletinItem> = Vec::new();
    for notice in notices {
        let same = |item: &&mut BulletinItem| {
            item.kind == notice.kind
                && item.job == notice.job
                && item.period == notice.period
                && item.text == notice.text
        };
        match items.iter_mut().find(same) {
            Some(item) => {
                item.count += 1;
                item.at = item.at.max(notice.at);
            }
            None => items.push(BulletinItem {
                kind: notice.kind,
                job: notice.job.clone(),
                period: notice.period.clone(),
                run_id: notice.run_id.clone(),
                at: notice.at,
                text: notice.text.clone(),
                count: 1,
            }),
        }
    }
    items
}

async fn tell(
    plan: &Plan,
    store: &Store,
    clock: &Arc<dyn Clock>,
    pending: &PendingBulletin,
    bulletin: &Bulletin,
) -> Told {
    let service = &plan.service;
    let mut settled = pending.settled.clone();
    let first = send(
        plan,
        service.owner_delivery.as_deref(),
        bulletin,
        clock,
        &mut settled,
    )
    .await;
    let Trouble { reason, may_pass } = match first {
        Ok(proof) => {
            return Told::Acked {
                proof,
                second_way: false,
            };
        }
        Err(trouble) => trouble,
    };
    let again = clock.now() + PAUSE;
    // Without a first way there is nothing to wait for.
    if may_pass && pending.attempt < PATIENCE && service.owner_delivery.is_some() {
        return Told::Later {
            at: again,
            reason,
            settled,
        };
    }
    // Whoever has it by the first way gets it once.
    let mut reached = settled.clone();
    reached.retain(|_, has_it| *has_it);
    let second = send(
        plan,
        service.owner_fallback.as_deref(),
        bulletin,
        clock,
        &mut reached,
    )
    .await;
    match second.or_else(|_| keep(store, bulletin)) {
        Ok(proof) => {
            tracing::error!(
                reason,
                told = proof,
                "the owner's delivery failed; the bulletin took another way"
            );
            Told::Acked {
                proof,
                second_way: true,
            }
        }
        Err(also) => Told::Later {
            at: again,
            reason: format!("{reason}; and {also}"),
            settled,
        },
    }
}

/// Why a bulletin did not reach everybody one way.
struct Trouble {
    reason: String,
    /// Whether another try may help.
    may_pass: bool,
}

impl From<String> for Trouble {
    fn from(reason: String) -> Self {
        Self {
            reason,
            may_pass: true,
        }
    }
}

/// Sends a bulletin one way, to everybody who is not `settled`: whoever has it by then, or cannot have it this way.
async fn send(
    plan: &Plan,
    name: Option<&str>,
    bulletin: &Bulletin,
    clock: &Arc<dyn Clock>,
    settled: &mut BTreeMap<String, bool>,
) -> Result<String, Trouble> {
    let name = name.ok_or_else(|| "no delivery is named for it, see `service.owner_delivery`".to_owned())?;
    let way = plan
        .deliveries
        .get(name)
        .ok_or_else(|| "its delivery is not in the configuration".to_owned())?;
    let told = |error: DeliveryError| error.reason;
    let way = delivery::open(name, way, Arc::clone(clock)).map_err(told)?;
    let deadline = Instant::now() + ONE_WAY;
    let error = |recourse, why: &str| DeliveryError {
        reason: format!("delivery `{name}`: {why}"),
        recourse,
        far_end: FarEnd::Unasked,
    };
    let (mut proof, mut trouble) = ("everybody has it".to_owned(), None);
    for parcel in way.compose_bulletin(bulletin).map_err(told)? {
        let answer = match settled.get(&parcel.recipient) {
            Some(true) => continue,
            Some(false) => Err(error(
                Recourse::Permanent,
                "an earlier attempt was refused or never answered",
            )),
            None if Instant::now() >= deadline => Err(error(
                Recourse::Retry { after: None },
                "not tried, those before took too long",
            )),
            // Dropped when it takes too long; that it may have arrived is then all that is known.
            None => tokio::time::timeout_at(deadline, way.deliver(&parcel))
                .await
                .unwrap_or_else(|_| {
                    Err(error(
                        Recourse::Ambiguous,
                        "no answer in time; it may have arrived",
                    ))
                }),
        };
        match answer {
            Ok(receipt) => {
                proof = receipt.proof;
                settled.insert(parcel.recipient, true);
            }
            Err(DeliveryError { reason, recourse, .. }) => {
                let may_pass = matches!(recourse, Recourse::Retry { .. });
                if !may_pass {
                    settled.insert(parcel.recipient, false);
                }
                let first = trouble.get_or_insert(Trouble { reason, may_pass });
                first.may_pass |= may_pass;
            }
        }
    }
    trouble.map_or(Ok(proof), Err)
}

/// The last way: a file for whoever looks after the machine.
fn keep(store: &Store, bulletin: &Bulletin) -> Result<String, String> {
    let folder: PathBuf = store.data_dir().join(FOLDER);
    let path = folder.join(format!("bulletin-{}.txt", bulletin.key));
    std::fs::create_dir_all(&folder)
        .and_then(|()| std::fs::write(&path, bulletin_text(bulletin)))
        .map_err(|error| format!("{} cannot be written: {error}", path.display()))?;
    Ok(path.display().to_string())
}

#[cfg(test)]
mod tests;
