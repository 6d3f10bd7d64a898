//! The last sheet: where the figures come from, what a reader must know, and what the words mean.

use super::grid::Grid;
use super::style;
use crate::language::{Text, say};
use crate::metric::Metric;
use crate::render::format::Formatter;
use crate::render::view::sentence;
use crate::report::{FOUR_FIFTHS, Report, SIGMA_OF_MAD};
use rust_xlsxwriter::{Format, XlsxError};

/// Width of the column of texts, in characters.
const TEXT_WIDTH: f64 = 100.0;

/// What each of the conventions is about; `…-text` says it.
const CONVENTIONS: [&str; 7] = [
    "about-missing",
    "about-exact",
    "about-percent",
    "about-change",
    "about-change-percent",
    "about-direction",
    "about-colour",
];

/// Writes the sheet. `as_text` values of the workbook are text, since they have more digits than a cell's number.
pub(super) fn write(
    grid: &mut Grid<'_>,
    report: &Report,
    formatter: &Formatter,
    as_text: usize,
) -> Result<(), XlsxError> {
    grid.heading(0, 0, &formatter.say("sheet-notes"), &style::heading())?;
    grid.widen(0, 32.0);
    grid.sheet.set_column_width(1, TEXT_WIDTH)?;
    let mut row = write_pairs(grid, 2, "provenance", &provenance(report, formatter))?;
    let notices: Vec<(String, String)> = report
        .notices
        .iter()
        .map(|notice| {
            (
                notice.source.clone().unwrap_or_else(|| formatter.say("report")),
                sentence(&notice.text, formatter),
            )
        })
        .collect();
    if !notices.is_empty() {
        row = write_pairs(grid, row + 1, "notices", &notices)?;
    }
    let mut conventions: Vec<(String, String)> = CONVENTIONS
        .map(|about| (formatter.say(about), formatter.say(&format!("{about}-text"))))
        .to_vec();
    if as_text > 0 {
        conventions.push((
            formatter.say("about-long"),
            formatter.put(say!("about-long-text", "count" = as_text)),
        ));
    }
    row = write_pairs(grid, row + 1, "conventions", &conventions)?;
    write_pairs(grid, row + 1, "definitions", &definitions(report, formatter))?;
    Ok(())
}

/// A heading and two columns; returns the row after them.
fn write_pairs(
    grid: &mut Grid<'_>,
    top: u32,
    heading: &str,
    pairs: &[(String, String)],
) -> Result<u32, XlsxError> {
    grid.heading(top, 0, &grid.formatter.say(heading), &style::plain().set_bold())?;
    let (key, value): (Format, Format) = (style::muted(), style::plain().set_text_wrap());
    let mut row = top + 1;
    for (name, text) in pairs {
        grid.text(row, 0, name, &key)?;
        grid.heading(row, 1, text, &value)?;
        grid.heighten(row, text, TEXT_WIDTH)?;
        row += 1;
    }
    Ok(row)
}

fn provenance(report: &Report, formatter: &Formatter) -> Vec<(String, String)> {
    let period = |period: &crate::report::PeriodRef| {
        formatter.put(say!(
            "period-chosen",
            "period" = formatter.period(period),
            "start" = period.start,
            "end" = period.end,
            "days" = period.days,
            "zone" = &period.timezone,
        ))
    };
    let mut pairs = vec![
        (formatter.say("report"), report.title.clone()),
        (formatter.say("job"), report.job.clone()),
        (formatter.say("run"), report.run_id.clone()),
        (formatter.say("revision-word"), report.revision.to_string()),
        (
            formatter.say("generated-at"),
            formatter.instant(report.generated_at),
        ),
        (formatter.say("period"), period(&report.period)),
    ];
    let others = report.compared_with.iter();
    pairs.extend(others.map(|other| (formatter.say("compared-to"), period(&other.period))));
    pairs.extend(report.provisional_through.map(|at| {
        let text = say!("later-figures", "instant" = at);
        (formatter.say("complete-up-to"), formatter.put(text))
    }));
    pairs.extend(report.sources.iter().map(|source| {
        let (platform, zone) = (&source.platform, &source.zone);
        let fetched = source.fetched_at;
        let text = match &source.scope {
            Some(scope) => say!(
                "source-scoped",
                "platform" = platform,
                "scope" = scope,
                "zone" = zone,
                "instant" = fetched,
            ),
            None => say!(
                "source-told",
                "platform" = platform,
                "zone" = zone,
                "instant" = fetched
            ),
        };
        let name = say!("source-named", "source" = &source.name);
        (formatter.put(name), formatter.put(text))
    }));
    pairs
}

/// What `metric` means; numbers of its formula are the reader's to write.
fn meaning(metric: Metric) -> Text {
    let numbers = match metric {
        Metric::ForecastLow | Metric::ForecastHigh => vec![("times".into(), FOUR_FIFTHS.into())],
        Metric::AnomalyScore => vec![("factor".into(), SIGMA_OF_MAD.into())],
        _ => Vec::new(),
    };
    Text::of(format!("meaning-{}", metric.key()), numbers)
}

/// What each metric of the report means.
fn definitions(report: &Report, formatter: &Formatter) -> Vec<(String, String)> {
    let used = |metric: &&Metric| {
        report
            .sections
            .iter()
            .flat_map(|section| &section.figures)
            .any(|figure| figure.metric == **metric)
    };
    let shown = Metric::ALL.iter().filter(used);
    shown
        .map(|metric| {
            (
                formatter.metric_word(*metric),
                format!("{} ({})", formatter.put(meaning(*metric)), metric.key()),
            )
        })
        .collect()
}
