//! Durations as people word them: `2h 30m`, `45m`, `-15m`.

/// The units in the order in which they stand, with their seconds.
const UNITS: [(char, i64); 4] = [('d', 86_400), ('h', 3_600), ('m', 60), ('s', 1)];

/// Most digits of one number, so that no sum leaves the range of seconds.
const MAX_DIGITS: usize = 9;

/// Reads a duration in seconds: any subset of `Nd Nh Nm Ns` in this order, with or without spaces, perhaps with a sign in front.
/// `None` where it is anything else; nothing is guessed.
#[must_use]
pub fn parse(text: &str) -> Option<i64> {
    let text = text.trim();
    let (sign, mut rest) = match text.chars().next()? {
        '-' | '\u{2212}' => (-1, text.trim_start_matches(['-', '\u{2212}'])),
        '+' => (1, text.trim_start_matches('+')),
        _ => (1, text),
    };
    // One sign, not several.
    if text.chars().count() - rest.chars().count() > 1 {
        return None;
    }
    let (mut seconds, mut units) = (0, UNITS.iter());
    loop {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        if digits == 0 || digits > MAX_DIGITS {
            return None;
        }
        let number: i64 = rest[..digits].parse().ok()?;
        let unit = rest[digits..].chars().next()?;
        // Each unit once, the larger one first: the search goes on where the one before ended.
        let (_, factor) = units.find(|(known, _)| *known == unit)?;
        seconds += number * factor;
        rest = rest[digits + 1..].trim_start();
        if rest.is_empty() {
            return Some(sign * seconds);
        }
    }
}

/// Words a duration of seconds the same way: `2h 30m`, `-15m`; nothing at all is `0s`.
#[must_use]
pub fn format(seconds: i64) -> String {
    let (sign, mut rest) = (if seconds < 0 { "-" } else { "" }, seconds.unsigned_abs());
    let mut parts = Vec::new();
    for (unit, factor) in UNITS {
        let factor = factor.unsigned_abs();
        if rest >= factor {
            parts.push(format!("{}{unit}", rest / factor));
            rest %= factor;
        }
    }
    if parts.is_empty() {
        return "0s".to_owned();
    }
    format!("{sign}{}", parts.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn reads_any_subset_of_the_units() {
        for (text, seconds) in [
            ("2h 30m", 9_000),
            ("45m", 2_700),
            ("30s", 30),
            ("1d 2h 3m 4s", 93_784),
            ("1d", 86_400),
            ("1d 5s", 86_405),
            ("2h30m", 9_000),
            (" 90m ", 5_400),
            ("-15m", -900),
            ("\u{2212}15m", -900),
            ("+1h 5m", 3_900),
            ("0m", 0),
            ("-0s", 0),
            ("999999999d", 86_399_999_913_600),
        ] {
            assert_eq!(parse(text), Some(seconds), "{text}");
        }
    }

    #[test]
    fn guesses_nothing() {
        for text in [
            "",
            " ",
            "-",
            "h",
            "2",
            "2 h",
            "1.5h",
            "30m 2h",
            "2h 2h",
            "--5m",
            "+-5m",
            "- 5m",
            "5m -3s",
            "1w",
            "250ms",
            "2H",
            "2h,30m",
            "1000000000d",
            "two hours",
            "٣h",
            "2h 30m\u{0}",
        ] {
            assert_eq!(parse(text), None, "{text:?}");
        }
    }

    #[test]
    fn a_duration_is_worded_by_its_largest_units() {
        for (seconds, text) in [
            (9_000, "2h 30m"),
            (2_700, "45m"),
            (0, "0s"),
            (-900, "-15m"),
            (93_784, "1d 2h 3m 4s"),
            (86_405, "1d 5s"),
            (3_600, "1h"),
        ] {
            assert_eq!(format(seconds), text);
        }
        assert!(format(i64::MIN).starts_with("-106751991167300d"));
    }

    proptest! {
        #[test]
        fn what_is_worded_reads_the_same(seconds in -86_000_000_000_000_i64..86_000_000_000_000) {
            prop_assert_eq!(parse(&format(seconds)), Some(seconds));
        }

        #[test]
        fn no_text_is_too_odd(text in "\\PC*|[-+0-9dhms ]{0,30}") {
            prop_assert!(parse(&text).is_none_or(|seconds| parse(&format(seconds)) == Some(seconds)));
        }
    }
}
