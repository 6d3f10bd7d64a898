//! A report becomes a view: its words, chips, blocks and foot.

use super::bars::{as_in_table, member_in_table};
use super::steps::as_in_tables;
use super::words::{Run, clean, clean_sentence, name, named, plain, runs, sentence};
use super::{Block, BrandView, Card, ChartView, Chip, Extent, Foot, Job, NoticeView, Period, Revision, View};
use super::{groups, panels, restated, tables};
use crate::language::say;
use crate::metric::Metric;
use crate::render::Look;
use crate::render::chart::{self, Palette, Room};
use crate::render::format::{Formatter, Shown};
use crate::report::{Chart, ChartForm, Figure, Notice, PeriodRef, Report, Section, capitalised};
use std::collections::BTreeMap;

/// The metric that all of `movers` are about.
fn movers_note(movers: &[Figure], formatter: &Formatter) -> String {
    movers
        .first()
        .filter(|first| movers.iter().all(|mover| mover.metric == first.metric))
        .map(|first| formatter.metric(first.metric))
        .unwrap_or_default()
}

/// The value of a headline figure; projects in use as so many of those that are known, where the report tells these.
pub(crate) fn of_known(figure: &Figure, report: &Report, formatter: &Formatter) -> Shown {
    let shown = formatter.value(figure);
    let summary = report
        .sections
        .iter()
        .find(|section| section.key == "summary" && section.source == figure.source);
    let known = summary
        .filter(|_| figure.metric == Metric::ActiveProjects && shown.known)
        .and_then(|summary| {
            summary
                .figures
                .iter()
                .find(|other| other.metric == Metric::KnownProjects)
        })
        .and_then(|known| known.value);
    match known {
        Some(known) => {
            let known = known.normalize();
            let number = format!("{}/{}", shown.number, formatter.decimal(known, known.scale()));
            Shown {
                text: number.clone(),
                number,
                ..shown
            }
        }
        None => shown,
    }
}

/// The messages that templates say with `{{t "share"}}`.
pub(super) const TEMPLATE_WORDS: [&str; 16] = [
    "change",
    "figure",
    "figures",
    "figures-by-day",
    "files",
    "missing",
    "moved-most",
    "name",
    "no-data",
    "notices",
    "others",
    "rounding",
    "rows-left-out",
    "share",
    "total",
    "value",
];

/// The accent where the brand names none.
const ACCENT: &str = "#0b5cad";

impl View {
    /// The view of `report`, as far as `extent` goes.
    pub(crate) fn new(report: &Report, look: &Look, extent: Extent) -> Self {
        let formatter = Formatter::of(look);
        let answer: Vec<Vec<Run>> = report
            .answer
            .iter()
            .map(|sentence| runs(&as_in_tables(sentence, report), &formatter))
            .collect();
        let several = report.sources.len() > 1;
        let blocks = blocks(report, &formatter, extent);
        let mut charts: Vec<ChartView> = report
            .charts
            .iter()
            .map(|chart| chart_view(chart, report, &formatter, look, extent.drawn))
            .collect();
        let mut panels = panels::panels(report, &mut charts, &blocks, &formatter);
        if extent.drawn {
            panels::fill(&mut panels, report, &formatter, extent);
        }
        let card = |figure: &Figure| Card {
            label: match &figure.source {
                Some(source) if several => {
                    format!(
                        "{} · {}",
                        name(&formatter.label(figure), &formatter),
                        name(source, &formatter)
                    )
                }
                _ => name(&formatter.label(figure), &formatter),
            },
            value: of_known(figure, report, &formatter),
            change: formatter.change(figure),
        };
        Self {
            lang: lang(look, &formatter),
            words: words(&formatter),
            job: Job {
                name: clean(&report.job),
                title: clean(&report.title),
            },
            period: period(report, &formatter),
            subtitle: subtitle(report, &formatter),
            brand: brand(look),
            chips: chips(report, &formatter),
            answer_text: answer
                .iter()
                .map(|runs| plain(runs))
                .collect::<Vec<_>>()
                .join(" "),
            answer,
            headlines: report.headlines.iter().map(card).collect(),
            movers_note: movers_note(&report.movers, &formatter),
            movers: report
                .movers
                .iter()
                .map(|mover| Card {
                    value: formatter.shown(mover, member_in_table(mover, report)),
                    ..card(mover)
                })
                .collect(),
            restated: restated::table(report, &formatter, extent),
            charts,
            panels,
            blocks,
            several: sources_of(&report.sections).len() > 1,
            budgets: !report.budgets.is_empty(),
            notices: notices(report, &formatter),
            foot: foot(report, &formatter),
            unusual: !report.anomalies.is_empty(),
            incomplete: !report.absent.is_empty(),
            provisional: report.provisional_through.is_some(),
            revision: Revision {
                number: report.revision,
                later: report.revision > 1,
            },
            attachments: Vec::new(),
        }
    }
}

/// The language of the words: the locale, where it is one of that language.
fn lang(look: &Look, formatter: &Formatter) -> String {
    let tag = formatter.language().tag();
    let rest = look.locale.strip_prefix(tag);
    if rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('-')) {
        look.locale.clone()
    } else {
        tag.to_owned()
    }
}

