//! Adds rows up: by period, by day and by the members of each dimension, exactly and whatever their order.

use super::cell::text;
use super::coverage::{Coverage, Reach, without_rows};
use super::{Flaw, notice};
use crate::language::{Text, say};
use crate::metric::Metric;
use crate::money::{MoneyError, Tally};
use crate::period::Period;
use crate::source::{Breakdown, Depth, Measure, Member, Need, Notice, Series, Window};
use chrono::{Days, NaiveDate};
use foldhash::fast::RandomState;
use rust_decimal::Decimal;
use std::cmp::Ordering;
use std::collections::HashMap;

mod by_day;
mod ranked;

pub(crate) use super::coverage::Witness;
pub(crate) use by_day::ByDay;
pub(crate) use ranked::Slots;

/// The member of rows without a value.
pub(crate) const UNATTRIBUTED: &str = "(unattributed)";
/// A member that is called nothing at all.
pub(crate) const NAMELESS: &str = "(no name)";
/// A member that somebody has called as the one of rows without a value.
pub(crate) const SO_CALLED: &str = "(unattributed) as a name";
/// The place of [`UNATTRIBUTED`] among the members.
const NOBODY: usize = 0;
/// Most bytes that the members of all dimensions may take, before a file is refused instead of filling the memory.
const MAX_MEMBER_BYTES: usize = 64 << 20;
/// What a member takes besides its text, about.
const MEMBER_OVERHEAD: usize = 256;
/// Rounds of telling members of the same name apart.
const MAX_RENAMES: usize = 8;

/// To which member of a dimension a row belongs.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Key<'a> {
    /// The column of the id; the name stands in the next one.
    pub(crate) column: usize,
    /// What tells members apart; empty: the name does.
    pub(crate) id: &'a [u8],
    /// What a reader knows it by; empty: the id.
    pub(crate) name: &'a [u8],
}

/// Sums of `M` amounts; the first one ranks members and is the cost.
#[derive(Debug, Clone, Copy)]
struct Sums<const M: usize> {
    rows: u64,
    tallies: [Tally; M],
}

impl<const M: usize> Default for Sums<M> {
    fn default() -> Self {
        Self {
            rows: 0,
            tallies: [Tally::default(); M],
        }
    }
}

impl<const M: usize> Sums<M> {
    /// The sums of one row.
    fn of(amounts: &[Decimal; M]) -> Self {
        Self {
            rows: 1,
            tallies: amounts.map(Tally::from),
        }
    }

    fn merge(&mut self, others: &Self) -> Result<(), MoneyError> {
        self.rows += others.rows;
        for (tally, other) in self.tallies.iter_mut().zip(&others.tallies) {
            if !other.is_zero() {
                tally.merge(other)?;
            }
        }
        Ok(())
    }

    fn totals(&self) -> Result<[Decimal; M], MoneyError> {
        let mut totals = [Decimal::ZERO; M];
        for (total, tally) in totals.iter_mut().zip(&self.tallies) {
            *total = tally.total()?;
        }
        Ok(totals)
    }
}

/// The members of one dimension that rows of the needed periods have named.
#[derive(Debug)]
struct Dimension {
    title: &'static str,
    /// Looked at for each row, by a hash that is quick with short keys.
    index: HashMap<Box<[u8]>, usize, RandomState>,
    members: Vec<Known>,
    /// The member of the row before, which most often is the next one's too.
    recent: usize,
}

#[derive(Debug)]
struct Known {
    id: String,
    name: String,
    named_on: NaiveDate,
}

impl Dimension {
    fn new(title: &'static str) -> Self {
        Self {
            title,
            index: HashMap::default(),
            members: vec![Known {
                id: String::new(),
                name: UNATTRIBUTED.to_owned(),
                named_on: NaiveDate::MAX,
            }],
            recent: NOBODY,
        }
    }

