use super::check::messages;
use super::*;
use regex::Regex;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

const ENGLISH: &str = include_str!("../../templates/language/en.ftl");
const SPANISH: &str = include_str!("../../templates/language/es.ftl");

fn spanish() -> std::sync::Arc<Language> {
    Language::of("es-ES", &BTreeMap::new())
}

/// The text of every file below `folder` with one of these ends, tests left out.
fn sources(folder: &Path, ends: &[&str], found: &mut Vec<String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() {
            sources(&path, ends, found);
        } else if ends.iter().any(|end| name.ends_with(end)) && !name.ends_with("tests.rs") {
            found.push(std::fs::read_to_string(&path).unwrap());
        }
    }
}

/// Every message that code and templates say: by its id, or as one of a family of ids.
fn used() -> BTreeSet<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut texts = Vec::new();
    sources(&root.join("src"), &[".rs"], &mut texts);
    sources(&root.join("templates"), &[".hbs"], &mut texts);
    // Whatever stands in quotes in the code and is a message counts as said, and what messages refer to.
    let quoted = Regex::new("\"([a-z][a-z0-9_-]*)\"").unwrap();
    let mut used: BTreeSet<String> = texts
        .iter()
        .flat_map(|text| quoted.captures_iter(text).map(|found| found[1].to_owned()))
        .collect();
    let referred = Regex::new(r"\{ ([a-z][a-z0-9_-]*) \}").unwrap();
    used.extend(
        [ENGLISH, SPANISH]
            .iter()
            .flat_map(|text| referred.captures_iter(text).map(|found| found[1].to_owned())),
    );
    let family = |name: &str| format!("\"{name}");
    let families = [
        "dimension-",
        "members-",
        "list-",
        "service-",
        "counted-",
        "kind-",
        "metric-",
        "meaning-",
    ];
    for prefix in families {
        assert!(
            texts.iter().any(|text| text.contains(&family(prefix))),
            "{prefix}"
        );
        let of_family = messages(ENGLISH).into_keys();
        used.extend(of_family.filter(|id| id.starts_with(prefix)));
    }
    let about: Vec<String> = used
        .iter()
        .filter(|id| id.starts_with("about-"))
        .cloned()
        .collect();
    used.extend(about.iter().map(|id| format!("{id}-text")));
    used
}

#[test]
fn every_language_has_every_message_with_the_same_arguments() {
    let (english, spanish) = (messages(ENGLISH), messages(SPANISH));
    for (id, arguments) in &english {
        assert_eq!(spanish.get(id), Some(arguments), "{id}");
    }
    assert_eq!(english.len(), spanish.len());
}

#[test]
fn every_message_is_said_somewhere_and_everything_that_is_said_is_a_message() {
    let (english, used) = (messages(ENGLISH), used());
    let unused: Vec<&String> = english.keys().filter(|id| !used.contains(*id)).collect();
    assert!(unused.is_empty(), "nobody says {unused:?}");
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut texts = Vec::new();
    sources(&root.join("src"), &[".rs"], &mut texts);
    sources(&root.join("templates"), &[".hbs"], &mut texts);
    let said = Regex::new(
        r#"(?s)(?:say!|told!)\(\s*"([a-z0-9_-]+)"([^;]*?)\)|\.say\("([a-z-]+)"\)|\{\{t "([a-z-]+)""#,
    )
    .unwrap();
    let mut found = 0;
    for text in &texts {
        for call in said.captures_iter(text) {
            let id = (1..=4)
                .filter(|at| *at != 2)
                .find_map(|at| call.get(at))
                .unwrap()
                .as_str();
            if text.contains("macro_rules! say") || text.contains("macro_rules! told") {
                continue;
            }
            assert!(english.contains_key(id), "there is no message `{id}`");
            found += 1;
        }
    }
    assert!(found > 150, "{found}");
}

#[test]
fn a_text_reads_as_english_and_is_said_in_spanish() {
    let gaps = |count: usize| say!("gaps", "count" = count);
    assert_eq!(gaps(1), "1 gap in the data");
    assert_eq!(gaps(3), "3 gaps in the data");
    assert_eq!(spanish().text(&gaps(1), &Plain), "1 laguna en los datos");
    assert_eq!(spanish().text(&gaps(3), &Plain), "3 lagunas en los datos");
    let nested = say!(
        "by-dimension",
        "dimension" = Text::keyed("dimension-", "service_type")
    );
    assert_eq!(nested, "By service type");
    assert_eq!(spanish().text(&nested, &Plain), "Por tipo de servicio");
    assert_eq!(
        serde_json::to_string(&nested).unwrap(),
        "\"By service type\"",
        "machines read English"
    );
    assert_eq!(Text::keyed("dimension-", "cost_center"), "cost center");
    assert_eq!(Text::members("company", 2), "companies");
    assert_eq!(Text::members("company", 1), "company");
}

