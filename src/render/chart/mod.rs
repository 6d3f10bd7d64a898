//! Charts as SVG, drawn by rule from the report's own numbers: bars from zero, labels instead of legends, "n/a" instead of a gap.
//!
//! Every element carries its colour and a class, so that the page's dark palette can repaint what a PNG shows as it is.
//! Positions are decimals too: the same report gives the same bytes on every machine.

mod axis;
mod bars;
mod bridge;
mod budgets;
mod daily;
mod frame;
mod legend;
mod members;
mod periods;
mod png;
mod ring;
mod sparkline;

pub(crate) use legend::palette;
pub use png::is_font;
pub(crate) use png::{Fonts, render as rasterise};
pub(crate) use sparkline::sparkline;

use super::format::Formatter;
use super::view::clean_sentence;
use crate::language::{direction, say};
use crate::report::{Chart, ChartForm};
use axis::number;
use daily::Daily;
use ring::Ring;
use rust_decimal::{Decimal, dec};

/// Where a chart stands, and so how wide it is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Room {
    /// The column of a page or a mail.
    Column,
    /// The screen of a phone: fewer letters, of the same size.
    Phone,
}

impl Room {
    /// Width in pixels.
    fn width(self) -> u32 {
        match self {
            Self::Column => 600,
            Self::Phone => 330,
        }
    }
}

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
#[derive(Debug, Clone, Copy)]
pub(crate) enum Letters<'a> {
    /// All: a browser has fonts for them.
    All,
    /// Those of these fonts; others become `?`.
    Of(&'a Fonts),
}

impl Letters<'_> {
    fn has(self, c: char) -> bool {
        match self {
            Self::All => true,
            Self::Of(fonts) => fonts.show(c),
        }
    }
}

/// Width and height of `chart` in pixels.
pub(crate) fn size(chart: &Chart, room: Room, formatter: &Formatter) -> (u32, u32) {
    let height = match &chart.form {
        ChartForm::Daily { .. } | ChartForm::Periods { .. } => DAILY_HEIGHT,
        ChartForm::Stacked { series, .. } | ChartForm::Lines { series, .. } => {
            DAILY_HEIGHT + legend::height(series, room, formatter)
        }
        ChartForm::Ring { parts, others, .. } => {
            ring::height(parts.len() + usize::from(others.is_some()), room)
        }
        ChartForm::Budgets { bars } => budgets::height(bars),
        ChartForm::Bridge { steps, .. } => u32::try_from(steps.len() + 2).unwrap_or(2) * BAR_STEP + 8,
        ChartForm::Bars { bars, others } => {
            let rows = bars.len().min(MAX_BARS) + usize::from(others.is_some() || bars.len() > MAX_BARS);
            u32::try_from(rows.max(1)).unwrap_or(1) * BAR_STEP + 8
        }
    };
    (room.width(), height)
}

/// What the last bar of `chart` sums up, after `shown` others: the `hidden` places of a ranking that follow, or the rest.
pub(crate) fn rest_label(chart: &Chart, shown: usize, hidden: usize, formatter: &Formatter) -> String {
    // The rest of a ranking is not everybody else: only its places are known one by one.
    let ranking = chart.key.starts_with("top-") || chart.key.contains("-top-");
    formatter.put(match (ranking, hidden) {
        (true, 1) => say!("place", "place" = shown + 1),
        (true, _) => say!("places", "from" = shown + 1, "to" = shown + hidden),
        (false, _) => say!("count-others", "count" = hidden),
    })
}

/// That `chart` has more days than are drawn, and how many; `None` where all are.
pub(crate) fn days_left_out(chart: &Chart, formatter: &Formatter) -> Option<String> {
    let days = match &chart.form {
        ChartForm::Daily { days, .. } => days.len(),
        ChartForm::Stacked { days, .. } | ChartForm::Lines { days, .. } => days.len(),
        _ => 0,
    };
    (days > MAX_DAYS).then(|| formatter.put(say!("chart-first-days", "shown" = MAX_DAYS, "all" = days)))
}

/// What stands for the label at this place, where it cannot be written.
fn see_table(at: usize, formatter: &Formatter) -> String {
    formatter.put(say!("see-table", "number" = at + 1))
}

