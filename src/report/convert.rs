//! Amounts of another currency become amounts of the reporting currency, at the rate of each day, and never silently.
//!
//! The cost of a day is converted at its own rate. Their sum against the sum before is the implied rate of the period, at which
//! everything is converted that has no day: members, items, other costs. Source: finance definitions, currency conversion.

mod organization;

use super::derive::AMOUNT_NOISE;
use crate::language::{Text, say};
use crate::metric::{Metric, Unit};
use crate::money::rates::Rates;
use crate::money::{self, Currency, QUOTIENT_DECIMALS};
use crate::period::Period;
use crate::source::dataset::Converted;
use crate::source::{Breakdown, Dataset, Measure, Notice, Series, Window};
use chrono::NaiveDate;
use rust_decimal::{Decimal, RoundingStrategy, dec};

/// What rounding to [`QUOTIENT_DECIMALS`] takes from an amount at the most, and a last digit more.
const ROUNDED: Decimal = dec!(0.000000000001);

/// Converts what is in another currency than `into`. Where that cannot be done for the `reported` period, all stays as it is; where it
/// cannot be for one beside it, the amounts of that one are left out; both with a notice. The days of a `look_back` are converted
/// without a word, and left out, with a notice, where they cannot be.
pub(super) fn convert(
    dataset: &Dataset,
    rates: &Rates,
    into: Currency,
    (reported, look_back): (&Period, Option<&Period>),
) -> Dataset {
    let Some(from) = dataset.currency.filter(|currency| *currency != into) else {
        return dataset.clone();
    };
    let (code, into_code) = (from.code(), into.code());
    let mut windows = Vec::with_capacity(dataset.windows.len());
    let mut notices = Vec::new();
    for window in &dataset.windows {
        let is_before = look_back.is_some_and(|back| window.period.id() == back.id());
        let mut window = window.clone();
        let told = match convert_window(&mut window, rates, (from, into)) {
            Ok(_) if is_before => None,
            Ok(told) if by_rows(dataset, &window) || !has_members(&window) => Some(told),
            Ok(told) => Some(Text::joined(&[told, say!("converted-members")], " ")),
            Err(why) if is_before => {
                let first = window.period.start();
                notices.push(about(
                    dataset,
                    say!(
                        "look-back-stays-in",
                        "first" = first,
                        "currency" = code,
                        "into" = into_code,
                        "reason" = why,
                    ),
                ));
                continue;
            }
            Err(why) if window.period.id() != reported.id() => {
                without_amounts(&mut window);
                Some(say!(
                    "period-stays-out",
                    "period" = &window.period,
                    "currency" = code,
                    "into" = into_code,
                    "reason" = why,
                ))
            }
            Err(why) => {
                let mut unchanged = dataset.clone();
                let text = say!("stays-in", "currency" = code, "into" = into_code, "reason" = why);
                unchanged.notices.push(about(dataset, text));
                return unchanged;
            }
        };
        notices.extend(told.map(|text| about(dataset, text)));
        windows.push(window);
    }
    for of_rows in &dataset.at_own_rates {
        let mut windows = windows.iter_mut();
        // Of what the source has converted row by row only the rate of the whole period is not known.
        if let Some(window) = windows.find(|window| window.period.id() == of_rows.period.id()) {
            *window = Window {
                converted: window.converted.take(),
                ..of_rows.clone()
            };
        }
    }
    let mut converted = Dataset {
        currency: Some(into),
        windows,
        ..dataset.clone()
    };
    converted.notices.extend(notices);
    converted
}

fn about(dataset: &Dataset, text: Text) -> Notice {
    Notice {
        source: Some(dataset.source.clone()),
        text,
        missing: false,
    }
}