#[test]
fn values_are_written_by_whoever_shows_the_text() {
    struct Letters;
    impl Hand for Letters {
        fn write(&self, value: &Value) -> String {
            match value {
                Value::Number(number) => format!("n{number}"),
                Value::Date(day) => format!("d{day}"),
                _ => "v".to_owned(),
            }
        }
    }
    let day = chrono::NaiveDate::from_ymd_opt(2026, 10, 3).unwrap();
    let reach = say!("reaches-only", "source" = "x", "day" = day, "last" = day);
    assert_eq!(
        reach,
        "The data of x reach only to 2026-10-03, and the period goes to 2026-10-03."
    );
    assert_eq!(
        Language::english().text(&reach, &Letters),
        "The data of x reach only to d2026-10-03, and the period goes to d2026-10-03."
    );
    assert_eq!(
        spanish().text(
            &Text::joined(&[reach.within(), Value::Date(day).into()], "; "),
            &Letters
        ),
        "los datos de x llegan solo hasta el d2026-10-03, y el periodo termina el d2026-10-03.; d2026-10-03"
    );
    let gaps = |count: u32| say!("gaps", "count" = count);
    assert_eq!(gaps(1000), "1000 gaps in the data", "machines read plain digits");
    assert_eq!(
        Language::english().text(&gaps(1000), &Letters),
        "n1000 gaps in the data"
    );
    assert_eq!(spanish().text(&gaps(999), &Letters), "999 lagunas en los datos");
    let pieces = spanish().pieces("gaps", &[("count", Some(Arg::Count(12_345)))], &Letters);
    assert_eq!(pieces, [Piece::Words("n12345 lagunas en los datos".into())]);
    let hostile = say!(
        "answer-flaws",
        "period" = "\u{10f100}7\u{10f101}",
        "path" = "p",
        "field" = "f",
        "flaw" = "\u{10f100}",
        "count" = 2000_u32,
    );
    assert!(
        spanish()
            .text(&hostile, &Letters)
            .contains("(y otros n2000 valores"),
        "{hostile}"
    );
    assert!(
        spanish()
            .text(&hostile, &Letters)
            .starts_with("7: en la respuesta"),
        "{hostile}"
    );
}

#[test]
fn hostile_arguments_stay_as_they_are() {
    for name in [
        "{ $count }",
        "\"quoted\" { -term }",
        "two\nlines",
        "\u{202e}gnp.exe",
        "\u{10f000}\u{10f001}",
        "",
    ] {
        let text = say!(
            "foot-source",
            "source" = name,
            "platform" = name,
            "instant" = "now"
        );
        assert_eq!(text, format!("Source: {name} ({name}), fetched now").as_str());
        assert_eq!(
            spanish().text(&text, &Plain),
            format!("Fuente: {name} ({name}), consultada el now")
        );
        let args = [
            ("name", None),
            ("value", None),
            ("members", Some(Arg::from(name))),
        ];
        let pieces = spanish().pieces("mover-among-cost-more", &args, &Plain);
        let values = pieces.iter().filter(|piece| matches!(piece, Piece::Value(_)));
        assert_eq!(values.count(), 2, "{pieces:?}");
    }
}

#[test]
fn a_job_may_add_a_language_or_say_some_messages_in_its_own_words() {
    let files = |path: &str, source: &str| BTreeMap::from([(path.to_owned(), source.to_owned())]);
    let french = files("language/fr.ftl", "share = Part\ngaps = { $count } lacunes\n");
    let language = Language::of("fr-FR", &french);
    assert_eq!(language.tag(), "fr");
    assert_eq!(language.word("share"), "Part");
    assert_eq!(language.text(&say!("gaps", "count" = 2_u32), &Plain), "2 lacunes");
    assert_eq!(language.word("change"), "Change", "what it lacks stays English");
    let own = Language::of(
        "es-AR",
        &files("language/es.ftl", "metric-total_cost = Costo del servicio\n"),
    );
    assert_eq!(own.text(&say!("metric-total_cost"), &Plain), "Costo del servicio");
    assert_eq!(own.word("share"), "% del total");
    let other = Language::of("de-DE", &files("language/en.ftl", "share = Part of it\n"));
    assert_eq!((other.tag(), other.word("share").as_str()), ("en", "Part of it"));
    assert!(Language::of("de-DE", &BTreeMap::new()).is_english());
}

