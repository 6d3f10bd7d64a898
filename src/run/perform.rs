//! One run from top to bottom: fetch, compute and render, freeze, deliver, conclude.

use super::attempt::{self, Effort};
use super::choose::{self, RunRequest};
use super::fault::is_full_disk;
use super::hosts::Hosts;
use super::recipe::{self, Identity, Product, Recipe, Trial};
use super::store::{
    Along, Before, Freeze, NewRun, OutboxRow, RuleMove, Run, Store, StoredArtifact, Trigger, Withdrawal,
};
use super::{RunError, RunState, StoreError, earlier, late, lease, previewed, tell};
use crate::config::Plan;
use crate::config::plan::{DeliveryPlan, JobPlan, Send};
use crate::delivery::{Delivery, Parcel};
use crate::fail_point;
use crate::period::Period;
use crate::render::{Artifact, Digest};
use crate::schedule::clock::Clock;
use crate::source::{self, Progress, SnapshotWriter};
use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// How often a report is made anew because another run has judged the rules of its job, or was delivered, meanwhile.
const MOST_RACES: u32 = 5;

/// What a run needs besides its request.
#[derive(Debug)]
pub struct Engine {
    /// The configuration.
    pub plan: Plan,
    /// The memory.
    pub store: Store,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// The far ends, as this process has met them.
    pub hosts: Arc<Hosts>,
}

impl Engine {
    /// What runs of this plan need.
    #[must_use]
    pub fn new(plan: Plan, store: Store, clock: Arc<dyn Clock>) -> Self {
        Self {
            hosts: Arc::new(Hosts::new(plan.service.sends_at_once)),
            plan,
            store,
            clock,
        }
    }
}

/// What became of a run.
#[derive(Debug)]
pub struct RunOutcome {
    /// The run as it stands.
    pub run: Run,
    /// Its files, the manifest last.
    pub artifacts: Vec<StoredArtifact>,
    /// Its outbox.
    pub deliveries: Vec<OutboxRow>,
    /// The executive summary, for the terminal.
    pub digest: Digest,
}

/// What `preview` wrote.
#[derive(Debug)]
pub struct Preview {
    /// The files, in the order of the formats, the manifest last.
    pub files: Vec<PathBuf>,
    /// The executive summary, for the terminal.
    pub digest: Digest,
}

/// Runs a job now, through the same path as a scheduled run.
///
/// # Errors
/// [`RunError::Request`] if the request or the configuration is wrong (nothing was recorded), else
/// [`RunError::Recorded`] with what made the run fail.
pub async fn run(
    engine: &Engine,
    request: &RunRequest,
    progress: &dyn Progress,
) -> Result<RunOutcome, RunError> {
    let job = choose::job(&engine.plan, &request.job)?;
    let now = engine.clock.now();
    let period = choose::period(job, request.period.as_deref(), request.as_of.unwrap_or(now))?;
    let (plans, trigger) = choose::deliveries(&engine.plan, job, request)?;
    let names: Vec<String> = plans.keys().cloned().collect();
    let deliveries = choose::open_all(&plans, &engine.clock)?;
    choose::reveal_sources(&engine.plan, job)?;
    let mut recipe = Recipe::of(&engine.plan, job, &period, &names)?;
    match trigger {
        Trigger::Test => recipe.title.insert_str(0, "[test] "),
        Trigger::Manual => recipe.look.by_hand = true,
        Trigger::Schedule | Trigger::Backfill => {}
    }
    let new = NewRun {
        job: job.name.clone(),
        period_id: period.id().to_owned(),
        period_start: period.start(),
        period_end: period.last_day(),
        timezone: job.timezone.name().to_owned(),
        trigger,
        as_of: request.as_of,
        recipe: recipe.written()?,
        created_at: now,
    };
    let run = engine.store.begin(&new).await?;
    tracing::info!(run.id = %run.run_id, job.name = %job.name, period = period.id(), "run begins");
    let story = Story {
        engine,
        job,
        recipe,
        run,
        deliveries,
    };
    let whole = async {
        let begun = tokio::time::Instant::now();
        let digest = match story.prepare(progress).await {
            Ok(Prepared::Frozen(digest)) => digest,
            Ok(Prepared::Held(digest)) => return story.outcome(digest).await,
            // Only scheduled runs wait.
            Ok(Prepared::Waits) => {
                return Err(RunError::Failed("a run by hand waits for nothing".to_owned()));
            }
            Err(error) => return Err(story.failed(error).await),
        };
        // What is frozen is never called failed for being late: the outbox says of each parcel what became of it.
        let wait = request.wait.min(job.deadline.saturating_sub(begun.elapsed()));
        story
            .deliver(&Effort::for_command(wait, Arc::clone(&engine.hosts)))
            .await?;
        story.outcome(digest).await
    };
    lease::kept(&engine.store, engine.clock.as_ref(), &story.run, Box::pin(whole)).await
}

