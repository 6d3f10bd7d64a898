//! What the owner hears: one bulletin for each owner and quarter of an hour, by the owner's delivery, else by a second way.
//!
//! Bulletins are rows like everything else: one that did not go is tried again, and after some tries takes the second way
//! (`service.owner_fallback`), and where there is none, or it fails too, lies as a file in the data folder, which cannot be
//! missed by whoever looks after the machine. No reader of a report ever gets one.

use crate::config::Plan;
use crate::delivery::{self, Bulletin, BulletinItem, DeliveryError, bulletin_text};
use crate::fail_point;
use crate::run::store::{PendingBulletin, Store, StoreError, StoredNotice, Told};
use crate::schedule::clock::Clock;
use chrono::TimeDelta;
use std::path::PathBuf;
use std::sync::Arc;

/// Shortest time between two bulletins to one owner.
const QUIET: TimeDelta = TimeDelta::minutes(15);
/// How long the first notice waits for others of the same trouble.
const RIPE: TimeDelta = TimeDelta::seconds(20);
/// How long one sender has a bulletin to itself.
const LEASE: TimeDelta = TimeDelta::minutes(5);
/// Tries by the first way before the second is taken.
const PATIENCE: u32 = 3;
/// Between two tries.
const PAUSE: TimeDelta = TimeDelta::minutes(1);
/// Most bulletins in one go.
const MOST: usize = 50;
/// Folder of the last way, in the data folder.
const FOLDER: &str = "bulletins";

/// Puts together what waits and sends what is due.
pub(super) async fn send_due(plan: &Plan, store: &Store, clock: &Arc<dyn Clock>) -> Result<(), StoreError> {
    let now = clock.now();
    fail_point::hit("gathering");
    store.gather_bulletins(now, now - QUIET, now - RIPE).await?;
    fail_point::hit("gathered");
    for _ in 0..MOST {
        let Some(pending) = store.take_bulletin(clock.now(), LEASE).await? else {
            return Ok(());
        };
        fail_point::hit("bulletin_taken");
        let bulletin = write(plan, &pending);
        let told = tell(plan, store, clock, &pending, &bulletin).await;
        if let Told::Later { reason, .. } = &told {
            tracing::warn!(
                reason,
                attempts = pending.attempts,
                "the owner could not be told; it is tried again"
            );
        }
        fail_point::hit("bulletin_sent");
        store.told(&pending.key, told).await?;
        fail_point::hit("told");
    }
    Ok(())
}

fn write(plan: &Plan, pending: &PendingBulletin) -> Bulletin {
    Bulletin {
        key: pending.key.clone(),
        service: String::new(),
        owner: pending.owner.clone(),
        written_at: pending.written_at,
        timezone: plan.service.timezone,
        items: items(&pending.notices),
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
    let first = send(plan, service.owner_delivery.as_deref(), bulletin, clock).await;
    let reason = match first {
        Ok(proof) => {
            return Told::Acked {
                proof,
                second_way: false,
            };
        }
        Err(reason) => reason,
    };
    // Without a first way there is nothing to wait for.
    if pending.attempts < PATIENCE && service.owner_delivery.is_some() {
        return Told::Later {
            at: clock.now() + PAUSE,
            reason,
        };
    }
    let second = send(plan, service.owner_fallback.as_deref(), bulletin, clock).await;
    let proof = match second {
        Ok(proof) => Ok(proof),
        Err(_) => keep(store, bulletin),
    };
    match proof {
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
            at: clock.now() + PAUSE,
            reason: format!("{reason}; and {also}"),
        },
    }
}

/// Sends a bulletin one way: all of its parcels, or why not.
async fn send(
    plan: &Plan,
    name: Option<&str>,
    bulletin: &Bulletin,
    clock: &Arc<dyn Clock>,
) -> Result<String, String> {
    let name = name.ok_or("no delivery is named for it, see `service.owner_delivery`")?;
    let way = plan
        .deliveries
        .get(name)
        .ok_or("its delivery is not in the configuration")?;
    let told = |error: DeliveryError| error.reason;
    let way = delivery::open(name, way, Arc::clone(clock)).map_err(told)?;
    let mut proof = "nobody to tell".to_owned();
    for parcel in way.compose_bulletin(bulletin).map_err(told)? {
        proof = way.deliver(&parcel).await.map_err(told)?.proof;
    }
    Ok(proof)
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
