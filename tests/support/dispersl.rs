//! A fake of the Dispersl analytics API: an account with its usage, day by day, answered as documented, with the traps that the
//! documentation leaves open.

use crate::platform::{Answers, Platform, Reply, Seen};
use chrono::{Datelike, Days, Months, NaiveDate};
use rust_decimal::{Decimal, dec};
use serde_json::{Map, Number, Value, json};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

/// The key that opens the account; must turn up nowhere but in the header that carries it.
pub(crate) const CANARY: &str = "canary-5d1e88b2";

/// What one agent did with one model on one day.
#[derive(Clone, Debug)]
pub(crate) struct Work {
    pub(crate) day: NaiveDate,
    pub(crate) agent: String,
    pub(crate) model: String,
    pub(crate) tasks: u32,
    pub(crate) failed: u32,
    pub(crate) steps: u32,
    pub(crate) tokens: u32,
    pub(crate) calls: u32,
    /// In US dollars, exactly.
    pub(crate) cost: Decimal,
}

/// What the platform means by `month`, which nothing says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Month {
    Current,
    Previous,
    ThirtyDays,
}

/// The account and how the platform answers for it.
#[derive(Clone, Debug)]
pub(crate) struct Account {
    pub(crate) today: NaiveDate,
    pub(crate) work: Vec<Work>,
    pub(crate) month: Month,
    /// Whether usage ignores its dates and answers for `month`.
    pub(crate) ignores_dates: bool,
    /// Days that are kept; older ones count as idle, and days without usage have rows of zeros.
    pub(crate) keeps: Option<u64>,
    /// Whether days without usage are left out of lists.
    pub(crate) leaves_idle_days_out: bool,
    /// Decimals to which costs are rounded, each on its own; `None`: none.
    pub(crate) cost_decimals: Option<u32>,
    /// The last day of which the costs are known.
    pub(crate) costs_until: NaiveDate,
}

impl Account {
    /// An account with work from `first` to the day before `today`, none on Sundays.
    pub(crate) fn new(first: &str, today: &str) -> Self {
        let today: NaiveDate = today.parse().unwrap();
        let first: NaiveDate = first.parse().unwrap();
        let days = first.iter_days().take_while(|day| *day < today);
        Self {
            today,
            work: days
                .filter(|day| day.weekday() != chrono::Weekday::Sun)
                .flat_map(usual_work)
                .collect(),
            month: Month::Current,
            ignores_dates: false,
            keeps: None,
            leaves_idle_days_out: true,
            cost_decimals: None,
            costs_until: today,
        }
    }

    /// The sum of something over the days from `first` to `last`, both included.
    pub(crate) fn sum(&self, first: &str, last: &str, of: impl Fn(&Work) -> Decimal) -> Decimal {
        let (first, last): (NaiveDate, NaiveDate) = (first.parse().unwrap(), last.parse().unwrap());
        self.between(first, last).map(of).sum()
    }

    fn between(&self, first: NaiveDate, last: NaiveDate) -> impl Iterator<Item = &Work> {
        let kept = self.keeps.map(|days| self.today - Days::new(days));
        self.work.iter().filter(move |work| {
            first <= work.day && work.day <= last && kept.is_none_or(|kept| work.day >= kept)
        })
    }

    /// The days of a word of the platform.
    fn window(&self, word: &str) -> (NaiveDate, NaiveDate) {
        let (today, first) = (self.today, self.today.with_day(1).unwrap());
        match word {
            "day" => (today, today),
            "week" => (today - Days::new(6), today),
            "year" => (today.with_ordinal(1).unwrap(), today),
            _ => match self.month {
                Month::Current => (first, today),
                Month::Previous => (first - Months::new(1), first - Days::new(1)),
                Month::ThirtyDays => (today - Days::new(29), today),
            },
        }
    }

    fn answer(&self, seen: &Seen) -> Reply {
        if seen.headers.get("authorization") != Some(&format!("Bearer {CANARY}")) {
            return error(401, "No bearer token");
        }
        let (path, query) = seen.target.split_once('?').unwrap_or((&seen.target, ""));
        let query: BTreeMap<&str, &str> = query.split('&').filter_map(|pair| pair.split_once('=')).collect();
        let word = query.get("period").copied().unwrap_or("month");
        match path.rsplit('/').next().unwrap() {
            "usage" => match (query.get("from_date"), query.get("to_date")) {
                (Some(from), Some(to)) if !self.ignores_dates => {
                    let day = |text: &str| text.get(..10).and_then(|day| day.parse().ok());
                    match (day(from), day(to)) {
                        (Some(first), Some(last)) => self.usage(first, last),
                        _ => error(400, "Invalid date format"),
                    }
                }
                _ => {
                    let (first, last) = self.window(word);
                    self.usage(first, last)
                }
            },
            "performance" => success(&performance()),
            "export" if path.ends_with("/usage/export") => {
                let (first, last) = self.window(word);
                Reply::json(&self.usage_file(first, last))
            }
            "export" if path.ends_with("/performance/export") => Reply::json(&performance().to_string()),
            "costs" => {
                let (first, last) = self.window(word);
                self.costs(
                    first,
                    last.min(self.costs_until),
                    query.get("currency").unwrap_or(&"USD"),
                    word,
                )
            }
            _ => error(404, "Not found"),
        }
    }