/// Converts one period; says what was done, or why it cannot be.
fn convert_window(
    window: &mut Window,
    rates: &Rates,
    (from, into): (Currency, Currency),
) -> Result<Text, Text> {
    let too_large = || say!("too-large");
    let period = window.period.clone();
    let (code, into_code) = (from.code(), into.code());
    let Some(before) = window.figure(Metric::TotalCost) else {
        return if has_amounts(window) {
            Err(say!("cost-unknown", "period" = &period))
        } else {
            Ok(say!("nothing-known", "period" = &period))
        };
    };
    let days = daily_cost(window, before).ok_or_else(|| say!("days-do-not-add", "period" = &period))?;
    let (mut costs, mut older, mut used) = (Vec::new(), 0, Vec::new());
    for (day, cost) in days.iter().filter(|(_, cost)| !cost.is_zero()) {
        let rate = rates
            .of(from, into, *day)
            .ok_or_else(|| say!("no-rate-for-day", "from" = code, "into" = into_code, "day" = *day))?;
        older += usize::from(rate.of != *day);
        used.push(rate.value);
        costs.push(times(*cost, rate.value).ok_or_else(too_large)?);
    }
    let sums = (money::sum(days.iter().map(|(_, cost)| *cost)), money::sum(costs));
    let (Ok(sum), Ok(converted)) = sums else {
        return Err(too_large());
    };
    let rate_of = |day: NaiveDate| rates.of(from, into, day).map(|rate| rate.value);
    let implied = if sum.is_zero() {
        match rate_of(window.period.last_day()) {
            Some(rate) => rate,
            None if has_amounts(window) => {
                return Err(say!(
                    "no-rate-for-end",
                    "from" = code,
                    "into" = into_code,
                    "period" = &period
                ));
            }
            None => return Ok(say!("nothing-spent", "period" = &period)),
        }
    } else {
        converted.checked_div(sum).ok_or_else(too_large)?
    };
    // Credits on days of other rates can make any quotient; it is a rate only where some day might have had it.
    let implied = match used.iter().min().zip(used.iter().max()) {
        None => implied,
        Some((least, largest)) => {
            // Each day was rounded, so that the quotient may miss the one rate of all days by that much of the sum.
            let rounded = Decimal::from(used.len()).checked_mul(ROUNDED);
            let noise = rounded
                .and_then(|off| off.checked_div(sum.abs()))
                .ok_or_else(too_large)?;
            if implied < least.saturating_sub(noise) || implied > largest.saturating_add(noise) {
                return Err(say!("days-cancel", "period" = &period));
            }
            implied.clamp(*least, *largest)
        }
    };
    // Days that differ from the total by the noise of a platform that adds in binary stand for all of it.
    let after = if sum == before {
        converted
    } else {
        times(before, implied).ok_or_else(too_large)?
    };
    let own = window.without_days();
    apply(window, implied, (before, after), rate_of).ok_or_else(too_large)?;
    window.converted = (!before.is_zero()).then(|| Converted {
        from,
        rate: implied,
        own: Box::new(own),
    });
    let before = before.normalize();
    let after = money::rounded(after, 6).normalize();
    let rate = money::rounded(implied, 6).normalize();
    Ok(if older == 0 {
        say!(
            "converted",
            "period" = &period,
            "from" = code,
            "before" = before,
            "into" = into_code,
            "after" = after,
            "rate" = rate,
        )
    } else {
        say!(
            "converted-carried",
            "period" = &period,
            "from" = code,
            "before" = before,
            "into" = into_code,
            "after" = after,
            "rate" = rate,
            "count" = older,
        )
    })
}

/// The figures and splits of `own` with every amount at one rate; the cost becomes `cost`, which is that of all its members. `None` if
/// an amount leaves the exact range.
pub(super) fn at_one_rate(own: &Window, rate: Decimal, cost: Decimal) -> Option<Window> {
    let mut window = own.without_days();
    let before = own.figure(Metric::TotalCost)?;
    let at_rate = |value: Decimal| times(value, rate);
    for figure in &mut window.figures {
        convert_measure(figure, &at_rate, Some(cost))?;
    }
    for breakdown in window.breakdowns.iter_mut().chain(&mut window.items) {
        convert_members(breakdown, &at_rate, (before, cost))?;
    }
    Some(window)
}

