//! Cells: the one place where text and decimals enter a sheet.

use super::style;
use crate::render::format::Formatter;
use crate::render::neutral::starts_a_formula;
use chrono::NaiveDate;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use rust_xlsxwriter::{Format, Worksheet, XlsxError};
use std::collections::HashMap;

/// Significant digits that a number of Excel holds.
const DIGITS: u32 = 15;

/// Longest text of a cell, in units of UTF-16.
const LONGEST: usize = 32_767;

/// Bounds of a column's width, in characters.
const WIDTHS: (f64, f64) = (9.0, 60.0);

/// Characters that a column has beside those of its cells, and pixels of a character.
const MARGIN: f64 = 2.0;
const LETTER: f64 = 7.0;

/// Height of a line, in points.
const LINE: f64 = 15.0;

/// Lines that a row shows at most; Excel's rows end at 409 points.
const MOST_LINES: f64 = 20.0;

/// A sheet being written, and the widths its columns need.
pub(super) struct Grid<'w> {
    pub(super) sheet: &'w mut Worksheet,
    pub(super) formatter: &'w Formatter,
    widths: Vec<f64>,
    /// Heights of the rows whose text wraps.
    heights: HashMap<u32, f64>,
    /// Values that were written as text, since a number would have lost digits.
    pub(super) as_text: usize,
    /// The last row of its tables.
    pub(super) bottom: u32,
}

impl<'w> Grid<'w> {
    /// Names the sheet and sets it up for print: landscape A4, as wide as the page.
    pub(super) fn new(
        sheet: &'w mut Worksheet,
        name: &str,
        accent: bool,
        formatter: &'w Formatter,
    ) -> Result<Self, XlsxError> {
        sheet.set_name(name)?;
        sheet
            .set_landscape()
            .set_paper_size(9)
            .set_print_fit_to_pages(1, 0);
        sheet.set_margins(0.5, 0.5, 0.6, 0.6, 0.3, 0.3);
        sheet.set_footer("&L&8&A&R&8&P / &N");
        sheet.set_screen_gridlines(false);
        if accent {
            sheet.set_tab_color(style::MUTED);
        }
        Ok(Self {
            sheet,
            formatter,
            widths: Vec::new(),
            heights: HashMap::new(),
            as_text: 0,
            bottom: 0,
        })
    }

    /// Text beside no other, such as a heading: it may run over the cells to its right.
    pub(super) fn heading(
        &mut self,
        row: u32,
        col: u16,
        text: &str,
        format: &Format,
    ) -> Result<(), XlsxError> {
        self.write_text(row, col, text, format)
    }

    /// Text of a column.
    pub(super) fn text(&mut self, row: u32, col: u16, text: &str, format: &Format) -> Result<(), XlsxError> {
        let width = width(text);
        self.widen(col, width);
        if width > WIDTHS.1 || text.contains('\n') {
            self.heighten(row, text, WIDTHS.1)?;
            return self.write_text(row, col, text, &format.clone().set_text_wrap());
        }
        self.write_text(row, col, text, format)
    }

    /// Makes room in `row` for `text`, which wraps after `columns` characters: not every reader does that by itself.
    pub(super) fn heighten(&mut self, row: u32, text: &str, columns: f64) -> Result<(), XlsxError> {
        let wraps = |line: &str| (width_of_line(line) * 1.1 / columns).ceil().max(1.0);
        let lines = text.lines().map(wraps).sum::<f64>().clamp(1.0, MOST_LINES);
        let height = lines * LINE;
        let tallest = self.heights.entry(row).or_insert(0.0);
        if height > *tallest {
            *tallest = height;
            if lines > 1.0 {
                self.sheet.set_row_height(row, height)?;
            }
        }
        Ok(())
    }

    fn write_text(&mut self, row: u32, col: u16, text: &str, format: &Format) -> Result<(), XlsxError> {
        let text = clipped(text);
        if starts_a_formula(&text) {
            // Whoever opens the cell and leaves it again does not make a formula of it.
            self.sheet
                .write_string_with_format(row, col, text, &format.clone().set_quote_prefix())?;
        } else {
            self.sheet.write_string_with_format(row, col, text, format)?;
        }
        Ok(())
    }

    pub(super) fn missing(&mut self, row: u32, col: u16) -> Result<(), XlsxError> {
        self.text(row, col, &self.formatter.not_available(), &style::missing())
    }

    /// A quantity, or "n/a". Beyond 15 significant digits it is text, so that no digit is lost, unless `rounded` says that it is a
    /// quotient, whose last digits are rounded anyway. Returns whether the cell is a number.
    pub(super) fn quantity(
        &mut self,
        row: u32,
        col: u16,
        value: Option<Decimal>,
        code: &str,
        rounded: bool,
    ) -> Result<bool, XlsxError> {
        let Some(value) = value.map(|value| value.normalize()) else {
            self.missing(row, col)?;
            return Ok(false);
        };
        let number = if rounded { nearest(value) } else { exact(value) };
        let Some(number) = number else {
            self.as_text += 1;
            self.text(
                row,
                col,
                &self.formatter.decimal(value, value.scale()),
                &style::plain().set_align(rust_xlsxwriter::FormatAlign::Right),
            )?;
            return Ok(false);
        };
        self.widen(col, shown_width(value, code));
        self.sheet
            .write_number_with_format(row, col, number, &style::number(code))?;
        Ok(true)
    }

