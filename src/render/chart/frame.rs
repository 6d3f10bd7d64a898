//! What all charts of days share: the grid with its values, the dates, and marks where nothing is known.

use super::axis::Scale;
use super::{ATTENTION, Canvas, HAIRLINE, MUTED, NOTE, Room, Type};
use crate::render::format::Formatter;
use chrono::NaiveDate;
use rust_decimal::{Decimal, dec};

const TOP: Decimal = dec!(22);
/// Where the values end and the dates begin.
pub(super) const BOTTOM: Decimal = dec!(194);

/// The grid of a chart of days.
pub(super) struct Frame<'a> {
    days: &'a [NaiveDate],
    scale: Scale,
    left: Decimal,
    right: Decimal,
    slot: Decimal,
}

impl<'a> Frame<'a> {
    /// Draws the grid for `values`.
    pub(super) fn draw(
        canvas: &mut Canvas<'_>,
        days: &'a [NaiveDate],
        values: impl Iterator<Item = Decimal>,
        formatter: &Formatter,
    ) -> Self {
        let scale = Scale::over(values, BOTTOM, TOP);
        let ticks: Vec<(Decimal, String)> = scale
            .ticks()
            .into_iter()
            .map(|tick| (tick, formatter.tick(tick)))
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
        Self {
            days,
            scale,
            left,
            right,
            slot: (right - left) / Decimal::from(days.len().max(1)),
        }
    }

    /// The middle of the day at `at`.
    pub(super) fn middle(&self, at: usize) -> Decimal {
        self.left + self.slot * (Decimal::from(at) + dec!(0.5))
    }

    /// The height of a value.
    pub(super) fn y(&self, value: Decimal) -> Decimal {
        self.scale.place(value)
    }

    /// The width of a bar.
    pub(super) fn bar_width(&self) -> Decimal {
        if self.slot > dec!(4) {
            (self.slot * dec!(0.64)).min(dec!(40))
        } else {
            self.slot * dec!(0.9)
        }
    }

    /// One mark for each run of days of which nothing is known.
    pub(super) fn gaps(
        &self,
        canvas: &mut Canvas<'_>,
        formatter: &Formatter,
        is_missing: &dyn Fn(usize) -> bool,
    ) {
        let words = formatter.not_available();
        let style = Type {
            class: NOTE,
            colour: ATTENTION,
            anchor: "middle",
            strong: true,
        };
        let mut from = None;
        for at in 0..=self.days.len() {
            let missing = at < self.days.len() && is_missing(at);
            match (from, missing) {
                (None, true) => from = Some(at),
                (Some(first), false) => {
                    let x = (self.middle(first) + self.middle(at - 1)) / dec!(2);
                    canvas.text(&style, (x, self.y(Decimal::ZERO) - dec!(5)), &words);
                    from = None;
                }
                _ => {}
            }
        }
    }

    /// The dates below.
    pub(super) fn dates(&self, canvas: &mut Canvas<'_>, formatter: &Formatter) {
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
        for (at, date) in self.days.iter().enumerate().step_by(step) {
            let x = self.middle(at);
            let (anchor, x) = if x > self.right - dec!(20) {
                ("end", self.right)
            } else {
                ("middle", x)
            };
            canvas.text(
                &style(anchor),
                (x, BOTTOM + dec!(18)),
                &formatter.short_day(*date),
            );
        }
    }
}
