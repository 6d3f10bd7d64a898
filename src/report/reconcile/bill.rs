//! Usage held against a bill: usage, what only the bill knows, known gaps and what is left unexplained add up to the bill.

use super::{BILL, USAGE, days, split, within_tolerance};
use crate::config::plan::{KnownGap, UsageAgainstBill};
use crate::metric::{Metric, Unit};
use crate::money::{self, Currency};
use crate::report::beside::View;
use crate::report::maker::{Maker, tells};
use crate::report::{Alert, Comparison, Figure, Notice, Part, Report, Section, Sentence, StepOf};
use rust_decimal::Decimal;

/// What only a bill knows, in the order of the table. A correction that is a credit, a tax or an adjustment counts as that.
const ONLY_BILLED: [Metric; 4] = [
    Metric::Credits,
    Metric::Taxes,
    Metric::Adjustments,
    Metric::UsageCorrections,
];
/// What usually parts usage from its bill.
const CAUSES: &str = "credits, tiers of prices, minimum charges, late data and tax";
/// Decimals of a percentage.
const PERCENT_DECIMALS: u32 = 2;
/// The dimension of known gaps.
const GAP: &str = "known_gap";

/// Both sides, as far as they are there.
pub(super) struct Sides<'a> {
    pub(super) against: &'a UsageAgainstBill,
    pub(super) usage: Option<&'a View<'a>>,
    pub(super) bill: Option<&'a View<'a>>,
    reporting: Currency,
}

