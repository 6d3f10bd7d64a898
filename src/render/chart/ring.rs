//! A ring of the parts of a total, with the total in the middle and a legend that says amounts and shares.

use super::axis::number;
use super::{Canvas, INK, MUTED, Room, Type, legend};
use crate::language::{Text, say};
use crate::render::format::Formatter;
use crate::report::{Chart, Tint};
use rust_decimal::{Decimal, dec};

/// Radius of the middle of the ring, its width, and its circumference.
const RADIUS: Decimal = dec!(66);
const WIDTH: Decimal = dec!(28);
const AROUND: Decimal = dec!(414.69);
/// Pixels between two parts.
const GAP: Decimal = dec!(1.5);
/// Pixels of the square in which the ring stands, and of a row of the legend.
const SQUARE: u32 = 176;
const ROW: u32 = 24;
/// Letters that fit the hole.
const HOLE: usize = 12;

/// The parts of a ring.
pub(super) struct Ring<'a> {
    pub(super) chart: &'a Chart,
    pub(super) parts: &'a [(Text, Decimal)],
    pub(super) tints: &'a [Tint],
    pub(super) others: Option<(usize, Decimal)>,
    pub(super) shares: &'a [Decimal],
}

/// Height in pixels for so many rows of the legend.
pub(super) fn height(rows: usize, room: Room) -> u32 {
    let legend = u32::try_from(rows).unwrap_or(1) * ROW;
    match room {
        Room::Column => SQUARE.max(legend + 16),
        Room::Phone => SQUARE + legend + 8,
    }
}

impl Ring<'_> {
    /// Draws it.
    pub(super) fn draw(&self, canvas: &mut Canvas<'_>, formatter: &Formatter) {
        let rows: Vec<(Text, Decimal, &Tint)> = self
            .parts
            .iter()
            .zip(self.tints)
            .map(|((label, value), tint)| (label.clone(), *value, tint))
            .chain(self.others.map(|(_, value)| (say!("others"), value, &Tint::Rest)))
            .collect();
        let total = rows
            .iter()
            .fold(Decimal::ZERO, |sum, row| sum.saturating_add(row.1));
        let (x, y) = match canvas.room {
            Room::Column => (dec!(88), dec!(88)),
            Room::Phone => (canvas.width() / dec!(2), dec!(88)),
        };
        let mut begin = Decimal::ZERO;
        for (_, value, tint) in &rows {
            let length = value.checked_div(total).unwrap_or_default() * AROUND;
            let (class, colour, _) = legend::stroke(tint);
            canvas.raw(&format!(
                "<circle class=\"{class}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"{WIDTH}\" cx=\"{}\" cy=\"{}\" \
                 r=\"{RADIUS}\" stroke-dasharray=\"{} {AROUND}\" stroke-dashoffset=\"{}\" transform=\"rotate(-90 {} {})\"/>",
                number(x),
                number(y),
                number((length - GAP).max(dec!(0.6))),
                number(-begin),
                number(x),
                number(y),
            ));
            begin += length;
        }
        self.total(canvas, (x, y), total, formatter);
        self.legend(canvas, &rows, formatter);
    }

    fn total(
        &self,
        canvas: &mut Canvas<'_>,
        (x, y): (Decimal, Decimal),
        total: Decimal,
        formatter: &Formatter,
    ) {
        let style = |class, colour, strong| Type {
            class,
            colour,
            anchor: "middle",
            strong,
        };
        let code = self.chart.currency.map(|currency| currency.code().to_owned());
        let unit = code.unwrap_or_else(|| formatter.say("total"));
        canvas.text(&style("c-muted", MUTED, false), (x, y - dec!(8)), &unit);
        let exact = self.amount(total, formatter);
        let shown = if exact.chars().count() > HOLE {
            formatter.short(total)
        } else {
            exact
        };
        canvas.text(&style("c-ink", INK, true), (x, y + dec!(9)), &shown);
    }

    fn legend(&self, canvas: &mut Canvas<'_>, rows: &[(Text, Decimal, &Tint)], formatter: &Formatter) {
        let (left, letters) = match canvas.room {
            Room::Column => (dec!(208), 28),
            Room::Phone => (dec!(0), 20),
        };
        let (share, value) = (canvas.width(), canvas.width() - dec!(58));
        let of_all = Decimal::from(u32::try_from(rows.len()).unwrap_or(1) * ROW);
        let top = match canvas.room {
            Room::Column => {
                ((Decimal::from(height(rows.len(), Room::Column)) - of_all) / dec!(2)).max(dec!(4))
            }
            Room::Phone => Decimal::from(SQUARE) + dec!(4),
        };
        let ink = |anchor, strong| Type {
            class: "c-ink",
            colour: INK,
            anchor,
            strong,
        };
        for (at, (label, amount, tint)) in rows.iter().enumerate() {
            let y = top + Decimal::from(at) * Decimal::from(ROW);
            let (class, colour) = legend::area(tint);
            canvas.rect(class, &colour, (left, y + dec!(5)), (dec!(11), dec!(11)));
            let label = legend::label(canvas, label, at, letters, formatter);
            canvas.text(&ink("start", false), (left + dec!(18), y + dec!(15)), &label);
            let amount = self.amount(*amount, formatter);
            canvas.text(&ink("end", true), (value, y + dec!(15)), &amount);
            if let Some(percent) = self.shares.get(at) {
                let muted = Type {
                    class: "c-muted",
                    colour: MUTED,
                    anchor: "end",
                    strong: false,
                };
                canvas.text(&muted, (share, y + dec!(15)), &formatter.percent(*percent));
            }
        }
    }

    fn amount(&self, value: Decimal, formatter: &Formatter) -> String {
        match self.chart.currency {
            Some(currency) => formatter.amount(value, currency),
            None => formatter.in_unit(value, self.chart.unit, None),
        }
    }
}