/// Makes every amount of the window unknown.
fn without_amounts(window: &mut Window) {
    let members = window.breakdowns.iter_mut().chain(&mut window.items);
    let of_members = members
        .flat_map(|breakdown| &mut breakdown.members)
        .flat_map(|member| &mut member.measures);
    for measure in window.figures.iter_mut().chain(of_members) {
        measure.value = measure.value.filter(|_| measure.metric.unit() != Unit::Currency);
    }
    for series in &mut window.daily {
        if series.metric.unit() == Unit::Currency {
            series.points.iter_mut().for_each(|(_, value)| *value = None);
        }
    }
    window
        .rankings
        .retain(|ranking| ranking.list.metric().unit() != Unit::Currency);
    window.daily_by.clear();
    window.organization = None;
}

/// Whether the source has converted every row of the window at the rate of its day.
fn by_rows(dataset: &Dataset, window: &Window) -> bool {
    let mut own = dataset.at_own_rates.iter();
    own.any(|of_rows| of_rows.period.id() == window.period.id())
}

/// Whether the window has members whose costs were converted without their days.
fn has_members(window: &Window) -> bool {
    let mut members = window.breakdowns.iter().flat_map(|breakdown| &breakdown.members);
    let costs = |measure: &Measure| measure.metric.unit() == Unit::Currency && measure.value.is_some();
    window.converted.is_some() && members.any(|member| member.measures.iter().any(costs))
}

/// Whether anything in the window is an amount that is not zero.
fn has_amounts(window: &Window) -> bool {
    let is_amount = |metric: Metric, value: Option<Decimal>| {
        metric.unit() == Unit::Currency && value.is_some_and(|value| !value.is_zero())
    };
    let members = window.breakdowns.iter().chain(&window.items);
    let measures = members.flat_map(|breakdown| breakdown.members.iter().flat_map(|member| &member.measures));
    window
        .figures
        .iter()
        .chain(measures)
        .any(|measure| is_amount(measure.metric, measure.value))
        || window.daily.iter().any(|series| {
            let mut points = series.points.iter();
            points.any(|(_, value)| is_amount(series.metric, *value))
        })
        || window.rankings.iter().any(|ranking| {
            let mut rows = ranking.rows.iter();
            rows.any(|(_, value)| is_amount(ranking.list.metric(), *value))
        })
}

/// The cost of each day, if these add up to the total as well as a platform can; a day that is not known then cost nothing.
fn daily_cost(window: &Window, total: Decimal) -> Option<Vec<(NaiveDate, Decimal)>> {
    let days: Vec<(NaiveDate, Decimal)> = window
        .by_day(Metric::TotalCost)?
        .iter()
        .map(|(day, cost)| (*day, cost.unwrap_or_default()))
        .collect();
    let sum = money::sum(days.iter().map(|(_, cost)| *cost)).ok()?;
    (sum.checked_sub(total)?.abs() <= AMOUNT_NOISE).then_some(days)
}

fn apply(
    window: &mut Window,
    rate: Decimal,
    (before, total): (Decimal, Decimal),
    rate_of: impl Fn(NaiveDate) -> Option<Decimal>,
) -> Option<()> {
    let implied = |value: Decimal| times(value, rate);
    // Figures whose days add up to them stay the sum of their days.
    let tied: Vec<Metric> = window
        .daily
        .iter()
        .filter(|series| series.whole && adds_up(window, series))
        .map(|series| series.metric)
        .collect();
    for figure in &mut window.figures {
        convert_measure(figure, &implied, Some(total))?;
    }
    for series in window
        .daily
        .iter_mut()
        .filter(|series| series.metric.unit() == Unit::Currency)
    {
        for (day, value) in &mut series.points {
            *value = of_day(*value, rate_of(*day), rate)?;
        }
    }
    for metric in tied.into_iter().filter(|metric| *metric != Metric::TotalCost) {
        let series = window.daily.iter().find(|series| series.metric == metric)?;
        let days = series.points.iter().filter_map(|(_, value)| *value);
        let sum = money::sum(days).ok()?;
        let mut figures = window.figures.iter_mut();
        if let Some(figure) =
            figures.find(|figure| figure.metric == metric && metric.unit() == Unit::Currency)
        {
            figure.value = Some(sum);
        }
    }
    let whole = window.by_day(Metric::TotalCost).unwrap_or_default().to_vec();
    for split in &mut window.daily_by {
        organization::convert_split(split, &whole, &rate_of, rate)?;
    }
    if let Some(organization) = &mut window.organization {
        organization::convert(organization, (&whole, total), &rate_of, rate)?;
    }
    for ranking in &mut window.rankings {
        if ranking.list.metric().unit() == Unit::Currency {
            for (_, value) in &mut ranking.rows {
                *value = value.map_or(Some(None), |value| implied(value).map(Some))?;
            }
        }
    }
    for breakdown in window.breakdowns.iter_mut().chain(&mut window.items) {
        convert_members(breakdown, &implied, (before, total))?;
    }
    Some(())
}