/// Adds the tables, and what is said of them.
pub(super) fn hold(report: &mut Report, against: &UsageAgainstBill, views: &[View<'_>], reporting: Currency) {
    let view = |name: &str| views.iter().find(|view| view.dataset.source == name);
    let sides = Sides {
        against,
        usage: view(&against.usage),
        bill: view(&against.bill),
        reporting,
    };
    let section = sides.section();
    if let Some(why) = sides.incomparable() {
        report.notices.push(sides.notice(why, true));
        report.sections.push(section);
        return;
    }
    report.notices.extend(sides.not_told_apart());
    if within_tolerance(&section) == Some(false) {
        report.answer.extend(sides.sentence(&section));
        report.notices.extend(sides.outside(&section));
        report.alerts.extend(sides.alert(&section, &report.period.id));
    }
    report.sections.push(section);
    let (section, notice) = split::by_member(&sides);
    report.sections.extend(section);
    report.notices.extend(notice);
}

impl<'a> Sides<'a> {
    /// Usage and bill, where both are there.
    pub(super) fn both(&self) -> Option<(&'a View<'a>, &'a View<'a>)> {
        self.usage.zip(self.bill)
    }

    /// The maker of the bill's figures.
    pub(super) fn maker(&self) -> Maker<'a> {
        let absent = || Maker::of(&self.against.bill, self.reporting, false);
        self.bill.map_or_else(absent, |view| view.maker)
    }

    pub(super) fn notice(&self, text: String, missing: bool) -> Notice {
        Notice {
            source: Some(self.against.bill.clone()),
            text: text.into(),
            missing,
        }
    }

    /// Why both cannot be compared; `None` if they can.
    fn incomparable(&self) -> Option<String> {
        let sides = [(&self.against.usage, self.usage), (&self.against.bill, self.bill)];
        for (name, view) in sides {
            let Some(view) = view else {
                return Some(format!(
                    "Usage is not held against the bill: nothing of {name} is in the report."
                ));
            };
            if view.current.figure(Metric::TotalCost).is_none() {
                return Some(format!(
                    "Usage is not held against the bill: the total cost that {name} should tell is not known."
                ));
            }
        }
        let (usage, bill) = self.both()?;
        let currencies = usage.dataset.currency.zip(bill.dataset.currency);
        let (of_usage, of_bill) = currencies.filter(|(one, other)| one != other)?;
        Some(format!(
            "Usage is not held against the bill: {} is in {of_usage}, {} in {of_bill}, and no rate between them is given.",
            self.against.usage, self.against.bill
        ))
    }

    /// From usage to the bill, step by step.
    fn section(&self) -> Section {
        let maker = self.maker();
        let cost = |view: Option<&View<'_>>| view?.current.figure(Metric::TotalCost);
        let (usage, bill) = (cost(self.usage), cost(self.bill));
        let absent = || Maker::of(&self.against.usage, self.reporting, false);
        let of_usage = self.usage.map_or_else(absent, |view| view.maker);
        let mut steps = vec![Figure {
            label: format!("Usage ({})", self.against.usage).into(),
            ..of_usage.figure(Metric::UsageCost, usage)
        }];
        let told = |metric: &Metric| self.bill.is_some_and(|view| tells(view.current, *metric));
        steps.extend(
            ONLY_BILLED
                .into_iter()
                .filter(told)
                .map(|metric| maker.figure(metric, self.bill.and_then(|view| view.current.figure(metric)))),
        );
        steps.extend(self.against.known_gaps.iter().map(|gap| known_gap(&maker, gap)));
        let unexplained = bill
            .filter(|_| usage.is_some() && self.incomparable().is_none())
            .and_then(|bill| {
                let told = steps.iter().filter_map(|figure| figure.value);
                money::sum(told.map(|value| -value).chain([bill])).ok()
            });
        let share = bill
            .filter(|bill| *bill > Decimal::ZERO)
            .and_then(|bill| money::percent(unexplained?, bill));
        let bill = Figure {
            label: format!("Bill ({})", self.against.bill).into(),
            comparisons: vec![Comparison::of(
                USAGE,
                bill,
                usage.filter(|_| unexplained.is_some()),
            )],
            ..maker.figure(Metric::BillCost, bill)
        };
        // What follows from both sides is no surer than either.
        let mut sides = self.usage.into_iter().chain(self.bill);
        let provisional = sides.any(|view| view.dataset.provisional_through.is_some());
        let derived = Maker::of(&self.against.bill, maker.currency(), provisional);
        steps.extend([
            derived.figure(Metric::UnexplainedCost, unexplained),
            bill,
            derived.figure(Metric::UnexplainedShare, share),
            Maker::of(&self.against.bill, maker.currency(), false)
                .figure(Metric::UnexplainedTolerance, Some(self.against.tolerance)),
        ]);
        maker.section(BILL, "Usage against bill".into(), steps)
    }

    /// What a bill that tells its rows apart could not tell this time.
    fn not_told_apart(&self) -> Option<Notice> {
        let view = self.bill?;
        let unknown: Vec<String> = ONLY_BILLED
            .into_iter()
            .filter(|metric| tells(view.current, *metric) && view.current.figure(*metric).is_none())
            .map(|metric| metric.label().to_lowercase())
            .collect();
        (!unknown.is_empty()).then(|| {
            let text = format!(
                "The bill does not tell {} apart; what they come to is part of what is not explained.",
                unknown.join(", ")
            );
            self.notice(text, true)
        })
    }

    /// The answer: how much is not explained.
    fn sentence(&self, section: &Section) -> Option<Sentence> {
        let value = |metric| value(section, metric);
        let unexplained = value(Metric::UnexplainedCost)?;
        let amount = Part::Step {
            value: unexplained.abs(),
            unit: Unit::Currency,
            currency: section.figures.iter().find_map(|figure| figure.currency),
            of: StepOf {
                section: BILL,
                source: section.source.clone(),
                metric: Metric::UnexplainedCost,
            },
        };
        let (usage, bill) = (
            Part::Strong(self.against.usage.clone()),
            Part::Strong(self.against.bill.clone()),
        );
        let text = |words: &str| Part::Text(words.to_owned());
        let mut parts = if unexplained > Decimal::ZERO {
            vec![
                bill,
                text(" holds "),
                amount,
                text(" that "),
                usage,
                text(" does not explain"),
            ]
        } else {
            vec![
                usage,
                text(" tells "),
                amount,
                text(" that "),
                bill,
                text(" does not hold"),
            ]
        };
        if let Some(share) = value(Metric::UnexplainedShare) {
            let percent = |value| Part::Value {
                value,
                unit: Unit::Percent,
                currency: None,
            };
            parts.extend([
                text(", "),
                percent(share.abs()),
                text(" of the bill; "),
                percent(self.against.tolerance),
                text(" would be within the tolerance"),
            ]);
        }
        parts.push(text("."));
        Some(Sentence::plain(parts))
    }

    /// What the owner is told, once for each period.
    fn alert(&self, section: &Section, period: &str) -> Option<Alert> {
        let UsageAgainstBill {
            usage,
            bill,
            tolerance,
            ..
        } = self.against;
        let currency = self.maker().currency();
        let amount = |metric| {
            let shown = money::rounded(value(section, metric)?, currency.minor_units());
            Some(format!("{currency} {shown}"))
        };
        let text = format!(
            "The bill does not tie to the usage: for {period} {usage} tells {} and {bill} {}. {} is not explained by usage, credits, \
             taxes, corrections and known gaps; the tolerance is {}.",
            amount(Metric::UsageCost)?,
            amount(Metric::BillCost)?,
            share(section),
            self::tolerance(section, *tolerance)
        );
        Some(Alert {
            key: format!("reconcile/{period}/{usage}/{bill}"),
            text,
        })
    }

    /// What a reader needs to find the difference.
    fn outside(&self, section: &Section) -> Option<Notice> {
        let (usage, bill) = self.both()?;
        let days = days::apart(usage.current, bill.current, self.maker().currency());
        let days = days.map_or_else(String::new, |days| format!(" {days}"));
        let text = format!(
            "Usage against bill: {} is not explained, more than the tolerance of {}. Usual causes are {CAUSES}.{days}",
            share(section),
            tolerance(section, self.against.tolerance)
        );
        Some(self.notice(text, false))
    }
}

fn known_gap(maker: &Maker<'_>, gap: &KnownGap) -> Figure {
    maker.member(Metric::KnownGap, Some(gap.amount), GAP, &gap.reason)
}

/// How much of the bill is not explained, in words.
fn share(section: &Section) -> String {
    match value(section, Metric::UnexplainedShare) {
        Some(share) => format!("{} % of the bill", percent(share)),
        None => "a part of the bill".to_owned(),
    }
}

/// The tolerance, and of what it is one.
fn tolerance(section: &Section, tolerance: Decimal) -> String {
    let of = match value(section, Metric::UnexplainedShare) {
        Some(_) => "",
        None => " of the usage, since the bill is not above zero",
    };
    format!("{} %{of}", percent(tolerance))
}

/// Per cent with the decimals that tables and sentences have.
fn percent(value: Decimal) -> Decimal {
    money::rounded(value.abs(), PERCENT_DECIMALS)
}

fn value(section: &Section, metric: Metric) -> Option<Decimal> {
    let mut figures = section.figures.iter();
    figures.find(|figure| figure.metric == metric)?.value
}
