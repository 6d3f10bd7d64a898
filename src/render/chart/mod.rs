//! Charts as SVG, drawn by rule from the report's own numbers: bars from zero, labels instead of legends, "n/a" instead of a gap.
//!
//! Every element carries its colour and a class, so that the page's dark palette can repaint what a PNG shows as it is.
//! Positions are decimals too: the same report gives the same bytes on every machine.

mod axis;
mod png;

pub(crate) use png::render as rasterise;

use super::format::Formatter;
use super::view::{clean, name};
use crate::report::{Chart, ChartForm, Outlier};
use axis::{Scale, number};
use chrono::NaiveDate;
use rust_decimal::{Decimal, dec};
use std::fmt::Write as _;

/// Width of every chart in pixels: that of a mail's column.
const WIDTH: u32 = 600;
const DAILY_HEIGHT: u32 = 220;
const BAR_STEP: u32 = 24;
/// Days that fit with at least a pixel each.
const MAX_DAYS: usize = 400;
/// Bars that fit the height of a mail's picture.
const MAX_BARS: usize = 10;

/// The colours of a chart on white.
#[derive(Debug)]
pub(crate) struct Palette {
    accent: String,
}

impl Palette {
    /// Everything but the accent keeps its colour.
    pub(crate) fn new(accent: &str) -> Self {
        Self {
            accent: accent.to_owned(),
        }
    }
}

const INK: &str = "#1b2430";
const MUTED: &str = "#5b6675";
const HAIRLINE: &str = "#e3e7ec";
const REST: &str = "#9aa7b5";
/// The class of texts that point at something.
const NOTE: &str = "c-note";
const ATTENTION: &str = "#b45309";

/// Which letters can be drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Letters {
    /// All: a browser has fonts for them.
    All,
    /// Those of the embedded font; others become `?`.
    Embedded,
}

/// Width and height of `chart` in pixels.
pub(crate) fn size(chart: &Chart) -> (u32, u32) {
    match &chart.form {
        ChartForm::Daily { .. } => (WIDTH, DAILY_HEIGHT),
        ChartForm::Bars { bars, others } => {
            let rows = bars.len().min(MAX_BARS) + usize::from(others.is_some() || bars.len() > MAX_BARS);
            (WIDTH, u32::try_from(rows.max(1)).unwrap_or(1) * BAR_STEP + 8)
        }
    }
}

/// `chart` as a stand-alone SVG element; `message` says what it shows to those who cannot see it.
pub(crate) fn svg(
    chart: &Chart,
    message: &str,
    formatter: &Formatter,
    palette: &Palette,
    letters: Letters,
) -> String {
    let (width, height) = size(chart);
    let key: String = chart
        .key
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || *c == '-')
        .collect();
    let mut canvas = Canvas {
        out: String::with_capacity(8 * 1024),
        letters,
    };
    canvas.raw(&format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"chart-svg\" role=\"img\" width=\"{width}\" height=\"{height}\" \
         viewBox=\"0 0 {width} {height}\" font-family=\"Inter, system-ui, sans-serif\" font-size=\"11\" \
         aria-labelledby=\"{key}-title {key}-desc\"><title id=\"{key}-title\">{}</title><desc id=\"{key}-desc\">{}</desc>",
        escaped(&clean(&chart.title)),
        escaped(&clean(message)),
    ));
    match &chart.form {
        ChartForm::Daily { days, base, outlier } => {
            let days = &days[..days.len().min(MAX_DAYS)];
            Daily {
                days,
                base: &base[..base.len().min(days.len())],
                outlier: outlier.as_ref(),
                chart,
                formatter,
                palette,
            }
            .draw(&mut canvas);
        }
        ChartForm::Bars { bars, others } => draw_bars(&mut canvas, chart, bars, *others, formatter, palette),
    }
    canvas.raw("</svg>");
    canvas.out
}

