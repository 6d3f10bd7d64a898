//! The report that comes of it, by the program itself.

use crate::bench::contents;
use crate::server::{CANARY, KEY, Server, at, audit_event, conversation, request, tool_execution};
use serde_json::{Value, json};
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

async fn server() -> Server {
    let server = Server::start().await;
    server.hold(|holdings| {
        let of = |provider: &str, agent: &str| {
            json!({"providerId": provider, "agentId": agent, "model": "large-1",
            "userId": "u1", "gatewayId": "g1"})
        };
        holdings.conversations = vec![
            conversation(
                "c1",
                at("2026-09-05T00:00:00Z"),
                "900.25",
                [100, 10],
                of("p1", "a1"),
            ),
            conversation(
                "c2",
                at("2026-10-05T00:00:00Z"),
                "1234.5678",
                [1000, 200],
                of("p1", "a1"),
            ),
            conversation(
                "c3",
                at("2026-10-06T00:00:00Z"),
                "55.5",
                [100, 20],
                of("p2", "=1+1"),
            ),
        ];
        holdings.requests = vec![
            request(
                "r1",
                at("2026-10-05T00:00:00Z"),
                200,
                120,
                json!({"gatewayId": "g1", "userId": "u1"}),
            ),
            request("r2", at("2026-10-06T00:00:00Z"), 500, 80, json!({})),
            // So that nothing of later is in doubt, whenever this story is told.
            request("r0", at("2026-08-06T00:00:00Z"), 200, 80, json!({})),
        ];
        holdings.tools = vec![tool_execution(
            "t1",
            at("2026-10-05T00:00:00Z"),
            json!("tool-1"),
            json!(true),
        )];
        holdings.audit = vec![
            audit_event(
                "e1",
                at("2026-10-05T00:00:00Z"),
                "update",
                "agent",
                json!("u1"),
                json!("ana@example.com"),
            ),
            audit_event(
                "e2",
                at("2026-10-06T00:00:00Z"),
                "delete",
                "tool",
                json!("u1"),
                json!("ana@example.com"),
            ),
        ];
        holdings.names.insert(
            "/llm-providers",
            vec![("p1".into(), json!("OpenAI")), ("p2".into(), json!("Anthropic"))],
        );
        holdings.providers = vec![("p1".into(), "OpenAI".into())];
        holdings
            .invoices
            .insert(("p1".into(), "2026-10-01".parse().unwrap()), 1300);
    });
    server
}

fn configure(folder: &Path, server: &Server) {
    let text = format!(
        r#"
[service]
data_dir = "data"

[sources.gateway.almyty]
base_url = "{}"
api_key = "env:ALMYTY_API_KEY"
attempts = 1

[deliveries.drop.file_drop]
path = "drop"

[jobs.monthly]
title = "AI gateway: monthly full report"
sources = ["gateway"]
period = "previous_month"
formats = ["html", "xlsx", "csv", "json", "text"]
deliveries = ["drop"]
[jobs.monthly.report.full]
"#,
        server.origin
    );
    fs::write(folder.join("reportwire.toml"), text).unwrap();
}

fn ask(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_reportwire"));
    command
        .current_dir(folder)
        .env_remove("RUST_LOG")
        .env("ALMYTY_API_KEY", KEY)
        .args(arguments);
    // The server runs on this runtime's other threads while the command is waited for.
    let output = tokio::task::block_in_place(|| command.output()).unwrap();
    let told = format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(!told.contains(KEY) && !told.contains(CANARY), "{told}");
    output
}

#[tokio::test(flavor = "multi_thread")]
async fn a_month_is_reported_and_can_be_rebuilt_byte_for_byte_when_the_server_is_gone() {
    let (server, folder) = (server().await, tempfile::tempdir().unwrap());
    configure(folder.path(), &server);
    let checked = ask(folder.path(), &["check", "--online"]);
    assert!(checked.status.success(), "{checked:?}");
    let run = ask(
        folder.path(),
        &[
            "run",
            "monthly",
            "--as-of",
            "2026-11-02T07:00:00Z",
            "--json",
            "--wait",
            "0",
        ],
    );
    assert!(run.status.success(), "{run:?}");
    let told: Value = serde_json::from_slice(&run.stdout).unwrap();
    let csv = fs::read_to_string(folder.path().join("drop/monthly_2026-10.csv")).unwrap();
    for row in [
        ",gateway,summary,total_cost,Total cost,,,,currency,USD,12.900678,",
        ",gateway,summary,invoiced_cost,Invoiced by providers,,,,currency,USD,13,",
        ",gateway,summary,audit_events,Audit events,,,,count,,2,",
        ",gateway,by_provider,total_cost,OpenAI,provider,OpenAI,,currency,USD,12.345678,",
        ",gateway,by_audit_action,audit_events,delete,audit_action,delete,,count,,1,",
        ",gateway,by_tool,tool_executions,tool-1,tool,tool-1,,count,,1,",
    ] {
        assert!(csv.contains(row), "{row}\n{csv}");
    }
    let text = fs::read_to_string(folder.path().join("drop/monthly_2026-10.txt")).unwrap();
    insta::assert_snapshot!("text", masked(&text));

    let kept = contents(&folder.path().join("data"));
    assert!(!kept.contains(CANARY) && !kept.contains(KEY));
    drop(server);
    let run_id = told["run_id"].as_str().unwrap();
    let replayed = ask(folder.path(), &["replay", run_id]);
    assert!(replayed.status.success(), "{replayed:?}");
    assert_eq!(
        String::from_utf8_lossy(&replayed.stdout)
            .matches("identical")
            .count(),
        6
    );
    assert!(ask(folder.path(), &["verify"]).status.success());
}

/// Without what differs from run to run.
fn masked(text: &str) -> String {
    let instant = regex::Regex::new(r"\d{1,2} \w+ \d{4},? \d{2}:\d{2}(:\d{2})? UTC").unwrap();
    let run = regex::Regex::new(r"Run …[0-9a-f]+").unwrap();
    run.replace_all(&instant.replace_all(text, "(instant)"), "Run …(id)")
        .into_owned()
}
