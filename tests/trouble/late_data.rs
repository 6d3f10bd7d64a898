//! Data that are not there when the report is due.

use crate::world::{World, eventually, files, instant};
use chrono::TimeDelta;
use mail_parser::MessageParser;

const TABLES: &str = r#"
[deliveries.mail.email]
from = "reports@example.com"
to = ["cfo@example.com"]
SMTP
[deliveries.bi-drop.file_drop]
path = "drop"
[jobs.monthly]
title = "AI usage"
schedule = "0 7 1 * *"
sources = ["usage"]
period = "previous_month"
formats = ["html", "xlsx", "csv", "json"]
deliveries = ["mail", "bi-drop"]
wait_until = { at_most = "2h" }
[jobs.monthly.report.full]
"#;

/// Subject and text of a mail, each run of white space as one blank.
fn text_of(mail: &[u8]) -> String {
    let mail = MessageParser::default().parse(mail).unwrap();
    let text = format!("{}\n{}", mail.subject().unwrap(), mail.body_text(0).unwrap());
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_of_late_data_goes_out_provisional_and_the_final_one_follows_by_itself() {
    let world = World::new(TABLES, "2026-10-31T12:00:00Z").await;
    world.usage("2026-09-01", "2026-10-28", 1);
    let mut service = world.serve();
    world.set_clock("2026-11-01T07:00:01Z");
    service.wait_for("the run waits for late data");
    assert!(world.mails_to("cfo@example.com").is_empty());
    world.set_clock("2026-11-01T09:00:02Z");
    service.wait_for("run ends");
    let mails = world.mails_to("cfo@example.com");
    assert_eq!(mails.len(), 1);
    let said = text_of(&mails[0]);
    assert!(
        said.starts_with("AI usage: October 2026") && said.contains("(provisional)"),
        "{said}"
    );
    let line = said.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        line.contains("The data of usage reach only to 28 October 2026"),
        "{said}"
    );
    let dropped = files(&world.path("drop"));
    let csv = String::from_utf8_lossy(&dropped["monthly_2026-10.csv"]);
    assert!(csv.contains(",provisional,") && !csv.contains(",ok,"), "{csv}");
    for name in ["monthly_2026-10.html", "monthly_2026-10.json"] {
        let text = String::from_utf8_lossy(&dropped[name]).to_lowercase();
        let day = ["28 october 2026", "2026-10-28"];
        assert!(
            text.contains("provisional") && day.iter().any(|day| text.contains(day)),
            "{name}"
        );
    }
    let attached = MessageParser::default()
        .parse(&mails[0])
        .unwrap()
        .attachments()
        .count();
    assert!(attached >= 3, "{attached}");
    let xlsx = sheets(&dropped["monthly_2026-10.xlsx"]);
    assert!(
        xlsx.contains("Provisional") && xlsx.contains("reach only to 28 October 2026"),
        "{xlsx}"
    );

    // The data come, and six hours later somebody looks. A restart in between changes nothing.
    service.term();
    service.wait_exit(std::time::Duration::from_secs(30));
    world.usage("2026-09-01", "2026-10-31", 1);
    let mut service = world.serve();
    world.clock.set(instant("2026-11-01T15:00:05Z"));
    let end = service.wait_for("run ends");
    assert_eq!(end.fields["state"], "delivered");
    let mails = world.mails_to("cfo@example.com");
    assert_eq!(mails.len(), 2);
    let said = text_of(&mails[1]);
    assert!(
        said.contains("(revision 2)") && !said.contains("rovisional"),
        "{said}"
    );
    let dropped = files(&world.path("drop"));
    let csv = String::from_utf8_lossy(&dropped["monthly_2026-10_r2.csv"]);
    assert!(csv.contains(",ok,") && !csv.contains("provisional"), "{csv}");
    // Nothing more comes of it.
    world
        .clock
        .set(instant("2026-11-01T15:00:05Z") + TimeDelta::days(20));
    eventually("the owner to hear", &service, || {
        !world.mails_to("finops@example.com").is_empty()
    });
    let told = world.mails_to("finops@example.com");
    assert!(text_of(&told[0]).contains("`usage` reaches only to 2026-10-28"));
    assert_eq!(world.mails_to("cfo@example.com").len(), 2);
}

/// All text of a workbook.
fn sheets(bytes: &[u8]) -> String {
    use calamine::{Data, Reader as _, Xlsx};
    let mut book: Xlsx<_> = calamine::open_workbook_from_rs(std::io::Cursor::new(bytes.to_vec())).unwrap();
    let mut text = String::new();
    for (_, range) in book.worksheets() {
        for cell in range.used_cells() {
            if let (_, _, Data::String(said)) = cell {
                text.push_str(said);
                text.push('\n');
            }
        }
    }
    text
}