/// Where elements go; all text passes through [`Canvas::text`].
struct Canvas {
    out: String,
    letters: Letters,
}

/// How a text stands.
struct Type<'a> {
    class: &'static str,
    colour: &'a str,
    anchor: &'static str,
    strong: bool,
}

impl Canvas {
    fn raw(&mut self, text: &str) {
        self.out.push_str(text);
    }

    fn rect(
        &mut self,
        class: &str,
        colour: &str,
        (x, y): (Decimal, Decimal),
        (width, height): (Decimal, Decimal),
    ) {
        let radius = if width > dec!(5) && height > dec!(3) {
            " rx=\"1.5\""
        } else {
            ""
        };
        self.raw(&format!(
            "<rect class=\"{class}\" fill=\"{colour}\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"{radius}/>",
            number(x),
            number(y),
            number(width),
            number(height)
        ));
    }

    fn line(&mut self, colour: &str, from: (Decimal, Decimal), to: (Decimal, Decimal)) {
        self.raw(&format!(
            "<path class=\"c-grid\" stroke=\"{colour}\" d=\"M{} {}L{} {}\"/>",
            number(from.0),
            number(from.1),
            number(to.0),
            number(to.1)
        ));
    }

    fn text(&mut self, style: &Type<'_>, (x, y): (Decimal, Decimal), text: &str) {
        let text = match self.letters {
            Letters::All => text.to_owned(),
            Letters::Embedded => text
                .chars()
                .map(|c| if png::shows(c) { c } else { '?' })
                .collect(),
        };
        let weight = if style.strong { " font-weight=\"600\"" } else { "" };
        // A note stands on bars and grid lines; a halo keeps it readable.
        let halo = if style.class == NOTE {
            " stroke=\"#ffffff\" stroke-width=\"3\" stroke-linejoin=\"round\" paint-order=\"stroke\""
        } else {
            ""
        };
        self.raw(&format!(
            "<text class=\"{}\" fill=\"{}\" x=\"{}\" y=\"{}\" text-anchor=\"{}\"{weight}{halo}>{}</text>",
            style.class,
            style.colour,
            number(x),
            number(y),
            style.anchor,
            escaped(&text)
        ));
    }
}

/// Bars for each day.
struct Daily<'a> {
    days: &'a [(NaiveDate, Option<Decimal>)],
    base: &'a [Option<Decimal>],
    outlier: Option<&'a Outlier>,
    chart: &'a Chart,
    formatter: &'a Formatter,
    palette: &'a Palette,
}

const TOP: Decimal = dec!(22);
const BOTTOM: Decimal = dec!(194);
const RIGHT: Decimal = dec!(596);

