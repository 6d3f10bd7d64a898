//! A sheet for each section: members or days down, metrics across.

use super::figures::{self, Head, Total};
use super::grid::Grid;
use super::{anomalies, budgets, effects, reconciled, style, trend};
use crate::language::{Arg, Text, say};
use crate::metric::{Metric, Unit};
use crate::money::{self, Currency};
use crate::render::format::Formatter;
use crate::report::{Compared, Figure, Report, Section, capitalised, restatement};
use chrono::NaiveDate;
use rust_decimal::Decimal;
use rust_xlsxwriter::{ConditionalFormatDataBar, XlsxError};
use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

/// Row of the head of each section's table.
pub(super) const TOP: u32 = 3;

/// What every section's sheet says besides its figures.
pub(super) struct Context<'a> {
    pub(super) subtitle: String,
    pub(super) others: &'a [Compared],
    pub(super) several_sources: bool,
    pub(super) report: &'a Report,
    pub(super) formatter: &'a Formatter,
}

/// Writes the section; returns the number of columns of its table.
pub(super) fn write(
    grid: &mut Grid<'_>,
    section: &Section,
    table: &str,
    context: &Context<'_>,
) -> Result<u16, XlsxError> {
    grid.heading(0, 0, &context.formatter.text(&section.title), &style::heading())?;
    grid.heading(1, 0, &context.subtitle, &style::muted())?;
    let by_source = context.several_sources && section.source.is_none();
    let steps = match section.key.as_str() {
        "effects" => effects::write(grid, section, table, context.report, context.formatter)?,
        "budgets" => budgets::write(grid, section, table, context.report)?,
        "anomalies" => anomalies::write(grid, section, table, context.report, context.formatter)?,
        _ => reconciled::write(grid, section, table, context.formatter)?,
    };
    let columns = if let Some(columns) = steps {
        columns
    } else if section.figures.is_empty() {
        grid.heading(TOP, 0, &context.formatter.say("no-data"), &style::muted())?;
        return Ok(4);
    } else if section.key == "trend" {
        trend::write(grid, section, table, context.others)?
    } else if section.key != restatement::SECTION
        && section.figures.iter().any(|figure| figure.member.is_some())
    {
        Matrix::new(section, context.formatter).write(grid, table, context.others, by_source)?
    } else {
        let all: Vec<&Figure> = section.figures.iter().collect();
        figures::write(grid, TOP, table, &all, context.others, by_source)?;
        7
    };
    grid.sheet.set_freeze_panes(TOP + 1, 0)?;
    grid.sheet.set_repeat_rows(TOP, TOP)?;
    Ok(columns)
}

/// The columns of days that stand beside the same weekday a week before, each beside another one.
const WEEK_BEFORE: &str = "week_before";

/// In which columns a comparison stands.
fn column_key(comparison: &str) -> &str {
    match comparison.parse::<NaiveDate>() {
        Ok(_) => WEEK_BEFORE,
        Err(_) => comparison,
    }
}

/// What a column is about. Amounts of different currencies never share one.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Measure<'a> {
    metric: Metric,
    unit: Unit,
    currency: Option<Currency>,
    /// The member of a split, whose days these are.
    member: Option<&'a str>,
}

impl<'a> Measure<'a> {
    fn of(figure: &'a Figure, members: &HashSet<(Metric, &str)>) -> Self {
        let is_day = figure.dimension.as_deref() == Some("day");
        let is_of_member = |label: &&str| is_day && members.contains(&(figure.metric, *label));
        Self {
            metric: figure.metric,
            unit: figure.unit,
            currency: figure.currency,
            member: Some(figure.label.as_str()).filter(is_of_member),
        }
    }

    /// `Total cost USD`: the unit once, in the head. No brackets, which a formula over the table's columns would have to escape.
    fn caption(self, heads: &HashMap<&str, String>, formatter: &Formatter) -> String {
        let about = self.member.map_or_else(
            || formatter.metric_word(self.metric),
            |member| plain_head(heads.get(member).map_or(member, String::as_str), formatter),
        );
        match style::unit_mark(self.unit, self.currency) {
            "" => about,
            unit => format!("{about} {unit}"),
        }
    }
}

