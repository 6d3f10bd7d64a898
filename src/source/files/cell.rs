//! The text of one cell, read exactly. Every `Err` is the reason, without the place.

use crate::money;
use chrono::{NaiveDate, NaiveTime, TimeDelta};
use rust_decimal::Decimal;

/// Longest piece of a bad cell that an error shows.
const SHOWN: usize = 60;

/// A cell as an error shows it: short, on one line, without control characters.
pub(crate) fn shown(cell: &[u8]) -> String {
    let text = String::from_utf8_lossy(&cell[..cell.len().min(4 * SHOWN)]);
    let mut short: String = text.chars().take(SHOWN).flat_map(char::escape_debug).collect();
    if text.chars().nth(SHOWN).is_some() {
        short.push('…');
    }
    short
}

/// Text that is kept.
pub(crate) fn text(cell: &[u8]) -> Result<&str, String> {
    std::str::from_utf8(cell).map_err(|_| format!("`{}` is not UTF-8; save the file as UTF-8", shown(cell)))
}

/// A decimal number, plain or in scientific notation.
pub(crate) fn decimal(cell: &[u8]) -> Result<Decimal, String> {
    if let Some(value) = short_decimal(cell) {
        return Ok(value);
    }
    if cell.is_empty() {
        return Err("is empty; an amount is needed, 0 if there is none".to_owned());
    }
    let not_a_number = || {
        format!(
            "`{}` is not a decimal number; write digits with a dot and without grouping",
            shown(cell)
        )
    };
    let text = std::str::from_utf8(cell).map_err(|_| not_a_number())?;
    money::exact(text).map_err(|error| match error {
        money::MoneyError::TooPrecise(_) => {
            format!("`{}` has more digits than can be kept exactly (28)", shown(cell))
        }
        _ => not_a_number(),
    })
}

/// Plain digits that fit 64 bits, which is nearly every amount of a bill; `None` leaves it to the thorough way.
fn short_decimal(cell: &[u8]) -> Option<Decimal> {
    let (negative, digits) = match cell.strip_prefix(b"-") {
        Some(digits) => (true, digits),
        None => (false, cell),
    };
    if digits.is_empty() || digits.len() > 18 {
        return None;
    }
    let (mut mantissa, mut point) = (0_i64, None);
    for (at, byte) in digits.iter().enumerate() {
        match byte {
            b'0'..=b'9' => mantissa = mantissa * 10 + i64::from(byte - b'0'),
            b'.' if point.is_none() && at + 1 < digits.len() => point = Some(at),
            _ => return None,
        }
    }
    let scale = point.map_or(0, |at| digits.len() - at - 1);
    let mantissa = if negative { -mantissa } else { mantissa };
    Some(Decimal::new(mantissa, u32::try_from(scale).ok()?))
}

/// A whole number of zero or more; an empty cell is 0.
pub(crate) fn count(cell: &[u8]) -> Result<Decimal, String> {
    let digits = cell.iter().try_fold(0_u64, |value, byte| match byte {
        b'0'..=b'9' => value.checked_mul(10)?.checked_add(u64::from(byte - b'0')),
        _ => None,
    });
    digits
        .map(Decimal::from)
        .ok_or_else(|| format!("`{}` is not a whole number of zero or more", shown(cell)))
}

/// A date written `2026-10-31`.
pub(crate) fn date(cell: &[u8]) -> Result<NaiveDate, String> {
    if cell.is_empty() {
        return Err("is empty; a date such as 2026-10-31 is needed".to_owned());
    }
    iso_date(cell).ok_or_else(|| format!("`{}` is not a date such as 2026-10-31", shown(cell)))
}

fn iso_date(cell: &[u8]) -> Option<NaiveDate> {
    let [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2] = cell else {
        return None;
    };
    let year = number(&[*y1, *y2, *y3, *y4])?;
    NaiveDate::from_ymd_opt(
        i32::try_from(year).ok()?,
        number(&[*m1, *m2])?,
        number(&[*d1, *d2])?,
    )
}

/// A short run of digits.
fn number(digits: &[u8]) -> Option<u32> {
    digits
        .iter()
        .try_fold(0, |value, byte| match byte {
            b'0'..=b'9' => Some(value * 10 + u32::from(byte - b'0')),
            _ => None,
        })
        .filter(|_| !digits.is_empty())
}

/// The UTC date of an instant: `2026-10-05T00:00:00Z`, `2024-09-18 22:00:00`, with a fraction, an offset, ` UTC`, or
/// without seconds. Without an offset it is UTC, as FOCUS demands.
pub(crate) fn utc_date(cell: &[u8]) -> Result<NaiveDate, String> {
    if cell.is_empty() {
        return Err("is empty; an instant such as 2026-10-05T00:00:00Z is needed".to_owned());
    }
    instant_date(cell)
        .ok_or_else(|| format!("`{}` is not an instant such as 2026-10-05T00:00:00Z", shown(cell)))
}