#[test]
fn what_is_wrong_in_a_file_is_told_with_its_line() {
    let check = |source: &str, line: usize, says: &str| {
        let found = problems("language/fr.ftl", source);
        assert!(
            found
                .iter()
                .any(|problem| problem.line == line && problem.what.contains(says)),
            "{found:?}"
        );
    };
    check("share = Part\nthis is no Fluent\n", 2, "is not Fluent");
    check("share = Part\n\nshares = Parts\n", 3, "did you mean `share`");
    check("zzzzzzzzzzzz = x\n", 1, "there is no message");
    check("gaps = { $number } lacunes\n", 1, "it has `$count`");
    check("share = { $count }\n", 1, "it has no arguments");
    check(
        "share = { other }\n",
        1,
        "cannot be put together: there is no message `other`",
    );
    check("share = { NUMBER(1) }\n", 1, "cannot be put together");
    check(&"#".repeat(300_000), 0, "at most");
    let several = problems(
        "language/fr.ftl",
        "shares = Parts\n-brand { Acme\n-firm = {\nshare = Part de { -firm }\nzzzzzzzzzzzz = x\n",
    );
    let lines: Vec<usize> = several.iter().map(|problem| problem.line).collect();
    assert_eq!(
        lines,
        [1, 2, 4, 5],
        "one bad line hides no other problem: {several:?}"
    );
    let variants = |inner: &str| {
        format!(
            "share = Part\ngaps = {{ $count ->\n    [one] une\n    [two] {inner}\n   *[other] {{ $count }}\n}} x\n"
        )
    };
    check(
        &variants("{ NUMBER($count) }"),
        4,
        "the variant `[two]` of the message `gaps` cannot be put together: there is no function `NUMBER`",
    );
    check(&variants("{ lacunes }"), 4, "there is no message `lacunes`");
    check(
        &variants("{ -lacunes }"),
        4,
        "there is no term `-lacunes`; write `-lacunes = …`",
    );
    check(
        &variants("{ $number }"),
        4,
        "the variant `[two]` of the message `gaps` has no argument `$number`; it has `$count`",
    );
    check(&variants("{ gaps }"), 4, "leads back to it");
    check(&variants("{ share.x }"), 4, "is no text");
    check(
        "answer-was = { $value }\nshare = { answer-was }\n",
        2,
        "it has no argument `$value`, which `answer-was` needs",
    );
    check(
        "rule-value = { $side ->\n    [above] plus\n   *[below] { $limit ->\n        [one] x\n       *[other] { -less }\n    }\n}\n",
        5,
        "the variant `[below] [other]` of the message `rule-value`",
    );
    check(
        "-a = { -b }\n-b = { -a }\nshare = { -a }\n",
        3,
        "leads back to itself",
    );
    check(
        "-a = { $n ->\n    [x] { -b }\n   *[y] z\n}\nshare = { -a(n: \"x\") }\n",
        5,
        "the variant `[x]` of the message `share`",
    );
    for path in [
        "language/FR.ftl",
        "language/fr-FR.ftl",
        "language/fr.txt",
        "fr.ftl",
    ] {
        assert_eq!(problems(path, "share = Part\n").len(), 1, "{path}");
    }
    assert_eq!(
        problems(
            "language/es.ftl",
            "answer-was = Se gastó { $value } { in-period }\n"
        ),
        []
    );
    let kinds = "answer-was = { $period-kind ->\n    [week] { $value } la { $period }\n   *[other] { $value } { in-period }\n}\nin-period = en { $period }\n";
    assert_eq!(problems("language/fr.ftl", kinds), []);
    let fine = "# words\n-brand = Acme\nshare = Part de { -brand }\ngaps = { $count ->\n    [one] une\n   *[other] { $count }\n}\n";
    assert_eq!(problems("language/fr.ftl", fine), []);
    for (path, source) in [("language/en.ftl", ENGLISH), ("language/es.ftl", SPANISH)] {
        assert_eq!(problems(path, source), [], "the program's own");
    }
}