impl Daily<'_> {
    fn draw(&self, canvas: &mut Canvas) {
        let known = || self.days.iter().filter_map(|day| day.1);
        if known().next().is_none() {
            let style = Type {
                class: "c-muted",
                colour: MUTED,
                anchor: "middle",
                strong: false,
            };
            canvas.text(
                &style,
                (Decimal::from(WIDTH) / dec!(2), dec!(110)),
                "No data available",
            );
            return;
        }
        let scale = Scale::over(known().chain(self.base.iter().flatten().copied()), BOTTOM, TOP);
        let ticks: Vec<(Decimal, String)> = scale
            .ticks()
            .into_iter()
            .map(|tick| (tick, self.formatter.tick(tick)))
            .collect();
        let letters = ticks
            .iter()
            .map(|(_, text)| text.chars().count())
            .max()
            .unwrap_or(0);
        let left = Decimal::from(letters) * dec!(6.6) + dec!(12);
        let muted = Type {
            class: "c-muted",
            colour: MUTED,
            anchor: "end",
            strong: false,
        };
        for (tick, text) in &ticks {
            let y = scale.place(*tick);
            canvas.line(HAIRLINE, (left, y), (RIGHT, y));
            canvas.text(&muted, (left - dec!(8), y + dec!(4)), text);
        }
        let slot = (RIGHT - left) / Decimal::from(self.days.len());
        let middle = |at: usize| left + slot * (Decimal::from(at) + dec!(0.5));
        self.bars(canvas, &scale, slot, &middle);
        self.comparison(canvas, &scale, &middle);
        self.gaps(canvas, &scale, &middle);
        self.dates(canvas, &middle);
        self.point_out(canvas, &scale, &middle);
    }

    fn bars(&self, canvas: &mut Canvas, scale: &Scale, slot: Decimal, middle: &dyn Fn(usize) -> Decimal) {
        let width = if slot > dec!(4) {
            (slot * dec!(0.64)).min(dec!(40))
        } else {
            slot * dec!(0.9)
        };
        let zero = scale.place(Decimal::ZERO);
        for (at, (date, value)) in self.days.iter().enumerate() {
            let Some(value) = value else { continue };
            let y = scale.place(*value);
            let outlier = self.outlier.is_some_and(|outlier| outlier.date == *date);
            let (class, colour) = if outlier {
                ("c-out", ATTENTION)
            } else {
                ("c-bar", self.palette.accent.as_str())
            };
            canvas.rect(
                class,
                colour,
                (middle(at) - width / dec!(2), y.min(zero)),
                (width, (y - zero).abs()),
            );
        }
    }

    /// The comparison as a dashed line, broken where it is unknown.
    fn comparison(&self, canvas: &mut Canvas, scale: &Scale, middle: &dyn Fn(usize) -> Decimal) {
        let mut path = String::new();
        let mut pen_down = false;
        for (at, value) in self.base.iter().enumerate() {
            if let Some(value) = value {
                let command = if pen_down { 'L' } else { 'M' };
                // Writing into a string cannot fail.
                let _ = write!(
                    path,
                    "{command}{} {}",
                    number(middle(at)),
                    number(scale.place(*value))
                );
            }
            pen_down = value.is_some();
        }
        if !path.is_empty() {
            canvas.raw(&format!(
                "<path class=\"c-base\" fill=\"none\" stroke=\"{INK}\" stroke-width=\"1.4\" stroke-dasharray=\"3 3\" d=\"{path}\"/>"
            ));
        }
    }

    /// One mark for each run of days without data.
    fn gaps(&self, canvas: &mut Canvas, scale: &Scale, middle: &dyn Fn(usize) -> Decimal) {
        let style = Type {
            class: NOTE,
            colour: ATTENTION,
            anchor: "middle",
            strong: true,
        };
        let mut from = None;
        for at in 0..=self.days.len() {
            let missing = self.days.get(at).is_some_and(|day| day.1.is_none());
            match (from, missing) {
                (None, true) => from = Some(at),
                (Some(first), false) => {
                    let x = (middle(first) + middle(at - 1)) / dec!(2);
                    canvas.text(&style, (x, scale.place(Decimal::ZERO) - dec!(5)), "n/a");
                    from = None;
                }
                _ => {}
            }
        }
    }

    fn dates(&self, canvas: &mut Canvas, middle: &dyn Fn(usize) -> Decimal) {
        let style = |anchor| Type {
            class: "c-muted",
            colour: MUTED,
            anchor,
            strong: false,
        };
        let step = match self.days.len() {
            0..=8 => 1,
            9..=42 => 7,
            n => n.div_ceil(6 * 7) * 7,
        };
        for (at, (date, _)) in self.days.iter().enumerate().step_by(step) {
            let x = middle(at);
            let (anchor, x) = if x > RIGHT - dec!(20) {
                ("end", RIGHT)
            } else {
                ("middle", x)
            };
            canvas.text(
                &style(anchor),
                (x, BOTTOM + dec!(18)),
                &self.formatter.short_day(*date),
            );
        }
    }

    /// The outlier's label stands beside its bar, on the side where there is room.
    fn point_out(&self, canvas: &mut Canvas, scale: &Scale, middle: &dyn Fn(usize) -> Decimal) {
        let Some(outlier) = self.outlier else { return };
        let Some(at) = self.days.iter().position(|day| day.0 == outlier.date) else {
            return;
        };
        let value = match self.chart.currency {
            Some(currency) => self.formatter.amount(outlier.value, currency),
            None => self.formatter.in_unit(outlier.value, self.chart.unit, None),
        };
        let text = format!(
            "{}: {value}, {} × a usual {}",
            self.formatter.short_day(outlier.date),
            self.formatter.decimal(outlier.times_usual, 1),
            self.formatter.weekday(outlier.date)
        );
        let room_on_the_right = at * 2 < self.days.len();
        let (anchor, x) = if room_on_the_right {
            ("start", middle(at) + dec!(9))
        } else {
            ("end", middle(at) - dec!(9))
        };
        let y = (scale.place(outlier.value) + dec!(4)).max(dec!(14));
        canvas.text(
            &Type {
                class: NOTE,
                colour: ATTENTION,
                anchor,
                strong: true,
            },
            (x, y),
            &text,
        );
    }
}

