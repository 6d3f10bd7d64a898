//! The one view model behind page, mail, text, digest and terminal: everything a reader sees, already worded, not yet escaped.
//!
//! Templates only arrange it. What is said, and how a figure reads, is decided here once, so that no two faces disagree.

mod tables;
pub(crate) mod words;

pub(crate) use tables::Table;
pub(crate) use words::{clean, name, shortened, size};

use super::Look;
use super::chart::{self, Palette};
use super::format::{Change, Formatter, Shown};
use crate::report::{Chart, ChartForm, Figure, PeriodRef, Report, Section};
use serde::Serialize;
use words::{Run, plain, runs};

/// The accent where the brand names none.
const ACCENT: &str = "#0b5cad";

/// Everything a template may say.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct View {
    /// Language of the words.
    pub(crate) lang: String,
    /// The job.
    pub(crate) job: Job,
    /// The period.
    pub(crate) period: Period,
    /// Period, dates and comparison in one line.
    pub(crate) subtitle: String,
    /// Name, colour and logo.
    pub(crate) brand: BrandView,
    /// Is this complete, in which currency, whose days, which scope?
    pub(crate) chips: Vec<Chip>,
    /// The answer, sentence by sentence.
    pub(crate) answer: Vec<Vec<Run>>,
    /// The answer, plain.
    pub(crate) answer_text: String,
    /// The headline figures.
    pub(crate) headlines: Vec<Card>,
    /// What moved most.
    pub(crate) movers: Vec<Card>,
    /// The pictures.
    pub(crate) charts: Vec<ChartView>,
    /// The tables, source by source.
    pub(crate) blocks: Vec<Block>,
    /// Whether there is more than one block, so that each says whose it is.
    pub(crate) several: bool,
    /// What a reader must know.
    pub(crate) notices: Vec<NoticeView>,
    /// Where it comes from.
    pub(crate) foot: Foot,
    /// Revision.
    pub(crate) revision: Revision,
    /// Files that come with it.
    pub(crate) attachments: Vec<Attachment>,
}

/// The job of a view.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Job {
    /// Its name in the configuration.
    pub(crate) name: String,
    /// What readers call it.
    pub(crate) title: String,
}

/// The period of a view.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Period {
    /// `2026-10`.
    pub(crate) id: String,
    /// `October 2026`.
    pub(crate) label: String,
    /// `1–31 Oct`.
    pub(crate) dates: String,
    /// `2026-10-01`.
    pub(crate) start: String,
    /// `2026-10-31`.
    pub(crate) end: String,
    /// `September`; empty where nothing is compared.
    pub(crate) base: String,
}

/// Name, colour and logo.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct BrandView {
    /// Name; empty where there is none.
    pub(crate) name: String,
    /// `#rrggbb`.
    pub(crate) accent: String,
    /// Base64 of a PNG; empty where there is none.
    pub(crate) logo: String,
}

/// A small fact beside the title.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Chip {
    /// The fact.
    pub(crate) text: String,
    /// `good`, `plain` or `attention`.
    pub(crate) kind: &'static str,
}

/// A figure that stands alone.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Card {
    /// What it is.
    pub(crate) label: String,
    /// Its value.
    pub(crate) value: Shown,
    /// Its change; `None` where nothing is compared.
    pub(crate) change: Option<Change>,
}

/// A picture.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct ChartView {
    /// Its key.
    pub(crate) key: String,
    /// Its heading.
    pub(crate) title: String,
    /// Unit and legend.
    pub(crate) note: String,
    /// What it shows, in one sentence.
    pub(crate) alt: String,
    /// SVG for the page; empty where the face shows a PNG or none.
    pub(crate) svg: String,
    /// Width and height in pixels.
    pub(crate) width: u32,
    /// Height in pixels.
    pub(crate) height: u32,
}

/// The tables of one source.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Block {
    /// The source's name; empty where all are taken together.
    pub(crate) source: String,
    /// Headings in the page: `h2`, or `h3` below a source's name.
    pub(crate) level: &'static str,
    /// The summary figures in their groups; empty where there is no summary.
    pub(crate) groups: Vec<Group>,
    /// Rankings, breakdowns and whatever else there is, in the order of the report.
    pub(crate) tables: Vec<Table>,
    /// The days.
    pub(crate) daily: Option<Table>,
}