/// A name from the data as the head of a column, without what formulas over a table's columns would have to escape.
fn plain_head(name: &str, formatter: &Formatter) -> String {
    let plain = |letter: char| match letter {
        '[' => '(',
        ']' => ')',
        '#' | '\'' | '@' => ' ',
        letter => letter,
    };
    crate::render::view::name(name, formatter)
        .chars()
        .map(plain)
        .collect()
}

/// What tells a row from others: its source, its rank, its name, and what else it is about.
type Place<'a> = (Option<&'a str>, Option<u32>, &'a str, Option<&'a str>);

/// A row: one member or day of one source.
struct Line<'a> {
    rank: Option<u32>,
    source: Option<&'a str>,
    name: Cow<'a, str>,
    /// What else the row is about: the service type of what a project used, the project of an agent.
    belongs: Option<&'a Text>,
    figures: HashMap<Measure<'a>, &'a Figure>,
}

/// The figures of a section by member and measure.
struct Matrix<'a> {
    section: &'a Section,
    measures: Vec<Measure<'a>>,
    /// What figures are compared with, in order of appearance.
    keys: Vec<&'a str>,
    lines: Vec<Line<'a>>,
    ranked: bool,
    formatter: &'a Formatter,
    /// What the members of a split are called.
    heads: HashMap<&'a str, String>,
}

impl<'a> Matrix<'a> {
    fn new(section: &'a Section, formatter: &'a Formatter) -> Self {
        let mut matrix = Self {
            section,
            measures: Vec::new(),
            keys: Vec::new(),
            lines: Vec::new(),
            ranked: false,
            formatter,
            heads: HashMap::new(),
        };
        // Members are listed by the names that readers know.
        let labelled = section.key.starts_with("by_");
        let paired = belonging(section).is_some();
        let mut places: HashMap<Place<'_>, usize> = HashMap::new();
        let members = section.split_members();
        for figure in &section.figures {
            let measure = Measure::of(figure, &members);
            if let Some(member) = measure.member {
                let head = || formatter.text(&figure.label).into_owned();
                matrix.heads.entry(member).or_insert_with(head);
            }
            if !matrix.measures.contains(&measure) {
                matrix.measures.push(measure);
            }
            for beside in &figure.comparisons {
                let key = column_key(&beside.comparison);
                if !matrix.keys.contains(&key) {
                    matrix.keys.push(key);
                }
            }
            matrix.ranked |= figure.rank.is_some();
            let name: &str = match figure.member.as_deref() {
                Some(member) if !labelled => member,
                _ => &figure.label,
            };
            let belongs = paired.then_some(figure.label.as_str());
            let place = places
                .entry((figure.source.as_deref(), figure.rank, name, belongs))
                .or_insert(usize::MAX);
            // Two members may have one name; each keeps its own row.
            let taken = matrix
                .lines
                .get(*place)
                .is_none_or(|line| line.figures.contains_key(&measure));
            if taken {
                *place = matrix.lines.len();
                let source = figure.source.as_deref();
                let own = labelled || figure.member.is_none();
                matrix.lines.push(Line {
                    rank: figure.rank,
                    source,
                    name: if own {
                        formatter.text(&figure.label)
                    } else {
                        Cow::Owned(formatter.text(&Text::from(name)).into_owned())
                    },
                    belongs: paired.then_some(&figure.label),
                    figures: HashMap::new(),
                });
            }
            matrix.lines[*place].figures.insert(measure, figure);
        }
        matrix
    }

    fn write(
        &self,
        grid: &mut Grid<'_>,
        table: &str,
        others: &[Compared],
        by_source: bool,
    ) -> Result<u16, XlsxError> {
        let first = TOP + 1;
        let mut heads = self.write_names(grid)?;
        for measure in &self.measures {
            let col = u16::try_from(heads.len()).unwrap_or(u16::MAX);
            heads.extend(self.write_measure(grid, col, *measure, others)?);
        }
        if by_source {
            let col = u16::try_from(heads.len()).unwrap_or(u16::MAX);
            for (row, line) in (first..).zip(&self.lines) {
                grid.text(
                    row,
                    col,
                    &figures::source_word(line.source, self.formatter),
                    &style::beside(),
                )?;
            }
            heads.push(Head::words(self.formatter.say("source")));
        }
        self.label_total(&mut heads);
        distinct(&mut heads);
        let last = first + u32::try_from(self.lines.len()).unwrap_or(u32::MAX) - 1;
        figures::add_table(grid, table, &heads, TOP, last)?;
        Ok(u16::try_from(heads.len()).unwrap_or(u16::MAX))
    }