/// `chart` as a stand-alone SVG element; `message` says what it shows to those who cannot see it.
pub(crate) fn svg(
    chart: &Chart,
    message: &str,
    formatter: &Formatter,
    palette: &Palette,
    letters: Letters<'_>,
    room: Room,
) -> String {
    let (width, height) = size(chart, room, formatter);
    let class = match room {
        Room::Column => "wide",
        Room::Phone => "narrow",
    };
    let key: String = chart
        .key
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || *c == '-')
        .chain(['-'])
        .chain(class.chars())
        .collect();
    let mut canvas = Canvas {
        out: String::with_capacity(8 * 1024),
        letters,
        room,
    };
    canvas.raw(&format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"chart-svg {class}\" role=\"img\" width=\"{width}\" height=\"{height}\" \
         viewBox=\"0 0 {width} {height}\" font-family=\"Inter, system-ui, sans-serif\" font-size=\"11\" \
         aria-labelledby=\"{key}-title {key}-desc\"><title id=\"{key}-title\">{}</title><desc id=\"{key}-desc\">{}</desc>",
        escaped(&clean_sentence(&formatter.text(&chart.title))),
        escaped(&clean_sentence(message)),
    ));
    match &chart.form {
        ChartForm::Daily {
            days,
            base,
            outlier,
            marked,
        } => {
            let days = &days[..days.len().min(MAX_DAYS)];
            Daily {
                days,
                base: &base[..base.len().min(days.len())],
                outlier: outlier.as_ref(),
                marked,
                chart,
                formatter,
                palette,
            }
            .draw(&mut canvas);
        }
        ChartForm::Bridge { base, steps, current } => {
            bridge::draw(&mut canvas, chart, (base, steps, current), formatter, palette);
        }
        ChartForm::Stacked { days, series } => {
            members::stacked(&mut canvas, &days[..days.len().min(MAX_DAYS)], series, formatter);
        }
        ChartForm::Lines { days, series } => {
            members::lines(&mut canvas, &days[..days.len().min(MAX_DAYS)], series, formatter);
        }
        ChartForm::Ring {
            parts,
            tints,
            others,
            shares,
        } => Ring {
            chart,
            parts,
            tints,
            others: *others,
            shares,
        }
        .draw(&mut canvas, formatter),
        ChartForm::Budgets { bars } => budgets::draw(&mut canvas, bars, formatter, palette),
        ChartForm::Periods { points } => periods::draw(&mut canvas, chart, points, formatter, palette),
        ChartForm::Bars { bars, others } => bars::draw(&mut canvas, chart, bars, *others, formatter, palette),
    }
    canvas.raw("</svg>");
    canvas.out
}

/// Where elements go; all text passes through [`Canvas::text`].
struct Canvas<'a> {
    out: String,
    letters: Letters<'a>,
    room: Room,
}

/// How a text stands.
struct Type<'a> {
    class: &'static str,
    colour: &'a str,
    anchor: &'static str,
    strong: bool,
}