    /// The place of the member that `key` names.
    fn member(&mut self, key: &Key<'_>, on: NaiveDate, room: &mut usize) -> Result<usize, Flaw> {
        let id = if key.id.is_empty() { key.name } else { key.id };
        if id.is_empty() {
            return Ok(NOBODY);
        }
        if self.members[self.recent].id.as_bytes() != id {
            self.recent = match self.index.get(id) {
                Some(place) => *place,
                None => self.meet(key.column, id, on, room)?,
            };
        }
        if !key.name.is_empty() {
            self.rename(key, on)?;
        }
        Ok(self.recent)
    }

    fn meet(&mut self, column: usize, id: &[u8], on: NaiveDate, room: &mut usize) -> Result<usize, Flaw> {
        let name = text(id).map_err(Flaw::of(column))?;
        *room = room.checked_sub(2 * id.len() + MEMBER_OVERHEAD).ok_or_else(|| {
            Flaw::of(column)(format!(
                "there are too many different values of {} to keep in memory; is this the right column?",
                self.title
            ))
        })?;
        self.members.push(Known {
            id: name.to_owned(),
            name: String::new(),
            named_on: on,
        });
        self.index.insert(id.into(), self.members.len() - 1);
        Ok(self.members.len() - 1)
    }

    /// The name of the latest day wins, among those of one day the first of the alphabet: any order of rows gives the same.
    fn rename(&mut self, key: &Key<'_>, on: NaiveDate) -> Result<(), Flaw> {
        let known = &mut self.members[self.recent];
        if known.name.as_bytes() == key.name {
            known.named_on = known.named_on.max(on);
            return Ok(());
        }
        let wins = known.name.is_empty()
            || match on.cmp(&known.named_on) {
                Ordering::Greater => true,
                Ordering::Equal => key.name < known.name.as_bytes(),
                Ordering::Less => false,
            };
        if wins {
            text(key.name)
                .map_err(Flaw::of(key.column + 1))?
                .clone_into(&mut known.name);
            known.named_on = on;
        }
        Ok(())
    }

    /// What a reader sees, for each member: its name, with the id where several have the same name.
    fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = self
            .members
            .iter()
            .map(|known| {
                if known.name.is_empty() {
                    &known.id
                } else {
                    &known.name
                }
            })
            .cloned()
            .collect();
        for _ in 0..MAX_RENAMES {
            let mut bearers: HashMap<&str, usize> = HashMap::new();
            for name in &names {
                *bearers.entry(name).or_default() += 1;
            }
            let shared: Vec<bool> = names.iter().map(|name| bearers[name.as_str()] > 1).collect();
            if !shared[NOBODY + 1..].contains(&true) {
                break;
            }
            for (place, known) in self.members.iter().enumerate().skip(NOBODY + 1) {
                if shared[place] {
                    names[place] = format!("{} ({})", names[place], known.id);
                }
            }
        }
        names
    }
}

/// The sums of one period.
#[derive(Debug)]
pub(crate) struct Ledger<const M: usize, const X: usize, const D: usize> {
    need: Need,
    extras: Sums<X>,
    /// From the first day of the period on, as far as there are rows.
    days: Vec<Sums<M>>,
    groups: [Vec<Sums<M>>; D],
}

impl<const M: usize, const X: usize, const D: usize> Ledger<M, X, D> {
    fn holds(&self, day: NaiveDate) -> bool {
        self.need.period.start() <= day && day < self.need.period.end()
    }

    fn add(
        &mut self,
        day: NaiveDate,
        members: &[usize; D],
        amounts: &Sums<M>,
        extras: &Sums<X>,
    ) -> Result<(), MoneyError> {
        self.extras.merge(extras)?;
        let place = self.place(day);
        at(&mut self.days, place).merge(amounts)?;
        for (group, member) in self.groups.iter_mut().zip(members) {
            at(group, *member).merge(amounts)?;
        }
        Ok(())
    }

