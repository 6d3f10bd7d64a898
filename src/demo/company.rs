//! An invented company: eighteen months of usage, the same on every machine, exact to the micro-dollar.
//!
//! What the demo wants to show is in it: growth, quiet weekends, one day that costs three times the usual because of one
//! agent, one day without any usage, agents that start and stop, and names that break careless programs.

use chrono::{Datelike, Days, Months, NaiveDate, Weekday};

/// Months of history, the reported one included.
const MONTHS: u32 = 18;

/// Requests of a workday at the end of the history, before agents' shares.
const WORKDAY_REQUESTS: u64 = 27_400;

/// Day of the reported month on which one agent runs away.
const SPIKE_DAY: u32 = 14;

/// Day of the reported month on which nothing was used.
const SILENT_DAY: u32 = 25;

/// A model: name, and price of a million input and output tokens in micro-dollars.
const MODELS: [(&str, u64, u64); 6] = [
    ("large-2", 3_000_000, 15_000_000),
    ("large-1", 2_500_000, 10_000_000),
    ("medium-2", 1_100_000, 4_400_000),
    ("medium-1", 800_000, 4_000_000),
    ("small-2", 150_000, 600_000),
    ("open-70b", 600_000, 800_000),
];

/// The five projects.
const PROJECTS: [&str; 5] = [
    "Customer Care",
    "Ventas LATAM",
    "Engineering",
    "Finance & Accounting",
    "Legal, Risk & Compliance",
];

/// An agent: name, share of the requests in per mille, tokens in and out of a request, index of model and project.
type Profile = (&'static str, u64, u64, u64, usize, usize);

const AGENTS: [Profile; 28] = [
    ("Customer Support 24/7", 300, 1_450, 330, 1, 0),
    ("Sales Outbound", 150, 1_100, 390, 1, 1),
    ("code_agent", 60, 2_300, 520, 0, 2),
    ("Invoice, \"Smart\" Helper", 62, 2_100, 260, 1, 3),
    ("document_agent", 70, 3_900, 210, 2, 2),
    ("FAQ Concierge", 66, 700, 180, 4, 0),
    ("Contract Reader", 12, 6_200, 480, 2, 4),
    ("Ticket Triage", 58, 620, 90, 4, 0),
    ("Traductor Señalética", 30, 900, 880, 3, 1),
    ("Release Notes", 10, 2_800, 700, 3, 2),
    ("Expense Checker", 26, 1_500, 160, 3, 3),
    ("=cmd|' /C calc'!A0", 14, 1_200, 300, 3, 2),
    ("<script>alert(1)</script>", 9, 1_000, 300, 2, 2),
    ("مساعد الفواتير", 12, 1_300, 350, 3, 3),
    ("Line\nBreak Bot", 7, 900, 200, 4, 2),
    ("🤖 Onboarding Buddy", 18, 1_000, 420, 3, 0),
    ("@channel Digest", 8, 1_900, 380, 3, 1),
    ("Lead Scorer", 20, 800, 60, 4, 1),
    ("Policy Watch", 5, 4_100, 520, 2, 4),
    ("SQL Sidekick", 11, 1_700, 310, 1, 2),
    ("Meeting Minutes", 16, 3_300, 540, 3, 0),
    ("Forecast Explainer", 4, 2_600, 610, 0, 3),
    ("Churn Whisperer", 6, 1_400, 290, 2, 1),
    ("Audit Trail", 5, 2_200, 180, 5, 4),
    ("Test Writer", 9, 2_500, 900, 5, 2),
    ("Renewal Copilot", 10, 1_600, 420, 1, 1),
    ("Collections Agent", 9, 1_300, 360, 1, 3),
    ("Legacy Chat", 12, 1_000, 300, 1, 0),
];

/// Agents that start on the 9th of the reported month.
const NEWCOMERS: [usize; 2] = [25, 26];

/// The agent that stops when the reported month begins.
const RETIRED: usize = 27;

/// A user: id, and name where the platform knows one.
const USERS: [(&str, Option<&str>); 24] = [
    ("u-1001", Some("Ana García")),
    ("u-1002", Some("Bruno Silva")),
    ("u-1003", Some("Chloé Dubois")),
    ("u-1004", Some("Daniel O'Brien")),
    ("u-1005", Some("Ewa Wójcik")),
    ("u-1006", Some("Fatima Zahra")),
    ("u-1007", Some("Grace Kim")),
    ("u-1008", Some("=HYPERLINK(\"http://evil.example\",\"click\")")),
    ("u-1009", Some("<b>Ivo</b>")),
    ("u-1010", Some("Jürgen Groß")),
    ("u-1011", Some("Ana García")),
    ("u-1012", None),
    ("u-1013", Some("Müller, \"Max\"")),
    ("u-1014", Some("נועה לוי")),
    ("u-1015", Some("Olu Adeyemi")),
    ("u-1016", Some("Priya Raman")),
    ("u-1017", None),
    ("u-1018", Some("Rosa Méndez")),
    ("u-1019", Some("山田 太郎")),
    ("u-1020", Some("Tom\tTab")),
    ("u-1021", Some("🎈 Uma")),
    ("u-1022", Some("-2+3 Vera")),
    ("u-1023", Some("William Wu")),
    ("u-1024", Some("Ximena Ríos")),
];

/// What one user asked of one agent on one day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fact {
    /// The day.
    pub date: NaiveDate,
    /// Which agent.
    pub agent: usize,
    /// Which user.
    pub user: usize,
    /// Requests.
    pub requests: u64,
    /// Of these, with errors.
    pub errors: u64,
    /// Tokens sent.
    pub input: u64,
    /// Tokens written.
    pub output: u64,
    /// Cost in micro-dollars.
    pub micros: u64,
    /// Time of all requests in milliseconds.
    pub millis: u64,
}