    /// The export of usage; its columns are undocumented, these are a guess.
    fn usage_file(&self, first: NaiveDate, last: NaiveDate) -> String {
        let rows = self.between(first, last);
        let rows = rows.map(|work| {
            format!(
                "{},\"{}\",{},-1\n",
                work.day,
                work.agent.replace('"', "\"\""),
                work.tokens
            )
        });
        rows.fold("date,agent,tokens,left\n".to_owned(), |text, row| text + &row)
    }

    fn usage(&self, first: NaiveDate, last: NaiveDate) -> Reply {
        let all = Sums::of(self.between(first, last));
        let by = |key: fn(&Work) -> &str| {
            let mut groups: BTreeMap<&str, Vec<&Work>> = BTreeMap::new();
            for work in self.between(first, last) {
                groups.entry(key(work)).or_default().push(work);
            }
            groups
        };
        let agents: Map<String, Value> = by(|work| &work.agent)
            .into_iter()
            .map(|(agent, work)| {
                let sums = Sums::of(work.into_iter());
                let row = json!({"tasks": sums.tasks, "steps": sums.steps, "tokens": sums.tokens, "success_rate": number(sums.rate())});
                (agent.to_owned(), row)
            })
            .collect();
        let models: Map<String, Value> = by(|work| &work.model)
            .into_iter()
            .map(|(model, work)| {
                let sums = Sums::of(work.into_iter());
                let row = json!({"tasks": sums.tasks, "tokens": sums.tokens, "average_tokens_per_task": sums.tokens / sums.tasks.max(1),
                    "success_rate": number(sums.rate())});
                (model.to_owned(), row)
            })
            .collect();
        let days: Vec<Value> = self
            .days(first, last)
            .map(|(day, sums)| {
                json!({"date": day.to_string(), "tasks": sums.tasks, "tokens": sums.tokens, "api_calls": sums.calls})
            })
            .collect();
        success(&json!({
            "period": "month",
            "from_date": format!("{first}T00:00:00Z"),
            "to_date": format!("{last}T23:59:59Z"),
            "summary": {
                "total_tasks": all.tasks,
                "completed_tasks": all.tasks - all.failed,
                "failed_tasks": all.failed,
                "success_rate": number(all.rate()),
                "total_steps": all.steps,
                "total_tokens": all.tokens,
                "total_api_calls": all.calls,
                "average_task_duration": "2h 30m",
            },
            "by_agent": agents,
            "by_model": models,
            "daily_breakdown": days,
        }))
    }

    fn costs(&self, first: NaiveDate, last: NaiveDate, currency: &str, word: &str) -> Reply {
        let rounded = |amount: Decimal| {
            number(
                self.cost_decimals
                    .map_or(amount, |places| amount.round_dp(places)),
            )
        };
        let all = Sums::of(self.between(first, last));
        let by = |key: fn(&Work) -> &str| {
            let mut groups: BTreeMap<&str, Decimal> = BTreeMap::new();
            for work in self.between(first, last) {
                *groups.entry(key(work)).or_default() += work.cost;
            }
            let share = |cost: Decimal| number((cost / all.cost * dec!(100)).round_dp(1));
            groups
                .into_iter()
                .map(|(name, cost)| {
                    (
                        name.to_owned(),
                        json!({"cost": rounded(cost), "percentage": share(cost)}),
                    )
                })
                .collect::<Map<String, Value>>()
        };
        let days: Vec<Value> = self
            .days(first, last)
            .map(|(day, sums)| json!({"date": day.to_string(), "cost": rounded(sums.cost), "tokens": sums.tokens}))
            .collect();
        success(&json!({
            "period": word,
            "currency": currency,
            "total_cost": rounded(all.cost),
            "total_tokens": all.tokens,
            "average_cost_per_task": number((all.cost / Decimal::from(all.tasks.max(1))).round_dp(2)),
            "cost_by_model": by(|work| &work.model),
            "cost_by_agent": by(|work| &work.agent),
            "daily_costs": days,
        }))
    }

    fn days(&self, first: NaiveDate, last: NaiveDate) -> impl Iterator<Item = (NaiveDate, Sums)> {
        let days = first
            .iter_days()
            .take_while(move |day| *day <= last && *day < self.today);
        days.map(|day| (day, Sums::of(self.between(day, day))))
            .filter(|(_, sums)| !self.leaves_idle_days_out || sums.tasks > 0)
    }
}

