//! What a job's runs leave for those after them: the last version that was delivered, what is known of its rules, and what its
//! owner was alerted to.

use super::db::{Row, Tx, values};
use super::notices::{self, Tell};
use super::{Run, Store, StoreError};
use crate::report::rules::RuleState;
use chrono::{DateTime, Utc};

/// The last revision of job $1 and period $2 before $3 of which something was really delivered. Where there was nobody to deliver
/// to, being done is all that can be asked.
pub(super) const DELIVERED: &str = "SELECT * FROM runs WHERE job = $1 AND period_id = $2 AND revision < $3 AND trigger <> 'test' \
    AND unsent IS NULL AND (state = 'delivered' OR EXISTS (SELECT 1 FROM deliveries WHERE deliveries.run_id = runs.run_id \
    AND deliveries.state = 'acked')) ORDER BY revision DESC LIMIT 1";
/// Parcels of the run that fired a rule last, in these states, among those of the deliveries that people read: $2, between commas.
macro_rules! of_people {
    ($states:literal) => {
        concat!(
            "EXISTS (SELECT 1 FROM deliveries WHERE deliveries.run_id = runs.run_id \
             AND $2 LIKE '%,' || deliveries.delivery || ',%' AND deliveries.state ",
            $states,
            ")"
        )
    };
}
/// What is known of the rules of job $1, and whether the run that fired a rule last has reached nobody: nothing has come of it. Where it
/// goes to people and to programs, it has to reach people.
const RULES: &str = concat!(
    "SELECT rules.*, (SELECT count(*) FROM runs WHERE runs.run_id = rules.fired_by AND (runs.state = 'held' \
     OR (runs.state = 'failed' AND NOT EXISTS (SELECT 1 FROM deliveries WHERE deliveries.run_id = runs.run_id \
     AND deliveries.state = 'acked')) OR (runs.state IN ('delivered', 'partially_delivered', 'failed') AND ",
    of_people!("<> 'superseded'"),
    " AND NOT ",
    of_people!("= 'acked'"),
    "))) AS unheard FROM rules WHERE rules.job = $1 ORDER BY rule"
);

/// Which version a run has seen as the last one that was delivered before it; `None`: there was none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Before(pub Option<String>);

/// What a run makes of a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleMove {
    /// Which rule.
    pub rule: String,
    /// The run that had judged it last when this one read it; `None`: none had.
    pub seen: Option<String>,
    /// What is known after it; `None`: what was.
    pub after: Option<RuleState>,
}

impl Store {
    /// The last version of the report of `run` that was delivered before it.
    ///
    /// # Errors
    /// [`StoreError`] if the database says no.
    pub async fn last_delivered(&self, run: &Run) -> Result<Option<Run>, StoreError> {
        let values = values![&run.job, &run.period_id, run.revision];
        let row = self.db.row(DELIVERED, values).await?;
        row.map(|row| self.run_of(&row)).transpose()
    }

    /// What is known of the rules of a job, of whose deliveries people read these.
    ///
    /// # Errors
    /// [`StoreError`] if the database says no.
    pub async fn rules(&self, job: &str, people: &[&str]) -> Result<Vec<RuleState>, StoreError> {
        let people = format!(",{},", people.join(","));
        let rows = self.db.rows(RULES, values![job, people]).await?;
        rows.iter().map(rule_of).collect()
    }
}

/// Nothing may be written by a run that says what it changes of one version when another one has been delivered meanwhile.
pub(super) async fn still_last(tx: &mut Tx<'_>, run: &Run, seen: &Before) -> Result<(), StoreError> {
    let values = values![&run.job, &run.period_id, run.revision];
    let last = tx.row(DELIVERED, values).await?;
    if last.map(|row| row.text("run_id")).transpose()? == seen.0 {
        return Ok(());
    }
    Err(StoreError::Outdated { job: run.job.clone() })
}

/// Forgets what is known of rules that the job no longer has.
pub(super) async fn forget_rules(tx: &mut Tx<'_>, job: &str, all: &[RuleMove]) -> Result<(), StoreError> {
    for row in tx
        .rows("SELECT rule FROM rules WHERE job = $1", values![job])
        .await?
    {
        let rule = row.text("rule")?;
        if all.iter().all(|it| it.rule != rule) {
            let sql = "DELETE FROM rules WHERE job = $1 AND rule = $2";
            tx.execute(sql, values![job, rule]).await?;
        }
    }
    Ok(())
}

/// Writes down what a run makes of the rules of its job. If another run has judged one since this one read it, nothing may be written:
/// the report was made on what is no longer so.
pub(super) async fn move_rules(tx: &mut Tx<'_>, job: &str, moves: &[RuleMove]) -> Result<(), StoreError> {
    for RuleMove { rule, seen, after } in moves {
        let Some(after) = after else { continue };
        let values = values![
            job,
            rule,
            after.run_id.clone(),
            after.period_end.map(|day| day.to_string()),
            i64::from(after.holds),
            after.fired_for.clone(),
            i64::from(after.unknown),
            after.fired_by.clone(),
            seen.clone()
        ];
        let sql = "INSERT INTO rules (job, rule, run_id, period_end, holds, fired_for, is_unknown, fired_by) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (job, rule) DO UPDATE SET run_id = $3, period_end = $4, \
             holds = $5, fired_for = $6, is_unknown = $7, fired_by = $8 WHERE rules.run_id = $9";
        if tx.execute(sql, values).await? == 0 {
            return Err(StoreError::Outdated { job: job.to_owned() });
        }
    }
    Ok(())
}

/// Tells the owner what nobody was told of before, by its key, whichever run has found it. What only a run has found that a gate holds
/// is told again: its figures may be wrong.
pub(super) async fn alert(
    tx: &mut Tx<'_>,
    run: &Run,
    alerts: &[(String, Tell)],
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    for (key, tell) in alerts {
        let values = values![&run.job, key, &run.run_id, now];
        let sql = "INSERT INTO alerts (job, key, run_id, at) VALUES ($1, $2, $3, $4) ON CONFLICT (job, key) \
             DO UPDATE SET run_id = $3, at = $4 WHERE EXISTS (SELECT 1 FROM runs WHERE runs.run_id = alerts.run_id \
             AND runs.state = 'held')";
        if tx.execute(sql, values).await? == 1 {
            notices::write_all(tx, std::slice::from_ref(tell), now).await?;
        }
    }
    Ok(())
}

fn rule_of(row: &Row) -> Result<RuleState, StoreError> {
    let heard = row.get::<i64>("unheard")? == 0;
    let fired =
        |column: &'static str| Ok::<_, StoreError>(row.get::<Option<String>>(column)?.filter(|_| heard));
    Ok(RuleState {
        rule: row.text("rule")?,
        run_id: row.get("run_id")?,
        period_end: Some(row.date("period_end")?),
        holds: heard && row.get::<i64>("holds")? != 0,
        fired_for: fired("fired_for")?,
        fired_by: fired("fired_by")?,
        unknown: row.get::<i64>("is_unknown")? != 0,
    })
}
