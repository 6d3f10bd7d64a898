//! A company in Madrid reads its reports in Spanish; its machines go on reading English.

use crate::world::{TOKEN, World, company, rows};
use calamine::{Reader as _, Xlsx};
use mail_parser::MessageParser;
use regex::Regex;
use reportwire::demo::platform::Platform;
use serde_json::Value;
use std::fs;
use std::io::Cursor;
use std::path::Path;
use std::process::Command;

/// What is left of a page when style and tags are gone.
fn read(page: &str) -> String {
    let style = Regex::new("(?s)<style.*?</style>|<!--.*?-->").unwrap();
    let tags = Regex::new("<[^>]*>").unwrap();
    tags.replace_all(&style.replace_all(page, " "), " ").into_owned()
}

fn assert_no_english(text: &str, what: &str) {
    let words = Regex::new(
        r"(?i)\b(the|of|and|was|were|is|are|with|than|from|total cost|requests|change|share|others|notices|missing|spend|rose|fell|users|source|fetched|generated|available|shown|compared|per day)\b",
    )
    .unwrap();
    let left: Vec<&str> = words.find_iter(text).map(|word| word.as_str()).collect();
    assert!(left.is_empty(), "{what}: {left:?} in {text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn finance_in_madrid_reads_spanish_and_its_machines_read_english() {
    let platform = Platform::start(company(), TOKEN).await.unwrap();
    let world = World::new(&platform.base_url).await;
    world.edit(
        "title = \"AI platform: monthly full report\"",
        "title = \"Plataforma de IA: informe mensual\"\nlocale = \"es-ES\"",
    );
    let answer = world.run(&[]);
    assert_eq!(answer.code, 0, "{}", answer.err);
    let dropped = world.dropped();
    let file = |ext: &str| &dropped[&format!("monthly-full-report_2026-10.{ext}")];

    let page = String::from_utf8(file("html").clone()).unwrap();
    assert!(page.contains("<html lang=\"es-ES\">"));
    assert!(page.contains("Octubre de 2026"));
    for heading in ["Mayores variaciones", "Todos los indicadores", "Costo por día"] {
        assert!(page.contains(heading), "{heading}");
    }
    assert_no_english(&read(&page), "page");
    assert_no_english(&String::from_utf8_lossy(file("txt")), "text");

    let mails = world.smtp.accepted();
    let mail = MessageParser::default().parse(&mails[0].content).unwrap();
    let subject = mail.subject().unwrap();
    assert!(
        subject.starts_with("Plataforma de IA: informe mensual: octubre de 2026")
            && subject.ends_with(" (generado a mano)"),
        "{subject}"
    );
    let body = mail.body_text(0).unwrap();
    assert!(body.contains("El gasto ") && body.contains("ARCHIVOS"), "{body}");
    assert_no_english(&body, "mail");
    assert_no_english(&read(&mail.body_html(0).unwrap()), "mail page");

    let workbook: Xlsx<_> = Xlsx::new(Cursor::new(file("xlsx").clone())).unwrap();
    let sheets = workbook.sheet_names();
    for name in ["Resumen", "Por día", "Agentes con más peticiones", "Notas"] {
        assert!(sheets.contains(&name.to_owned()), "{sheets:?}");
    }

    let table = rows(file("csv"));
    assert!(table.iter().any(|row| row["label"] == "Total cost"));
    let document: Value = serde_json::from_slice(file("json")).unwrap();
    assert_eq!(document["sections"][0]["title"], "Summary");
    assert!(!answer.out.contains("plataforma no"), "{}", answer.out);
    let again = world.ask(&["verify"]);
    assert_eq!(again.code, 0, "{}", again.err);
    let run = answer.json();
    let replayed = world.ask(&["replay", run["run_id"].as_str().unwrap()]);
    assert_eq!(replayed.code, 0, "{}", replayed.err);
}

fn reportwire(folder: &Path, arguments: &[&str]) -> (i32, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_reportwire"))
        .current_dir(folder)
        .env_remove("RUST_LOG")
        .args(arguments)
        .output()
        .unwrap();
    (
        output.status.code().unwrap(),
        String::from_utf8(output.stdout).unwrap(),
        String::from_utf8(output.stderr).unwrap(),
    )
}

/// The example of an organization with another locale, and files of languages in its folder of templates.
fn organization(locale: &str, languages: &[(&str, &str)]) -> tempfile::TempDir {
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/organization");
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir_all(folder.path().join("usage")).unwrap();
    fs::create_dir_all(folder.path().join("look/language")).unwrap();
    for file in fs::read_dir(example.join("usage")).unwrap() {
        let file = file.unwrap();
        fs::copy(file.path(), folder.path().join("usage").join(file.file_name())).unwrap();
    }
    fs::copy(example.join("projects.csv"), folder.path().join("projects.csv")).unwrap();
    for (name, text) in languages {
        fs::write(folder.path().join("look/language").join(name), text).unwrap();
    }
    let config = fs::read_to_string(example.join("reportwire.toml")).unwrap();
    let config = config.replace(
        "title      = \"AI platform: who uses what\"",
        &format!("title = \"Plataforma\"\nlocale = \"{locale}\"\ntemplate = \"look\""),
    );
    fs::write(folder.path().join("reportwire.toml"), config).unwrap();
    folder
}

fn previewed(folder: &Path, ext: &str) -> String {
    let (code, _, said) = reportwire(
        folder,
        &["preview", "organization", "--period", "2026-W41", "--out", "out"],
    );
    assert_eq!(code, 0, "{said}");
    fs::read_to_string(folder.join(format!("out/organization_2026-W41.{ext}"))).unwrap()
}

#[test]
fn an_organization_reads_who_uses_what_in_spanish() {
    let folder = organization("es-AR", &[]);
    let text = previewed(folder.path(), "txt");
    let page = fs::read_to_string(folder.path().join("out/organization_2026-W41.html")).unwrap();
    for words in [
        "Semana 41 de 2026",
        "Uso por proyecto y tipo de servicio",
        "Generación de texto",
    ] {
        assert!(text.contains(words), "{words} in {text}");
        assert!(page.contains(words), "{words}");
    }
    assert_no_english(&text, "text");
    assert_no_english(&read(&page), "page");
}

#[test]
fn a_company_adds_a_language_and_is_told_what_is_wrong_with_it() {
    let french = "moved-most = Ce qui a le plus changé\nsection-daily = Par jour\n";
    let folder = organization("fr-FR", &[("fr.ftl", french)]);
    let page = previewed(folder.path(), "html");
    assert!(page.contains("<html lang=\"fr-FR\">"));
    assert!(page.contains("Ce qui a le plus changé") && page.contains("Par jour"));
    assert!(page.contains("All figures"), "what it lacks is English");

    let wrong = "moved-most = Ce qui a changé\nmoved-moist = Oh\ngaps = { $number } lacunes\n";
    let folder = organization("fr-FR", &[("fr.ftl", wrong)]);
    let (code, _, said) = reportwire(folder.path(), &["check"]);
    assert_eq!(code, 2, "{said}");
    assert!(
        said.contains("language/fr.ftl")
            && said.contains("line 2")
            && said.contains("did you mean `moved-most`?"),
        "{said}"
    );
    assert!(said.contains("line 3") && said.contains("`$count`"), "{said}");
}