/// The words that templates say themselves.
fn words(formatter: &Formatter) -> BTreeMap<&'static str, String> {
    let words = TEMPLATE_WORDS.iter();
    words.map(|id| (*id, formatter.say(id))).collect()
}

/// The short names of the period and of the one beside it; whole ones where the short ones are the same, as of one month in two
/// years. The second is empty where nothing is compared.
fn short_names(report: &Report, formatter: &Formatter) -> (String, String) {
    let short = formatter.short_period(&report.period);
    match report.base() {
        None => (short, String::new()),
        Some(base) if formatter.short_period(base) == short => {
            (formatter.period(&report.period), formatter.period(base))
        }
        Some(base) => (short, formatter.short_period(base)),
    }
}

fn period(report: &Report, formatter: &Formatter) -> Period {
    let (short, base) = short_names(report, formatter);
    Period {
        id: report.period.id.clone(),
        label: formatter.period(&report.period),
        short: capitalised(&short),
        dates: formatter.range(&report.period, false),
        start: report.period.start.to_string(),
        end: report.period.end.to_string(),
        base: capitalised(&base),
    }
}

/// Period, dates and comparison in one line.
pub(crate) fn subtitle(report: &Report, formatter: &Formatter) -> String {
    let label = formatter.period(&report.period);
    let mut parts = vec![label.clone()];
    let dates = formatter.range(&report.period, false);
    if report.period.days > 1 && formatter.range(&report.period, true) != label {
        parts.push(dates);
    }
    for (place, other) in report.compared_with.iter().enumerate() {
        let base = &other.period;
        let length = if base.days == report.period.days {
            String::new()
        } else {
            format!(" ({})", days(base, formatter))
        };
        let other = formatter.put(if place == 0 {
            say!("compared-with", "period" = base)
        } else {
            say!("and-with", "period" = base)
        });
        parts.push(other + &length);
    }
    capitalised(&parts.join(" · "))
}

fn days(period: &PeriodRef, formatter: &Formatter) -> String {
    formatter.put(say!("days", "count" = period.days))
}

fn brand(look: &Look) -> BrandView {
    let hex = |colour: &&String| {
        colour.len() == 7 && colour.starts_with('#') && colour[1..].bytes().all(|b| b.is_ascii_hexdigit())
    };
    let base64 = |text: &&String| {
        text.bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'='))
    };
    BrandView {
        name: look.brand.name.as_deref().map(clean).unwrap_or_default(),
        accent: look
            .brand
            .accent
            .as_ref()
            .filter(hex)
            .map_or_else(|| ACCENT.to_owned(), String::clone),
        logo: look.logo.as_ref().filter(base64).cloned().unwrap_or_default(),
    }
}

/// Is this complete, in which currency, whose days, which scope?
pub(crate) fn chips(report: &Report, formatter: &Formatter) -> Vec<Chip> {
    let plain = |text: String| Chip { text, kind: "plain" };
    let mut chips = vec![match report.provisional_through {
        _ if !report.absent.is_empty() => Chip {
            text: formatter.put(say!("incomplete", "sources" = clean(&report.absent.join(", ")))),
            kind: "attention",
        },
        None => Chip {
            text: formatter.say("final"),
            kind: "good",
        },
        Some(until) => Chip {
            text: formatter.put(say!("provisional", "instant" = formatter.instant(until))),
            kind: "attention",
        },
    }];
    if report.revision > 1 {
        chips.push(Chip {
            text: formatter.put(say!("revision", "revision" = report.revision)),
            kind: "attention",
        });
    }
    chips.extend(report.currency.map(|currency| plain(currency.code().to_owned())));
    let mut zones: Vec<&str> = report.sources.iter().map(|source| source.zone.as_str()).collect();
    zones.dedup();
    if let [zone] = zones[..] {
        chips.push(plain(formatter.put(say!("days-of-zone", "zone" = clean(zone)))));
    }
    let mut scopes: Vec<&str> = report
        .sources
        .iter()
        .filter_map(|source| source.scope.as_deref())
        .collect();
    scopes.dedup();
    chips.extend(scopes.into_iter().map(|scope| plain(name(scope, formatter))));
    let missing = report.notices.iter().filter(|notice| notice.missing).count();
    if missing > 0 {
        chips.push(Chip {
            text: formatter.put(say!("gaps", "count" = missing)),
            kind: "attention",
        });
    }
    chips
}

fn chart_view(chart: &Chart, report: &Report, formatter: &Formatter, look: &Look, drawn: bool) -> ChartView {
    let shown = as_in_table(chart, report);
    let left_out = chart::days_left_out(chart, formatter).map(|words| format!("{}.", capitalised(&words)));
    let told = [Some(plain(&runs(&shown.message, formatter))), left_out];
    let told: Vec<String> = told
        .into_iter()
        .flatten()
        .filter(|words| !words.is_empty())
        .collect();
    let alt = told.join(" ");
    let (width, height) = chart::size(chart, Room::Column, formatter);
    let palette = Palette::new(&brand(look).accent);
    let svg = |room| chart::svg(&shown, &alt, formatter, &palette, chart::Letters::All, room);
    ChartView {
        key: chart.key.clone(),
        title: clean_sentence(&formatter.text(&chart.title)),
        note: legend(chart, report, formatter),
        // The style of the page shows the one or the other.
        svg: if drawn {
            svg(Room::Column) + &svg(Room::Phone)
        } else {
            String::new()
        },
        alt,
        width,
        height,
    }
}

