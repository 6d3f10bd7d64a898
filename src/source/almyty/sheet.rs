//! The sums of all rows: what is summed, by what it is broken down, and what of it is not known.

use super::callers::Callers;
use super::kept::utc_date;
use super::settings::Settings;
use crate::language::{Text, say};
use crate::money::MoneyError;
use crate::source::Need;
use crate::source::files::Flaw;
use crate::source::files::book::{Book, Key};
use crate::source::sdk::{Flaws, Row};
use chrono::NaiveDate;
use rust_decimal::Decimal;
use std::collections::{BTreeMap, BTreeSet};

/// Sums of everything, every day and every member.
pub(super) const COST: usize = 0;
pub(super) const REQUESTS: usize = 1;
pub(super) const ERRORS: usize = 2;
pub(super) const INPUT: usize = 3;
pub(super) const OUTPUT: usize = 4;
pub(super) const CONVERSATIONS: usize = 5;
pub(super) const TOOLS: usize = 6;
pub(super) const TOOL_ERRORS: usize = 7;
pub(super) const AUDIT: usize = 8;
pub(super) const INVOICED: usize = 9;
/// How many invoices are known.
pub(super) const INVOICES: usize = 10;
/// How many sums there are.
pub(super) const SUMS: usize = 11;

/// Sums of everything only: milliseconds of requests, how many told theirs, and how many were answered with success.
pub(super) const TIME: usize = 0;
pub(super) const TIMED: usize = 1;
pub(super) const SUCCESS: usize = 2;
pub(super) const EXTRAS: usize = 3;

/// The breakdowns.
pub(super) const DIMENSIONS: [&str; 9] = [
    "provider",
    "model",
    "agent",
    "user",
    "gateway",
    "tool",
    "audit_action",
    "audit_resource_type",
    "audit_user",
];
/// How many dimensions are breakdowns.
pub(super) const SHOWN: usize = DIMENSIONS.len();
pub(super) const PROVIDER: usize = 0;
pub(super) const MODEL: usize = 1;
pub(super) const AGENT: usize = 2;
pub(super) const USER: usize = 3;
pub(super) const GATEWAY: usize = 4;
const TOOL: usize = 5;
const ACTION: usize = 6;
const RESOURCE: usize = 7;
const ACTOR: usize = 8;

/// Most users whose addresses are remembered; further ones are shown by their ids.
const MAX_EMAILS: usize = 100_000;

/// A field of a row that a sum is made of.
pub(super) type Field = &'static str;
pub(super) type Amounts = [Decimal; SUMS];
pub(super) type AlmytyBook = Book<SUMS, EXTRAS, SHOWN>;

/// A kind of row, with the sums that are unknown where a row of it has no date.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Rows {
    Conversations,
    Requests,
    Tools,
    Audit,
}

impl Rows {
    /// What people call them.
    pub(super) fn text(self) -> Text {
        match self {
            Self::Conversations => say!("rows-conversations"),
            Self::Requests => say!("rows-requests"),
            Self::Tools => say!("rows-tools"),
            Self::Audit => say!("rows-audit"),
        }
    }

    fn dated_by(self) -> Field {
        match self {
            Self::Requests => "timestamp",
            _ => "createdAt",
        }
    }
}

/// What is known of the rows of one period.
#[derive(Debug, Default)]
pub(super) struct Known {
    /// Rows by kind.
    pub(super) rows: BTreeMap<Rows, u64>,
    /// Days that have requests.
    pub(super) request_days: BTreeSet<NaiveDate>,
    /// Who has made them.
    pub(super) callers: Callers,
    /// How many conversations have a cost that had to be rounded to be kept.
    pub(super) rounded: u64,
    /// How many rows lack a field that a sum is made of.
    pub(super) lacks: BTreeMap<(Rows, Field), u64>,
    /// Rows that lie outside of the period that was asked for.
    pub(super) outside: BTreeMap<Rows, u64>,
    /// Requests of which only the number is known.
    pub(super) further: u64,
    /// Kinds of rows that are not known at all: not asked for, not given or not kept for so long.
    pub(super) unknown: BTreeSet<Rows>,
}

