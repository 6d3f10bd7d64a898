//! The company's usage as a file in our interchange format: what the platform's interface does not tell, cost by project and model.

use super::company::{Company, Fact};
use crate::money::Currency;
use chrono::NaiveDate;
use rust_decimal::Decimal;
use std::io;
use std::path::Path;

const COLUMNS: [&str; 12] = [
    "date",
    "project_id",
    "agent_id",
    "agent_name",
    "model",
    "service_type",
    "requests",
    "errors",
    "input_tokens",
    "output_tokens",
    "cost",
    "currency",
];

/// Writes all that `company` used, one row for each day and agent.
///
/// # Errors
/// What the disk said.
pub(super) fn write(company: &Company, path: &Path) -> io::Result<()> {
    let mut file = csv::Writer::from_path(path).map_err(io::Error::other)?;
    file.write_record(COLUMNS).map_err(io::Error::other)?;
    let facts = company.facts(NaiveDate::MIN, NaiveDate::MAX);
    for of_agent in facts.chunk_by(|one, next| (one.date, one.agent) == (next.date, next.agent)) {
        if let Some(first) = of_agent.first() {
            file.write_record(record(first, of_agent))
                .map_err(io::Error::other)?;
        }
    }
    file.flush()
}

fn record(first: &Fact, facts: &[Fact]) -> [String; 12] {
    let sum = |part: fn(&Fact) -> u64| facts.iter().map(part).sum::<u64>();
    [
        first.date.to_string(),
        Company::project(first.agent).to_owned(),
        format!("a-{:02}", first.agent + 1),
        Company::agent(first.agent).to_owned(),
        Company::model(first.agent).to_owned(),
        "text_generation".to_owned(),
        sum(|fact| fact.requests).to_string(),
        sum(|fact| fact.errors).to_string(),
        sum(|fact| fact.input).to_string(),
        sum(|fact| fact.output).to_string(),
        Decimal::from_i128_with_scale(sum(|fact| fact.micros).into(), 6).to_string(),
        Currency::USD.code().to_owned(),
    ]
}
