//! Globant Enterprise AI against a platform that misbehaves in every way we could think of.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[expect(dead_code, reason = "other platforms answer by the whole request")]
#[path = "support/platform.rs"]
mod platform;
#[path = "support/spanish.rs"]
mod spanish;

use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;
use flate2::Compression;
use flate2::write::GzEncoder;
use platform::{Platform, Reply};
use reportwire::config::plan::{GeaiPlan, ReportPlan, ServerPlan, TrendDays};
use reportwire::config::secret::Secret;
use reportwire::metric::{FULL_REPORT, Metric};
use reportwire::period::{Calendar, Period};
use reportwire::schedule::clock::{Clock, ManualClock};
use reportwire::source::geai::{self, DateRange, GeaiClient};
use reportwire::source::sdk::Pace;
use reportwire::source::sdk::http::MAX_BODY_BYTES;
use reportwire::source::{
    Dataset, Depth, Need, Progress, Recourse, Silent, Snapshot, SnapshotWriter, SourceError, SourceKind,
    TopList,
};
use rust_decimal::{Decimal, dec};
use std::io::Write;
use std::sync::Mutex;
use std::time::Duration;

/// The token; must turn up nowhere but in the header that carries it.
const CANARY: &str = "canary-9f2c77d1";

/// Waits too short to notice.
const AT_ONCE: Pace = Pace {
    base: Duration::from_micros(10),
    ceiling: Duration::from_micros(50),
};

fn plan(base_url: &str) -> GeaiPlan {
    GeaiPlan {
        server: ServerPlan {
            base_url: base_url.parse().unwrap(),
            api_key: Secret::Literal(CANARY.to_owned().into()),
            connect_timeout: Duration::from_secs(10),
            timeout: Duration::from_secs(10),
            attempts: 4,
            ca_file: None,
            runs_at_once: None,
        },
        organization_id: None,
        project_id: None,
        agent: None,
        concurrency: 48,
    }
}

fn clock() -> ManualClock {
    ManualClock::at("2026-11-02T07:00:04Z".parse().unwrap())
}

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn need(first: &str, end: &str, depth: Depth) -> Need {
    let period = Period::from_range(day(first), day(end), Calendar::default()).unwrap();
    Need { period, depth }
}

/// The two days that the fake knows.
fn two_days() -> Vec<Need> {
    vec![need("2026-10-01", "2026-10-03", Depth::Full)]
}

/// Fetches, checks that nothing leaked and that a reopened snapshot says the same, and decodes.
async fn dataset(plan: &GeaiPlan, needs: &[Need]) -> Result<Dataset, SourceError> {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("globant");
    let writer = SnapshotWriter::create(&dir).unwrap();
    geai::fetch("globant", plan, needs, &writer, &clock(), &Silent, AT_ONCE)
        .await
        .inspect_err(|error| assert!(!format!("{error} {error:?}").contains(CANARY), "{error:?}"))?;
    let fresh = writer.finish().unwrap();
    for file in std::fs::read_dir(&dir).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        assert!(!String::from_utf8_lossy(&bytes).contains(CANARY));
    }
    let decoded = reportwire::source::decode("globant", SourceKind::Geai, needs, &fresh, Tz::UTC);
    let again = reportwire::source::decode(
        "globant",
        SourceKind::Geai,
        needs,
        &Snapshot::open(&dir).unwrap(),
        Tz::UTC,
    );
    match (&decoded, &again) {
        (Ok(decoded), Ok(again)) => assert_eq!(decoded, again),
        (Err(decoded), Err(again)) => assert_eq!(decoded.to_string(), again.to_string()),
        other => panic!("replay differs: {other:?}"),
    }
    decoded.iter().for_each(spanish::assert_spanish_notices);
    decoded
}

async fn with_reply(path: &str, replies: Vec<Reply>) -> (Platform, Result<Dataset, SourceError>) {
    let platform = Platform::start().await;
    platform.on(path, replies);
    let dataset = dataset(&plan(&platform.origin), &two_days()).await;
    (platform, dataset)
}

fn texts(dataset: &Dataset) -> Vec<&str> {
    dataset
        .notices
        .iter()
        .map(|notice| notice.text.as_str())
        .collect()
}