impl Known {
    /// Whether a sum of this kind of row and these fields is known.
    pub(super) fn has(&self, rows: Rows, fields: &[Field]) -> bool {
        let dated = [rows.dated_by()];
        let mut needed = fields.iter().chain(&dated);
        !self.unknown.contains(&rows) && needed.all(|field| !self.lacks.contains_key(&(rows, *field)))
    }
}

/// All sums of a source.
pub(super) struct Sheet<'a> {
    needs: &'a [Need],
    settings: &'a Settings,
    pub(super) book: AlmytyBook,
    pub(super) known: Vec<Known>,
    pub(super) organizations: BTreeSet<String>,
    /// What the audit trail says users are called.
    emails: BTreeMap<String, String>,
}

impl<'a> Sheet<'a> {
    pub(super) fn new(needs: &'a [Need], settings: &'a Settings) -> Self {
        Self {
            needs,
            settings,
            book: Book::new(needs, DIMENSIONS),
            known: needs.iter().map(|_| Known::default()).collect(),
            organizations: BTreeSet::new(),
            emails: BTreeMap::new(),
        }
    }

    /// The day of a row of the list of the period at `place`, if it is to be added.
    ///
    /// Where periods overlap, a row is added with the first of them, to all that hold its day.
    fn day(&mut self, place: usize, rows: Rows, row: &Row<'_>) -> Option<NaiveDate> {
        let field = rows.dated_by();
        let mut flaws = Flaws::default();
        let Some(day) = row.name(field, &mut flaws).and_then(|text| utc_date(&text)) else {
            *self.known[place].lacks.entry((rows, field)).or_default() += 1;
            return None;
        };
        if !self.needs[place].period.contains(day) {
            *self.known[place].outside.entry(rows).or_default() += 1;
            return None;
        }
        if self.was_added(place, day) {
            return None;
        }
        for holder in self.holding(day) {
            *self.known[holder].rows.entry(rows).or_default() += 1;
            if rows == Rows::Requests {
                self.known[holder].request_days.insert(day);
            }
        }
        Some(day)
    }

    /// Whether the rows of a day have been added before those of the period at `place`, as those of an earlier one.
    pub(super) fn was_added(&self, place: usize, day: NaiveDate) -> bool {
        self.needs[..place].iter().any(|need| need.period.contains(day))
    }

    fn holding(&self, day: NaiveDate) -> Vec<usize> {
        self.book.holding(day).collect()
    }