/// Renders a job's report into `out`; records nothing, delivers nothing.
///
/// # Errors
/// As for [`run`], and if a file is in the way that no preview wrote; files of an earlier preview are replaced only when all of them are
/// rendered.
pub async fn preview(
    plan: &Plan,
    clock: &dyn Clock,
    request: &RunRequest,
    out: &Path,
    progress: &dyn Progress,
) -> Result<Preview, RunError> {
    let job = choose::job(plan, &request.job)?;
    let now = clock.now();
    let period = choose::period(job, request.period.as_deref(), request.as_of.unwrap_or(now))?;
    choose::reveal_sources(plan, job)?;
    let recipe = Recipe::of(plan, job, &period, &job.deliveries)?;
    let scratch =
        tempfile::tempdir().map_err(|cause| RunError::disk(Path::new("the temporary folder"), cause))?;
    fetch_all(plan, job, &recipe, scratch.path(), clock, progress).await?;
    let identity = Identity {
        run_id: previewed::RUN_ID.to_owned(),
        revision: 1,
        generated_at: now.trunc_subsecs(0),
        issue: String::new(),
    };
    let Product { edition, .. } =
        produce(recipe, identity, scratch.path().to_owned(), Trial::default()).await?;
    let files = previewed::write(out, &edition.artifacts, &edition.manifest)?;
    Ok(Preview {
        files,
        digest: edition.digest,
    })
}

/// Where preparing a run has led.
pub(super) enum Prepared {
    /// It can be sent.
    Frozen(Digest),
    /// A gate holds it.
    Held(Digest),
    /// It is begun again later, when there may be more data.
    Waits,
}

/// Parcels by the name of their delivery.
type Parcels = Vec<(String, Vec<Parcel>)>;

/// A run on its way, in the hands of this process.
pub(super) struct Story<'a> {
    pub(super) engine: &'a Engine,
    pub(super) job: &'a JobPlan,
    pub(super) recipe: Recipe,
    pub(super) run: Run,
    pub(super) deliveries: BTreeMap<String, Box<dyn Delivery>>,
}

