//! Usage held against a bill: usage, what only the bill knows, known gaps and what is left unexplained add up to the bill.

use super::{BILL, USAGE, days, split, within_tolerance};
use crate::config::plan::{KnownGap, UsageAgainstBill};
use crate::language::{Text, Value, say};
use crate::metric::{Metric, Unit};
use crate::money::{self, Currency};
use crate::period::Period;
use crate::report::beside::View;
use crate::report::maker::{Maker, tells};
use crate::report::{
    Alert, Comparison, Figure, Given, Notice, Part, Report, Section, Sentence, StepOf, told,
};
use rust_decimal::Decimal;

/// What only a bill knows, in the order of the table. A correction that is a credit, a tax or an adjustment counts as that.
const ONLY_BILLED: [Metric; 4] = [
    Metric::Credits,
    Metric::Taxes,
    Metric::Adjustments,
    Metric::UsageCorrections,
];
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

    pub(super) fn notice(&self, text: Text, missing: bool) -> Notice {
        Notice {
            source: Some(self.against.bill.clone()),
            text,
            missing,
        }
    }

    /// Why both cannot be compared; `None` if they can.
    fn incomparable(&self) -> Option<Text> {
        let sides = [(&self.against.usage, self.usage), (&self.against.bill, self.bill)];
        for (name, view) in sides {
            let Some(view) = view else {
                return Some(say!("bill-side-absent", "source" = name));
            };
            if view.current.figure(Metric::TotalCost).is_none() {
                return Some(say!("bill-side-unknown", "source" = name));
            }
        }
        let (usage, bill) = self.both()?;
        let currencies = usage.dataset.currency.zip(bill.dataset.currency);
        let (of_usage, of_bill) = currencies.filter(|(one, other)| one != other)?;
        Some(say!(
            "bill-currencies",
            "usage" = &self.against.usage,
            "of-usage" = of_usage.code(),
            "bill" = &self.against.bill,
            "of-bill" = of_bill.code(),
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
            label: say!("bill-usage-of", "source" = &self.against.usage),
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
            label: say!("bill-of", "source" = &self.against.bill),
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
        maker.section(BILL, say!("section-bill"), steps)
    }

    /// What a bill that tells its rows apart could not tell this time.
    fn not_told_apart(&self) -> Option<Notice> {
        let view = self.bill?;
        let unknown: Vec<Text> = ONLY_BILLED
            .into_iter()
            .filter(|metric| tells(view.current, *metric) && view.current.figure(*metric).is_none())
            .map(|metric| metric.text().within())
            .collect();
        (!unknown.is_empty()).then(|| {
            let figures = Text::joined(&unknown, ", ");
            self.notice(say!("bill-not-apart", "figures" = figures), true)
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
        let told = if unexplained > Decimal::ZERO {
            told!("bill-holds", "bill" = bill, "amount" = amount, "usage" = usage)
        } else {
            told!("bill-lacks", "usage" = usage, "amount" = amount, "bill" = bill)
        };
        let Some(share) = shown_share(section, self.against.tolerance) else {
            return Some(told.whole("."));
        };
        let percent = |shown: Decimal| Given::Strong(Value::Percent(shown).into());
        let share = told!(
            "bill-beyond",
            "share" = percent(share),
            "tolerance" = percent(self::percent(self.against.tolerance))
        );
        Some(told.then(", ", share).whole("."))
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
        let decimals = currency.minor_units();
        // Two amounts that differ never read the same.
        let amount = |metric, other| {
            let other = money::rounded(value(section, other)?, decimals);
            let shown = money::told_apart(value(section, metric)?, other, decimals);
            Some(format!("{currency} {shown}"))
        };
        let text = format!(
            "The bill does not tie to the usage: for {period} {usage} tells {} and {bill} {}. {} is not explained by usage, credits, \
             taxes, corrections and known gaps; the tolerance is {}.",
            amount(Metric::UsageCost, Metric::BillCost)?,
            amount(Metric::BillCost, Metric::UsageCost)?,
            share(section, *tolerance),
            self::tolerance(section, *tolerance)
        );
        Some(Alert {
            key: self.key(),
            text,
        })
    }

    /// The key under which that is told once: of a whole that runs, not of each day up to which it is told; what may still change is
    /// told apart from what is final.
    fn key(&self) -> String {
        let UsageAgainstBill { usage, bill, .. } = self.against;
        let whole = self.bill.and_then(|view| view.current.period.whole());
        let whole = whole.as_ref().map_or("", Period::id);
        let mut sides = self.usage.into_iter().chain(self.bill);
        let provisional = sides.any(|view| view.dataset.provisional_through.is_some());
        let stage = if provisional { "/provisional" } else { "" };
        format!("reconcile/{whole}/{usage}/{bill}{stage}")
    }

    /// What a reader needs to find the difference.
    fn outside(&self, section: &Section) -> Option<Notice> {
        let (usage, bill) = self.both()?;
        let days = days::apart(usage.current, bill.current, self.maker().currency());
        let outside = say!(
            "bill-outside",
            "share" = share(section, self.against.tolerance),
            "tolerance" = tolerance(section, self.against.tolerance),
        );
        let text = match days {
            Some(days) => Text::joined(&[outside, days], " "),
            None => outside,
        };
        Some(self.notice(text, false))
    }
}

fn known_gap(maker: &Maker<'_>, gap: &KnownGap) -> Figure {
    maker.member(Metric::KnownGap, Some(gap.amount), GAP, &gap.reason)
}

/// How much of the bill is not explained, in words: never as much as the tolerance that it is beyond.
fn share(section: &Section, tolerance: Decimal) -> Text {
    match shown_share(section, tolerance) {
        Some(share) => say!("bill-share", "percent" = Value::Percent(share)),
        None => say!("bill-part"),
    }
}

/// How much of the bill is not explained in per cent, with the decimals that tell it from the tolerance; `None` where the bill has no
/// percentage.
fn shown_share(section: &Section, tolerance: Decimal) -> Option<Decimal> {
    let share = value(section, Metric::UnexplainedShare)?.abs();
    Some(money::told_apart(share, percent(tolerance), PERCENT_DECIMALS))
}

/// The tolerance, and of what it is one.
fn tolerance(section: &Section, tolerance: Decimal) -> Text {
    let percent = Value::Percent(percent(tolerance));
    match value(section, Metric::UnexplainedShare) {
        Some(_) => percent.into(),
        None => say!("bill-tolerance-of-usage", "percent" = percent),
    }
}

/// A tolerance with the decimals that tables and sentences have, and with all that it has itself.
fn percent(tolerance: Decimal) -> Decimal {
    money::rounded(tolerance, PERCENT_DECIMALS.max(tolerance.normalize().scale()))
}

fn value(section: &Section, metric: Metric) -> Option<Decimal> {
    let mut figures = section.figures.iter();
    figures.find(|figure| figure.metric == metric)?.value
}
