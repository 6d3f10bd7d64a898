//! Names that are written from right to left: within a sentence they are isolated, so that they do not turn what stands around them.
//! Names that need none of it get nothing that cannot be seen.

use std::borrow::Cow;

/// First strong isolate, and its end.
const ISOLATE: [char; 2] = ['\u{2068}', '\u{2069}'];

/// Whether `letter` is a mark that turns or isolates what follows.
pub(crate) fn is_mark(letter: char) -> bool {
    matches!(
        letter,
        '\u{200e}' | '\u{200f}' | '\u{061c}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
    )
}

/// Whether `letter` is one of [`isolated`]'s.
pub(crate) fn is_isolate(letter: char) -> bool {
    ISOLATE.contains(&letter)
}

/// Whether `words` could turn what stands around them.
pub(super) fn turns(words: &str) -> bool {
    words
        .chars()
        .any(|letter| is_right_to_left(letter) || is_mark(letter))
}

/// `words` for within a sentence: without marks of its own, isolated where it has letters that run from right to left.
pub(crate) fn isolated(words: &str) -> Cow<'_, str> {
    if !turns(words) {
        return Cow::Borrowed(words);
    }
    let plain: String = words.chars().filter(|letter| !is_mark(*letter)).collect();
    if plain.chars().any(is_right_to_left) {
        format!("{}{plain}{}", ISOLATE[0], ISOLATE[1]).into()
    } else {
        plain.into()
    }
}

/// `words` for within a sentence, in which names may be isolated already: those stay, and marks that a cut has parted are a pair again.
pub(crate) fn within(words: &str) -> Cow<'_, str> {
    if !words.contains(is_isolate) {
        return isolated(words);
    }
    let (mut before, mut open) = (0, 0_usize);
    for letter in words.chars().filter(|letter| is_isolate(*letter)) {
        match open.checked_sub(1) {
            _ if letter == ISOLATE[0] => open += 1,
            Some(left) => open = left,
            None => before += 1,
        }
    }
    if (before, open) == (0, 0) {
        return Cow::Borrowed(words);
    }
    let marks = |mark: char, count: usize| mark.to_string().repeat(count);
    Cow::Owned(marks(ISOLATE[0], before) + words + &marks(ISOLATE[1], open))
}

/// Letters of the scripts that run from right to left.
///
/// Source: Unicode, `DerivedBidiClass.txt`, the ranges of `R` and `AL`.
fn is_right_to_left(letter: char) -> bool {
    matches!(
        u32::from(letter),
        0x0590..=0x08ff | 0xfb1d..=0xfdff | 0xfe70..=0xfefe | 0x1_0800..=0x1_0fff | 0x1_e800..=0x1_efff
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_that_run_from_right_to_left_are_isolated() {
        for (name, expected) in [
            ("Apollo 11", "Apollo 11"),
            ("日本語 – ñandú", "日本語 – ñandú"),
            ("פרויקט 7", "\u{2068}פרויקט 7\u{2069}"),
            ("مشروع", "\u{2068}مشروع\u{2069}"),
            ("a\u{202e}gnp.exe\u{2068}", "agnp.exe"),
            ("\u{2069}מ\u{2069}", "\u{2068}מ\u{2069}"),
        ] {
            assert_eq!(isolated(name), expected);
        }
    }

    #[test]
    fn names_that_are_isolated_stay_so_when_the_words_around_them_are_cut() {
        for (words, expected) in [
            ("Apollo", "Apollo"),
            ("מ", "\u{2068}מ\u{2069}"),
            ("\u{2068}מ\u{2069} and more", "\u{2068}מ\u{2069} and more"),
            ("of \u{2068}מ", "of \u{2068}מ\u{2069}"),
            ("מ\u{2069}, x", "\u{2068}מ\u{2069}, x"),
        ] {
            assert_eq!(within(words), expected);
        }
    }
}
