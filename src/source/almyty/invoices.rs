//! What the providers have invoiced, beside what conversations are put at.

use super::decode::Reader;
use super::settings::from_cents;
use super::sheet::{PROVIDER, Sheet};
use super::target;
use crate::language::say;
use crate::money::{self, MoneyError};
use crate::source::sdk::{Flaws, Row, Wire};
use crate::source::{Depth, Need, SourceError};
use rust_decimal::{Decimal, dec};

/// What the platform rounds each provider's estimate by, in dollars.
const ESTIMATE_ROUNDING: Decimal = dec!(0.01);

/// One provider's row.
struct Provider {
    id: Option<String>,
    name: Option<String>,
    estimate_cents: Option<Decimal>,
    actual_cents: Option<Decimal>,
}

impl Wire for Provider {
    fn read(row: &Row<'_>, flaws: &mut Flaws) -> Self {
        Self {
            id: row.literal("llmProviderId", flaws),
            name: row.text("providerName", flaws),
            estimate_cents: row.number("estimateCents", flaws),
            actual_cents: row.number("actualCents", flaws),
        }
    }
}

/// The providers of the period.
fn providers(reader: &Reader<'_>, need: &Need) -> Result<Result<Vec<Provider>, String>, SourceError> {
    let answer = match reader.told(&target::reconciliation(&need.period))? {
        Ok(answer) => answer,
        Err(reason) => return Ok(Err(reason)),
    };
    let data = answer.get("data").and_then(Row::whole);
    let list = data.and_then(|data| data.list("providers", &mut Flaws::default()));
    Ok(list.ok_or_else(|| "it answered without a list of providers".to_owned()))
}

/// Adds the invoices of the period at `place`.
pub(super) fn add(
    reader: &mut Reader<'_>,
    sheet: &mut Sheet<'_>,
    needs: &[Need],
    place: usize,
) -> Result<(), SourceError> {
    let need = &needs[place];
    if need.depth == Depth::Days {
        return Ok(());
    }
    let first = need.period.start();
    let mut others = needs.iter().enumerate().filter(|(other, _)| *other != place);
    if others.any(|(_, other)| other.depth != Depth::Days && other.period.contains(first)) {
        // An invoice has no day of its own, so that it cannot be in one of two overlapping periods only.
        reader.notice(say!("invoices-overlap", "period" = &need.period), false);
        return Ok(());
    }
    let providers = match providers(reader, need)? {
        Ok(providers) => providers,
        Err(reason) => {
            let text = say!(
                "invoices-not-available",
                "period" = &need.period,
                "reason" = reason
            );
            reader.notice(text, false);
            return Ok(());
        }
    };
    for provider in providers {
        let Some(cents) = provider.actual_cents else {
            continue;
        };
        let dollars = from_cents(cents).map_err(|cause| reader.unsummable(&cause))?;
        let id = provider.id.or(provider.name);
        sheet
            .invoice(place, id, dollars)
            .map_err(|reason| reader.contradiction(reason))?;
    }
    Ok(())
}

/// Calls providers what their invoices call them. Tells whether there was any such name.
pub(super) fn call_providers(
    reader: &Reader<'_>,
    sheet: &mut Sheet<'_>,
    needs: &[Need],
) -> Result<bool, SourceError> {
    let mut called = false;
    for need in needs {
        for provider in providers(reader, need)?.unwrap_or_default() {
            if let (Some(id), Some(name)) = (provider.id, provider.name) {
                sheet.book.call(PROVIDER, &id, &name);
                called = true;
            }
        }
    }
    Ok(called)
}

/// The platform's own estimate for the period in dollars, if it agrees with `ours`. It is a hundred times too high in the versions
/// that we know, and then it is not worth a word.
pub(super) fn agreeing_estimate(reader: &Reader<'_>, need: &Need, ours: Decimal) -> Option<Decimal> {
    let providers = providers(reader, need).ok()?.ok()?;
    let estimates: Option<Vec<Decimal>> = providers
        .iter()
        .map(|provider| from_cents(provider.estimate_cents?).ok())
        .collect();
    let estimates = estimates.filter(|all| !all.is_empty())?;
    let rounding = ESTIMATE_ROUNDING.checked_mul(Decimal::from(estimates.len()))?;
    let estimate: Result<Decimal, MoneyError> = money::sum(estimates);
    let estimate = estimate.ok()?;
    (estimate.checked_sub(ours)?.abs() <= rounding).then_some(estimate)
}