const LABELS: Decimal = dec!(190);
/// Letters of a label that fit its column.
const LABEL_LETTERS: usize = 28;

fn draw_bars(
    canvas: &mut Canvas,
    chart: &Chart,
    bars: &[(String, Decimal)],
    others: Option<(usize, Decimal)>,
    formatter: &Formatter,
    palette: &Palette,
) {
    let mut rows: Vec<(String, Decimal, bool)> = bars
        .iter()
        .take(MAX_BARS)
        .map(|(label, value)| (name(label), *value, false))
        .collect();
    let hidden = &bars[rows.len()..];
    let beyond = hidden
        .iter()
        .try_fold(Decimal::ZERO, |sum, bar| sum.checked_add(bar.1));
    match (others, beyond) {
        (Some((n, value)), Some(beyond)) => {
            rows.push((
                format!("{} others", n + hidden.len()),
                value.saturating_add(beyond),
                true,
            ));
        }
        (None, Some(beyond)) if !hidden.is_empty() => {
            rows.push((format!("{} others", hidden.len()), beyond, true))
        }
        _ => {}
    }
    let ink = |anchor, strong| Type {
        class: "c-ink",
        colour: INK,
        anchor,
        strong,
    };
    if rows.is_empty() {
        let style = Type {
            class: "c-muted",
            colour: MUTED,
            anchor: "start",
            strong: false,
        };
        canvas.text(&style, (dec!(0), dec!(18)), "No data available");
        return;
    }
    // The values stand behind the longest bar and must fit.
    let scale = Scale::exactly(rows.iter().map(|row| row.1), LABELS, dec!(496));
    let zero = scale.place(Decimal::ZERO);
    for (at, (label, value, rest)) in rows.iter().enumerate() {
        let top = Decimal::from(at) * Decimal::from(BAR_STEP) + dec!(4);
        let end = scale.place(*value);
        canvas.text(
            &ink("start", false),
            (dec!(0), top + dec!(13)),
            &super::view::shortened(label, LABEL_LETTERS),
        );
        let (class, colour) = if *rest {
            ("c-rest", REST)
        } else {
            ("c-bar", palette.accent.as_str())
        };
        canvas.rect(
            class,
            colour,
            (end.min(zero), top + dec!(3)),
            ((end - zero).abs().max(dec!(1)), dec!(13)),
        );
        let value = match chart.currency {
            Some(currency) => formatter.amount(*value, currency),
            None => formatter.in_unit(*value, chart.unit, None),
        };
        canvas.text(
            &ink("start", true),
            (end.max(zero) + dec!(7), top + dec!(13)),
            &value,
        );
    }
}

/// `text` for SVG, in elements and attributes.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => out.push(' '),
            c => out.push(c),
        }
    }
    out
}