impl Story<'_> {
    /// Fetches, computes, renders and judges within the job's deadline, then freezes; until then nothing leaves the house.
    pub(super) async fn prepare(&self, progress: &dyn Progress) -> Result<Prepared, RunError> {
        let deadline = self.job.deadline;
        let late = || {
            RunError::Failed(format!(
                "the job's deadline of {} s has passed",
                deadline.as_secs()
            ))
        };
        let steps = tokio::time::timeout(deadline, Box::pin(self.steps(progress)));
        let Some((mut product, mut parcels)) = steps.await.unwrap_or_else(|_| Err(late()))? else {
            return Ok(Prepared::Waits);
        };
        // Not within the deadline: it must not pass while nobody knows whether the run is frozen.
        let mut races = 0;
        while let Err(error) = self.freeze(&product, &parcels).await {
            races += 1;
            if !matches!(error, RunError::Store(StoreError::Outdated { .. })) || races > MOST_RACES {
                return Err(error);
            }
            product = self.make().await?;
            parcels = self.compose(&product)?;
        }
        let digest = product.edition.digest;
        Ok(if product.held.is_empty() {
            Prepared::Frozen(digest)
        } else {
            Prepared::Held(digest)
        })
    }

    /// What is to be frozen; nothing where the run waits for data.
    async fn steps(&self, progress: &dyn Progress) -> Result<Option<(Product, Parcels)>, RunError> {
        let Engine { plan, clock, .. } = self.engine;
        let snapshot_dir = &self.run.snapshot_dir;
        self.advance(RunState::Queued, RunState::Fetching).await?;
        fetch_all(
            plan,
            self.job,
            &self.recipe,
            snapshot_dir,
            clock.as_ref(),
            progress,
        )
        .await?;
        // Beside what the sources answered lies what earlier runs have left: from here on nothing else decides a byte.
        self.advance(RunState::Fetching, RunState::Snapshotted).await?;
        let product = self.make().await?;
        if let Some(until) = self.waits(&product)? {
            self.wait_for_data(&product, until).await?;
            return Ok(None);
        }
        self.advance(RunState::Snapshotted, RunState::Rendered).await?;
        let parcels = self.compose(&product)?;
        self.advance(RunState::Rendered, RunState::Checked).await?;
        Ok(Some((product, parcels)))
    }

    /// Keeps what earlier runs have left, and makes the report of that and the snapshot.
    async fn make(&self) -> Result<Product, RunError> {
        let Engine { plan, store, .. } = self.engine;
        let by_people = |name: &&String| {
            let way = plan.deliveries.get(*name);
            way.is_some_and(DeliveryPlan::is_read_by_people)
        };
        let people: Vec<&str> = self
            .job
            .deliveries
            .iter()
            .filter(by_people)
            .map(String::as_str)
            .collect();
        earlier::keep(store, &self.run, &self.recipe, self.stands_alone(), &people).await?;
        let mut trial = self.trial().await?;
        let product = self.produce(&trial).await?;
        if trial.send == Send::IfChanged && product.unsent.is_some() && !self.everybody_has(&product).await? {
            // It may be the same, but not to everybody.
            trial.send = Send::Always;
            return self.produce(&trial).await;
        }
        Ok(product)
    }

    async fn produce(&self, trial: &Trial) -> Result<Product, RunError> {
        let snapshot_dir = self.run.snapshot_dir.clone();
        produce(self.recipe.clone(), self.identity(), snapshot_dir, trial.clone()).await
    }

    /// Whether all readers of the report have the version before it.
    async fn everybody_has(&self, product: &Product) -> Result<bool, RunError> {
        let Some(before) = &product.before else {
            return Ok(true);
        };
        earlier::reached(&self.engine.store, before, &self.parcels(product)?).await
    }

    /// Whether the rules of the job are judged by this run alone: what somebody asks for besides what the schedule reports, or for
    /// some of the readers only, must not be taken for that.
    fn stands_alone(&self) -> bool {
        if self.run.trigger == Trigger::Schedule {
            return false;
        }
        let (job, period) = (self.job, &self.recipe.period);
        let days = |period: &Period| (period.start(), period.end());
        let own = job.period.resolve(period.end(), job.calendar);
        let today = self.run.created_at.with_timezone(&job.timezone).date_naive();
        let for_all = job
            .deliveries
            .iter()
            .all(|name| self.deliveries.contains_key(name));
        own.as_ref().map(days) != Some(days(period)) || period.end() > today || !for_all
    }

    /// What the report is judged by. A test is shown to whoever asked for it, whatever is in it.
    async fn trial(&self) -> Result<Trial, RunError> {
        if self.run.trigger == Trigger::Test {
            return Ok(Trial::default());
        }
        let mut trial = Trial {
            gates: self.job.gates.clone(),
            norm: Vec::new(),
            send: self.job.send,
        };
        if let Some(limit) = &self.job.gates.max_change {
            trial.norm = self
                .engine
                .store
                .norm(&self.run, &limit.metric, limit.norm)
                .await?;
        }
        Ok(trial)
    }

    /// Until when a scheduled run waits for data that are late: it looks again every quarter of an hour, and goes out with
    /// what there is when the job's patience is at its end. One that follows a provisional report waits longer, and does not
    /// go out without them.
    fn waits(&self, product: &Product) -> Result<Option<DateTime<Utc>>, RunError> {
        if product.late.is_empty() || self.run.trigger != Trigger::Schedule {
            return Ok(None);
        }
        let now = self.engine.clock.now();
        if let Some(follows) = &self.recipe.follows {
            let never = || RunError::NeverFinal(late::list(&product.late));
            return follows.again(now).map(Some).ok_or_else(never);
        }
        let patience = self.job.wait_until.as_ref().map(|wait| wait.at_most);
        let end = patience
            .and_then(|patience| TimeDelta::from_std(patience).ok())
            .and_then(|patience| self.run.as_of?.checked_add_signed(patience));
        Ok(end
            .filter(|end| now < *end)
            .map(|end| end.min(now + late::LOOK_AGAIN)))
    }

    async fn wait_for_data(&self, product: &Product, until: DateTime<Utc>) -> Result<(), RunError> {
        let Engine { store, clock, .. } = self.engine;
        let tell = match self.recipe.follows {
            None => tell::late(self.job, &self.run, &product.late),
            // The owner knows: the report itself says that it is provisional.
            Some(_) => None,
        };
        tracing::info!(run.id = %self.run.run_id, job.name = %self.job.name, until = %until, "the run waits for late data");
        store.set_aside(&self.run, until, tell, clock.now()).await?;
        clear(&self.run);
        Ok(())
    }

    /// Tries the outbox and concludes.
    pub(super) async fn deliver(&self, effort: &Effort) -> Result<RunState, RunError> {
        let Engine { store, clock, .. } = self.engine;
        let Run { run_id, fence, .. } = &self.run;
        store
            .advance(run_id, *fence, RunState::Frozen, RunState::Delivering)
            .await?;
        attempt::deliver_all(
            store,
            &self.run,
            &attempt::open_ways(&self.deliveries),
            |_| true,
            effort,
            clock.as_ref(),
        )
        .await?;
        Ok(store.conclude(run_id, *fence, clock.now(), vec![]).await?)
    }

    async fn outcome(&self, digest: Digest) -> Result<RunOutcome, RunError> {
        let (store, run_id) = (&self.engine.store, &self.run.run_id);
        Ok(RunOutcome {
            run: store.run(run_id).await?,
            artifacts: store.artifacts(run_id).await?,
            deliveries: store.deliveries(run_id).await?,
            digest,
        })
    }

    async fn advance(&self, from: RunState, to: RunState) -> Result<(), RunError> {
        let Run { run_id, fence, .. } = &self.run;
        let (before, after) = borders(to);
        fail_point::hit(before);
        self.engine.store.advance(run_id, *fence, from, to).await?;
        fail_point::hit(after);
        Ok(())
    }

    fn identity(&self) -> Identity {
        Identity {
            run_id: self.run.run_id.clone(),
            revision: self.run.revision,
            // Not when it was written down: it may have waited since, for its turn or for late data.
            generated_at: self.engine.clock.now().trunc_subsecs(0),
            // A test must not use up the keys of the report that follows it.
            issue: match self.run.trigger {
                Trigger::Test => format!("test {}", self.run.run_id),
                Trigger::Manual | Trigger::Schedule | Trigger::Backfill => String::new(),
            },
        }
    }

    fn compose(&self, product: &Product) -> Result<Parcels, RunError> {
        if product.unsent.is_some() {
            return Ok(Vec::new());
        }
        self.parcels(product)
    }

    fn parcels(&self, product: &Product) -> Result<Parcels, RunError> {
        let parcels =
            self.deliveries
                .iter()
                .map(|(name, delivery)| match delivery.compose(&product.edition) {
                    Ok(parcels) => Ok((name.clone(), parcels)),
                    Err(error) => Err(RunError::Failed(error.to_string())),
                });
        parcels.collect()
    }

    async fn freeze(&self, product: &Product, parcels: &[(String, Vec<Parcel>)]) -> Result<(), RunError> {
        let edition = &product.edition;
        let artifacts: Vec<Artifact> = edition
            .artifacts
            .iter()
            .chain([&edition.manifest])
            .cloned()
            .collect();
        // Whoever looks at the run sees first why nobody got it.
        let notices: Vec<String> = product.unsent.iter().chain(&edition.notices).cloned().collect();
        let freeze = Freeze {
            artifacts: &artifacts,
            parcels,
            notices: &notices,
            generated_at: edition.generated_at,
            held: &product.held,
            measured: product.measured.map(|value| (self.metric(), value)),
        };
        fail_point::hit("freezing");
        let Engine { store, clock, .. } = self.engine;
        let now = clock.now();
        let along = self.along(product, now);
        store.freeze_with(&self.run, freeze, along, now).await?;
        fail_point::hit("frozen");
        Ok(())
    }

    /// What is written down along with the files of a run. A test leaves nothing for those after it.
    fn along(&self, product: &Product, now: DateTime<Utc>) -> Along {
        let held = tell::held(self.job, &self.run, &product.held).filter(|_| !product.held.is_empty());
        let mut along = Along {
            follower: late::follower(&self.run, &self.recipe.period, &product.late, now),
            tell: held.into_iter().collect(),
            ..Along::default()
        };
        if self.run.trigger == Trigger::Test {
            return along;
        }
        let (run, went_out) = (&self.run, product.unsent.is_none());
        let moves = product.judged.iter().map(|it| RuleMove {
            rule: it.rule.key(),
            seen: it.before.run_id.clone(),
            after: (!it.alone).then(|| it.after((&run.run_id, &run.period_id, run.period_end), went_out)),
        });
        along.rules = moves.collect();
        along.forgets_rules = run.trigger == Trigger::Schedule;
        along.before = Some(Before(product.before.clone()));
        along.tell.extend(tell::unjudged(self.job, run, &product.judged));
        along.alerts = tell::alerts(self.job, run, &product.alerts);
        along.figures = Some(product.figures.clone());
        along.unsent.clone_from(&product.unsent);
        along.withdrawal = product
            .unsent
            .as_ref()
            .filter(|_| product.withdraws)
            .map(|why| Withdrawal {
                deliveries: self.deliveries.keys().cloned().collect(),
                same_as: product.same_as.clone(),
                tell: tell::withdrawn(self.job, run, why),
            });
        along
    }

    fn metric(&self) -> &str {
        self.job.gates.metric()
    }

    /// Records the failure and names the run in it; the owner of a scheduled one hears of it.
    pub(super) async fn failed(&self, error: RunError) -> RunError {
        let Engine { store, clock, .. } = self.engine;
        let Run { run_id, fence, .. } = &self.run;
        // Whoever asked for the run tells it as an error; the log only keeps the place.
        tracing::info!(run.id = %run_id, job.name = %self.job.name, error = %error, "run failed");
        let tell = tell::failed(self.job, &self.run, &error);
        match store
            .fail(run_id, *fence, &error.to_string(), clock.now(), tell)
            .await
        {
            Ok(()) => RunError::Recorded {
                run_id: run_id.clone(),
                job: self.job.name.clone(),
                cause: Box::new(error),
            },
            Err(unrecorded) => {
                RunError::Failed(format!("{error}; and that could not be recorded: {unrecorded}"))
            }
        }
    }
}

