//! Colours, cell formats and number formats of the workbook.

use crate::metric::{Metric, Unit};
use crate::money::Currency;
use crate::render::format::{Formatter, RATE_DECIMALS};
use crate::report::Figure;
use rust_xlsxwriter::{Color, Format, FormatAlign, FormatBorder};

pub(super) const INK: Color = Color::RGB(0x001b_2430);
pub(super) const MUTED: Color = Color::RGB(0x005b_6675);
pub(super) const HAIRLINE: Color = Color::RGB(0x00e3_e7ec);
pub(super) const GROUND: Color = Color::RGB(0x00f5_f7f9);
pub(super) const ADVERSE: Color = Color::RGB(0x00b0_0020);
pub(super) const FAVOURABLE: Color = Color::RGB(0x000b_6b3a);
pub(super) const ATTENTION: Color = Color::RGB(0x00b4_5309);
/// The bars inside the cells: the accent, light enough to read a number on.
pub(super) const BAR: Color = Color::RGB(0x00a9_cbea);
/// The bar of what is summed up as "others".
pub(super) const REST: Color = Color::RGB(0x00c3_cad3);
const ACCENT: u32 = 0x000b_5cad;

/// The accent of the brand, or ours.
pub(super) fn accent(brand: Option<&str>) -> Color {
    let digits = brand
        .and_then(|text| text.strip_prefix('#'))
        .filter(|digits| digits.len() == 6);
    Color::RGB(
        digits
            .and_then(|digits| u32::from_str_radix(digits, 16).ok())
            .unwrap_or(ACCENT),
    )
}

pub(super) fn plain() -> Format {
    Format::new().set_font_color(INK).set_align(FormatAlign::Top)
}

pub(super) fn title() -> Format {
    plain().set_bold().set_font_size(18)
}

pub(super) fn heading() -> Format {
    plain().set_bold().set_font_size(13)
}

pub(super) fn muted() -> Format {
    plain().set_font_color(MUTED)
}

/// Words in a column that stands right of a number.
pub(super) fn beside() -> Format {
    plain().set_align(FormatAlign::Left).set_indent(1)
}

pub(super) fn missing() -> Format {
    muted().set_align(FormatAlign::Right)
}

/// The head of a column; numbers have theirs on the right.
pub(super) fn column_head(numeric: bool) -> Format {
    let side = if numeric {
        FormatAlign::Right
    } else {
        FormatAlign::Left
    };
    plain()
        .set_bold()
        .set_text_wrap()
        .set_background_color(GROUND)
        .set_border_bottom(FormatBorder::Thin)
        .set_border_bottom_color(MUTED)
        .set_align(FormatAlign::VerticalCenter)
        .set_align(side)
}

/// A number in `code`, Excel's own language for number formats.
pub(super) fn number(code: &str) -> Format {
    plain().set_num_format(code).set_align(FormatAlign::Right)
}

/// How the values of `figure` are shown: with the decimals that the page has. The cell holds them unrounded.
pub(super) fn code(figure: &Figure) -> String {
    measure_code(figure.metric, figure.unit, figure.currency)
}

/// See [`code`].
pub(super) fn measure_code(metric: Metric, unit: Unit, currency: Option<Currency>) -> String {
    let minor = currency.map_or(2, Currency::minor_units);
    match (unit, metric) {
        // Fractions of a cent are all there is to see in the price of one request.
        (Unit::Currency, Metric::AverageCostPerRequest) => grouped(minor + 4),
        (Unit::Currency, _) => grouped(minor),
        (Unit::Percent, _) => grouped(RATE_DECIMALS),
        (Unit::Count | Unit::Tokens, metric) if is_average(metric) => grouped(1),
        (Unit::Count | Unit::Tokens | Unit::Ms, _) => grouped(0),
    }
}

pub(super) fn grouped(decimals: u32) -> String {
    if decimals == 0 {
        return "#,##0".to_owned();
    }
    format!("#,##0.{}", "0".repeat(decimals as usize))
}

/// `code` with the sign always written.
pub(super) fn signed(code: &str) -> String {
    format!("+{code};-{code};{code}")
}

fn is_average(metric: Metric) -> bool {
    metric.key().starts_with("average_")
}

/// The unit as a column says it.
pub(super) fn unit_word(unit: Unit, currency: Option<Currency>, formatter: &Formatter) -> String {
    match unit {
        Unit::Count => formatter.say("unit-count"),
        Unit::Tokens => formatter.say("unit-tokens"),
        _ => unit_mark(unit, currency).to_owned(),
    }
}

/// The unit where a heading needs one: nothing for what is counted.
pub(super) fn unit_mark(unit: Unit, currency: Option<Currency>) -> &'static str {
    match unit {
        Unit::Currency => currency.map_or("", Currency::code),
        Unit::Percent => "%",
        Unit::Ms => "ms",
        Unit::Count | Unit::Tokens => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_have_the_minor_units_of_their_currency() {
        let code = |text: &str| measure_code(Metric::TotalCost, Unit::Currency, text.parse().ok());
        assert_eq!(
            (code("USD"), code("JPY"), code("KWD")),
            ("#,##0.00".into(), "#,##0".into(), "#,##0.000".into())
        );
    }

    #[test]
    fn a_brand_may_bring_its_accent() {
        assert_eq!(accent(Some("#102030")), Color::RGB(0x0010_2030));
        assert_eq!(accent(Some("red")), Color::RGB(ACCENT));
    }
}
