//! What a bulletin says, and in which order.

use super::*;

pub(in crate::delivery) fn bulletin() -> Bulletin {
    let run = "0199a1b2-0000-7000-8000-00000000abcd";
    let item = |kind, job: Option<&str>, text: &str| BulletinItem {
        kind,
        job: job.map(str::to_owned),
        period: job.map(|_| "2026-10".to_owned()),
        run_id: job.map(|_| run.to_owned()),
        at: "2026-11-01T06:00:05Z".parse().unwrap(),
        text: text.to_owned(),
        count: 1,
    };
    Bulletin {
        key: "0199b000".into(),
        owner: vec!["Fin Ops <finops@example.com>".into(), "cto@example.com".into()],
        written_at: "2026-11-01T06:05:00Z".parse().unwrap(),
        timezone: chrono_tz::Europe::Madrid,
        more: 0,
        items: vec![
            item(
                BulletinKind::Recovered,
                Some("monthly"),
                "The report is delivered after all.",
            ),
            BulletinItem {
                count: 3,
                ..item(
                    BulletinKind::Failed,
                    Some("weekly-trend"),
                    "The platform refused the key: HTTP 401 (\"token expired\"). Store a valid key in GEAI_API_KEY, then run the job again.",
                )
            },
            item(
                BulletinKind::Held,
                Some("monthly"),
                "Cost rose by 240 % to USD 13,840.10, more than the 50 % that are allowed. `reportwire approve 0199a1b2-0000-7000-8000-00000000abcd` releases exactly these bytes.",
            ),
            item(
                BulletinKind::ClockHeld,
                None,
                "The clock went ahead by 26 hours; nothing is started until it is right again.",
            ),
        ],
    }
}

#[test]
fn the_text_puts_the_most_urgent_first_and_says_what_to_type() {
    let text = bulletin_text(&bulletin());
    let command = |line: &str| line.trim_start().starts_with("$ ");
    for line in text.lines().filter(|line| !command(line)) {
        assert!(line.chars().count() <= 80, "{line}");
    }
    insta::assert_snapshot!(text);
}

#[test]
fn nothing_of_a_thousand_items_is_dropped_in_silence() {
    let one = bulletin().items.remove(1);
    let many = Bulletin {
        items: vec![one; EVERY_ITEM + 7],
        ..bulletin()
    };
    let text = bulletin_text(&many);
    assert_eq!(text.matches("HTTP 401").count(), EVERY_ITEM);
    assert!(
        text.contains("\n7 more are left out here"),
        "{}",
        &text[text.len() - 200..]
    );
}

#[test]
fn hostile_texts_are_one_harmless_line() {
    let mut bulletin = bulletin();
    bulletin.items.truncate(1);
    bulletin.items[0].job = Some("a\u{202e}b\n<script>".into());
    bulletin.items[0].text = "{{7}} \u{1b}[31m\r\n\r\nred <b>".into();
    let text = bulletin_text(&bulletin);
    assert!(
        text.contains("ab <script>\n") && text.contains("{{7}} [31m red <b>"),
        "{text}"
    );
    assert!(!text.contains(|c: char| c != '\n' && c.is_control()), "{text:?}");
}

#[test]
fn a_bulletin_survives_being_stored() {
    let stored = serde_json::to_string(&bulletin()).unwrap();
    assert!(stored.contains("\"kind\":\"clock_held\"") && stored.contains("\"Europe/Madrid\""));
    assert_eq!(serde_json::from_str::<Bulletin>(&stored).unwrap(), bulletin());
    for item in bulletin().items {
        let key = serde_json::to_value(item.kind).unwrap();
        assert_eq!(key, item.kind.key());
    }
}