    /// The place of a day of the period among the days.
    fn place(&self, day: NaiveDate) -> usize {
        let days = (day - self.need.period.start()).num_days();
        usize::try_from(days).unwrap_or(usize::MAX)
    }

    /// The sums of a day, if it has rows.
    fn day(&self, day: NaiveDate) -> Option<&Sums<M>> {
        self.days.get(self.place(day)).filter(|sums| sums.rows > 0)
    }

    /// How many rows fell into the period.
    pub(crate) fn rows(&self) -> u64 {
        self.extras.rows
    }

    /// Whether any row fell into the period.
    pub(crate) fn is_empty(&self) -> bool {
        self.rows() == 0
    }

    /// The sums of everything.
    pub(crate) fn totals(&self) -> Result<([Decimal; M], [Decimal; X]), MoneyError> {
        let mut total = Sums::default();
        for day in &self.days {
            total.merge(day)?;
        }
        Ok((total.totals()?, self.extras.totals()?))
    }

    /// The members of a dimension that have rows in the period, `(unattributed)` not counted; `None` where no row of the
    /// period names one, because nobody then knows how many there were.
    pub(crate) fn distinct(&self, dimension: usize) -> Option<Decimal> {
        let named = self.groups[dimension].iter().skip(NOBODY + 1);
        let count = named.filter(|sums| sums.rows > 0).count();
        (count > 0).then(|| Decimal::from(count))
    }

    /// Whether any row of the period has a value of the dimension.
    fn uses(&self, dimension: usize) -> bool {
        self.distinct(dimension).is_some()
    }
}

/// All sums of a source.
#[derive(Debug)]
pub(crate) struct Book<const M: usize, const X: usize, const D: usize> {
    ledgers: Vec<Ledger<M, X, D>>,
    dimensions: [Dimension; D],
    room: usize,
    rows: u64,
    coverage: Coverage,
}

