//! Bars for each day of a period, the comparison as a dashed line before them.

use super::axis::number;
use super::frame::Frame;
use super::{ATTENTION, Canvas, INK, MUTED, NOTE, Palette, Room, Type};
use crate::language::say;
use crate::render::format::Formatter;
use crate::report::{Chart, Outlier};
use chrono::NaiveDate;
use rust_decimal::{Decimal, dec};

/// Bars for each day.
pub(super) struct Daily<'a> {
    pub(super) days: &'a [(NaiveDate, Option<Decimal>)],
    pub(super) base: &'a [Option<Decimal>],
    pub(super) outlier: Option<&'a Outlier>,
    pub(super) marked: &'a [NaiveDate],
    pub(super) chart: &'a Chart,
    pub(super) formatter: &'a Formatter,
    pub(super) palette: &'a Palette,
}

/// Pixels of a letter of a note, on average and a little more.
const LETTER: Decimal = dec!(6.3);

impl Daily<'_> {
    /// Draws them.
    pub(super) fn draw(&self, canvas: &mut Canvas<'_>) {
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
                (canvas.width() / dec!(2), dec!(110)),
                &self.formatter.say("no-data"),
            );
            return;
        }
        let dates: Vec<NaiveDate> = self.days.iter().map(|day| day.0).collect();
        let values = known().chain(self.base.iter().flatten().copied());
        let frame = Frame::draw(canvas, &dates, values, self.formatter);
        self.bars(canvas, &frame);
        self.comparison(canvas, &frame);
        frame.gaps(canvas, self.formatter, &|at| self.days[at].1.is_none());
        frame.dates(canvas, self.formatter);
        self.point_out(canvas, &frame);
    }

    fn bars(&self, canvas: &mut Canvas<'_>, frame: &Frame<'_>) {
        let width = frame.bar_width();
        let zero = frame.y(Decimal::ZERO);
        for (at, (date, value)) in self.days.iter().enumerate() {
            let Some(value) = value else { continue };
            let y = frame.y(*value);
            let pointed = self.outlier.is_some_and(|outlier| outlier.date == *date);
            let (class, colour) = if pointed || self.marked.contains(date) {
                ("c-out", ATTENTION)
            } else {
                ("c-bar", self.palette.accent.as_str())
            };
            canvas.rect(
                class,
                colour,
                (frame.middle(at) - width / dec!(2), y.min(zero)),
                (width, (y - zero).abs()),
            );
        }
    }

    /// The comparison as a dashed line, broken where it is unknown.
    fn comparison(&self, canvas: &mut Canvas<'_>, frame: &Frame<'_>) {
        let mut path = String::new();
        let mut pen_down = false;
        for (at, value) in self.base.iter().enumerate() {
            if let Some(value) = value {
                let command = if pen_down { "L" } else { "M" };
                path += &[command, &number(frame.middle(at)), " ", &number(frame.y(*value))].concat();
            }
            pen_down = value.is_some();
        }
        if !path.is_empty() {
            canvas.raw(&format!(
                "<path class=\"c-base\" fill=\"none\" stroke=\"{INK}\" stroke-width=\"1.4\" stroke-dasharray=\"3 3\" d=\"{path}\"/>"
            ));
        }
    }

    /// The outlier's label stands beside its bar, on the side where there is room.
    fn point_out(&self, canvas: &mut Canvas<'_>, frame: &Frame<'_>) {
        let Some(outlier) = self.outlier else { return };
        let Some(at) = self.days.iter().position(|day| day.0 == outlier.date) else {
            return;
        };
        let value = match self.chart.currency {
            Some(currency) => self.formatter.amount(outlier.value, currency),
            None => self.formatter.in_unit(outlier.value, self.chart.unit, None),
        };
        let day = self.formatter.short_day(outlier.date);
        let times = self.formatter.decimal(outlier.times_usual, 1);
        let text = self.formatter.put(match canvas.room {
            Room::Column => {
                let weekday = self.formatter.weekday(outlier.date);
                say!(
                    "usual-weekday",
                    "day" = day,
                    "value" = value,
                    "times" = times,
                    "weekday" = weekday
                )
            }
            Room::Phone => say!("usual", "day" = day, "value" = value, "times" = times),
        });
        let length = Decimal::from(text.chars().count()) * LETTER;
        let room_on_the_right = canvas.width() - frame.middle(at) - dec!(9);
        let (anchor, x) = if at * 2 < self.days.len() && room_on_the_right >= length {
            ("start", frame.middle(at) + dec!(9))
        } else {
            // Where neither side has room it begins at the edge, readable on its halo.
            ("end", (frame.middle(at) - dec!(9)).max(length))
        };
        let y = (frame.y(outlier.value) + dec!(4)).max(dec!(14));
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
