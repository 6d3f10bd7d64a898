//! The one view model behind page, mail, text, digest and terminal: everything a reader sees, already worded, not yet escaped.
//!
//! Templates only arrange it. What is said, and how a figure reads, is decided here once, so that no two faces disagree.

mod bars;
mod budgets;
mod build;
mod cells;
mod columns;
mod compared;
mod groups;
mod organized;
mod panels;
pub(crate) mod reconciled;
mod restated;
mod single;
mod steps;
mod tables;
mod unusual;
pub(crate) mod words;

pub(crate) use bars::as_in_table;
pub(crate) use budgets::state_word;
pub(crate) use build::{chips, of_known, subtitle};
pub(crate) use columns::{padded, wrap};
use panels::PanelView;
pub(crate) use steps::as_in_tables;
use tables::Table;
pub(crate) use unusual::why;
pub(crate) use words::{clean, clean_sentence, name, named, sentence, shortened, size};

use super::format::{Change, Shown};
use serde::Serialize;
use std::collections::BTreeMap;
use words::Run;

/// Everything a template may say.
#[derive(Debug, Clone, Serialize)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each says whether a template shows something"
)]
pub(crate) struct View {
    /// Language of the words.
    pub(crate) lang: String,
    /// The words that templates say themselves, by message.
    pub(crate) words: BTreeMap<&'static str, String>,
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
    /// What the movers are measured in: `Cost`.
    pub(crate) movers_note: String,
    /// What a revision changes of the version before; `None` where there is nothing to tell.
    pub(crate) restated: Option<Table>,
    /// The pictures.
    pub(crate) charts: Vec<ChartView>,
    /// Pictures that share a place each.
    pub(crate) panels: Vec<PanelView>,
    /// The tables, source by source.
    pub(crate) blocks: Vec<Block>,
    /// Whether there is more than one block, so that each says whose it is.
    pub(crate) several: bool,
    /// Whether it has budgets.
    pub(crate) budgets: bool,
    /// What a reader must know.
    pub(crate) notices: Vec<NoticeView>,
    /// Where it comes from.
    pub(crate) foot: Foot,
    /// Whether rows of a table say in small letters why days are unusual.
    pub(crate) unusual: bool,
    /// Whether a source of the job is absent from it.
    pub(crate) incomplete: bool,
    /// Whether a source may still change its figures.
    pub(crate) provisional: bool,
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
    /// `October`.
    pub(crate) short: String,
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
    /// Which figures the groups leave out, since the source tells none of them; empty where it tells all.
    pub(crate) untold: String,
    /// Rankings, breakdowns and whatever else there is, in the order of the report.
    pub(crate) tables: Vec<Table>,
    /// The days.
    pub(crate) daily: Option<Table>,
    /// The days by the members of a split.
    pub(crate) splits: Vec<Table>,
}

/// Summary figures that belong together.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Group {
    /// `Requests`.
    pub(crate) title: String,
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
