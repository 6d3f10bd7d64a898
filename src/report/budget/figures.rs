//! The section of budgets, and their chart.

use super::{Budget, BudgetState, Judged};
use crate::language::{Text, say};
use crate::metric::{Metric, Unit};
use crate::report::beside::View;
use crate::report::{BudgetBar, Chart, ChartForm, Figure, Section, Sentence, told};
use rust_decimal::Decimal;

/// The key of the section and of the chart.
const KEY: &str = "budgets";

/// What is told of each budget, one after the other.
pub(super) fn section(judged: &[Judged<'_>], view: &View<'_>) -> Section {
    let figures = judged.iter().flat_map(|judged| figures(judged, view));
    view.maker
        .section(KEY, say!("section-budgets"), figures.collect())
}

/// What is not known of every budget has a figure that is empty; what does not apply to this one has none.
fn figures(judged: &Judged<'_>, view: &View<'_>) -> Vec<Figure> {
    let Budget {
        amount,
        spent,
        utilisation,
        decided,
        forecast,
        used_up,
        period,
        ..
    } = &judged.budget;
    let variance = |sign: Decimal| {
        let (spent, amount) = ((*spent)?, (*amount)?);
        spent.checked_sub(amount)?.checked_mul(sign)
    };
    let mut values = vec![
        (Metric::Budget, *amount),
        (Metric::TotalCost, *spent),
        (Metric::BudgetUtilisation, *utilisation),
        (Metric::BudgetRemaining, variance(Decimal::NEGATIVE_ONE)),
        (Metric::BudgetVariance, variance(Decimal::ONE)),
    ];
    if let Some(decided) = decided {
        values.push((Metric::BudgetExchange, decided.exchange));
    }
    if let Some(forecast) = forecast {
        values.push((Metric::ForecastCost, Some(forecast.cost)));
        values.extend(forecast.non_usage.map(|cost| (Metric::NonUsageCost, Some(cost))));
        let more = [
            (Metric::ForecastLow, forecast.low),
            (Metric::ForecastHigh, forecast.high),
            (Metric::BudgetPace, forecast.pace),
        ];
        values.extend(more.into_iter().filter(|(_, value)| value.is_some()));
        values.push((Metric::ForecastError, forecast.error));
        values.push((Metric::ForecastBias, forecast.bias));
    }
    if let Some(day) = used_up {
        values.push((
            Metric::BudgetRunOut,
            Some(((*day - period.start).num_days() + 1).into()),
        ));
    }
    let figure = |(metric, value)| judged.figure(view, metric, value);
    values.into_iter().map(figure).collect()
}

/// A bar for each budget, all in per cent of it.
pub(super) fn chart(judged: &[Judged<'_>], view: &View<'_>) -> Chart {
    let bar = |Judged { budget, .. }: &Judged<'_>| {
        let of_budget = |value: Option<Decimal>| super::percent(value, budget.amount);
        let forecast = budget.forecast.as_ref();
        BudgetBar {
            label: budget.name.clone(),
            spent: budget.utilisation,
            forecast: forecast.and_then(|forecast| forecast.utilisation),
            low: of_budget(forecast.and_then(|forecast| forecast.low)),
            high: of_budget(forecast.and_then(|forecast| forecast.high)),
            state: budget.state,
        }
    };
    Chart {
        key: KEY.to_owned(),
        source: view.maker.source().map(str::to_owned),
        title: say!("section-budgets"),
        unit: Unit::Percent,
        currency: None,
        message: message(judged),
        form: ChartForm::Budgets {
            bars: judged.iter().map(bar).collect(),
        },
        panel: None,
    }
}

/// How many stand how.
fn message(judged: &[Judged<'_>]) -> Sentence {
    let count = |states: &[BudgetState]| {
        let budgets = judged.iter().filter_map(|judged| judged.budget.state);
        budgets.filter(|state| states.contains(state)).count()
    };
    let exceeded = count(&[BudgetState::Exceeded, BudgetState::Unbudgeted]);
    let counts = [
        (exceeded, "budgets-exceeded"),
        (count(&[BudgetState::Over]), "budgets-over"),
        (count(&[BudgetState::Watch]), "budgets-watch"),
        (count(&[BudgetState::Ok]), "budgets-ok"),
    ];
    let states: Vec<Text> = counts
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, id)| Text::of(id, vec![("count".into(), count.into())]))
        .collect();
    if states.is_empty() {
        told!("budgets-unknown", "count" = judged.len())
    } else {
        let states = Text::joined(&states, ", ");
        told!("budgets-stand", "count" = judged.len(), "states" = states)
    }
}