/// The company with all that it used.
#[derive(Debug, Clone)]
pub struct Company {
    facts: Vec<Fact>,
}

impl Company {
    /// Its history up to and including `last`. The reported month, with the odd days in it, is the last one that is
    /// over on that day.
    #[must_use]
    pub fn ending(last: NaiveDate) -> Self {
        let next = last.checked_add_days(Days::new(1)).unwrap_or(last);
        let reported = first_of_month(next) - Months::new(1);
        let first = reported - Months::new(MONTHS - 1);
        let span = (last - first).num_days().unsigned_abs().max(1);
        let mut facts = Vec::new();
        for (age, date) in (0..).zip(first.iter_days().take_while(|date| *date <= last)) {
            if date.year() == reported.year() && date.month() == reported.month() && date.day() == SILENT_DAY
            {
                continue;
            }
            // From half of today's volume to all of it.
            let volume = WORKDAY_REQUESTS * (span + age) / (2 * span) * day_per_mille(date) / 1000;
            for agent in 0..AGENTS.len() {
                facts.extend(
                    day_of(agent, date, reported, volume)
                        .into_iter()
                        .filter(|fact| fact.requests > 0),
                );
            }
        }
        Self { facts }
    }

    /// The facts of `first` to `last`, both included, in order of date and agent.
    #[must_use]
    pub fn facts(&self, first: NaiveDate, last: NaiveDate) -> &[Fact] {
        let from = self.facts.partition_point(|fact| fact.date < first);
        let to = self.facts.partition_point(|fact| fact.date <= last);
        self.facts.get(from..to).unwrap_or_default()
    }

    /// Name of an agent.
    #[must_use]
    pub fn agent(agent: usize) -> &'static str {
        AGENTS[agent].0
    }

    /// Name of the model that an agent uses.
    #[must_use]
    pub fn model(agent: usize) -> &'static str {
        MODELS[AGENTS[agent].4].0
    }

    /// Name of the project that an agent belongs to.
    #[must_use]
    pub fn project(agent: usize) -> &'static str {
        PROJECTS[AGENTS[agent].5]
    }

    /// Id of a user, and name where known.
    #[must_use]
    pub fn user(user: usize) -> (&'static str, Option<&'static str>) {
        USERS[user]
    }

    /// Things created and modified in the lab on one day; `kind` tells agents, flows and processes apart.
    #[must_use]
    pub fn lab(&self, date: NaiveDate, kind: u64) -> (u64, u64) {
        if self.facts(date, date).is_empty() || is_weekend(date) {
            return (0, 0);
        }
        let roll = noise([4, kind, day_number(date)]);
        (
            u64::from(roll.is_multiple_of(5 + 3 * kind)),
            (roll >> 20) % (4 - kind.min(3)),
        )
    }
}

/// What the users of one agent asked of it on one day.
fn day_of(agent: usize, date: NaiveDate, reported: NaiveDate, volume: u64) -> [Fact; 3] {
    let (_, share, input, output, model, _) = AGENTS[agent];
    let starts = reported + Days::new(8);
    let sleeps = (NEWCOMERS.contains(&agent) && date < starts) || (agent == RETIRED && date >= reported);
    let spike = agent == 0 && date == reported + Days::new(u64::from(SPIKE_DAY - 1));
    let index = agent as u64;
    let day = day_number(date);
    let mut requests = volume * share * (900 + noise([1, index, day]) % 201) / 1_000_000;
    if sleeps {
        requests = 0;
    } else if spike {
        requests = requests * 13 / 2;
    }
    let (_, input_price, output_price) = MODELS[model];
    // Three users share an agent: half, three tenths, the rest; who they are changes from week to week.
    let parts = [
        requests / 2,
        requests * 3 / 10,
        requests - requests / 2 - requests * 3 / 10,
    ];
    let mut slot = 0;
    parts.map(|requests| {
        let roll = noise([2, index * 3 + slot, day]);
        let input = requests * (input * (950 + roll % 101) / 1000);
        let output = requests * (output * (950 + (roll >> 16) % 101) / 1000);
        let user = (index * 5 + slot * 7 + day / 7) % (USERS.len() as u64);
        slot += 1;
        Fact {
            date,
            agent,
            user: usize::try_from(user).unwrap_or_default(),
            requests,
            errors: requests * (38 + (roll >> 32) % 25) / 1000,
            input,
            output,
            micros: (input * input_price + output * output_price) / 1_000_000,
            millis: requests * (700 + output_time(output, requests) + (roll >> 40) % 400),
        }
    })
}