    /// Rank and name, the columns on the left.
    fn write_names(&self, grid: &mut Grid<'_>) -> Result<Vec<Head>, XlsxError> {
        let dimension = self
            .section
            .figures
            .first()
            .and_then(|figure| figure.dimension.as_deref())
            .unwrap_or("member");
        let col = u16::from(self.ranked);
        for (row, line) in (TOP + 1..).zip(&self.lines) {
            if let Some(rank) = line.rank {
                grid.quantity(row, 0, Some(rank.into()), "0", false)?;
            }
            match line.name.parse::<NaiveDate>() {
                Ok(date) if dimension == "day" => grid.date(row, col, date)?,
                _ if self.ranked => grid.text(row, col, &line.name, &style::beside())?,
                _ => grid.text(row, col, &line.name, &style::plain())?,
            }
        }
        let belonging = belonging(self.section);
        for (row, line) in (TOP + 1..).zip(&self.lines) {
            if let Some(belongs) = line.belongs {
                grid.text(row, col + 1, &self.formatter.text(belongs), &style::plain())?;
            }
        }
        let rank = self.ranked.then(|| Head::numbers(self.formatter.say("rank")));
        Ok(rank
            .into_iter()
            .chain([Head::words(self.dimension(dimension))])
            .chain(belonging.map(|dimension| Head::words(self.dimension(dimension))))
            .collect())
    }

    /// The column of a measure; beside that of the first one four columns for each comparison, beside the others the change from the
    /// leading one: a sheet that is much wider than a page is read by nobody.
    fn write_measure(
        &self,
        grid: &mut Grid<'_>,
        col: u16,
        measure: Measure<'_>,
        others: &[Compared],
    ) -> Result<Vec<Head>, XlsxError> {
        let full = self.measures.first() == Some(&measure);
        // Some figures of a section stand alone; they have no columns of comparisons.
        let mut figures_of = self.lines.iter().filter_map(|line| line.figures.get(&measure));
        let keys: &[&str] = if figures_of.any(|figure| !figure.comparisons.is_empty()) {
            // Beside the first measure all of them, beside the others the leading one.
            &self.keys[..if full { self.keys.len() } else { 1 }]
        } else {
            &[]
        };
        let code = style::measure_code(measure.metric, measure.unit, measure.currency);
        let quotient = measure.metric.is_quotient();
        let mut as_text = false;
        for (row, line) in (TOP + 1..).zip(&self.lines) {
            let figure = line.figures.get(&measure);
            if figure.is_none() && self.section.key == "daily" {
                // What is not told of a day of another period is nothing unknown.
                continue;
            }
            let value = figure.and_then(|figure| figure.value);
            let number = grid.quantity(row, col, value, &code, quotient)?;
            as_text |= value.is_some() && !number;
            for (at, key) in (0_u16..).zip(keys) {
                let beside = figure.and_then(|figure| {
                    figure
                        .comparisons
                        .iter()
                        .find(|beside| column_key(&beside.comparison) == *key)
                });
                match beside {
                    Some(beside) if full => {
                        figures::write_comparison(grid, row, col + 1 + 4 * at, beside, &code, quotient)?;
                    }
                    Some(beside) => {
                        let signed = style::signed(&code);
                        grid.quantity(row, col + 1 + at, beside.change, &signed, quotient)?;
                    }
                    None => {}
                }
            }
        }
        let rows = (TOP + 1, TOP + u32::try_from(self.lines.len()).unwrap_or(u32::MAX));
        if !self.section.key.starts_with("daily") && measure.metric.adds_up() {
            let bar = ConditionalFormatDataBar::new()
                .set_fill_color(style::BAR)
                .set_solid_fill(true)
                .set_border_off(true);
            grid.sheet
                .add_conditional_format(rows.0, col, rows.1, col, &bar)?;
        }
        let mut heads = vec![Head {
            total: self.total(measure, code, as_text),
            ..Head::numbers(measure.caption(&self.heads, self.formatter))
        }];
        for (at, key) in (0_u16..).zip(keys) {
            if full {
                figures::colour(grid, rows, col + 2 + 4 * at, measure.metric.sense())?;
                heads.extend(self.comparison_heads(measure, key, others));
            } else {
                let [_, change, ..] = self.comparison_heads(measure, key, others);
                heads.push(change);
            }
        }
        Ok(heads)
    }

