//! An account, what it answers, and what comes of it when an answer is another one.

use crate::far::{Account, Dispersl, success};
use crate::*;
use reportwire::source::sdk::json::strict;
use serde_json::Value;

/// Changes an answer.
pub(crate) type Spoil = fn(&mut Value);

pub(crate) fn account() -> Account {
    Account::new("2026-01-02", "2026-11-02")
}

/// October's cost by the account's own books.
pub(crate) fn october(account: &Account) -> Decimal {
    account.sum("2026-10-01", "2026-10-31", |work| work.cost)
}

/// What the account answers about October, as stored.
pub(crate) async fn fetched(account: &Account, folder: &Path) -> Snapshot {
    let far = Dispersl::start(account.clone()).await;
    let writer = SnapshotWriter::create(folder).unwrap();
    let (plan, clock, needs) = (plan(&far.base_url), clock(account), full("2026-10"));
    dispersl::fetch("agents", &plan, &needs, &writer, &clock, &Silent, AT_ONCE)
        .await
        .unwrap();
    writer.finish().unwrap()
}

/// The data of the account's answer to the call of which the target holds `part`.
pub(crate) async fn answer(account: &Account, part: &str) -> Value {
    let folder = tempfile::tempdir().unwrap();
    let snapshot = fetched(account, folder.path()).await;
    let mut answers = snapshot.answers().iter();
    let request = answers.find(|answer| answer.request.contains(part)).unwrap();
    strict(snapshot.text(&request.request).unwrap()).unwrap()["data"].take()
}

/// What comes of it when calls of which the target holds these texts are answered so.
pub(crate) async fn scripted(
    account: &Account,
    scripts: &[(&'static str, Value)],
    needs: &[Need],
) -> Result<Dataset, SourceError> {
    let far = Dispersl::start(account.clone()).await;
    for (part, data) in scripts {
        far.on(part, vec![success(data)]);
    }
    dataset(&plan(&far.base_url), &clock(account), needs).await
}

/// What comes of October when the account's own answer is spoiled.
pub(crate) async fn spoiled(
    account: &Account,
    part: &'static str,
    spoil: impl Fn(&mut Value),
) -> Result<Dataset, SourceError> {
    let mut data = answer(account, part).await;
    spoil(&mut data);
    scripted(account, &[(part, data)], &full("2026-10")).await
}