/// The usual work of a day: amounts that differ from day to day, names that break careless programs.
fn usual_work(day: NaiveDate) -> Vec<Work> {
    let n = day.ordinal();
    let work = |agent: &str, model: &str, share: u32, cost: Decimal| Work {
        day,
        agent: agent.to_owned(),
        model: model.to_owned(),
        tasks: 3 + (n * share) % 5,
        failed: u32::from(n.is_multiple_of(4)),
        steps: 20 + n,
        tokens: 1_000 * share + n,
        calls: 40 * share,
        cost,
    };
    vec![
        work(
            "code_agent",
            "anthropic/claude",
            1,
            Decimal::new(i64::from(n) + 7, 2) + dec!(0.000000052),
        ),
        work(
            "=HYPERLINK(\"http://evil.example\")",
            "openai/gpt",
            2,
            Decimal::new(i64::from(n) * 3, 3),
        ),
        work(
            "review, \"the\" <b>agent</b>\n\u{202e}",
            "openai/gpt",
            3,
            dec!(0.000052),
        ),
    ]
}

#[derive(Clone, Copy, Default)]
struct Sums {
    tasks: u32,
    failed: u32,
    steps: u32,
    tokens: u32,
    calls: u32,
    cost: Decimal,
}

impl Sums {
    fn of<'w>(work: impl Iterator<Item = &'w Work>) -> Self {
        work.fold(Self::default(), |sums, work| Self {
            tasks: sums.tasks + work.tasks,
            failed: sums.failed + work.failed,
            steps: sums.steps + work.steps,
            tokens: sums.tokens + work.tokens,
            calls: sums.calls + work.calls,
            cost: sums.cost + work.cost,
        })
    }

    /// Per cent, rounded to one decimal.
    fn rate(self) -> Decimal {
        let completed = Decimal::from((self.tasks - self.failed) * 100);
        completed
            .checked_div(self.tasks.into())
            .unwrap_or_default()
            .round_dp(1)
    }
}

/// A JSON number with exactly these digits; small ones in scientific notation.
pub(crate) fn number(value: Decimal) -> Value {
    let value = value.normalize();
    let text = if !value.is_zero() && value.abs() < dec!(0.0001) {
        format!("{}e-{:02}", value.mantissa(), value.scale())
    } else {
        value.to_string()
    };
    Value::Number(text.parse::<Number>().unwrap())
}

/// The documented sample, whose trend of the token efficiency contradicts its numbers.
pub(crate) fn performance() -> Value {
    json!({
        "period": "month",
        "metrics": {
            "task_completion_rate": {"current": 93.3, "previous": 91.2, "trend": "up", "change": 2.1},
            "average_task_duration": {"current": "2h 30m", "previous": "2h 45m", "trend": "down", "change": "-15m"},
            "token_efficiency": {"current": 2.78, "previous": 3.12, "unit": "tokens_per_minute", "trend": "up", "change": 0.34},
            "error_rate": {"current": 6.7, "previous": 8.8, "trend": "down", "change": -2.1},
        },
        "performance_by_agent": {
            "code_agent": {"avg_duration": "45m", "success_rate": 95.0, "token_efficiency": 2.5},
            "=HYPERLINK(\"http://evil.example\")": {"avg_duration": null, "success_rate": 80.5, "token_efficiency": null},
        },
    })
}

pub(crate) fn success(data: &Value) -> Reply {
    Reply::json(&json!({"status": "success", "message": "Retrieved", "data": data}).to_string())
}

pub(crate) fn error(status: u16, message: &str) -> Reply {
    Reply::status(
        status,
        &json!({"status": "error", "message": message}).to_string(),
    )
}

/// What a test puts in the place of the answers to `usage`, `performance` or `costs?period=month`, in order; the last one stays.
pub(crate) type Script = (&'static str, Vec<Reply>);

/// The fake; it stops when dropped.
pub(crate) struct Dispersl {
    pub(crate) platform: Platform,
    pub(crate) base_url: String,
    scripts: Arc<Mutex<Vec<Script>>>,
}

impl Dispersl {
    pub(crate) async fn start(account: Account) -> Self {
        let scripts = Arc::new(Mutex::new(Vec::<Script>::new()));
        let of_server = Arc::clone(&scripts);
        let answers: Answers = Box::new(move |seen| {
            let mut scripts = of_server.lock().unwrap();
            let script = scripts.iter_mut().find(|(part, _)| seen.target.contains(part));
            Some(match script {
                Some((_, replies)) if replies.len() > 1 => replies.remove(0),
                Some((_, replies)) => replies[0].clone(),
                None => account.answer(seen),
            })
        });
        let platform = Platform::answering(answers).await;
        Self {
            base_url: format!("{}/v1", platform.origin),
            platform,
            scripts,
        }
    }

    /// Answers calls whose target holds `part` with these replies.
    pub(crate) fn on(&self, part: &'static str, replies: Vec<Reply>) {
        self.scripts.lock().unwrap().insert(0, (part, replies));
    }

    /// The calls whose target holds `part`.
    pub(crate) fn calls(&self, part: &str) -> Vec<String> {
        let seen = self.platform.seen().into_iter().map(|seen| seen.target);
        seen.filter(|target| target.contains(part)).collect()
    }
}