    fn comparison_heads(&self, measure: Measure<'_>, key: &str, others: &[Compared]) -> [Head; 4] {
        let about = if self.measures.len() > 1 {
            Some(self.formatter.metric_word(measure.metric))
        } else {
            None
        };
        let versus = match key {
            WEEK_BEFORE => self.formatter.say("week-before"),
            key => figures::comparison_word(key, others, self.formatter),
        };
        let mut periods = others.iter().filter(|other| other.comparison == key);
        let against = match periods.next() {
            _ if self.keys.len() < 2 => None,
            Some(other) => Some(Arg::from(&other.period)),
            None => Some(versus.as_str().into()),
        };
        let about = |column: String| match &about {
            Some(figure) => self
                .formatter
                .put(say!("about-column", "figure" = figure, "column" = column)),
            None => column,
        };
        let column = |id: &str| {
            let word = self.formatter.say(id);
            about(match &against {
                Some(period) => {
                    self.formatter
                        .put(say!("against", "column" = word, "period" = period.clone()))
                }
                None => word,
            })
        };
        [
            Head::numbers(about(versus)),
            Head::numbers(column("change-of")),
            Head::numbers(column("change-percent-of")),
            Head::words(column("direction-of")),
        ]
    }

    /// A sum only where one means something: never of averages, of distinct users, or of periods one after the other.
    fn total(&self, measure: Measure<'_>, code: String, as_text: bool) -> Total {
        let key = self.section.key.as_str();
        let sums =
            key.starts_with("daily") || key.starts_with("by_") || key.starts_with("top_") || key == "usage";
        let values: Vec<Decimal> = self
            .lines
            .iter()
            .filter_map(|line| line.figures.get(&measure)?.value)
            .collect();
        // The days of a trend are those of several periods.
        let of_one_period = !self.keys.contains(&WEEK_BEFORE);
        if !sums || !of_one_period || !measure.metric.adds_up() || values.is_empty() {
            return Total::Nothing;
        }
        match money::sum(values) {
            // SUBTOTAL would pass over what is text.
            Ok(sum) if as_text => Total::Label(self.formatter.decimal(sum, sum.scale())),
            Ok(sum) => Total::Sum(code, sum),
            Err(_) => Total::Nothing,
        }
    }

    /// What a member of `dimension` is, as the head of a column.
    fn dimension(&self, dimension: &str) -> String {
        capitalised(&self.formatter.text(&Text::keyed("dimension-", dimension)))
    }

    fn label_total(&self, heads: &mut [Head]) {
        let missing = self.section.figures.iter().any(|figure| figure.value.is_none());
        let label = match (self.ranked, missing) {
            (_, true) => "total-without",
            (true, false) => "total-shown",
            (false, false) => "total",
        };
        if heads.iter().any(|head| !matches!(head.total, Total::Nothing)) {
            heads[usize::from(self.ranked)].total = Total::Label(self.formatter.say(label));
        }
    }
}

/// Which dimension the label of a row that is about two things is of.
fn belonging(section: &Section) -> Option<&'static str> {
    match section.key.as_str() {
        "usage" => Some("service_type"),
        "top_agents_by_cost" => Some("project"),
        _ => None,
    }
}

/// Excel wants the heads of a table to differ, whatever their case.
pub(super) fn distinct(heads: &mut [Head]) {
    let mut seen = HashSet::new();
    for head in heads {
        let plain = head.caption.clone();
        let mut number = 1;
        while !seen.insert(head.caption.to_lowercase()) {
            number += 1;
            head.caption = format!("{plain} {number}");
        }
    }
}
