//! Usage held against a bill, with members of hard names and cents that do not round well.

use super::{brief, dataset, window};
use crate::config::plan::{Against, KnownGap, Reconcile, ReportPlan, SharedSplit, UsageAgainstBill};
use crate::metric::Metric;
use crate::report::{Report, build};
use crate::source::Measure;
use rust_decimal::{Decimal, dec};
use std::collections::BTreeMap;

/// A comparison of a source of usage and of its bill, of which a part is not explained; each member costs `cost` times its place.
pub(crate) fn reconciled(cost: Decimal) -> Report {
    let used = [window("2026-10", cost, 2), window("2026-09", cost * dec!(0.9), 3)];
    let mut billed = [
        window("2026-10", cost * dec!(1.17), 4),
        window("2026-09", cost * dec!(0.93), 3),
    ];
    let share = |part| cost * part;
    billed[0].figures.extend(
        [
            (Metric::Credits, share(dec!(-0.3335))),
            (Metric::Taxes, share(dec!(0.2105))),
            (Metric::Adjustments, Decimal::ZERO),
            (Metric::UsageCorrections, share(dec!(0.1005))),
        ]
        .map(|(metric, value)| Measure {
            metric,
            value: Some(value),
        }),
    );
    let plan = ReportPlan::Comparison {
        against: vec![Against::PreviousPeriod],
        by: Some(vec!["project".to_owned()]),
    };
    let mut brief = brief(plan, &used[0].period);
    brief.reconcile = Some(Reconcile {
        against: Some(UsageAgainstBill {
            usage: "usage".to_owned(),
            bill: "bill".to_owned(),
            tolerance: dec!(0.5),
            by: Some(SharedSplit {
                usage: "project".to_owned(),
                bill: "project".to_owned(),
                names: BTreeMap::new(),
            }),
            known_gaps: vec![KnownGap {
                amount: dec!(12.335),
                reason: "Support <plan> & more".to_owned(),
            }],
        }),
    });
    let datasets = [dataset("usage", used.into()), dataset("bill", billed.into())];
    build(&brief, &datasets, &[], None)
}