/// Removes what this attempt at a run has written: the next one fetches anew, into a folder of its own. What cannot be removed
/// harms nobody.
pub(super) fn clear(run: &Run) {
    for folder in ["snapshot", "artifacts", "outbox", "figures"] {
        if let Err(error) = std::fs::remove_dir_all(run.home.join(folder))
            && error.kind() != std::io::ErrorKind::NotFound
        {
            tracing::debug!(run.id = %run.run_id, error = %error, "files of an attempt that ended could not be removed");
        }
    }
}

/// The fail points before and after a move.
fn borders(to: RunState) -> (&'static str, &'static str) {
    match to {
        RunState::Fetching => ("queued", "to_fetching"),
        RunState::Snapshotted => ("fetching", "to_snapshotted"),
        RunState::Rendered => ("snapshotted", "to_rendered"),
        _ => ("rendered", "to_checked"),
    }
}

/// Rendering is work for the processor, so it leaves the threads that wait for the network alone.
pub(super) async fn produce(
    recipe: Recipe,
    identity: Identity,
    snapshot_dir: PathBuf,
    trial: Trial,
) -> Result<Product, RunError> {
    tokio::task::spawn_blocking(move || recipe.produce(&identity, &snapshot_dir, &trial))
        .await
        .map_err(|panic| RunError::Failed(format!("computing the report broke off: {panic}")))?
}