impl Canvas<'_> {
    /// Width in pixels.
    fn width(&self) -> Decimal {
        Decimal::from(self.room.width())
    }

    /// Whether enough of `text` can be drawn to be told from another.
    fn can_write(&self, text: &str) -> bool {
        let letters = || text.chars().filter(|c| !c.is_whitespace());
        letters().filter(|c| self.letters.has(*c)).count() * 2 > letters().count()
            || letters().next().is_none()
    }

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
        // Fonts have no picture of what only turns or isolates.
        let letters = text
            .chars()
            .filter(|c| matches!(self.letters, Letters::All) || !direction::is_isolate(*c));
        let text: String = letters
            .map(|c| if self.letters.has(c) { c } else { '?' })
            .collect();
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::Text;
    use crate::report::{Line, Point, Step, Tint, sample};

    fn draw(chart: &Chart, letters: Letters<'_>) -> String {
        svg(
            chart,
            "A <message>",
            &Formatter::new("en-US"),
            &Palette::new("#0b5cad"),
            letters,
            Room::Column,
        )
    }

    #[test]
    fn charts_of_the_sample_are_as_approved() {
        let [daily, bars] = &sample::report().charts[..] else {
            unreachable!("the sample has two charts")
        };
        insta::assert_snapshot!("daily_svg", draw(daily, Letters::All));
        insta::assert_snapshot!("bars_svg", draw(bars, Letters::Of(&Fonts::with(&[]))));
    }

    #[test]
    fn what_is_hard_to_draw_is_drawn() {
        let chart = |form| Chart {
            form,
            ..sample::report().charts[0].clone()
        };
        let day = |n: u64| "2026-01-01".parse::<chrono::NaiveDate>().unwrap() + chrono::Days::new(n);
        let daily = |values: Vec<Option<Decimal>>, base| {
            let days = values
                .into_iter()
                .enumerate()
                .map(|(at, value)| (day(at as u64), value))
                .collect();
            chart(ChartForm::Daily {
                days,
                base,
                outlier: None,
                marked: Vec::new(),
            })
        };
        let bars = |bars, others| chart(ChartForm::Bars { bars, others });
        let point = |value| Point {
            period: sample::report().period,
            value,
        };
        let bridge = |base, steps: &[Decimal], current| {
            let steps = steps.iter().map(|value| Step {
                label: "Price".into(),
                value: *value,
            });
            chart(ChartForm::Bridge {
                base: point(Some(base)),
                steps: steps.collect(),
                current: point(Some(current)),
            })
        };
        let periods = |values: Vec<Option<Decimal>>| {
            let points = values.into_iter().map(point).collect();
            chart(ChartForm::Periods { points })
        };
        let cases = [
            (bridge(dec!(-50), &[dec!(80)], dec!(30)), "+80.00"),
            (bridge(Decimal::MAX, &[Decimal::MAX; 7], Decimal::MIN), "Price"),
            (bridge(dec!(0), &[dec!(0.001), dec!(-0.001)], dec!(0)), "0.00"),
            (periods(Vec::new()), "</svg>"),
            (periods(vec![None; 60]), "n/a"),
            (periods(vec![Some(Decimal::MAX), Some(dec!(-1)), None]), "n/a"),
            (daily(Vec::new(), Vec::new()), "No data available"),
            (daily(vec![None; 31], Vec::new()), "No data available"),
            (daily(vec![Some(dec!(0)); 3], vec![None; 9]), "0.2"),
            (
                daily(vec![Some(dec!(-5)), Some(dec!(7)), None], Vec::new()),
                "n/a",
            ),
            (
                daily(
                    vec![Some(Decimal::MAX), Some(Decimal::MIN)],
                    vec![Some(Decimal::MAX)],
                ),
                "tn",
            ),
            (
                daily((0..1000).map(|n| Some(Decimal::from(n))).collect(), Vec::new()),
                "1 Jan",
            ),
            (bars(Vec::new(), None), "No data available"),
            (
                bars(
                    vec![("x".repeat(500).into(), dec!(1_000_000_000_000_000)); 30],
                    None,
                ),
                "20 others",
            ),
            (bars(vec![("".into(), dec!(-1))], Some((3, dec!(0)))), "3 others"),
        ];
        for (chart, expected) in cases {
            let drawn = draw(&chart, Letters::Of(&Fonts::with(&[])));
            assert!(drawn.contains(expected), "{drawn}");
            assert!(drawn.len() < 200_000);
            let picture = rasterise(&drawn, &Fonts::with(&[])).unwrap();
            let (width, height) = size(&chart, Room::Column, &Formatter::new("en-US"));
            assert_eq!(
                picture[16..24],
                [(width * 2).to_be_bytes(), (height * 2).to_be_bytes()].concat()
            );
            assert!(width <= 600 && height <= 280);
        }
    }

    /// Three days of two members and the others; of the second day nothing is known.
    fn members() -> (Vec<chrono::NaiveDate>, Vec<Line>) {
        let days = ["2026-10-01", "2026-10-02", "2026-10-03"].map(|day| day.parse().unwrap());
        let line = |label: Text, tint, values: [Decimal; 2]| Line {
            label,
            tint,
            values: vec![Some(values[0]), None, Some(values[1])],
        };
        let series = vec![
            line("Text generation".into(), Tint::Palette(0), [dec!(12.5), dec!(7)]),
            line("<Search>".into(), Tint::Own("#7c3aed".into()), [dec!(3), dec!(0)]),
            line(say!("others"), Tint::Rest, [dec!(1), dec!(2.25)]),
        ];
        (days.into(), series)
    }

    #[test]
    fn charts_of_an_organization_are_as_approved() {
        let (days, series) = members();
        let chart = |form| Chart {
            form,
            ..sample::report().charts[0].clone()
        };
        let stacked = chart(ChartForm::Stacked {
            days: days.clone(),
            series: series.clone(),
        });
        let lines = chart(ChartForm::Lines { days, series });
        let ring = chart(ChartForm::Ring {
            parts: vec![
                ("Text generation".into(), dec!(60)),
                ("<Search>".into(), dec!(30)),
            ],
            tints: vec![Tint::Palette(0), Tint::Own("#7c3aed".into())],
            others: Some((3, dec!(10))),
            shares: vec![dec!(60), dec!(30), dec!(10)],
        });
        insta::assert_snapshot!("stacked_svg", draw(&stacked, Letters::All));
        insta::assert_snapshot!("lines_svg", draw(&lines, Letters::Of(&Fonts::with(&[]))));
        insta::assert_snapshot!("ring_svg", draw(&ring, Letters::All));
    }

    #[test]
    fn a_phone_gets_the_whole_legend_below_the_days() {
        let (days, mut series) = members();
        for line in &mut series {
            line.label = "A long name of a project".into();
        }
        let chart = Chart {
            form: ChartForm::Stacked { days, series },
            ..sample::report().charts[0].clone()
        };
        let (column, phone) = {
            let formatter = Formatter::new("en-US");
            (
                size(&chart, Room::Column, &formatter).1,
                size(&chart, Room::Phone, &formatter).1,
            )
        };
        assert!(phone > column && column > DAILY_HEIGHT, "{phone} {column}");
    }

    #[test]
    fn hostile_names_are_inert_and_never_boxes() {
        let bars = sample::HOSTILE
            .iter()
            .map(|name| ((*name).into(), dec!(1)))
            .collect();
        let chart = Chart {
            form: ChartForm::Bars { bars, others: None },
            ..sample::report().charts[0].clone()
        };
        let drawn = draw(&chart, Letters::Of(&Fonts::with(&[])));
        assert!(!drawn.contains("<script"));
        assert!(drawn.contains("&lt;script&gt;alert(1)"));
        assert!(
            drawn.contains("????? gnp.exe"),
            "a letter that the font cannot show is a question mark"
        );
        assert!(
            drawn.contains("No. 8, see table"),
            "a name that it cannot show is its place"
        );
        assert!(drawn.chars().all(|c| Fonts::with(&[]).show(c)));
    }

    #[test]
    fn a_font_of_the_brand_writes_what_the_embedded_one_lacks() {
        let chart = Chart {
            form: ChartForm::Bars {
                bars: vec![("東京".into(), dec!(2)), ("Кот".into(), dec!(1))],
                others: None,
            },
            ..sample::report().charts[0].clone()
        };
        // It draws two letters, each as a box.
        let boxes = std::sync::Arc::new(include_bytes!("../../../tests/data/boxes.ttf").to_vec());
        assert!(is_font(&boxes) && !is_font(&std::sync::Arc::new(b"OTTO, but no font".to_vec())));
        let (embedded, branded) = (Fonts::with(&[]), Fonts::with(&[boxes]));
        let keyed = draw(&chart, Letters::Of(&embedded));
        assert!(keyed.contains("No. 1, see table") && keyed.contains("No. 2, see table"));
        let written = draw(&chart, Letters::Of(&branded));
        assert!(written.contains("東京") && written.contains("No. 2, see table"));
        // With the font the letters are drawn, without it they are not.
        let picture = |fonts| rasterise(&written, fonts).unwrap();
        assert_ne!(picture(&branded), picture(&embedded));
    }

    #[test]
    fn the_last_bar_says_what_it_sums_up() {
        let chart = |key: &str| Chart {
            key: key.into(),
            ..sample::report().charts[0].clone()
        };
        for (key, hidden, expected) in [
            ("top-users-by-cost", 4, "Places 7 to 10"),
            ("bill-top-users-by-cost", 1, "Place 7"),
            ("cost-by-project", 4, "4 others"),
            ("cost-by-project", 1, "1 other"),
        ] {
            let formatter = Formatter::new("en-US");
            assert_eq!(rest_label(&chart(key), 6, hidden, &formatter), expected);
        }
    }

    #[test]
    fn a_phone_gets_the_same_chart_with_fewer_letters() {
        for chart in &sample::report().charts {
            let drawn = svg(
                chart,
                "A message",
                &Formatter::new("en-US"),
                &Palette::new("#0b5cad"),
                Letters::All,
                Room::Phone,
            );
            assert!(drawn.contains("viewBox=\"0 0 330 "));
            let ends: Vec<Decimal> = drawn
                .split("<text ")
                .filter_map(|text| text.split(" x=\"").nth(1)?.split('"').next()?.parse().ok())
                .collect();
            assert!(ends.len() > 5 && ends.iter().all(|x| *x <= dec!(330)), "{ends:?}");
        }
    }

    #[test]
    fn pictures_are_the_same_each_time_and_white_behind() {
        let chart = &sample::report().charts[0];
        let drawn = draw(chart, Letters::Of(&Fonts::with(&[])));
        let picture = rasterise(&drawn, &Fonts::with(&[])).unwrap();
        assert_eq!(
            picture,
            rasterise(&draw(chart, Letters::Of(&Fonts::with(&[]))), &Fonts::with(&[])).unwrap()
        );
        let pixels = resvg::tiny_skia::Pixmap::decode_png(&picture).unwrap();
        let corner = pixels.pixel(0, 0).unwrap();
        assert_eq!(
            (corner.red(), corner.green(), corner.blue(), corner.alpha()),
            (255, 255, 255, 255)
        );
        let ink = pixels.pixels().iter().filter(|pixel| pixel.red() < 128).count();
        assert!(ink > 20_000, "bars and letters are drawn: {ink} dark pixels");
    }
}