fn legend(chart: &Chart, report: &Report, formatter: &Formatter) -> String {
    let source = chart.source.as_deref().filter(|_| report.sources.len() > 1);
    let currency = chart.currency.map(|currency| currency.code().to_owned());
    let mut parts: Vec<String> = source
        .map(|source| name(source, formatter))
        .into_iter()
        .chain(currency)
        .collect();
    if let ChartForm::Daily { base, .. } = &chart.form
        && base.iter().any(Option::is_some)
    {
        let (own, other) = short_names(report, formatter);
        parts.push(formatter.put(say!("chart-legend", "own" = own, "other" = other)));
    }
    if let ChartForm::Budgets { .. } = &chart.form {
        parts.push(formatter.say("budget-chart-note"));
    }
    parts.extend(chart::days_left_out(chart, formatter));
    parts.join(" · ")
}

/// The sources that sections are about, in the order of the report.
fn sources_of(sections: &[Section]) -> Vec<Option<&str>> {
    let mut sources = Vec::new();
    for section in sections.iter().filter(|section| !restated::stands_apart(section)) {
        if !sources.contains(&section.source.as_deref()) {
            sources.push(section.source.as_deref());
        }
    }
    sources
}

fn blocks(report: &Report, formatter: &Formatter, extent: Extent) -> Vec<Block> {
    let sources = sources_of(&report.sections);
    let several = sources.len() > 1;
    sources
        .into_iter()
        .map(|source| {
            let sections: Vec<&Section> = report
                .sections
                .iter()
                .filter(|section| section.source.as_deref() == source && !restated::stands_apart(section))
                .collect();
            let summary = sections
                .iter()
                .find(|section| section.key == "summary")
                .map_or(&[][..], |s| &s.figures[..]);
            let other = |section: &&&Section| section.key != "summary" && !section.key.starts_with("daily");
            let daily = sections
                .iter()
                .find(|section| section.key == "daily" && extent.days);
            Block {
                source: source.map_or_else(|| formatter.say("all-sources"), |source| name(source, formatter)),
                level: if several { "h3" } else { "h2" },
                groups: groups::groups(summary, formatter),
                untold: groups::untold(summary, formatter),
                tables: sections
                    .iter()
                    .filter(other)
                    .map(|section| tables::table(section, summary, report, formatter, extent))
                    .collect(),
                daily: daily.map(|section| tables::daily(section, formatter)),
                splits: sections
                    .iter()
                    .filter(|section| extent.days && is_split(section, extent))
                    .map(|section| tables::split(section, formatter, extent))
                    .collect(),
            }
        })
        .collect()
}

/// Whether the days of `section` stand among the tables: on a page those of projects and service types stand beside their charts.
fn is_split(section: &Section, extent: Extent) -> bool {
    match section.key.as_str() {
        "daily_by_project" => !extent.drawn,
        key => key.starts_with("daily_by_"),
    }
}

fn notices(report: &Report, formatter: &Formatter) -> Vec<NoticeView> {
    let several = report.sources.len() > 1;
    report
        .notices
        .iter()
        .map(|notice| NoticeView {
            text: match &notice.source {
                Some(source) if several => {
                    let source = name(source, formatter);
                    format!("{source}: {}", notice_text(notice, report, formatter))
                }
                _ => notice_text(notice, report, formatter),
            },
            missing: notice.missing,
        })
        .collect()
}

/// What `notice` says; that it is about the report's own period goes without saying.
fn notice_text(notice: &Notice, report: &Report, formatter: &Formatter) -> String {
    let text = clean_sentence(&sentence(&notice.text, formatter));
    let period = clean(&capitalised(&formatter.period(&report.period)));
    let own = text
        .strip_prefix(&period)
        .and_then(|rest| rest.strip_prefix(": "));
    own.map_or_else(|| text.clone(), capitalised)
}

fn foot(report: &Report, formatter: &Formatter) -> Foot {
    let sources = report.sources.iter().map(|source| {
        let fetched = formatter.instant(source.fetched_at);
        formatter.put(say!(
            "foot-source",
            "source" = name(&source.name, formatter),
            "platform" = named(&source.platform, formatter),
            "instant" = fetched,
        ))
    });
    // The last characters of a run's id are its random ones; the first of two runs of one minute are the same.
    let id: Vec<char> = clean(&report.run_id).chars().collect();
    let short: String = id[id.len().saturating_sub(8)..].iter().collect();
    Foot {
        sources: sources.collect(),
        run: formatter.put(say!(
            "foot-run",
            "run" = short,
            "revision" = report.revision,
            "instant" = formatter.instant(report.generated_at),
        )),
    }
}

#[cfg(test)]
mod tests;