#[tokio::test]
async fn a_good_platform_gives_the_full_report_exactly_as_sent() {
    use Metric::{InputTokens, OutputTokens, RequestsWithErrors, TotalCost, TotalRequests, TotalTokens};

    let platform = Platform::start().await;
    let dataset = dataset(&plan(&platform.origin), &two_days()).await.unwrap();

    assert_eq!(dataset.platform, "Globant Enterprise AI");
    assert_eq!(dataset.scope.as_deref(), Some("Acme Group / Customer Care"));
    assert_eq!(
        (dataset.zone.as_deref(), dataset.provisional_through),
        (Some("UTC"), None)
    );
    assert_eq!(dataset.notices, []);
    let window = &dataset.windows[0];
    let metrics: Vec<Metric> = window.figures.iter().map(|measure| measure.metric).collect();
    assert_eq!(metrics, FULL_REPORT);
    let expected = [
        "3",
        "8",
        "4",
        "9",
        "1",
        "2",
        "1000",
        "50",
        "5.00",
        "1234.5678",
        "12.345678901234567",
        "0.012345678901234567",
        "7000",
        "3000",
        "10000",
        "7.25",
        "3.5",
        "10.75",
        "3",
        "2",
        "1",
    ];
    let values: Vec<String> = window
        .figures
        .iter()
        .map(|measure| measure.value.unwrap().to_string())
        .collect();
    assert_eq!(values, expected);

    let daily: Vec<Metric> = window.daily.iter().map(|series| series.metric).collect();
    assert_eq!(
        daily,
        [
            TotalCost,
            TotalRequests,
            RequestsWithErrors,
            InputTokens,
            OutputTokens,
            TotalTokens
        ]
    );
    let (first, second) = (day("2026-10-01"), day("2026-10-02"));
    assert_eq!(
        window.daily[0].points,
        [
            (first, Some(dec!(0.000052))),
            (second, Some(dec!(12.345626901234567)))
        ]
    );
    assert_eq!(
        window.daily[1].points,
        [(first, Some(dec!(400))), (second, Some(dec!(600)))]
    );

    let lists: Vec<TopList> = window.rankings.iter().map(|ranking| ranking.list).collect();
    assert_eq!(lists, TopList::ALL);
    let names = |at: usize| {
        window.rankings[at]
            .rows
            .iter()
            .map(|row| row.0.as_str())
            .collect::<Vec<_>>()
    };
    assert_eq!(names(0), ["=cmd|' /C calc'!A0", "code_agent"]);
    assert_eq!(
        names(2),
        ["u4", "Ana", "Ana", "u3"],
        "users of one name stay apart; ties go by name"
    );
    assert_eq!(
        window.rankings[3].rows,
        [("u2".into(), Some(dec!(7.5))), ("u1".into(), Some(dec!(0.01)))]
    );
    assert_eq!(window.breakdowns, []);
}

#[tokio::test]
async fn every_call_carries_token_scope_and_inclusive_dates() {
    let platform = Platform::start().await;
    let mut plan = plan(&platform.origin);
    plan.agent = Some("Señor A&B".into());
    let dataset = dataset(&plan, &two_days()).await.unwrap();
    let seen = platform.seen();
    assert_eq!(seen.len(), 1 + 21);
    assert!(!seen[0].headers.contains_key("organizationid"));
    for request in &seen {
        assert_eq!(request.headers["authorization"], format!("Bearer {CANARY}"));
    }
    for request in &seen[1..] {
        assert_eq!(
            request.headers["organizationid"],
            "11111111-1111-4111-8111-111111111111"
        );
        assert_eq!(
            request.headers["projectid"],
            "22222222-2222-4222-8222-222222222222"
        );
        assert!(
            request
                .target
                .contains("?startDate=2026-10-01&endDate=2026-10-02"),
            "{}",
            request.target
        );
    }
    let filtered: Vec<_> = seen
        .iter()
        .filter(|request| request.target.contains("agentName"))
        .collect();
    assert_eq!(filtered.len(), 1);
    assert!(
        filtered[0]
            .target
            .ends_with("per-day?startDate=2026-10-01&endDate=2026-10-02&agentName=Se%C3%B1or%20A%26B")
    );
    assert!(
        texts(&dataset)[0].contains("agent `Señor A&B` alone"),
        "{:?}",
        texts(&dataset)
    );
}

#[tokio::test]
async fn configured_ids_spare_the_validation_call() {
    let platform = Platform::start().await;
    let mut plan = plan(&platform.origin);
    plan.organization_id = Some("org-7".into());
    let half = dataset(&plan, &two_days()).await.unwrap();
    assert_eq!(half.scope.as_deref(), Some("org-7 / Customer Care"));
    assert_eq!(platform.hits("validate"), 1);
    plan.project_id = Some("project-9".into());
    let whole = dataset(&plan, &two_days()).await.unwrap();
    assert_eq!(whole.scope.as_deref(), Some("org-7 / project-9"));
    assert_eq!(platform.hits("validate"), 1);
    assert_eq!(platform.seen().last().unwrap().headers["projectid"], "project-9");
}

/// Counts what it is told.
#[derive(Default)]
struct Counted(Mutex<(u64, u64)>);

impl Progress for Counted {
    fn expect(&self, steps: u64) {
        self.0.lock().unwrap().0 += steps;
    }
    fn step(&self) {
        self.0.lock().unwrap().1 += 1;
    }
}

#[tokio::test]
async fn comparison_takes_only_what_stands_beside_a_report() {
    let platform = Platform::start().await;
    let needs = [
        need("2026-10-01", "2026-10-03", Depth::Full),
        need("2026-09-01", "2026-10-01", Depth::Comparison),
    ];
    let folder = tempfile::tempdir().unwrap();
    let (writer, progress) = (SnapshotWriter::create(folder.path()).unwrap(), Counted::default());
    geai::fetch(
        "globant",
        &plan(&platform.origin),
        &needs,
        &writer,
        &clock(),
        &progress,
        AT_ONCE,
    )
    .await
    .unwrap();
    assert_eq!(*progress.0.lock().unwrap(), (41, 41));
    let september: Vec<_> = platform
        .seen()
        .into_iter()
        .filter(|seen| seen.target.contains("2026-09-01"))
        .collect();
    assert_eq!(september.len(), 19);
    let dataset = geai::decode("globant", &needs, &writer.finish().unwrap()).unwrap();
    let window = dataset.window(&needs[1].period).unwrap();
    assert_eq!(window.daily.len(), 1);
    assert_eq!(window.daily[0].points.len(), 30);
    assert!(window.daily[0].points.iter().all(|(_, value)| value.is_none()));
    let texts = texts(&dataset);
    assert_eq!(texts.len(), 1, "{texts:?}");
    assert!(texts[0].contains("rows outside the period, which are ignored: 2026-10-01 to 2026-10-02"));
}