/// Summary figures that belong together.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Group {
    /// `Requests`.
    pub(crate) title: &'static str,
    /// Its figures.
    pub(crate) figures: Vec<Line>,
}

/// A line of the summary.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Line {
    /// What it is.
    pub(crate) label: String,
    /// Its value.
    pub(crate) value: Shown,
    /// The value it is compared to; `None` where nothing is compared.
    pub(crate) base: Option<Shown>,
    /// Its change.
    pub(crate) change: Option<Change>,
}

/// A notice.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct NoticeView {
    /// What, why, and what it means.
    pub(crate) text: String,
    /// Whether figures are missing because of it.
    pub(crate) missing: bool,
}

/// Where it comes from.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Foot {
    /// One line for each source.
    pub(crate) sources: Vec<String>,
    /// Run, revision and instant.
    pub(crate) run: String,
}

/// The revision.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Revision {
    /// 1, 2, 3 …
    pub(crate) number: u32,
    /// Whether it replaces an earlier one.
    pub(crate) later: bool,
}

/// A file that comes with it.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Attachment {
    /// Its name.
    pub(crate) name: String,
    /// `212 KB`.
    pub(crate) size: String,
}

/// How much of a report a face shows.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Extent {
    /// Rows of a ranking or breakdown before the others are summed up.
    pub(crate) rows: usize,
    /// Whether the days are listed.
    pub(crate) days: bool,
    /// Whether charts are drawn into the view.
    pub(crate) drawn: bool,
}

impl View {
    /// The view of `report`, as far as `extent` goes.
    pub(crate) fn new(report: &Report, look: &Look, extent: Extent) -> Self {
        let formatter = Formatter::new(&look.locale);
        let answer: Vec<Vec<Run>> = report
            .answer
            .iter()
            .map(|sentence| runs(sentence, &formatter))
            .collect();
        let card = |figure: &Figure| Card {
            label: words::name(&formatter.label(figure)),
            value: formatter.value(figure),
            change: formatter.change(figure),
        };
        Self {
            lang: if look.locale.starts_with("en") {
                look.locale.clone()
            } else {
                "en".into()
            },
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
            movers: report.movers.iter().map(card).collect(),
            charts: report
                .charts
                .iter()
                .map(|chart| chart_view(chart, report, &formatter, look, extent.drawn))
                .collect(),
            blocks: blocks(report, &formatter, extent),
            several: sources_of(&report.sections).len() > 1,
            notices: notices(report),
            foot: foot(report, &formatter),
            revision: Revision {
                number: report.revision,
                later: report.revision > 1,
            },
            attachments: Vec::new(),
        }
    }
}

fn period(report: &Report, formatter: &Formatter) -> Period {
    Period {
        id: report.period.id.clone(),
        label: formatter.period(&report.period),
        dates: formatter.range(&report.period, false),
        start: report.period.start.to_string(),
        end: report.period.end.to_string(),
        base: report
            .compared_with
            .as_ref()
            .map(|base| formatter.short_period(base))
            .unwrap_or_default(),
    }
}

pub(crate) fn subtitle(report: &Report, formatter: &Formatter) -> String {
    let label = formatter.period(&report.period);
    let mut parts = vec![label.clone()];
    let dates = formatter.range(&report.period, false);
    if report.period.days > 1 && formatter.range(&report.period, true) != label {
        parts.push(dates);
    }
    if let Some(base) = &report.compared_with {
        let mut text = format!("compared with {}", formatter.period(base));
        if base.days != report.period.days {
            text += &format!(" ({})", days(base));
        }
        parts.push(text);
    }
    parts.join(" · ")
}

