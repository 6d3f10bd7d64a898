//! Answers that are not what the documentation promises, in any place.

use crate::far::{Month, error};
use crate::platform::Reply;
use crate::spoil::{account, fetched, scripted};
use crate::*;
use reportwire::source::sdk::json::strict;
use serde_json::{Value, json};

#[tokio::test]
async fn nothing_at_all_is_unknown_and_never_zero() {
    let account = account();
    for data in [
        Value::Null,
        json!({}),
        json!({"summary": null, "daily_costs": null, "by_agent": null, "metrics": null}),
    ] {
        let scripts = vec![
            ("/usage", data.clone()),
            ("/performance", data.clone()),
            ("/costs", data.clone()),
        ];
        let dataset = scripted(&account, &scripts, &with_month_before()).await.unwrap();
        for window in &dataset.windows {
            assert!(
                window.figures.iter().all(|figure| figure.value.is_none()),
                "{data}"
            );
            assert_eq!(
                (window.rows, window.breakdowns.len(), window.rankings.len()),
                (0, 0, 0)
            );
        }
        assert!(
            told(
                &dataset,
                "2026-10: Total cost is not available: the platform sent no daily costs at all"
            )
            .1
        );
    }
}

/// Replaces the `at`th value below `value`, counted from the top, and says whether there was one.
fn replace(value: &mut Value, at: &mut usize, with: &Value) -> bool {
    let children: Vec<&mut Value> = match value {
        Value::Object(object) => object.values_mut().collect(),
        Value::Array(list) => list.iter_mut().take(2).collect(),
        _ => return false,
    };
    for child in children {
        if *at == 0 {
            *child = with.clone();
            return true;
        }
        *at -= 1;
        if replace(child, at, with) {
            return true;
        }
    }
    false
}

/// What comes of a snapshot in which one answer is another one, or is not there.
fn decoded(
    folder: &Path,
    good: &Snapshot,
    request: &str,
    body: Option<&str>,
) -> Result<Dataset, SourceError> {
    let writer = SnapshotWriter::create(folder).unwrap();
    for answer in good.answers() {
        let text = good.text(&answer.request);
        if let Some(text) = if answer.request == request { body } else { text } {
            writer.keep_text(&answer.request, text.to_owned(), answer.fetched_at);
        }
    }
    dispersl::decode("agents", &full("2026-10"), &writer.finish().unwrap())
}

/// The `at`th value of the answer to `request` is replaced; `None` where there are not so many.
fn replaced(good: &Snapshot, request: &str, mut at: usize, with: &Value) -> Option<String> {
    let mut body = strict(good.text(request).unwrap()).unwrap();
    replace(&mut body["data"], &mut at, with).then(|| body.to_string())
}

#[tokio::test]
async fn rubbish_in_any_field_makes_no_figure_wrong() {
    let mut account = account();
    account.month = Month::Previous;
    let folder = tempfile::tempdir().unwrap();
    let good = fetched(&account, folder.path()).await;
    let right = dispersl::decode("agents", &full("2026-10"), &good).unwrap();
    let right = |metric| right.windows[0].figure(metric);
    let rubbish = [
        json!(null),
        json!([]),
        json!({}),
        json!(""),
        json!(true),
        json!([null]),
        json!([{}]),
        json!("x"),
        json!("1e-99"),
        json!({"x": 7}),
        serde_json::from_str("1e999").unwrap(),
    ];
    let answers = good.answers().iter().map(|answer| answer.request.as_str());
    let mut spoiled = 0;
    for request in answers.filter(|request| request.starts_with("GET")) {
        for with in &rubbish {
            for body in (0..).map_while(|at| replaced(&good, request, at, with)) {
                spoiled += 1;
                // Refusing the whole answer is right too.
                let Ok(dataset) = decoded(folder.path(), &good, request, Some(&body)) else {
                    continue;
                };
                let window = &dataset.windows[0];
                adds_up(window);
                for figure in &window.figures {
                    let (name, value) = (figure.metric.key(), figure.value);
                    let known = value.is_none() || value == right(figure.metric);
                    assert!(known, "{name} is {value:?} for {with} in {request}: {body}");
                }
            }
        }
    }
    assert!(spoiled > 500, "{spoiled}");
}

#[tokio::test]
async fn a_stored_answer_that_is_none_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let good = fetched(&account(), folder.path()).await;
    let Reply::Send { body: refused, .. } = error(200, "Internal error") else {
        panic!("an answer")
    };
    let refused = std::str::from_utf8(&refused).unwrap();
    for answer in good.answers() {
        for body in [Some("{"), Some("{\"a\":1,\"a\":1}"), Some(refused), None] {
            let decoded = decoded(folder.path(), &good, &answer.request, body);
            // Without the larger window the smaller one is all there is.
            if body.is_none() && answer.request.contains("period=year") {
                assert_eq!(decoded.unwrap().windows[0].figure(Metric::TotalCost), None);
            } else {
                let error = decoded.unwrap_err();
                assert!(matches!(error, SourceError::Contradiction { .. }), "{error}");
            }
        }
    }
}
