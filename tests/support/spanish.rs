//! Whether readers of Spanish read Spanish.

use regex::Regex;
use reportwire::language::{Hand, Language, Value};
use reportwire::source::Dataset;
use std::collections::BTreeMap;

/// Writes values without words.
struct Wordless;

impl Hand for Wordless {
    fn write(&self, _: &Value) -> String {
        "0".to_owned()
    }
}

/// Every notice of a dataset is said in Spanish, whatever went wrong.
pub(crate) fn assert_spanish_notices(dataset: &Dataset) {
    let language = Language::of("es-ES", &BTreeMap::new());
    for notice in &dataset.notices {
        let left = english_in(&language.text(&notice.text, &Wordless));
        assert!(left.is_empty(), "{left:#?}");
    }
}

/// The English words of ours in `face`, each with what stands around it.
pub(crate) fn english_in(face: &str) -> Vec<String> {
    // Names, and places in answers and files, are as they came.
    let tags = Regex::new("(?s)<style.*?</style>|<!--.*?-->|<[^>]*>").unwrap();
    // What a program said is quoted, and said to be English.
    let outside = Regex::new(r"en inglés\)?: «[^»]*»|`[^`]*`|\S*[/_@]\S*").unwrap();
    let english = Regex::new(
        r"(?i).{0,40}\b(the|of|and|was|were|is|are|has|have|with|than|from|to|by|in|which|not|its|it|for|as|at|days?|cost|requests?|tasks?|change|share|figures?|others?|notices?|missing|agents?|users?|models?|run|source|period|rows?|lists?|platform|available|shown|unattributed|name|before|after|up|down)\b.{0,20}",
    )
    .unwrap();
    let words = tags.replace_all(face, " ").replace("&#x60;", "`");
    let own = outside.replace_all(&words, " ");
    english
        .find_iter(&own)
        .map(|found| found.as_str().to_owned())
        .collect()
}