/// Fetches all sources at once, each into its own folder.
async fn fetch_all(
    plan: &Plan,
    job: &JobPlan,
    recipe: &Recipe,
    dir: &Path,
    clock: &dyn Clock,
    progress: &dyn Progress,
) -> Result<(), RunError> {
    if let Some(rates) = &plan.service.rates {
        recipe::keep_rates(rates, dir)?;
    }
    let needs = recipe.needs();
    let fetches = recipe.sources.iter().filter_map(|ingredient| {
        let plan = plan.sources.get(&ingredient.name)?;
        let (name, dir, needs) = (&ingredient.name, dir.join(&ingredient.name), &needs);
        Some(async move {
            let snapshot = |cause| source::SourceError::Snapshot {
                source_name: name.clone(),
                cause,
            };
            let writer = SnapshotWriter::create(&dir).map_err(snapshot)?;
            let fetched = source::fetch(name, plan, needs, &writer, clock, progress).await;
            writer.finish().map_err(snapshot)?;
            if let (Err(error), true) = (&fetched, job.allow_partial)
                && !is_full_disk(error)
            {
                recipe::note_failure(&dir, &error.to_string())
                    .map_err(|cause| RunError::disk(&dir, cause))?;
            }
            fetched.map_err(RunError::from)
        })
    });
    let results = futures::future::join_all(fetches).await;
    let some_fetched = results.iter().any(Result::is_ok);
    let mut errors: Vec<RunError> = results.into_iter().filter_map(Result::err).collect();
    // Our own disk is no reason to leave a source out.
    if let Some(at) = errors.iter().position(|error| !error.says_of_source()) {
        return Err(errors.swap_remove(at));
    }
    match errors.into_iter().next() {
        Some(error) if !(job.allow_partial && some_fetched) => Err(error),
        _ => Ok(()),
    }
}
