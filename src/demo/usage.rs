//! The company's usage as a file in our interchange format: what the platform's interface does not tell, cost by project and model.

use super::company::{Company, Fact};
use crate::money::Currency;
use chrono::NaiveDate;
use rust_decimal::Decimal;
use std::io;
use std::path::Path;

/// Requests of one conversation, about.
const REQUESTS_OF_A_CONVERSATION: u64 = 4;

const COLUMNS: [&str; 17] = [
    "date",
    "project_id",
    "agent_id",
    "agent_name",
    "user_id",
    "user_name",
    "model",
    "service_type",
    "requests",
    "errors",
    "conversations",
    "input_tokens",
    "output_tokens",
    "audio_seconds",
    "characters",
    "cost",
    "currency",
];

/// Writes all that `company` used, one row for each day, agent and user.
///
/// # Errors
/// What the disk said.
pub(super) fn write(company: &Company, path: &Path) -> io::Result<()> {
    let mut file = csv::Writer::from_path(path).map_err(io::Error::other)?;
    file.write_record(COLUMNS).map_err(io::Error::other)?;
    for fact in company.facts(NaiveDate::MIN, NaiveDate::MAX) {
        file.write_record(record(fact)).map_err(io::Error::other)?;
    }
    file.flush()
}

fn record(fact: &Fact) -> [String; 17] {
    let (user, name) = Company::user(fact.user);
    let nothing = || "0".to_owned();
    [
        fact.date.to_string(),
        Company::project(fact.agent).to_owned(),
        format!("a-{:02}", fact.agent + 1),
        Company::agent(fact.agent).to_owned(),
        user.to_owned(),
        name.unwrap_or_default().to_owned(),
        Company::model(fact.agent).to_owned(),
        "text_generation".to_owned(),
        fact.requests.to_string(),
        fact.errors.to_string(),
        (fact.requests / REQUESTS_OF_A_CONVERSATION).to_string(),
        fact.input.to_string(),
        fact.output.to_string(),
        nothing(),
        nothing(),
        Decimal::from_i128_with_scale(fact.micros.into(), 6).to_string(),
        Currency::USD.code().to_owned(),
    ]
}