fn adds_up(window: &Window, series: &Series) -> bool {
    let days = series.points.iter().filter_map(|(_, value)| *value);
    window
        .figure(series.metric)
        .is_some_and(|total| money::sum(days) == Ok(total))
}

/// The amount of a day at its rate; without one at the implied rate, and nothing without an amount.
#[expect(
    clippy::option_option,
    reason = "an unknown amount and one too large are different things"
)]
fn of_day(amount: Option<Decimal>, rate: Option<Decimal>, implied: Decimal) -> Option<Option<Decimal>> {
    match (amount, rate) {
        (Some(amount), Some(rate)) => times(amount, rate).map(Some),
        (Some(amount), None) if amount.is_zero() => Some(Some(amount)),
        (Some(amount), None) => times(amount, implied).map(Some),
        (None, _) => Some(None),
    }
}

/// Members at the implied rate. Those whose costs added up to the total of `before` add up to that of `after`: what rounding leaves
/// goes to the one that costs most.
fn convert_members(
    breakdown: &mut Breakdown,
    implied: &impl Fn(Decimal) -> Option<Decimal>,
    (before, after): (Decimal, Decimal),
) -> Option<()> {
    let costs = |breakdown: &Breakdown| {
        let members = breakdown.members.iter();
        let known: Option<Vec<Decimal>> = members.map(|member| member.figure(Metric::TotalCost)).collect();
        // Members of which no cost is told have nothing to add up to it.
        known.filter(|known| !known.is_empty()).map(money::sum)
    };
    let own = costs(breakdown);
    for measure in breakdown
        .members
        .iter_mut()
        .flat_map(|member| &mut member.measures)
    {
        convert_measure(measure, implied, None)?;
    }
    let Some(own) = own else {
        return Some(());
    };
    if own.ok()?.checked_sub(before)?.abs() > AMOUNT_NOISE {
        return Some(());
    }
    let left = after.checked_sub(costs(breakdown)?.ok()?)?;
    let largest = breakdown
        .members
        .iter_mut()
        .max_by_key(|member| member.figure(Metric::TotalCost))?;
    let mut costs = largest.measures.iter_mut();
    let cost = costs.find(|measure| measure.metric == Metric::TotalCost)?;
    cost.value = Some(cost.value?.checked_add(left)?);
    Some(())
}

fn convert_measure(
    measure: &mut Measure,
    implied: &impl Fn(Decimal) -> Option<Decimal>,
    total: Option<Decimal>,
) -> Option<()> {
    let Some(value) = measure.value.filter(|_| measure.metric.unit() == Unit::Currency) else {
        return Some(());
    };
    measure.value = Some(match total.filter(|_| measure.metric == Metric::TotalCost) {
        Some(total) => total,
        None => implied(value)?,
    });
    Some(())
}

/// `amount` × `rate`: exact where 28 digits hold it, else to twelve decimals.
pub(super) fn times(amount: Decimal, rate: Decimal) -> Option<Decimal> {
    let product = amount.checked_mul(rate)?;
    Some(
        product
            .round_dp_with_strategy(QUOTIENT_DECIMALS, RoundingStrategy::MidpointNearestEven)
            .normalize(),
    )
}

#[cfg(test)]
mod tests;
