//! A bar for each budget, all in per cent of it: what is spent, what will be with its band, and one line where they are used up.

use super::axis::{Scale, number};
use super::{ATTENTION, Canvas, INK, MUTED, Palette, REST, Room, Type};
use crate::render::format::Formatter;
use crate::render::view::{named, shortened, state_word};
use crate::report::{BudgetBar, BudgetState};
use rust_decimal::{Decimal, dec};

/// Pixels above the first bar, where the line of the budgets is named.
const TOP: Decimal = dec!(18);
/// Pixels from one bar to the next.
const STEP: u32 = 28;
/// Pixels of what stands behind the bars.
const WORDS: Decimal = dec!(124);
/// Per cent of a budget beyond which bars end at the edge: one that is tenfold exceeded must not hide how the others stand.
const LARGEST: Decimal = dec!(200);

/// Height in pixels.
pub(super) fn height(bars: &[BudgetBar]) -> u32 {
    u32::try_from(bars.len().max(1)).unwrap_or(1) * STEP + 26
}

/// Pixels of the column of names, and the letters that fit it.
fn names(room: Room) -> (Decimal, usize) {
    match room {
        Room::Column => (dec!(150), 22),
        Room::Phone => (dec!(88), 13),
    }
}

/// Draws them.
pub(super) fn draw(canvas: &mut Canvas, bars: &[BudgetBar], formatter: &Formatter, palette: &Palette) {
    let (left, letters) = names(canvas.room);
    let ends = bars
        .iter()
        .flat_map(|bar| [bar.spent, bar.forecast, bar.high])
        .flatten()
        .chain([Decimal::ONE_HUNDRED])
        .map(|value| value.clamp(Decimal::ZERO, LARGEST));
    let scale = Scale::exactly(ends, left, canvas.width() - WORDS);
    for (at, bar) in bars.iter().enumerate() {
        let y = TOP + Decimal::from(at) * Decimal::from(STEP);
        let label = named(&bar.label.as_str().into(), formatter);
        let style = words("c-ink", INK, "start", false);
        canvas.text(&style, (dec!(0), y + dec!(15)), &shortened(&label, letters));
        draw_bar(canvas, bar, &scale, y, palette);
        let (class, colour) = colour(bar.state);
        let place = (canvas.width() - WORDS + dec!(10), y + dec!(15));
        canvas.text(&words(class, colour, "start", true), place, &told(bar, formatter));
    }
    let x = scale.place(Decimal::ONE_HUNDRED);
    let bottom = TOP + Decimal::from(bars.len()) * Decimal::from(STEP) + dec!(2);
    let whole = formatter.percent(Decimal::ONE_HUNDRED);
    canvas.text(
        &words("c-muted", MUTED, "middle", false),
        (x, TOP - dec!(7)),
        &whole,
    );
    stroke(
        canvas,
        "1.4",
        &format!("M{} {}V{}", number(x), number(TOP - dec!(2)), number(bottom)),
    );
}

fn draw_bar(canvas: &mut Canvas, bar: &BudgetBar, scale: &Scale, y: Decimal, palette: &Palette) {
    let zero = scale.place(Decimal::ZERO);
    let spent = bar.spent.map(|spent| scale.place(spent.max(Decimal::ZERO)));
    let forecast = bar
        .forecast
        .map(|forecast| scale.place(forecast.max(Decimal::ZERO)));
    if let Some(end) = forecast {
        canvas.rect("c-rest", REST, (zero, y + dec!(5)), (end - zero, dec!(13)));
    }
    if let Some(end) = spent {
        let accent = palette.accent.as_str();
        canvas.rect(
            "c-bar",
            accent,
            (zero, y + dec!(5)),
            ((end - zero).max(dec!(1)), dec!(13)),
        );
    }
    if let (Some(low), Some(high)) = (bar.low, bar.high) {
        let [low, high] = [low, high].map(|value| number(scale.place(value.max(Decimal::ZERO))));
        let (middle, top, bottom) = (number(y + dec!(11.5)), number(y + dec!(8)), number(y + dec!(15)));
        stroke(
            canvas,
            "1.2",
            &format!("M{low} {middle}H{high}M{low} {top}V{bottom}M{high} {top}V{bottom}"),
        );
    }
}

/// The larger of what is spent and what will be, and how it stands.
fn told(bar: &BudgetBar, formatter: &Formatter) -> String {
    let Some(state) = bar.state else {
        return formatter.not_available();
    };
    let shown = match state {
        BudgetState::Exceeded => bar.spent,
        _ => bar.forecast.or(bar.spent),
    };
    match shown {
        Some(percent) => format!("{} {}", formatter.percent(percent), state_word(state, formatter)),
        None => state_word(state, formatter),
    }
}

/// Words say it too, so that nobody needs the colour.
fn colour(state: Option<BudgetState>) -> (&'static str, &'static str) {
    match state {
        Some(BudgetState::Over | BudgetState::Exceeded | BudgetState::Unbudgeted) => ("c-up", "#b00020"),
        Some(BudgetState::Watch) => ("c-out", ATTENTION),
        Some(BudgetState::Ok) => ("c-down", "#0b6b3a"),
        None => ("c-muted", MUTED),
    }
}

fn words<'a>(class: &'static str, colour: &'a str, anchor: &'static str, strong: bool) -> Type<'a> {
    Type {
        class,
        colour,
        anchor,
        strong,
    }
}

fn stroke(canvas: &mut Canvas, width: &str, path: &str) {
    canvas.raw(&format!(
        "<path class=\"c-base\" fill=\"none\" stroke=\"{INK}\" stroke-width=\"{width}\" d=\"{path}\"/>"
    ));
}