fn days(period: &PeriodRef) -> String {
    match period.days {
        1 => "1 day".into(),
        n => format!("{n} days"),
    }
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

pub(crate) fn chips(report: &Report, formatter: &Formatter) -> Vec<Chip> {
    let plain = |text: String| Chip { text, kind: "plain" };
    let mut chips = vec![match report.provisional_through {
        None => Chip {
            text: "Final".into(),
            kind: "good",
        },
        Some(until) => Chip {
            text: format!("Provisional after {}", formatter.instant(until)),
            kind: "attention",
        },
    }];
    if report.revision > 1 {
        chips.push(Chip {
            text: format!("Revision {}", report.revision),
            kind: "attention",
        });
    }
    chips.extend(report.currency.map(|currency| plain(currency.code().to_owned())));
    let mut zones: Vec<&str> = report.sources.iter().map(|source| source.zone.as_str()).collect();
    zones.dedup();
    if let [zone] = zones[..] {
        chips.push(plain(format!("{} days", clean(zone))));
    }
    chips.extend(
        report
            .sources
            .iter()
            .filter_map(|source| source.scope.as_deref())
            .map(|scope| plain(name(scope))),
    );
    let missing = report.notices.iter().filter(|notice| notice.missing).count();
    if missing > 0 {
        chips.push(Chip {
            text: format!("{missing} missing"),
            kind: "attention",
        });
    }
    chips
}

fn chart_view(chart: &Chart, report: &Report, formatter: &Formatter, look: &Look, drawn: bool) -> ChartView {
    let alt = plain(&runs(&chart.message, formatter));
    let size = chart::size(chart);
    ChartView {
        key: chart.key.clone(),
        title: clean(&chart.title),
        note: legend(chart, report, formatter),
        svg: if drawn {
            chart::svg(
                chart,
                &alt,
                formatter,
                &Palette::new(&brand(look).accent),
                chart::Letters::All,
            )
        } else {
            String::new()
        },
        alt,
        width: size.0,
        height: size.1,
    }
}

fn legend(chart: &Chart, report: &Report, formatter: &Formatter) -> String {
    let mut parts: Vec<String> = chart
        .currency
        .map(|currency| currency.code().to_owned())
        .into_iter()
        .collect();
    if let ChartForm::Daily { base, .. } = &chart.form
        && let (false, Some(other)) = (base.is_empty(), &report.compared_with)
    {
        parts.push(format!(
            "bars {}, dashes {}",
            formatter.short_period(&report.period),
            formatter.short_period(other)
        ));
    }
    parts.join(" · ")
}

/// The sources that sections are about, in the order of the report.
fn sources_of(sections: &[Section]) -> Vec<Option<&str>> {
    let mut sources = Vec::new();
    for section in sections {
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
                .filter(|section| section.source.as_deref() == source)
                .collect();
            let summary = sections
                .iter()
                .find(|section| section.key == "summary")
                .map_or(&[][..], |s| &s.figures[..]);
            let other = |section: &&&Section| !matches!(section.key.as_str(), "summary" | "daily");
            let daily = sections
                .iter()
                .find(|section| section.key == "daily" && extent.days);
            Block {
                source: source.map_or_else(|| "All sources together".to_owned(), name),
                level: if several { "h3" } else { "h2" },
                groups: tables::groups(summary, formatter),
                tables: sections
                    .iter()
                    .filter(other)
                    .map(|section| tables::table(section, summary, formatter, extent.rows))
                    .collect(),
                daily: daily.map(|section| tables::daily(section, formatter)),
            }
        })
        .collect()
}

fn notices(report: &Report) -> Vec<NoticeView> {
    let several = report.sources.len() > 1;
    report
        .notices
        .iter()
        .map(|notice| NoticeView {
            text: match &notice.source {
                Some(source) if several => format!("{}: {}", name(source), clean(&notice.text)),
                _ => clean(&notice.text),
            },
            missing: notice.missing,
        })
        .collect()
}

fn foot(report: &Report, formatter: &Formatter) -> Foot {
    let sources = report.sources.iter().map(|source| {
        let fetched = formatter.instant(source.fetched_at);
        format!(
            "Source: {} ({}), fetched {fetched}",
            name(&source.name),
            name(&source.platform)
        )
    });
    // The last characters of a run's id are its random ones; the first of two runs of one minute are the same.
    let id: Vec<char> = clean(&report.run_id).chars().collect();
    let short: String = id[id.len().saturating_sub(8)..].iter().collect();
    Foot {
        sources: sources.collect(),
        run: format!(
            "Run …{short}, revision {} · generated {}",
            report.revision,
            formatter.instant(report.generated_at)
        ),
    }
}