/// Four milliseconds for each token written.
fn output_time(output: u64, requests: u64) -> u64 {
    4 * output / requests.max(1)
}

/// How busy a day is: a fifth on weekends.
fn day_per_mille(date: NaiveDate) -> u64 {
    let usual = if is_weekend(date) { 205 } else { 1000 };
    usual * (960 + noise([3, 0, day_number(date)]) % 81) / 1000
}

fn is_weekend(date: NaiveDate) -> bool {
    matches!(date.weekday(), Weekday::Sat | Weekday::Sun)
}

fn first_of_month(date: NaiveDate) -> NaiveDate {
    date.with_day(1).unwrap_or(date)
}

fn day_number(date: NaiveDate) -> u64 {
    u64::from(date.num_days_from_ce().unsigned_abs())
}

/// The same pseudo-random number for the same words, everywhere (the finalizer of `SplitMix64` over FNV-1a).
fn noise(words: [u64; 3]) -> u64 {
    let mut hash = words
        .into_iter()
        .flat_map(u64::to_le_bytes)
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
    hash = (hash ^ (hash >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    hash = (hash ^ (hash >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    hash ^ (hash >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn dollars(company: &Company, first: &str, last: &str) -> u64 {
        company
            .facts(day(first), day(last))
            .iter()
            .map(|fact| fact.micros)
            .sum::<u64>()
            / 1_000_000
    }

    #[test]
    fn a_month_has_the_size_and_the_odd_days_of_the_drawing() {
        let company = Company::ending(day("2026-11-01"));
        let october = company.facts(day("2026-10-01"), day("2026-10-31"));
        let requests: u64 = october.iter().map(|fact| fact.requests).sum();
        let errors: u64 = october.iter().map(|fact| fact.errors).sum();
        let total = dollars(&company, "2026-10-01", "2026-10-31");
        assert!((3_800..4_400).contains(&total), "{total}");
        assert!((600_000..720_000).contains(&requests), "{requests}");
        assert!(
            (45..55).contains(&(errors * 1000 / requests)),
            "{errors} of {requests}"
        );
        let spike = dollars(&company, "2026-10-14", "2026-10-14");
        let usual = dollars(&company, "2026-10-21", "2026-10-21");
        assert!(
            (25..33).contains(&(spike * 10 / usual)),
            "{spike} against {usual}"
        );
        assert!(dollars(&company, "2026-10-17", "2026-10-17") * 3 < usual);
        assert_eq!(company.facts(day("2026-10-25"), day("2026-10-25")), []);
        let september = dollars(&company, "2026-09-01", "2026-09-30");
        assert!(
            (5..20).contains(&((total - september) * 100 / september)),
            "{september} to {total}"
        );
        for (set, size) in [
            (
                october
                    .iter()
                    .map(|fact| Company::agent(fact.agent))
                    .collect::<BTreeSet<_>>(),
                27,
            ),
            (
                october.iter().map(|fact| Company::user(fact.user).0).collect(),
                24,
            ),
            (
                october.iter().map(|fact| Company::project(fact.agent)).collect(),
                5,
            ),
            (october.iter().map(|fact| Company::model(fact.agent)).collect(), 6),
        ] {
            assert_eq!(set.len(), size, "{set:?}");
        }
    }

    #[test]
    fn history_covers_the_same_month_a_year_earlier_and_never_changes() {
        let company = Company::ending(day("2026-11-15"));
        assert_eq!(company.facts[0].date, day("2025-05-01"));
        assert!(dollars(&company, "2025-10-01", "2025-10-31") > 1_000);
        assert_eq!(company.facts.last().unwrap().date, day("2026-11-15"));
        assert_eq!(company.facts, Company::ending(day("2026-11-15")).facts);
        assert_eq!(company.facts(day("2026-10-02"), day("2026-10-01")), []);
        assert_eq!(
            noise([1, 2, 3]),
            12_696_223_638_411_188_064,
            "the same on every machine"
        );
    }

    #[test]
    fn every_end_of_history_works() {
        for last in [
            "2026-10-31",
            "2024-02-29",
            "2026-01-01",
            "2026-12-31",
            "2026-03-30",
        ] {
            assert!(!Company::ending(day(last)).facts.is_empty(), "{last}");
        }
    }
}