    /// A number that is zero or more; where a row lacks it, the sums of its periods are unknown.
    fn number(
        &mut self,
        (rows, row): (Rows, &Row<'_>),
        field: Field,
        day: NaiveDate,
    ) -> Result<Option<Decimal>, String> {
        let number = row.number(field, &mut Flaws::default());
        match number {
            Some(number) if number < Decimal::ZERO => Err(negative(field, number)),
            Some(number) => Ok(Some(number.normalize())),
            None => {
                self.lack((rows, field), day);
                Ok(None)
            }
        }
    }

    /// The cost of a conversation in dollars; where it cannot be read, the costs of its periods are unknown.
    fn cost(&mut self, row: &Row<'_>, day: NaiveDate) -> Result<Decimal, String> {
        let field = "totalCost";
        let written = row.literal(field, &mut Flaws::default());
        let Some((cost, rounded)) = written.and_then(|written| self.settings.cost(&written)) else {
            self.lack((Rows::Conversations, field), day);
            return Ok(Decimal::ZERO);
        };
        if cost < Decimal::ZERO {
            return Err(negative(field, cost));
        }
        for holder in self.holding(day) {
            self.known[holder].rounded += u64::from(rounded);
        }
        Ok(cost)
    }

    fn lack(&mut self, what: (Rows, Field), day: NaiveDate) {
        for holder in self.holding(day) {
            *self.known[holder].lacks.entry(what).or_default() += 1;
        }
    }

    /// Adds a conversation of the period at `place`.
    pub(super) fn conversation(&mut self, place: usize, row: &Row<'_>) -> Result<(), String> {
        // Whether there is more than one is all that matters.
        if self.organizations.len() < 2
            && let Some(organization) = text(row, "organizationId")
        {
            self.organizations.insert(organization);
        }
        let Some(day) = self.day(place, Rows::Conversations, row) else {
            return Ok(());
        };
        let of = (Rows::Conversations, row);
        let mut amounts = [Decimal::ZERO; SUMS];
        amounts[CONVERSATIONS] = Decimal::ONE;
        amounts[COST] = self.cost(row, day)?;
        amounts[INPUT] = self.number(of, "totalInputTokens", day)?.unwrap_or_default();
        amounts[OUTPUT] = self.number(of, "totalOutputTokens", day)?.unwrap_or_default();
        let agent = text(row, "agentId").or_else(|| text(row, "externalAgentId"));
        self.add(
            day,
            &[
                (PROVIDER, text(row, "providerId")),
                (MODEL, text(row, "model")),
                (AGENT, agent),
                (USER, text(row, "userId")),
                (GATEWAY, text(row, "gatewayId")),
            ],
            &amounts,
            [Decimal::ZERO; EXTRAS],
        )
    }

    /// Adds a request of the period at `place`. Tells its day and whether it failed, if it was added.
    pub(super) fn request(
        &mut self,
        place: usize,
        row: &Row<'_>,
    ) -> Result<Option<(NaiveDate, bool)>, String> {
        let Some(day) = self.day(place, Rows::Requests, row) else {
            return Ok(None);
        };
        let of = (Rows::Requests, row);
        let (mut amounts, mut extras) = ([Decimal::ZERO; SUMS], [Decimal::ZERO; EXTRAS]);
        amounts[REQUESTS] = Decimal::ONE;
        if let Some(status) = self.number(of, "statusCode", day)? {
            amounts[ERRORS] = flag(status >= Decimal::from(400));
            extras[SUCCESS] = flag((Decimal::from(200)..Decimal::from(300)).contains(&status));
        }
        if let Some(time) = self.number(of, "responseTime", day)? {
            extras[TIME] = time;
            extras[TIMED] = Decimal::ONE;
        }
        let user = text(row, "userId");
        let address = || text(row, "ipAddress").map(|address| format!("address {address}"));
        let caller = user.clone().map(|user| format!("user {user}")).or_else(address);
        for holder in self.holding(day) {
            if let Some(caller) = &caller {
                self.known[holder].callers.meet(caller);
            }
        }
        let members = [(USER, user), (GATEWAY, text(row, "gatewayId"))];
        self.add(day, &members, &amounts, extras)?;
        Ok(Some((day, !amounts[ERRORS].is_zero())))
    }

    /// Adds so many requests of a day of which nothing else is known than how many of them failed.
    pub(super) fn further_requests(
        &mut self,
        day: NaiveDate,
        [requests, errors]: [u64; 2],
    ) -> Result<(), String> {
        if requests == 0 {
            return Ok(());
        }
        let mut amounts = [Decimal::ZERO; SUMS];
        amounts[REQUESTS] = requests.into();
        amounts[ERRORS] = errors.into();
        for holder in self.holding(day) {
            *self.known[holder].rows.entry(Rows::Requests).or_default() += requests;
            self.known[holder].further += requests;
            self.known[holder].request_days.insert(day);
        }
        self.add(day, &[], &amounts, [Decimal::ZERO; EXTRAS])
    }

    /// Adds an execution of a tool of the period at `place`.
    pub(super) fn tool(&mut self, place: usize, row: &Row<'_>) -> Result<(), String> {
        let Some(day) = self.day(place, Rows::Tools, row) else {
            return Ok(());
        };
        let mut amounts = [Decimal::ZERO; SUMS];
        amounts[TOOLS] = Decimal::ONE;
        match row.truth("success") {
            Some(success) => amounts[TOOL_ERRORS] = flag(!success),
            None => self.lack((Rows::Tools, "success"), day),
        }
        let tool = [(TOOL, text(row, "toolId"))];
        self.add(day, &tool, &amounts, [Decimal::ZERO; EXTRAS])
    }

    /// Adds an entry of the audit trail of the period at `place`.
    pub(super) fn audit(&mut self, place: usize, row: &Row<'_>) -> Result<(), String> {
        let Some(day) = self.day(place, Rows::Audit, row) else {
            return Ok(());
        };
        let mut amounts = [Decimal::ZERO; SUMS];
        amounts[AUDIT] = Decimal::ONE;
        let (id, email) = (text(row, "userId"), text(row, "userEmail"));
        if let (Some(id), Some(email)) = (&id, &email)
            && self.emails.len() < MAX_EMAILS
        {
            self.emails.insert(id.clone(), email.clone());
        }
        let actor = email.or(id);
        self.add(
            day,
            &[
                (ACTION, text(row, "action")),
                (RESOURCE, text(row, "resourceType")),
                (ACTOR, actor),
            ],
            &amounts,
            [Decimal::ZERO; EXTRAS],
        )
    }

    /// Adds what a provider has invoiced in a period, which has no day of its own.
    pub(super) fn invoice(
        &mut self,
        place: usize,
        provider: Option<String>,
        dollars: Decimal,
    ) -> Result<(), String> {
        let mut amounts = [Decimal::ZERO; SUMS];
        amounts[INVOICED] = dollars;
        amounts[INVOICES] = Decimal::ONE;
        let day = self.needs[place].period.start();
        self.add(day, &[(PROVIDER, provider)], &amounts, [Decimal::ZERO; EXTRAS])
    }

    fn add(
        &mut self,
        day: NaiveDate,
        members: &[(usize, Option<String>)],
        amounts: &Amounts,
        extras: [Decimal; EXTRAS],
    ) -> Result<(), String> {
        let mut keys = [Key {
            column: 0,
            id: &[],
            name: &[],
        }; DIMENSIONS.len()];
        for (dimension, id) in members {
            keys[*dimension].id = id.as_deref().unwrap_or_default().as_bytes();
        }
        let added = self.book.add(day, &keys, amounts, &extras);
        added.map_err(|Flaw { reason, .. }| reason)
    }

    /// Takes note that rows of the period at `place` are known to be incomplete, and with them all that overlaps it: but for the
    /// periods before it, which have lists of their own.
    pub(super) fn doubt(&mut self, place: usize, rows: Rows) {
        let period = &self.needs[place].period;
        for (need, known) in self.needs.iter().zip(&mut self.known).skip(place) {
            if need.period.start() < period.end() && period.start() < need.period.end() {
                known.unknown.insert(rows);
            }
        }
    }

    /// Calls users by the addresses that the audit trail knows; there is no list of them.
    pub(super) fn call_users(&mut self) {
        for (id, email) in &self.emails {
            self.book.call(USER, id, email);
        }
    }

    /// The sums of everything in the period at `place`.
    pub(super) fn totals(&self, place: usize) -> Result<(Amounts, [Decimal; EXTRAS]), MoneyError> {
        self.book.ledgers()[place].totals()
    }
}

/// A text or a number that names something; it may be missing.
fn text(row: &Row<'_>, key: &str) -> Option<String> {
    row.literal(key, &mut Flaws::default())
}

fn negative(field: Field, number: Decimal) -> String {
    format!("`{field}` of a row is {number}, which cannot be negative; ask the platform's operator")
}

fn flag(is: bool) -> Decimal {
    if is { Decimal::ONE } else { Decimal::ZERO }
}