#[tokio::test]
async fn a_trend_asks_for_top_lists_of_the_two_periods_alone_that_show_them() {
    let platform = Platform::start().await;
    let week = Period::parse("2026-W44", Calendar::default()).unwrap();
    let needs = reportwire::report::needs(
        &ReportPlan::Trend {
            periods: 8,
            days: TrendDays::Period,
        },
        &week,
        false,
    );
    let depths: Vec<Depth> = needs.iter().map(|need| need.depth).collect();
    assert_eq!(depths[..3], [Depth::Full, Depth::Comparison, Depth::Figures]);
    assert_eq!(depths.len(), 8);
    let dataset = dataset(&plan(&platform.origin), &needs).await.unwrap();
    let mut asked: Vec<String> = platform
        .seen()
        .into_iter()
        .filter(|seen| seen.target.contains("top-10"))
        .map(|seen| seen.target)
        .collect();
    assert_eq!(asked.len(), 2 * 4, "{asked:?}");
    asked.retain(|target| !target.contains("2026-10-26") && !target.contains("2026-10-19"));
    assert_eq!(asked, [""; 0]);
    for (need, window) in needs.iter().zip(&dataset.windows) {
        let lists = if need.depth == Depth::Figures { 0 } else { 4 };
        assert_eq!(window.rankings.len(), lists, "{}", window.period.id());
        assert_eq!(
            window.figure(Metric::TotalRequests),
            dataset.windows[0].figure(Metric::TotalRequests)
        );
    }
}

#[tokio::test]
async fn all_methods_of_the_client_read_the_documented_answers() {
    let platform = Platform::start().await;
    let (plan, clock) = (plan(&platform.origin), clock());
    let client = GeaiClient::new("globant", &plan, &clock, AT_ONCE).unwrap();
    let range = DateRange {
        first: day("2026-10-01"),
        last: day("2026-10-02"),
    };
    assert_eq!(
        client.validate_token().await.unwrap().project_name.as_deref(),
        Some("Customer Care")
    );
    macro_rules! reads {
        ($($method:ident => $($field:tt).+ == $value:expr;)*) => {$({
            let answer = client.$method(range).await.unwrap();
            assert_eq!(answer.$($field).+, $value, stringify!($method));
        })*};
    }
    reads! {
        get_agents_created_and_modified => modified_agents == Some(dec!(8));
        get_flows_created_and_modified => created_flows == Some(dec!(4));
        get_processes_created_and_modified => modified_processes == Some(dec!(2));
        get_total_requests => total_requests == Some(dec!(1000));
        get_total_requests_with_error => total_requests_with_error == Some(dec!(50));
        get_overall_error_rate => overall_error_rate == Some(dec!(5));
        get_average_request_time => average_request_time == Some(dec!(1234.5678));
        get_total_request_time => time == Some(dec!(0.3429));
        get_average_requests_per_day => average_requests == Some(dec!(500.5));
        get_average_requests_per_user => average_requests == Some(dec!(333.3333333333333));
        get_total_cost => total_cost == Some(dec!(12.345678901234567));
        get_average_cost_per_request => average_cost_per_request == Some(dec!(0.012345678901234567));
        get_average_cost_per_user => average_cost == Some(dec!(4.115226300411522));
        get_total_tokens => input == Some(dec!(7000));
        get_number_of_tokens => total == Some(dec!(10000));
        get_average_tokens_per_request => output == Some(dec!(3.5));
        get_total_active_users => total_active_users == Some(dec!(3));
        get_total_active_agents => total_active_agents == Some(dec!(2));
        get_total_active_projects => total_active_projects == Some(dec!(1));
        get_average_users_per_agent => average_users == Some(dec!(1.5));
        get_average_users_per_project => average_users == Some(dec!(2.75));
    }
    macro_rules! reads_rows {
        ($($method:ident($($arg:expr),*) $list:ident $field:ident $value:expr;)*) => {$({
            let rows = client.$method(range $(, $arg)*).await.unwrap().$list.unwrap();
            assert_eq!(rows[0].$field, $value, stringify!($method));
        })*};
    }
    reads_rows! {
        get_agents_created_and_modified_per_day() days created Some(dec!(1));
        get_flows_created_and_modified_per_day() days modified_flows Some(dec!(2));
        get_total_requests_per_day(Some("code_agent")) days total_requests_with_error Some(dec!(20));
        get_average_requests_per_user_per_date() days average_requests Some(dec!(133.25));
        get_total_cost_per_day() days total_cost Some(dec!(0.000052));
        get_average_cost_per_user_per_date() days average_cost Some(dec!(0.0015));
        get_number_of_tokens_per_agent() agents model Some("large-1".to_owned());
        get_number_of_tokens_per_day() days output Some(dec!(1000));
        get_agent_usage_per_user() users total_cost Some(dec!(12.5));
        get_top_10_agents_by_requests() agents total_requests Some(dec!(400));
        get_top_10_agents_by_tokens() agents total_tokens Some(dec!(9000));
        get_top_10_users_by_requests() users user_name Some("Ana".to_owned());
        get_top_10_users_by_cost() users total_cost Some(dec!(0.01));
    }
    let mut paths: Vec<String> = platform
        .seen()
        .iter()
        .map(|seen| seen.target.split('?').next().unwrap().to_owned())
        .collect();
    paths.sort_unstable();
    paths.dedup();
    assert_eq!(
        paths.len(),
        1 + 34,
        "every endpoint was asked, each by its own method"
    );
}

