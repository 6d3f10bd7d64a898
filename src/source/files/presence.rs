//! Which figures the files can tell: a column that a file lacks is unknown there, which is never zero.

use super::notice;
use crate::language::{Text, say};
use crate::metric::Metric;
use crate::source::{Depth, Need, Notice, Window};

/// For each needed period, the columns that every file with rows in it has.
#[derive(Debug)]
pub(crate) struct Presence<const N: usize> {
    everywhere: Vec<[bool; N]>,
}

impl<const N: usize> Presence<N> {
    /// Nothing is missing yet.
    pub(crate) fn new(needs: &[Need]) -> Self {
        Self {
            everywhere: vec![[true; N]; needs.len()],
        }
    }

    /// Takes note of a file that has these columns and has added rows to the periods whose counts differ.
    pub(crate) fn file(&mut self, before: &[u64], after: &[u64], columns: &[bool; N]) {
        for (everywhere, (before, after)) in self.everywhere.iter_mut().zip(before.iter().zip(after)) {
            if before != after {
                everywhere
                    .iter_mut()
                    .zip(columns)
                    .for_each(|(all, has)| *all &= has);
            }
        }
    }

    /// Takes note of a row of the period whose cell is empty where an amount belongs: the sum is unknown then.
    pub(crate) fn blank(&mut self, period: usize, column: usize) {
        self.everywhere[period][column] = false;
    }

    /// Whether the column can be summed for the period.
    pub(crate) fn has(&self, period: usize, column: usize) -> bool {
        self.everywhere[period][column]
    }
}

/// One notice for all periods that lack the same figures, with the reasons that there can be; empty periods have a notice of their own.
pub(crate) fn unknown_figures(source: &str, needs: &[Need], windows: &[Window], why: &Text) -> Vec<Notice> {
    let mut lacking: Vec<(Vec<Metric>, Vec<&Need>)> = Vec::new();
    let told = needs.iter().zip(windows);
    for (need, window) in told.filter(|(need, _)| need.depth != Depth::Days) {
        let figures = || window.figures.iter().filter(|figure| figure.metric.is_listed());
        let unknown = figures().filter(|figure| figure.value.is_none());
        let labels: Vec<Metric> = unknown.map(|figure| figure.metric).collect();
        if labels.is_empty() || labels.len() == figures().count() {
            continue;
        }
        match lacking.iter_mut().find(|(same, _)| *same == labels) {
            Some((_, needs)) => needs.push(need),
            None => lacking.push((labels, vec![need])),
        }
    }
    lacking
        .into_iter()
        .map(|(labels, needs)| {
            let periods: Vec<Text> = needs.iter().map(|need| Text::from(&need.period)).collect();
            let labels: Vec<Text> = labels.into_iter().map(Metric::text).collect();
            let text = say!(
                "columns-lacking",
                "periods" = Text::joined(&periods, ", "),
                "figures" = Text::joined(&labels, ", "),
                "why" = why.clone(),
            );
            notice(source, text, needs.iter().any(|need| need.depth.is_whole()))
        })
        .collect()
}