fn instant_date(cell: &[u8]) -> Option<NaiveDate> {
    let (day, rest) = cell.split_at_checked(10)?;
    let day = iso_date(day)?;
    let Some((b'T' | b't' | b' ', rest)) = rest.split_first() else {
        return rest.is_empty().then_some(day);
    };
    let zone_at = rest
        .iter()
        .position(|byte| !matches!(byte, b'0'..=b'9' | b':' | b'.'))
        .unwrap_or(rest.len());
    let time = time_of_day(&rest[..zone_at])?;
    let ahead = offset_minutes(&rest[zone_at..])?;
    if ahead == 0 {
        return Some(day);
    }
    Some(
        day.and_time(time)
            .checked_sub_signed(TimeDelta::minutes(ahead))?
            .date(),
    )
}

fn time_of_day(text: &[u8]) -> Option<NaiveTime> {
    let mut parts = text.splitn(3, |byte| *byte == b':');
    let hour = number(parts.next().filter(|part| part.len() == 2)?)?;
    let minute = number(parts.next().filter(|part| part.len() == 2)?)?;
    let second = match parts.next() {
        None => 0,
        Some(seconds) => {
            let (whole, fraction) = seconds.split_at_checked(2)?;
            match fraction {
                [] => {}
                [b'.', digits @ ..] if !digits.is_empty() && digits.iter().all(u8::is_ascii_digit) => {}
                _ => return None,
            }
            number(whole)?
        }
    };
    // A leap second belongs to the minute that it ends.
    let second = if second == 60 { 59 } else { second };
    NaiveTime::from_hms_opt(hour, minute, second)
}

/// How far ahead of UTC a zone suffix is.
fn offset_minutes(suffix: &[u8]) -> Option<i64> {
    let (sign, digits) = match suffix {
        b"" | b"Z" | b"z" | b" UTC" => return Some(0),
        [b'+', digits @ ..] => (1, digits),
        [b'-', digits @ ..] => (-1, digits),
        _ => return None,
    };
    let (hours, minutes) = match digits {
        [h1, h2] => ([*h1, *h2], [b'0', b'0']),
        [h1, h2, m1, m2] | [h1, h2, b':', m1, m2] => ([*h1, *h2], [*m1, *m2]),
        _ => return None,
    };
    let (hours, minutes) = (number(&hours)?, number(&minutes)?);
    (hours <= 18 && minutes < 60).then(|| sign * i64::from(hours * 60 + minutes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn instants_belong_to_their_utc_date() {
        for (text, expected) in [
            ("2024-09-18 22:00:00", "2024-09-18"),
            ("2026-10-05T00:00:00Z", "2026-10-05"),
            ("2026-10-05T00:00Z", "2026-10-05"),
            ("2026-10-05 00:00:00.000000 UTC", "2026-10-05"),
            ("2026-10-05T23:59:60Z", "2026-10-05"),
            ("2026-10-05T01:30:00+02:00", "2026-10-04"),
            ("2026-12-31T23:00:00.5-0130", "2027-01-01"),
            ("2026-10-05T00:00:00-00", "2026-10-05"),
            ("2026-10-05", "2026-10-05"),
        ] {
            assert_eq!(
                utc_date(text.as_bytes()).map(|date| date.to_string()),
                Ok(expected.to_owned()),
                "{text}"
            );
        }
        for text in [
            "",
            "2026-10-05T",
            "2026-10-05T24:00:00Z",
            "2026-10-05T00:60:00Z",
            "2026-02-30T00:00:00Z",
            "2026-10-05T00:00:00.Z",
            "2026-10-05T00:00:00+2",
            "2026-10-05T00:00:00+99:00",
            "2026-10-05T0:00:00Z",
            "2026-10-05X00:00:00Z",
            "05/10/2026",
            "2026-10-0５",
            "1728086400",
        ] {
            assert!(utc_date(text.as_bytes()).is_err(), "{text}");
        }
    }

    #[test]
    fn counts_are_whole_and_never_negative() {
        assert_eq!(count(b""), Ok(Decimal::ZERO));
        assert_eq!(count(b"18446744073709551615"), Ok(Decimal::from(u64::MAX)));
        for text in ["-1", "1.0", "1e3", " 1", "+1", "18446744073709551616", "many"] {
            assert!(count(text.as_bytes()).is_err(), "{text}");
        }
    }

    #[test]
    fn a_shown_cell_is_short_and_on_one_line() {
        assert_eq!(shown(b"a\r\n\x1b[31mb\xff"), "a\\r\\n\\u{1b}[31mb\u{fffd}");
        assert!(shown(&[b'x'; 10_000]).chars().count() <= SHOWN + 1);
    }

    proptest! {
        #[test]
        fn the_short_way_reads_what_the_thorough_way_reads(text in "-?[0-9]{0,12}\\.?[0-9]{0,12}(e-?[0-9])?") {
            let thorough = money::exact(&text);
            prop_assert_eq!(decimal(text.as_bytes()).ok(), thorough.clone().ok());
            if let Some(value) = short_decimal(text.as_bytes()) {
                prop_assert_eq!(Ok(value), thorough);
            }
        }
    }
}
