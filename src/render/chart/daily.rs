//! Bars for each day of a period, the comparison as a dashed line before them.

use super::axis::{Scale, number};
use super::{ATTENTION, Canvas, HAIRLINE, INK, MUTED, NOTE, Palette, Room, Type};
use crate::render::format::Formatter;
use crate::report::{Chart, Outlier};
use chrono::NaiveDate;
use rust_decimal::{Decimal, dec};

/// Bars for each day.
pub(super) struct Daily<'a> {
    pub(super) days: &'a [(NaiveDate, Option<Decimal>)],
    pub(super) base: &'a [Option<Decimal>],
    pub(super) outlier: Option<&'a Outlier>,
    pub(super) chart: &'a Chart,
    pub(super) formatter: &'a Formatter,
    pub(super) palette: &'a Palette,
}

const TOP: Decimal = dec!(22);
const BOTTOM: Decimal = dec!(194);
/// Pixels of a letter of a note, on average and a little more.
const LETTER: Decimal = dec!(6.3);

impl Daily<'_> {
    /// Draws them.
    pub(super) fn draw(&self, canvas: &mut Canvas) {
        let known = || self.days.iter().filter_map(|day| day.1);
        if known().next().is_none() {
            let style = Type {
                class: "c-muted",
                colour: MUTED,
                anchor: "middle",
                strong: false,
            };
            canvas.text(&style, (canvas.width() / dec!(2), dec!(110)), "No data available");
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
        let right = canvas.width() - dec!(4);
        let muted = Type {
            class: "c-muted",
            colour: MUTED,
            anchor: "end",
            strong: false,
        };
        for (tick, text) in &ticks {
            let y = scale.place(*tick);
            canvas.line(HAIRLINE, (left, y), (right, y));
            canvas.text(&muted, (left - dec!(8), y + dec!(4)), text);
        }
        let slot = (right - left) / Decimal::from(self.days.len());
        let middle = |at: usize| left + slot * (Decimal::from(at) + dec!(0.5));
        self.bars(canvas, &scale, slot, &middle);
        self.comparison(canvas, &scale, &middle);
        self.gaps(canvas, &scale, &middle);
        self.dates(canvas, right, &middle);
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
                let command = if pen_down { "L" } else { "M" };
                path += &[command, &number(middle(at)), " ", &number(scale.place(*value))].concat();
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

    fn dates(&self, canvas: &mut Canvas, right: Decimal, middle: &dyn Fn(usize) -> Decimal) {
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
        let step = if step == 1 && canvas.room == Room::Phone {
            2
        } else {
            step
        };
        for (at, (date, _)) in self.days.iter().enumerate().step_by(step) {
            let x = middle(at);
            let (anchor, x) = if x > right - dec!(20) {
                ("end", right)
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
        let short = format!(
            "{}: {value}, {} × ",
            self.formatter.short_day(outlier.date),
            self.formatter.decimal(outlier.times_usual, 1),
        );
        let text = match canvas.room {
            Room::Column => format!("{short}a usual {}", self.formatter.weekday(outlier.date)),
            Room::Phone => format!("{short}usual"),
        };
        let length = Decimal::from(text.chars().count()) * LETTER;
        let room_on_the_right = canvas.width() - middle(at) - dec!(9);
        let (anchor, x) = if at * 2 < self.days.len() && room_on_the_right >= length {
            ("start", middle(at) + dec!(9))
        } else {
            // Where neither side has room it begins at the edge, readable on its halo.
            ("end", (middle(at) - dec!(9)).max(length))
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