    pub(super) fn date(&mut self, row: u32, col: u16, date: NaiveDate) -> Result<(), XlsxError> {
        self.widen(col, 12.0);
        let format = style::plain()
            .set_num_format(self.formatter.date_code())
            .set_align(rust_xlsxwriter::FormatAlign::Left);
        self.sheet.write_datetime_with_format(row, col, date, &format)?;
        Ok(())
    }

    /// Asks for a column of at least `width` characters.
    pub(super) fn widen(&mut self, col: u16, width: f64) {
        let col = usize::from(col);
        if self.widths.len() <= col {
            self.widths.resize(col + 1, WIDTHS.0);
        }
        self.widths[col] = self.widths[col].max(width.min(WIDTHS.1));
    }

    /// Width of all columns that have asked for one, in pixels.
    pub(super) fn pixels(&self) -> f64 {
        let widths = self.widths.iter();
        widths.map(|width| (width + MARGIN) * LETTER).sum()
    }

    /// Sets the widths that the cells asked for.
    pub(super) fn fit(&mut self) -> Result<(), XlsxError> {
        for (col, width) in (0_u16..).zip(&self.widths) {
            self.sheet.set_column_width(col, *width + MARGIN)?;
        }
        Ok(())
    }
}

/// The number, where 15 digits hold it.
pub(super) fn exact(value: Decimal) -> Option<f64> {
    let digits = value
        .mantissa()
        .unsigned_abs()
        .checked_ilog10()
        .map_or(1, |log| log + 1);
    // Trailing zeros of a large integer are digits too: 10^20 is exact as text only.
    if digits > DIGITS { None } else { nearest(value) }
}

/// The nearest number that Excel has. A spreadsheet knows no decimals; this is where ours end.
pub(super) fn nearest(value: Decimal) -> Option<f64> {
    value.to_string().parse().ok().or_else(|| value.to_f64())
}

/// At most what a cell holds; the end of what is cut off reads `…`.
fn clipped(text: &str) -> String {
    if text.len() <= LONGEST || text.encode_utf16().count() <= LONGEST {
        return text.to_owned();
    }
    let mut room = LONGEST - 1;
    let fits = |letter: &char| {
        let left = room.checked_sub(letter.len_utf16());
        room = left.unwrap_or(0);
        left.is_some()
    };
    text.chars().take_while(fits).chain(['…']).collect()
}

/// Characters of the longest line; letters of East Asia and emoji are twice as wide.
pub(super) fn width(text: &str) -> f64 {
    text.lines().map(width_of_line).fold(0.0, f64::max).min(100.0)
}

fn width_of_line(line: &str) -> f64 {
    let columns: u32 = line
        .chars()
        .take(LONGEST)
        .map(|letter| if letter < '\u{1100}' { 1 } else { 2 })
        .sum();
    f64::from(columns)
}

/// Characters of `value` as shown in `code`: digits, a comma for each three, decimals, sign.
fn shown_width(value: Decimal, code: &str) -> f64 {
    let whole = value
        .trunc()
        .mantissa()
        .unsigned_abs()
        .checked_ilog10()
        .map_or(1, |log| log + 1);
    let shown = code.split(';').next().unwrap_or(code);
    let decimals = shown
        .split_once('.')
        .map_or(0, |(_, decimals)| decimals.len() + 1);
    f64::from(whole + (whole - 1) / 3 + 2) + f64::from(u32::try_from(decimals).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rust_decimal::dec;

    #[test]
    fn fifteen_digits_are_a_number_and_sixteen_are_text() {
        assert_eq!(exact(dec!(123456789012.345)), Some(123_456_789_012.345));
        assert_eq!(exact(dec!(1234567890123.456)), None);
        assert_eq!(exact(dec!(0)), Some(0.0));
        assert_eq!(exact(dec!(-0.000000000000001)), Some(-1e-15));
    }

    #[test]
    fn text_is_cut_where_a_cell_ends() {
        let long = "🦀".repeat(20_000);
        let cut = clipped(&long);
        assert!(cut.encode_utf16().count() <= LONGEST && cut.ends_with('…'));
        assert_eq!(clipped("x"), "x");
    }

    proptest! {
        #[test]
        fn what_is_written_as_a_number_reads_the_same(mantissa in -999_999_999_999_999_i64..=999_999_999_999_999, scale in 0u32..=15) {
            let value = Decimal::new(mantissa, scale).normalize();
            let number = exact(value).unwrap();
            prop_assert_eq!(crate::money::exact(&format!("{number}")), Ok(value));
        }
    }
}