impl<const M: usize, const X: usize, const D: usize> Book<M, X, D> {
    /// An empty book for these periods and dimensions.
    pub(crate) fn new(needs: &[Need], dimensions: [&'static str; D]) -> Self {
        Self {
            ledgers: needs
                .iter()
                .map(|need| Ledger {
                    need: need.clone(),
                    extras: Sums::default(),
                    days: Vec::new(),
                    groups: [const { Vec::new() }; D],
                })
                .collect(),
            dimensions: dimensions.map(Dimension::new),
            room: MAX_MEMBER_BYTES,
            rows: 0,
            coverage: Coverage::default(),
        }
    }

    /// Counts a row, wherever it lies, which is about the days from `day` to `last`, and tells whether a needed period holds the
    /// first of them.
    pub(crate) fn wants(&mut self, witness: Witness, day: NaiveDate, last: NaiveDate) -> bool {
        self.rows += 1;
        self.coverage.meet(witness, day, last);
        self.ledgers.iter().any(|ledger| ledger.holds(day))
    }

    /// The places of the periods that hold a day.
    pub(crate) fn holding(&self, day: NaiveDate) -> impl Iterator<Item = usize> {
        let places = self.ledgers.iter().enumerate();
        places
            .filter(move |(_, ledger)| ledger.holds(day))
            .map(|(place, _)| place)
    }

    /// Adds a row to every period that holds its day.
    ///
    /// # Errors
    /// [`Flaw`] where a key is not text, there are too many members, or a sum leaves the exact range.
    pub(crate) fn add(
        &mut self,
        day: NaiveDate,
        keys: &[Key<'_>; D],
        amounts: &[Decimal; M],
        extras: &[Decimal; X],
    ) -> Result<(), Flaw> {
        let mut members = [NOBODY; D];
        for ((member, dimension), key) in members.iter_mut().zip(&mut self.dimensions).zip(keys) {
            *member = dimension.member(key, day, &mut self.room)?;
        }
        let (amounts, extras) = (Sums::of(amounts), Sums::of(extras));
        for ledger in &mut self.ledgers {
            if ledger.holds(day) {
                ledger
                    .add(day, &members, &amounts, &extras)
                    .map_err(|error| Flaw::row(error.to_string()))?;
            }
        }
        Ok(())
    }

    /// Gives a member the name that a list says it has, if the book knows the member.
    pub(crate) fn call(&mut self, dimension: usize, id: &str, name: &str) {
        let dimension = &mut self.dimensions[dimension];
        if let Some(place) = dimension.index.get(id.as_bytes())
            && !name.is_empty()
        {
            name.clone_into(&mut dimension.members[*place].name);
        }
    }

    /// The periods, in the order asked.
    pub(crate) fn ledgers(&self) -> &[Ledger<M, X, D>] {
        &self.ledgers
    }

    /// How many rows each period has.
    pub(crate) fn counts(&self) -> Vec<u64> {
        self.ledgers.iter().map(Ledger::rows).collect()
    }

    /// The member of a dimension to which every row belongs, if there is one.
    pub(crate) fn only(&self, dimension: usize) -> Option<&str> {
        let unattributed = |ledger: &Ledger<M, X, D>| {
            let nobody = ledger.groups[dimension].first();
            nobody.is_some_and(|sums| sums.rows > 0)
        };
        match self.dimensions[dimension].members.as_slice() {
            [_, only] if !self.ledgers.iter().any(unattributed) => Some(&only.id),
            _ => None,
        }
    }

    /// The latest day to which the files can be relied on.
    pub(crate) fn reached(&self) -> Option<NaiveDate> {
        self.coverage.reach().map(|reach| reach.last)
    }

    /// A notice for each period that has no rows, or none of its first or last days that were over `today`, and one for
    /// the days between. Figures are missing only where the report is about the period.
    pub(crate) fn shortfalls(&self, source: &str, today: NaiveDate) -> Vec<Notice> {
        let (mut notices, mut gaps) = (Vec::new(), Vec::new());
        for ledger in &self.ledgers {
            let need = &ledger.need;
            if need.depth == Depth::Days {
                continue;
            }
            match self.coverage.reach() {
                Some(reach) if !ledger.is_empty() => {
                    notices.extend(reach.shortfalls(source, need, today));
                    gaps.extend(reach.days(need, today).filter(|day| ledger.day(*day).is_none()));
                }
                _ => {
                    let missing = need.depth.is_whole();
                    notices.push(notice(source, self.nothing_in(&need.period), missing));
                }
            }
        }
        notices.extend(without_rows(source, gaps));
        notices
    }

    fn nothing_in(&self, period: &Period) -> Text {
        match self.coverage.rows() {
            None => say!("no-figures-at-all", "period" = period),
            Some(Reach { first, last }) => say!(
                "no-figures-in",
                "period" = period,
                "rows" = self.rows,
                "first" = first,
                "last" = last,
            ),
        }
    }

    /// The members of one dimension in the period at `place`, with what `measures` makes of their sums; `None` where no row of the
    /// period names one.
    pub(crate) fn split(
        &self,
        place: usize,
        dimension: usize,
        measures: &dyn Fn(&[Decimal; M]) -> Vec<Measure>,
    ) -> Result<Option<Breakdown>, MoneyError> {
        let (ledger, known) = (&self.ledgers[place], &self.dimensions[dimension]);
        if !ledger.uses(dimension) {
            return Ok(None);
        }
        Ok(Some(Breakdown {
            dimension: known.title.to_owned(),
            members: members(&ledger.groups[dimension], &known.names(), measures)?,
        }))
    }

    /// What one period shows by day and by the first `shown` dimensions. The figures are `measures` of the totals, all
    /// unknown where there was no row.
    pub(crate) fn windows(
        &self,
        shown: usize,
        measures: &dyn Fn(usize, &[Decimal; M]) -> Vec<Measure>,
    ) -> Result<Vec<Window>, MoneyError> {
        let names = self.dimensions.each_ref().map(Dimension::names);
        let window = |(place, ledger): (usize, &Ledger<M, X, D>)| {
            let measures = |amounts: &[Decimal; M]| measures(place, amounts);
            let mut figures = measures(&ledger.totals()?.0);
            if ledger.is_empty() {
                for figure in &mut figures {
                    figure.value = None;
                }
            }
            let mut breakdowns = Vec::new();
            for (dimension, names) in names.iter().enumerate().take(shown) {
                if ledger.uses(dimension) {
                    let members = members(&ledger.groups[dimension], names, &measures)?;
                    debug_assert!(adds_up(&members, &figures), "members add up to the headline");
                    breakdowns.push(Breakdown {
                        dimension: self.dimensions[dimension].title.to_owned(),
                        members,
                    });
                }
            }
            Ok(Window {
                period: ledger.need.period.clone(),
                rows: ledger.rows(),
                daily: daily(ledger, &figures, &measures)?,
                figures,
                rankings: Vec::new(),
                breakdowns,
                items: None,
                organization: None,
                daily_by: Vec::new(),
                converted: None,
                unrelated: &[],
            })
        };
        self.ledgers.iter().enumerate().map(window).collect()
    }
}

/// The sums at a place, which are there from now on.
fn at<const M: usize>(sums: &mut Vec<Sums<M>>, place: usize) -> &mut Sums<M> {
    if place >= sums.len() {
        sums.resize_with(place + 1, Sums::default);
    }
    &mut sums[place]
}

/// The members with rows, by descending cost, then by name.
fn members<const M: usize>(
    group: &[Sums<M>],
    names: &[String],
    measures: &dyn Fn(&[Decimal; M]) -> Vec<Measure>,
) -> Result<Vec<Member>, MoneyError> {
    let mut members = Vec::new();
    for (sums, name) in group.iter().zip(names).filter(|(sums, _)| sums.rows > 0) {
        members.push((sums.totals()?, name));
    }
    members.sort_by(|(a, a_name), (b, b_name)| b[0].cmp(&a[0]).then_with(|| a_name.cmp(b_name)));
    Ok(members
        .into_iter()
        .map(|(totals, name)| Member {
            name: name.clone(),
            measures: measures(&totals),
        })
        .collect())
}

/// A series for each known figure, or of cost only beside a comparison.
fn daily<const M: usize, const X: usize, const D: usize>(
    ledger: &Ledger<M, X, D>,
    figures: &[Measure],
    measures: &dyn Fn(&[Decimal; M]) -> Vec<Measure>,
) -> Result<Vec<Series>, MoneyError> {
    let wanted = |metric| ledger.need.depth.is_whole() || metric == Metric::TotalCost;
    let known = |figure: &&Measure| figure.value.is_some() || figure.metric == Metric::TotalCost;
    let mut series: Vec<Series> = figures
        .iter()
        .filter(known)
        .filter(|figure| wanted(figure.metric))
        .map(|figure| Series {
            whole: true,
            metric: figure.metric,
            points: Vec::new(),
        })
        .collect();
    let period = &ledger.need.period;
    let mut day = period.start();
    while day < period.end() {
        let of_day = match ledger.day(day) {
            Some(sums) => measures(&sums.totals()?),
            None => Vec::new(),
        };
        for series in &mut series {
            let measure = of_day.iter().find(|measure| measure.metric == series.metric);
            series
                .points
                .push((day, measure.and_then(|measure| measure.value)));
        }
        day = day.checked_add_days(Days::new(1)).unwrap_or(period.end());
    }
    Ok(series)
}

/// Whether every known measure of the members sums to its headline.
fn adds_up(members: &[Member], figures: &[Measure]) -> bool {
    figures.iter().enumerate().all(|(place, figure)| {
        let parts = members.iter().filter_map(|member| member.measures[place].value);
        figure
            .value
            .is_none_or(|total| crate::money::sum(parts) == Ok(total))
    })
}
