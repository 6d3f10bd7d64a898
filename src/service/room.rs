//! Room to write: a data folder that takes nothing more pauses the service in sight of everybody, until it does again.
//!
//! While it is paused no run is begun and none goes on, so none is called failed only because our own disk was full; what falls
//! due meanwhile is found in the calendar later. `/readyz` says why, the ping stops, and the owner hears as soon as that can be
//! written down.

use super::bulletins;
use super::shared::of_service;
use crate::console::Pulse;
use crate::delivery::BulletinKind;
use crate::run::Engine;
use crate::run::store::Tell;
use crate::telemetry::figures;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::time::Instant;

/// What must find room while all is well.
const ENOUGH: usize = 64 * 1024;
/// What must find room before a paused service goes on.
const PLENTY: usize = 2 * 1024 * 1024;
/// How often a paused service looks.
const AGAIN: Duration = Duration::from_secs(2);
/// Longest time for a bulletin that could not be written down.
const UNWRITTEN: Duration = Duration::from_secs(20);

/// Whether there is room, as far as this process knows.
#[derive(Debug, Default)]
pub(super) struct Room {
    looked_at: Option<Instant>,
    /// Whether the owner knows that the service is paused.
    told: bool,
    /// Whether a bulletin that could not be written down was sent, or tried to, without that.
    tried_unwritten: bool,
}

impl Room {
    /// Looks whether data folder and database can be written, and pauses or resumes the service.
    pub(super) async fn look(&mut self, pulse: &Pulse, engine: &Engine) {
        let trouble = pulse.store_trouble();
        if trouble.is_some() && self.looked_at.is_some_and(|at| at.elapsed() < AGAIN) {
            return;
        }
        self.looked_at = Some(Instant::now());
        let wanted = if trouble.is_some() { PLENTY } else { ENOUGH };
        let tried = try_to_write(engine, wanted).await;
        match (&trouble, tried) {
            (None, Ok(())) => {}
            (Some(reason), Ok(())) => {
                // Whoever met it before anybody looked has it written down now.
                self.tell(engine, reason).await;
                self.tell_over(engine).await;
                pulse.store_works();
                tracing::info!("there is room again; the service goes on");
            }
            (_, Err(reason)) => {
                figures::store_fault();
                if trouble.as_ref() == Some(&reason) {
                    tracing::debug!(reason, "the service is still paused");
                } else {
                    tracing::error!(reason, "the service is paused: it cannot write");
                }
                self.tell(engine, &reason).await;
                pulse.store_fails(reason);
            }
        }
    }

    /// Tells the owner once. With a full disk even that may not be written; then a bulletin goes out that no row remembers, and
    /// if that does not arrive either, it is written down as soon as it can be.
    async fn tell(&mut self, engine: &Engine, reason: &str) {
        if self.told {
            return;
        }
        let text = format!(
            "{reason}. Until that is mended nothing is begun and nothing sent; what falls due meanwhile is made up afterwards."
        );
        let tell = of_service(engine, BulletinKind::StoreFault, text);
        self.told = write_down(engine, tell.clone()).await;
        if !self.told && !std::mem::replace(&mut self.tried_unwritten, true) {
            let Engine {
                plan, store, clock, ..
            } = engine;
            // Dropped when it takes too long: the service has to look whether there is room again.
            let sent = tokio::time::timeout(UNWRITTEN, bulletins::send_unwritten(plan, store, clock, tell));
            self.told = sent.await.unwrap_or(false);
        }
    }

    async fn tell_over(&mut self, engine: &Engine) {
        if self.told {
            let text = "The service can write again and makes up what fell due meanwhile.".to_owned();
            write_down(engine, of_service(engine, BulletinKind::Recovered, text)).await;
        }
        (self.told, self.tried_unwritten) = (false, false);
    }
}

async fn write_down(engine: &Engine, tell: Tell) -> bool {
    let written = engine.store.tell(vec![tell], engine.clock.now()).await;
    if let Err(error) = &written {
        tracing::debug!(error = %error, "that could not be written down for the owner yet");
    }
    written.is_ok()
}

/// Writes that much beside the runs, and a row; leaves nothing.
async fn try_to_write(engine: &Engine, bytes: usize) -> Result<(), String> {
    let folder = engine.store.data_dir().to_owned();
    let tried = tokio::task::spawn_blocking(move || try_folder(&folder, bytes)).await;
    tried.map_err(|broken| broken.to_string())??;
    let noted = engine.store.note_room(engine.clock.now()).await;
    noted.map_err(|error| error.to_string())
}

fn try_folder(folder: &Path, bytes: usize) -> Result<(), String> {
    let told = |path: PathBuf| {
        move |cause: std::io::Error| {
            format!(
                "the data folder {} cannot be written: {cause}; make room there",
                path.display()
            )
        }
    };
    let mut file = tempfile::tempfile_in(folder).map_err(told(folder.to_owned()))?;
    let page = vec![0x55; 64 * 1024];
    for _ in 0..bytes.div_ceil(page.len()) {
        file.write_all(&page).map_err(told(folder.to_owned()))?;
    }
    file.sync_data().map_err(told(folder.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::Phase;
    use crate::run::work::shop::Shop;
    use crate::schedule::clock::Clock as _;

    #[tokio::test(start_paused = true)]
    async fn the_service_pauses_until_there_is_room_and_the_owner_hears_both() {
        let shop = Shop::open("").await;
        let (pulse, mut room) = (Pulse::new(), Room::default());
        pulse.set_phase(Phase::Serving);
        pulse.beat(shop.clock.now(), shop.clock.since_boot());
        room.look(&pulse, &shop.engine).await;
        assert_eq!(pulse.store_trouble(), None);
        pulse.store_fails("the disk was full for a moment");
        assert_eq!(
            pulse.ready(Duration::ZERO),
            Err(crate::console::STORE_FAILS.into())
        );
        room.look(&pulse, &shop.engine).await;
        assert!(pulse.store_trouble().is_some(), "it has just looked");
        tokio::time::advance(AGAIN).await;
        room.look(&pulse, &shop.engine).await;
        assert_eq!(pulse.ready(Duration::ZERO), Ok(()));
        let news: Vec<_> = shop.news().await.into_iter().map(|notice| notice.kind).collect();
        assert_eq!(news, [BulletinKind::StoreFault, BulletinKind::Recovered]);
    }

    #[test]
    fn a_folder_that_takes_nothing_is_named() {
        let dir = tempfile::tempdir().unwrap();
        try_folder(dir.path(), ENOUGH).unwrap();
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
        let error = try_folder(&dir.path().join("gone"), ENOUGH).unwrap_err();
        assert!(error.contains("gone cannot be written"), "{error}");
    }
}