const COST: &str = "requests/total-cost";

#[tokio::test]
async fn what_may_pass_is_tried_again() {
    let good = || Reply::json(r#"{"totalCost":7.5}"#);
    let busy = |after: &str| Reply::status(429, "{}").with("Retry-After", after);
    let fail = |status| Reply::status(status, "<html>gateway</html>").with("Content-Type", "text/html");
    let cut = Reply::Cut {
        body: br#"{"totalCost":7.5}"#.to_vec(),
        after: 10,
    };
    for script in [
        vec![busy("1"), good()],
        vec![busy("Mon, 02 Nov 2026 07:04:00 GMT"), good()],
        vec![busy("when it suits"), good()],
        vec![fail(500), fail(502), fail(503), good()],
        vec![Reply::status(408, ""), good()],
        vec![cut.clone(), cut, good()],
        vec![Reply::HangUp, good()],
        vec![Reply::json(r#"{"totalCost":7"#), good()],
        vec![Reply::json(""), good()],
        vec![
            Reply::json(r#"{"errors":[{"id":500,"description":"inside"}]}"#),
            good(),
        ],
        vec![Reply::json("\"broken").with("Content-Encoding", "gzip"), good()],
    ] {
        let (tries, label) = (script.len(), format!("{script:?}"));
        let (platform, dataset) = with_reply(COST, script).await;
        let dataset = dataset.unwrap_or_else(|error| panic!("{label}: {error}"));
        assert_eq!(
            dataset.windows[0].figure(Metric::TotalCost),
            Some(dec!(7.5)),
            "{label}"
        );
        assert_eq!(platform.hits(COST), tries, "{label}");
    }
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn zipped(body: &[u8]) -> Reply {
    Reply::Send {
        status: 200,
        headers: vec![("Content-Encoding".into(), "gzip".into())],
        body: gzip(body),
    }
}

#[tokio::test]
async fn what_will_not_pass_fails_at_once_with_its_remedy() {
    let padding = " ".repeat(MAX_BODY_BYTES);
    let echo = format!(r#"{{"errors":[{{"id":6,"description":"unknown token {CANARY}\u0007"}}]}}"#);
    let long = format!(r#"{{"error":{{"code":9,"message":"{}"}}}}"#, "x".repeat(5000));
    for (reply, words) in [
        (
            Reply::status(
                400,
                r#"{"errors":[{"id":9,"description":"startDate is required"}]}"#,
            ),
            "startDate is required",
        ),
        (Reply::status(401, ""), "`api_key`"),
        (Reply::status(401, &echo), "unknown token (token)"),
        (
            Reply::status(403, r#"{"error":{"id":7,"description":"out of scope"}}"#),
            "7 out of scope; the token is not accepted",
        ),
        (Reply::status(404, "nope"), "`base_url`"),
        (Reply::status(418, &long), "…"),
        (
            Reply::json("<html><form>password</form></html>")
                .with("Content-Type", "text/html; charset=utf-8"),
            "login page",
        ),
        (Reply::json("\u{feff}\n <!DOCTYPE html>"), "acceptable JSON"),
        (
            Reply::json("<!DOCTYPE html>").with("Content-Type", "text/plain"),
            "login page",
        ),
        (
            Reply::json(r#"{"errors":[{"id":152,"description":"Quota exceeded"}]}"#),
            "152 Quota exceeded; the quota",
        ),
        (
            Reply::json(r#"{"errors":{"id":2004,"description":"No organization"}}"#),
            "organization_id",
        ),
        (
            Reply::json(r#"{"error":{"code":2005,"message":"No project"}}"#),
            "project_id",
        ),
        (
            Reply::json(r#"{"message":[{"type":"error","description":"it broke"}]}"#),
            "it broke",
        ),
        (Reply::json(r#"{"totalCost":1,"errors":[]}"#), "no details"),
        (Reply::json("[1]"), "JSON object"),
        (Reply::json("7"), "JSON object"),
        (Reply::json(r#"{"totalCost":NaN}"#), "acceptable JSON"),
        (
            Reply::json(r#"{"totalCost":1,"totalCost":2}"#),
            "`totalCost` occurs twice",
        ),
        (
            Reply::json(&format!(r#"{{"x":{}{}}}"#, "[".repeat(70), "]".repeat(70))),
            "deeper than 64",
        ),
        (
            Reply::json(&format!(r#"{{"totalCost":1}}{padding}"#)),
            "larger than 16 MiB",
        ),
        (
            zipped(format!(r#"{{"totalCost":1}}{padding}"#).as_bytes()),
            "larger than 16 MiB",
        ),
        (zipped(b"\xff\xfe"), "UTF-8"),
        (Reply::status(302, ""), "without saying where"),
        (
            Reply::status(302, "").with("Location", "?again=1"),
            "redirects more than 5 times",
        ),
    ] {
        let label = words;
        let (platform, dataset) = with_reply(COST, vec![reply]).await;
        let error = dataset.err().unwrap_or_else(|| panic!("accepted: {label}"));
        let text = error.to_string();
        assert!(text.contains(words), "{label}: {text}");
        assert!(
            text.contains("`globant`") && text.contains("/v1/analytics/requests/total-cost: "),
            "{text}"
        );
        assert!(
            !text.contains("startDate=") && !text.contains("http://"),
            "{text}"
        );
        assert!(
            text.chars().count() < 700 && !text.contains(char::is_control),
            "{text}"
        );
        let SourceError::Call { recourse, .. } = error else {
            panic!("{error:?}")
        };
        assert_eq!(recourse, Recourse::Permanent, "{label}");
        if !label.contains("more than 5 times") {
            assert_eq!(platform.hits(COST), 1, "{label}");
        }
    }
}

#[tokio::test]
async fn what_never_passes_ends_after_the_configured_tries() {
    for (reply, words) in [
        (
            Reply::status(500, r#"{"errors":[{"id":500,"description":"inside"}]}"#),
            "500 inside",
        ),
        (Reply::status(429, "").with("Retry-After", "120"), "HTTP 429"),
        (Reply::HangUp, "did not arrive whole"),
        (Reply::json("{"), "breaks off"),
    ] {
        let (platform, dataset) = with_reply(COST, vec![reply]).await;
        let error = dataset.unwrap_err();
        assert!(
            error.to_string().contains(words) && error.to_string().contains("(tried 4 times)"),
            "{error}"
        );
        assert_eq!(platform.hits(COST), 4);
        let SourceError::Call { recourse, .. } = error else {
            panic!("{error:?}")
        };
        let after = words.contains("429").then_some(Duration::from_mins(2));
        assert_eq!(recourse, Recourse::Retry { after });
    }
}

#[tokio::test]
async fn nobody_waits_for_ever() {
    let platform = Platform::start().await;
    platform.on(COST, [Reply::Stall]);
    let mut plan = plan(&platform.origin);
    (plan.server.timeout, plan.server.attempts) = (Duration::from_millis(60), 2);
    let error = dataset(&plan, &two_days()).await.unwrap_err().to_string();
    assert!(
        error.contains("no whole answer within 60ms") && error.contains("tried 2 times"),
        "{error}"
    );

    let closed = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    plan.server.base_url = format!("http://user:{CANARY}@{closed}/").parse().unwrap();
    let error = dataset(&plan, &two_days()).await.unwrap_err().to_string();
    assert!(
        error.contains("no connection") && error.contains(&closed.to_string()),
        "{error}"
    );
}

#[tokio::test]
async fn a_figure_that_is_not_there_is_unknown_and_said_so() {
    for (path, body, metric, words) in [
        (
            COST,
            "{}",
            Metric::TotalCost,
            "Total cost is not available, because in the answer of requests/total-cost `totalCost` is missing",
        ),
        (COST, r#"{"totalCost":null}"#, Metric::TotalCost, "is null"),
        (
            COST,
            r#"{"totalCost":{"amount":1}}"#,
            Metric::TotalCost,
            "it is an object",
        ),
        (
            COST,
            r#"{"totalCost":"about 7"}"#,
            Metric::TotalCost,
            "`about 7` is not a decimal number",
        ),
        (COST, r#"{"cost":7}"#, Metric::TotalCost, "is missing"),
        (
            "requests/total-tokens",
            r#"{"input":1,"output":2.5,"total":3}"#,
            Metric::OutputTokens,
            "Output tokens is not available",
        ),
        (
            "requests/total-tokens",
            r#"{"input":1,"total":3}"#,
            Metric::OutputTokens,
            "`output` is missing",
        ),
        (
            "requests/overall-error-rate",
            "{}",
            Metric::ErrorRate,
            "Error rate is not available",
        ),
    ] {
        let (_platform, dataset) = with_reply(path, vec![Reply::json(body)]).await;
        let dataset = dataset.unwrap();
        let window = &dataset.windows[0];
        assert_eq!(window.figure(metric), None, "{body}");
        assert_eq!(
            window
                .figures
                .iter()
                .filter(|measure| measure.value.is_none())
                .count(),
            1,
            "{body}"
        );
        assert_eq!(dataset.notices.len(), 1, "{body}: {:?}", dataset.notices);
        assert!(
            dataset.notices[0].missing && dataset.notices[0].text.contains(words),
            "{:?}",
            dataset.notices
        );
    }
}

#[tokio::test]
async fn the_error_rate_is_per_cent_whatever_unit_came() {
    for (sent, percent, doubt) in [
        ("5.00", Some(dec!(5)), None),
        ("0.05", Some(dec!(5)), None),
        (
            "7.1",
            Some(dec!(7.1)),
            Some("50 errors in 1000 requests make 5 %"),
        ),
        (
            "-79228162514264337593543950335",
            Some(Decimal::MIN),
            Some("50 errors in 1000 requests make 5 %"),
        ),
    ] {
        let body = format!(r#"{{"overallErrorRate":{sent}}}"#);
        let (_platform, dataset) = with_reply("requests/overall-error-rate", vec![Reply::json(&body)]).await;
        let dataset = dataset.unwrap();
        assert_eq!(dataset.windows[0].figure(Metric::ErrorRate), percent);
        assert_eq!(texts(&dataset).len(), usize::from(doubt.is_some()));
        assert!(
            doubt.is_none_or(|doubt| texts(&dataset)[0].contains(doubt)),
            "{:?}",
            texts(&dataset)
        );
    }
}

#[tokio::test]
async fn daily_lists_hold_every_date_once() {
    let path = "requests/total-cost-per-day";
    let list = |rows: &str| vec![Reply::json(&format!(r#"{{"totalCostPerDay":[{rows}]}}"#))];
    let row = |date: &str, cost: &str| format!(r#"{{"date":"{date}","totalCost":{cost}}}"#);
    let (one, two) = (row("2026-10-01", "1"), row("2026-10-02", "2"));
    let unknown: [Option<Decimal>; 2] = [None, None];
    for (rows, values, words, missing) in [
        (format!("{two},{one}"), [Some(dec!(1)), Some(dec!(2))], "", false),
        (
            one.clone(),
            [Some(dec!(1)), None],
            "2026-10-02 is not available: the platform returned no row for that day in its daily list of cost",
            true,
        ),
        (
            String::new(),
            unknown,
            "2026-10-01 to 2026-10-02 are not available",
            true,
        ),
        (
            format!("{one},{two},{one}"),
            [Some(dec!(1)), Some(dec!(2))],
            "the same row twice, which counts once: 2026-10-01",
            false,
        ),
        (
            format!("{one},{two},{}", row("2026-10-03", "9")),
            [Some(dec!(1)), Some(dec!(2))],
            "ignored: 2026-10-03",
            false,
        ),
        (
            format!("null,{one},{}", row("2026-10-02", "null")),
            [Some(dec!(1)), None],
            "`totalCostPerDay[0]` is null instead of an object (and one more",
            true,
        ),
        (
            format!("{one},{two},{}", row("02/10/2026", "4")),
            [Some(dec!(1)), Some(dec!(2))],
            "is not a date",
            true,
        ),
    ] {
        let (_platform, dataset) = with_reply(path, list(&rows)).await;
        let dataset = dataset.unwrap();
        let points: Vec<_> = dataset.windows[0].daily[0]
            .points
            .iter()
            .map(|point| point.1)
            .collect();
        assert_eq!(points, values, "{rows}");
        assert_eq!(
            dataset.notices.len(),
            usize::from(!words.is_empty()),
            "{rows}: {:?}",
            dataset.notices
        );
        for notice in &dataset.notices {
            assert!(
                notice.text.contains(words) && notice.missing == missing,
                "{notice:?}"
            );
        }
    }
    let (_platform, dataset) = with_reply(path, vec![Reply::json(r#"{"costPerDay":[]}"#)]).await;
    let dataset = dataset.unwrap();
    assert!(texts(&dataset)[0].contains("`totalCostPerDay` is missing"));
    assert_eq!(
        dataset.notices.len(),
        1,
        "a list that is not there has no absent days"
    );
}

#[tokio::test]
async fn days_that_are_only_looked_back_on_are_not_spoken_of() {
    let platform = Platform::start().await;
    // Whatever the platform answers of them, and of the reported days.
    platform.on("requests/total-tokens", [Reply::json(r#"{"input":1}"#)]);
    platform.on(
        "requests/overall-error-rate",
        [Reply::json(r#"{"overallErrorRate":7.1}"#)],
    );
    platform.on(
        "requests/total-cost-per-day",
        [Reply::json(r#"{"totalCostPerDay":[null]}"#)],
    );
    let alone = two_days();
    let look_back = vec![need("2026-08-03", "2026-10-03", Depth::Days)];
    let whole = dataset(&plan(&platform.origin), &alone).await.unwrap();
    let both = dataset(&plan(&platform.origin), &[alone, look_back].concat())
        .await
        .unwrap();
    assert!(whole.notices.len() > 3, "{:?}", texts(&whole));
    assert_eq!(both.notices, whole.notices);
    assert_eq!(both.windows[0], whole.windows[0]);
}

#[tokio::test]
async fn contradictions_stop_the_report() {
    for (path, body, words) in [
        (
            "requests/total-requests",
            r#"{"totalRequests":-1}"#,
            "cannot be negative",
        ),
        (
            "requests/total-cost-per-day",
            r#"{"totalCostPerDay":[{"date":"2026-10-01","totalCost":1},{"date":"2026-10-01","totalCost":2}]}"#,
            "two different rows for 2026-10-01",
        ),
        (
            "requests/number-of-tokens-per-day",
            r#"{"numberOfTokens":[{"date":"2026-10-01","input":-5,"output":1,"total":1}]}"#,
            "cannot be negative",
        ),
        (
            "requests/top-10-agents-by-tokens",
            r#"{"top10Agents":[{"agent":"a","totalTokens":-3}]}"#,
            "cannot be negative",
        ),
    ] {
        let (_platform, dataset) = with_reply(path, vec![Reply::json(body)]).await;
        let error = dataset.unwrap_err();
        assert!(
            matches!(error, SourceError::Contradiction { .. }) && error.to_string().contains(words),
            "{error}"
        );
    }
    let (_platform, credit) = with_reply(COST, vec![Reply::json(r#"{"totalCost":-12.5}"#)]).await;
    assert_eq!(
        credit.unwrap().windows[0].figure(Metric::TotalCost),
        Some(dec!(-12.5)),
        "a credit is no contradiction"
    );
}

#[tokio::test]
async fn rankings_are_cut_at_ten_and_survive_odd_rows() {
    let rows: Vec<String> = (0..15)
        .map(|n| format!(r#"{{"agent":"a{n:02}","totalTokens":{n}}}"#))
        .collect();
    let body = format!(
        r#"{{"top10Agents":[{},{{"agent":null,"totalTokens":99}},{{"agent":"b","totalTokens":1.5}}]}}"#,
        rows.join(",")
    );
    let (_platform, dataset) = with_reply("requests/top-10-agents-by-tokens", vec![Reply::json(&body)]).await;
    let dataset = dataset.unwrap();
    let ranking = &dataset.windows[0].rankings[1].rows;
    assert_eq!(ranking.len(), 10);
    assert_eq!(ranking[0], ("a14".into(), Some(dec!(14))));
    assert!(
        texts(&dataset).iter().any(|text| text.contains("name nobody")),
        "{:?}",
        texts(&dataset)
    );
    let (_platform, dataset) = with_reply("requests/top-10-agents-by-tokens", vec![Reply::json("{}")]).await;
    assert!(dataset.unwrap().notices[0].missing);
}

#[tokio::test]
async fn the_token_goes_to_no_other_origin() {
    let elsewhere = Platform::start().await;
    for status in [301, 302, 303, 307, 308] {
        let target = format!("{}/v1/analytics/{COST}?secret=1", elsewhere.origin);
        let (_platform, dataset) =
            with_reply(COST, vec![Reply::status(status, "").with("Location", &target)]).await;
        let error = dataset.unwrap_err().to_string();
        assert!(
            error.contains(&format!(
                "it redirects to {}, and the token is not sent there",
                elsewhere.origin
            )),
            "{error}"
        );
        assert!(!error.contains("secret=1"), "{error}");
    }
    assert_eq!(elsewhere.connections(), 0);

    let moved = Reply::status(307, "").with(
        "Location",
        "/elsewhere/v1/analytics/requests/total-tokens?startDate=x",
    );
    let (platform, dataset) = with_reply("requests/number-of-tokens-per-day", vec![moved]).await;
    assert!(dataset.is_ok(), "the same origin may redirect");
    assert_eq!(platform.hits("/elsewhere/v1/analytics/requests/total-tokens"), 1);
}

#[tokio::test]
async fn the_base_url_may_carry_a_prefix_and_slashes() {
    for suffix in ["", "/", "/geai", "/geai///", "/a/b/"] {
        let platform = Platform::start().await;
        dataset(&plan(&format!("{}{suffix}", platform.origin)), &two_days())
            .await
            .unwrap();
        let prefix = suffix.trim_end_matches('/');
        for seen in platform.seen() {
            assert!(
                seen.target.starts_with(&format!("{prefix}/v1/a")),
                "{}",
                seen.target
            );
        }
    }
}

#[tokio::test]
async fn calls_run_at_once_within_the_bound_and_share_connections() {
    for (concurrency, together) in [(48, 21), (7, 7), (3, 3), (1, 1)] {
        let platform = Platform::start().await;
        platform.answer_together(together);
        let mut plan = plan(&platform.origin);
        plan.concurrency = concurrency;
        dataset(&plan, &two_days()).await.unwrap();
        assert_eq!(
            platform.most_in_flight(),
            together,
            "at most {concurrency}, and no fewer than possible"
        );
        assert!(
            platform.connections() <= together + 1,
            "{} connections for {together}",
            platform.connections()
        );
    }
}

#[tokio::test]
async fn the_first_final_failure_gives_up_the_rest() {
    let platform = Platform::start().await;
    for (path, _) in &platform::DOCUMENTED[1..] {
        platform.on(path, [Reply::status(403, "")]);
    }
    let mut plan = plan(&platform.origin);
    plan.concurrency = 2;
    dataset(&plan, &two_days()).await.unwrap_err();
    assert!(platform.seen().len() <= 1 + 3, "{}", platform.seen().len());
}

#[tokio::test]
async fn figures_of_a_running_period_are_provisional() {
    let platform = Platform::start().await;
    for (end, provisional) in [
        ("2026-11-01", false),
        ("2026-11-02", false),
        ("2026-11-03", true),
        ("2026-12-01", true),
    ] {
        let dataset = dataset(&plan(&platform.origin), &[need("2026-10-01", end, Depth::Full)])
            .await
            .unwrap();
        let now: DateTime<Utc> = "2026-11-02T07:00:04Z".parse().unwrap();
        assert_eq!(dataset.provisional_through, provisional.then_some(now), "{end}");
        let last_absent = day(end).pred_opt().unwrap().min(day("2026-11-01"));
        assert!(
            texts(&dataset)[0].contains(&format!("2026-10-03 to {last_absent} are not available")),
            "{:?}",
            texts(&dataset)
        );
    }
}

#[tokio::test]
async fn probing_asks_for_the_scope_only() {
    let platform = Platform::start().await;
    let (plan, clock) = (plan(&platform.origin), clock());
    geai::probe("globant", &plan, &clock, AT_ONCE).await.unwrap();
    assert_eq!(platform.seen().len(), 1);
    platform.on("/v1/accessControl/apitoken/validate", [Reply::status(401, "{}")]);
    let error = geai::probe("globant", &plan, &clock, AT_ONCE).await.unwrap_err();
    assert!(
        error
            .to_string()
            .contains("/v1/accessControl/apitoken/validate: HTTP 401"),
        "{error}"
    );
    let client = GeaiClient::new("globant", &plan, &clock, AT_ONCE).unwrap();
    assert!(!format!("{client:?}").contains(CANARY));
}

#[tokio::test]
async fn the_certificate_file_replaces_the_systems_authorities() {
    let (platform, pem) = Platform::start_tls().await;
    let folder = tempfile::tempdir().unwrap();
    let mut plan = plan(&platform.origin);
    plan.server.attempts = 1;
    for (content, words) in [
        ("", "it holds no certificate"),
        (
            "-----BEGIN CERTIFICATE-----\nnonsense\n-----END CERTIFICATE-----\n",
            "`ca_file` cannot be used",
        ),
        (&platform::Platform::start_tls().await.1, "no connection"),
        (&pem, ""),
    ] {
        let file = folder.path().join("ca.pem");
        std::fs::write(&file, content).unwrap();
        plan.server.ca_file = Some(file);
        match dataset(&plan, &two_days()).await {
            Ok(dataset) => assert_eq!((words, dataset.notices.len()), ("", 0)),
            Err(error) => assert!(!words.is_empty() && error.to_string().contains(words), "{error}"),
        }
    }
    plan.server.ca_file = Some(folder.path().join("missing.pem"));
    let error = dataset(&plan, &two_days()).await.unwrap_err().to_string();
    assert!(error.contains("missing.pem"), "{error}");
}

#[test]
fn rubbish_in_any_field_is_unknown_or_refused_but_never_zero() {
    let needs = two_days();
    let folder = tempfile::tempdir().unwrap();
    let query = "?startDate=2026-10-01&endDate=2026-10-02";
    let decode = |spoil: &dyn Fn(&str, &str) -> String| {
        let writer = SnapshotWriter::create(folder.path()).unwrap();
        for (path, good) in platform::DOCUMENTED {
            let request = if path.starts_with('/') {
                format!("GET {path}")
            } else {
                format!("GET /v1/analytics/{path}{query}")
            };
            writer.keep_text(&request, spoil(path, good), clock().now());
        }
        geai::decode("globant", &needs, &writer.finish().unwrap())
    };
    let rubbish = [
        "null",
        "[]",
        "{}",
        "\"\"",
        "true",
        "[null]",
        "[[]]",
        "[{}]",
        "[7]",
        "\"x\"",
        "1e999",
        "\"1e-99\"",
        "[{\"date\":7}]",
    ];
    for value in rubbish {
        for position in 0..3 {
            let dataset = decode(&|_, good| {
                let mut body: serde_json::Value = serde_json::from_str(good).unwrap();
                if let Some(field) = body.as_object_mut().unwrap().values_mut().nth(position) {
                    *field = serde_json::from_str(value).unwrap();
                }
                body.to_string()
            });
            let dataset = dataset.unwrap();
            let window = &dataset.windows[0];
            let figures = window.figures.iter().map(|measure| measure.value);
            let points = window
                .daily
                .iter()
                .flat_map(|series| &series.points)
                .map(|point| point.1);
            let ranked = window
                .rankings
                .iter()
                .flat_map(|ranking| &ranking.rows)
                .map(|row| row.1);
            assert_eq!(
                figures
                    .chain(points)
                    .chain(ranked)
                    .flatten()
                    .find(Decimal::is_zero),
                None,
                "{value}"
            );
            assert!(dataset.notices.iter().any(|notice| notice.missing), "{value}");
        }
    }
    let good = decode(&|_, good| good.to_owned()).unwrap();
    for (spoiled, _) in platform::DOCUMENTED {
        for body in ["", "{\"a\":1,\"a\":1}", "{\"error\":1}"] {
            match decode(&|path, good| (if path == *spoiled { body } else { good }).to_owned()) {
                Ok(dataset) => assert_eq!(dataset, good, "an answer that nobody reads: {spoiled}"),
                Err(error) => assert!(matches!(error, SourceError::Contradiction { .. }), "{error}"),
            }
        }
    }
}
