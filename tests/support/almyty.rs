//! A fake of an almyty server, with the habits and traps of the real one: exports are cut at 10,000 rows without a word, the newest
//! first; `to` is included, but not for invoices; a bare date is midnight; estimates are a hundred times too high; the list of
//! requests has rows that the export lacks; and every answer that may carry what people wrote carries it.

use chrono::{DateTime, NaiveDate, Utc};
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::io;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// The key that the server knows.
pub(crate) const KEY: &str = "almyty_0f3c5a7e0f3c5a7e0f3c5a7e0f3c5a7e0f3c5a7e0f3c5a7e0f3c5a7e0f3c5a7e";
/// Stands in everything that people wrote or sent, and must turn up nowhere.
pub(crate) const CANARY: &str = "canary-b0d1e5";
/// Rows of an export.
const EXPORT_ROWS: usize = 10_000;

/// What the server does with one request instead of the right thing.
#[derive(Clone, Debug)]
pub(crate) enum Reply {
    /// Status, headers and body.
    Send(u16, Vec<(&'static str, String)>, String),
    /// Announces the whole body, sends half of it and hangs up.
    Cut(String),
    /// Takes the request and never answers.
    Silence,
}

impl Reply {
    pub(crate) fn status(status: u16, body: &str) -> Self {
        Self::Send(status, vec![], body.into())
    }

    /// An error in the shape of the global filter.
    pub(crate) fn error(status: u16, code: &str, message: &str) -> Self {
        let error = json!({"code": code, "message": message, "statusCode": status,
            "timestamp": "2026-11-02T07:00:00.000Z", "path": "/x"});
        Self::status(status, &json!({ "error": error }).to_string())
    }
}

/// One request as it arrived.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) target: String,
    pub(crate) headers: HashMap<String, String>,
}

/// A row with its instant in microseconds, as the database has it.
type Dated = (i64, Value);

/// What the server holds and how it behaves.
#[derive(Default)]
pub(crate) struct Holdings {
    pub(crate) conversations: Vec<Dated>,
    pub(crate) requests: Vec<Dated>,
    pub(crate) tools: Vec<Dated>,
    pub(crate) audit: Vec<Dated>,
    /// Rows that arrive while lists are read: one before each further page.
    pub(crate) arriving: VecDeque<Dated>,
    /// Provider and name, and what it has invoiced in which month (its first day).
    pub(crate) providers: Vec<(String, String)>,
    pub(crate) invoices: BTreeMap<(String, NaiveDate), i64>,
    /// Names by path.
    pub(crate) names: HashMap<&'static str, Vec<(String, Value)>>,
    /// Whether there is anything under `/analytics`.
    pub(crate) no_analytics: bool,
    /// The body of `/usage-metrics`, which no published code has.
    pub(crate) usage_metrics: Option<Value>,
    pub(crate) agent_runs: Value,
    pub(crate) spent_cents: i64,
    /// Calls to one route within its window; a call too many is refused, and the next window begins.
    pub(crate) limit: Option<usize>,
    calls: HashMap<String, usize>,
    scripts: HashMap<String, VecDeque<Reply>>,
    seen: Vec<Seen>,
}

/// The fake; it stops when dropped.
pub(crate) struct Server {
    pub(crate) origin: String,
    holdings: Arc<Mutex<Holdings>>,
    listener: tokio::task::JoinHandle<()>,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.listener.abort();
    }
}

impl Server {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let holdings = Arc::new(Mutex::new(Holdings {
            agent_runs: json!(0),
            ..Holdings::default()
        }));
        let shared = Arc::clone(&holdings);
        let listener = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&shared)));
            }
        });
        Self {
            origin,
            holdings,
            listener,
        }
    }

    /// Changes what the server holds.
    pub(crate) fn hold(&self, change: impl FnOnce(&mut Holdings)) {
        change(&mut self.holdings.lock().unwrap());
    }

    /// Scripts the next replies to one path; after them it answers as it should, unless the last one is to stay.
    pub(crate) fn on(&self, path: &str, replies: impl IntoIterator<Item = Reply>) {
        self.hold(|holdings| {
            holdings
                .scripts
                .insert(path.to_owned(), replies.into_iter().collect());
        });
    }

    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.holdings.lock().unwrap().seen.clone()
    }

    /// How many requests had this in their target.
    pub(crate) fn hits(&self, part: &str) -> usize {
        self.seen()
            .iter()
            .filter(|seen| seen.target.contains(part))
            .count()
    }
}

/// An instant of the database, with microseconds.
pub(crate) fn at(text: &str) -> i64 {
    text.parse::<DateTime<Utc>>().unwrap().timestamp_micros()
}

/// JavaScript shows no more than milliseconds, and cuts the rest off.
fn shown(micros: i64) -> String {
    let instant = DateTime::from_timestamp_millis(micros.div_euclid(1000)).unwrap();
    instant.format("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}

/// A conversation; `cents` as its digits stand in the answer.
pub(crate) fn conversation(id: &str, instant: i64, cents: &str, tokens: [u64; 2], more: Value) -> Dated {
    let mut row = json!({
        "id": id, "externalSessionId": null, "providerId": null, "agentId": null, "externalAgentId": null,
        "parentConversationId": null, "gatewayId": null, "userId": null, "organizationId": "org-1", "status": "archived",
        "title": CANARY, "context": {"model": null, "systemPrompt": CANARY}, "messageCount": 2,
        "totalInputTokens": tokens[0], "totalOutputTokens": tokens[1], "toolCalls": 0, "successfulToolCalls": 0,
        "totalCost": serde_json::from_str::<Value>(cents).unwrap(), "failureReason": CANARY, "metadata": {"note": CANARY},
        "createdAt": shown(instant), "updatedAt": shown(instant),
    });
    merge(&mut row, more);
    (instant, row)
}

/// A conversation with nothing but its figures, of which a test can have many.
pub(crate) fn slim(number: i64, instant: i64, cents: &str, tokens: [u64; 2]) -> Dated {
    let cost: Value = serde_json::from_str(cents).unwrap();
    let [input, output] = tokens;
    let row = json!({"id": format!("c{number}"), "totalInputTokens": input, "totalOutputTokens": output, "totalCost": cost,
        "createdAt": shown(instant)});
    (instant, row)
}

/// A request, with all that was said in it.
pub(crate) fn request(id: &str, instant: i64, status: u16, millis: u64, more: Value) -> Dated {
    let mut row = json!({
        "id": id, "method": "POST", "path": format!("/mcp?api_key={CANARY}"), "statusCode": status, "responseTime": millis,
        "protocol": "mcp", "userAgent": CANARY, "ipAddress": "10.0.0.1", "gatewayId": null, "toolId": null, "userId": null,
        "requestHeaders": {"authorization": CANARY}, "responseHeaders": {"set-cookie": CANARY},
        "requestBody": {"prompt": CANARY}, "responseBody": CANARY, "errorMessage": CANARY,
        "requestSize": 10, "responseSize": 20, "metadata": {"protocol": "mcp", "organizationId": "org-1", "x": CANARY},
        "timestamp": shown(instant), "createdAt": shown(instant),
    });
    merge(&mut row, more);
    (instant, row)
}

pub(crate) fn tool_execution(id: &str, instant: i64, tool: Value, success: Value) -> Dated {
    let row = json!({
        "id": id, "toolId": tool, "userId": null, "organizationId": "org-1", "gatewayId": null,
        "parameters": {"secret": CANARY}, "result": CANARY, "success": success, "error": CANARY, "executionTime": 12,
        "cached": false, "retryCount": 0, "metadata": {"x": CANARY}, "createdAt": shown(instant), "updatedAt": shown(instant),
    });
    (instant, row)
}

pub(crate) fn audit_event(
    id: &str,
    instant: i64,
    action: &str,
    resource: &str,
    user: Value,
    email: Value,
) -> Dated {
    let row = json!({
        "id": id, "organizationId": "org-1", "userId": user, "userEmail": email, "action": action, "resourceType": resource,
        "resourceId": "r1", "resourceName": "Something", "details": {"x": CANARY},
        "changes": [{"field": "apiKey", "from": CANARY, "to": CANARY}], "ipAddress": CANARY, "userAgent": CANARY,
        "status": "success", "metadata": {"x": CANARY}, "createdAt": shown(instant),
    });
    (instant, row)
}

fn merge(row: &mut Value, more: Value) {
    let Value::Object(more) = more else { return };
    for (key, value) in more {
        if key == "model" {
            row["context"]["model"] = value;
        } else {
            row[&key] = value;
        }
    }
}

async fn serve(mut stream: TcpStream, holdings: Arc<Mutex<Holdings>>) -> io::Result<()> {
    while let Some(seen) = read_request(&mut stream).await? {
        let reply = holdings.lock().unwrap().reply(seen);
        let (status, headers, body, half) = match reply {
            Reply::Send(status, headers, body) => (status, headers, body, false),
            Reply::Cut(body) => (200, vec![], body, true),
            Reply::Silence => return std::future::pending().await,
        };
        let mut head = format!("HTTP/1.1 {status} Whatever\r\nContent-Length: {}\r\n", body.len());
        if !headers
            .iter()
            .any(|(name, _)| name.eq_ignore_ascii_case("content-type"))
        {
            head.push_str("Content-Type: application/json\r\n");
        }
        for (name, value) in headers {
            head.extend([name, ": ", &value, "\r\n"]);
        }
        let body = if half {
            &body.as_bytes()[..body.len() / 2]
        } else {
            body.as_bytes()
        };
        stream
            .write_all(&[head.as_bytes(), b"\r\n", body].concat())
            .await?;
        if half {
            return stream.shutdown().await;
        }
    }
    Ok(())
}

async fn read_request(stream: &mut TcpStream) -> io::Result<Option<Seen>> {
    let mut bytes = Vec::new();
    while !bytes.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        if stream.read(&mut byte).await? == 0 {
            return Ok(None);
        }
        bytes.push(byte[0]);
    }
    let text = String::from_utf8(bytes).unwrap();
    let mut lines = text.split("\r\n");
    let target = lines.next().unwrap().split(' ').nth(1).unwrap().to_owned();
    let headers = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_lowercase(), value.to_owned()))
        .collect();
    Ok(Some(Seen { target, headers }))
}

/// The parameters of a query.
struct Query(HashMap<String, String>);

impl Query {
    fn of(target: &str) -> Self {
        let url = url::Url::parse(&format!("http://x{target}")).unwrap();
        Self(url.query_pairs().into_owned().collect())
    }

    fn text(&self, key: &str) -> Option<&str> {
        self.0.get(key).map(String::as_str)
    }

    fn number(&self, key: &str, default: usize) -> usize {
        self.text(key).map_or(default, |text| text.parse().unwrap())
    }

    /// As JavaScript's Date reads it, in microseconds.
    fn instant(&self, key: &str) -> Result<Option<i64>, Reply> {
        let Some(text) = self.text(key) else {
            return Ok(None);
        };
        if let Ok(date) = text.parse::<NaiveDate>() {
            return Ok(Some(
                date.and_hms_opt(0, 0, 0).unwrap().and_utc().timestamp_micros(),
            ));
        }
        let read = text.parse::<DateTime<Utc>>();
        let unreadable = || Reply::error(400, "DATABASE_ERROR", "invalid input syntax for type timestamp");
        read.map(|instant| Some(instant.timestamp_micros()))
            .map_err(|_| unreadable())
    }

    /// The rows from `from` to `to`, both included, the newest first.
    fn rows<'r>(&self, rows: &'r [Dated]) -> Result<Vec<&'r Dated>, Reply> {
        let (from, to) = (self.instant("from")?, self.instant("to")?);
        let within = |(instant, _): &&Dated| {
            from.is_none_or(|from| from <= *instant) && to.is_none_or(|to| *instant <= to)
        };
        let mut found: Vec<&Dated> = rows.iter().filter(within).collect();
        found.sort_by_key(|(instant, _)| std::cmp::Reverse(*instant));
        Ok(found)
    }
}

fn good(body: &Value) -> Reply {
    Reply::status(200, &body.to_string())
}

fn enveloped(data: &Value) -> Reply {
    good(&json!({"success": true, "data": data, "message": "ok"}))
}

impl Holdings {
    fn reply(&mut self, seen: Seen) -> Reply {
        let target = seen.target.clone();
        let path = target.split('?').next().unwrap().to_owned();
        let headers = seen.headers.clone();
        self.seen.push(seen);
        if let Some(script) = self.scripts.get_mut(&path)
            && let Some(reply) = script.pop_front()
        {
            return reply;
        }
        // The limiter stands before the lock.
        let calls = self.calls.entry(path.clone()).or_default();
        *calls += 1;
        if self.limit.is_some_and(|limit| *calls > limit) {
            *calls = 0;
            let body = json!({"error": {"code": "RATE_LIMITED", "message": "ThrottlerException: Too Many Requests"}});
            return Reply::Send(429, vec![("Retry-After", "1".into())], body.to_string());
        }
        let bearer = headers
            .get("authorization")
            .is_some_and(|value| *value == format!("Bearer {KEY}"));
        let key = headers
            .get("x-api-key")
            .is_some_and(|value| value == "ak_live_77");
        if !bearer && !key {
            return Reply::error(401, "UNAUTHORIZED", "Invalid API key");
        }
        if headers.get("x-organization-id").is_some_and(|id| id != "org-1") {
            return Reply::error(401, "UNAUTHORIZED", "Not a member of the requested organization");
        }
        let reply = self.answer(&path, &Query::of(&target));
        self.limited(&path, reply.unwrap_or_else(|refusal| refusal))
    }

    /// The reply with what the limiter says of its route; a server without one says nothing.
    fn limited(&self, path: &str, reply: Reply) -> Reply {
        let (Some(limit), Reply::Send(status, mut headers, body)) = (self.limit, reply.clone()) else {
            return reply;
        };
        let left = limit - self.calls.get(path).copied().unwrap_or_default().min(limit);
        headers.extend([
            ("X-RateLimit-Limit", limit.to_string()),
            ("X-RateLimit-Remaining", left.to_string()),
            ("X-RateLimit-Reset", "60".to_owned()),
        ]);
        Reply::Send(status, headers, body)
    }

    fn answer(&mut self, path: &str, query: &Query) -> Result<Reply, Reply> {
        if path.starts_with("/analytics") && self.no_analytics {
            return Err(unknown(path));
        }
        Ok(match path {
            // A database that fails shows as zeros here.
            "/analytics/overview" => {
                enveloped(&json!({"last24h": {"requests": 0}, "last7d": {"llmCostCents": 0}}))
            }
            "/analytics/export" => self.export(query)?,
            "/analytics/requests" => self.requests(query)?,
            "/analytics/llm-usage" => self.llm_usage(),
            "/analytics/agent-runs" => {
                enveloped(&json!({"totals": {"total": 1}, "totalCost": self.agent_runs}))
            }
            "/audit-logs" => self.audit_logs(query)?,
            "/budgets/spend" => enveloped(&json!({"period": "month", "totalCents": self.spent_cents})),
            "/provider-usage/reconciliation" => self.reconciliation(query)?,
            "/agents" | "/llm-providers" | "/gateways" | "/tools" => self.named(path, query),
            "/usage-metrics" => self
                .usage_metrics
                .as_ref()
                .map(good)
                .ok_or_else(|| unknown(path))?,
            _ => return Err(unknown(path)),
        })
    }

    fn export(&self, query: &Query) -> Result<Reply, Reply> {
        let rows = match query.text("type") {
            Some("llm-sessions") => query.rows(&self.conversations)?,
            Some("tool-executions") => query.rows(&self.tools)?,
            Some("requests") | None => {
                let all = query.rows(&self.requests)?;
                all.into_iter()
                    .filter(|(_, row)| !row["gatewayId"].is_null())
                    .collect()
            }
            Some(_) => vec![],
        };
        let rows: Vec<String> = rows
            .iter()
            .take(EXPORT_ROWS)
            .map(|(_, row)| row.to_string())
            .collect();
        Ok(Reply::Send(200, vec![], format!("[{}]", rows.join(","))))
    }

    fn requests(&mut self, query: &Query) -> Result<Reply, Reply> {
        let (page, limit) = (query.number("page", 1), query.number("limit", 50).min(100));
        if page > 1
            && let Some(row) = self.arriving.pop_front()
        {
            self.requests.push(row);
        }
        let mut rows = query.rows(&self.requests)?;
        let failed = |row: &&Dated| row.1["statusCode"].as_u64().is_some_and(|status| status >= 400);
        match query.text("status") {
            Some("error") => rows.retain(failed),
            Some("success") => rows.retain(|row| !failed(row)),
            _ => {}
        }
        let total = rows.len();
        let hidden = [
            "requestHeaders",
            "responseHeaders",
            "requestBody",
            "responseBody",
            "metadata",
        ];
        let shown: Vec<Value> = rows
            .into_iter()
            .skip((page - 1) * limit)
            .take(limit)
            .map(|(_, row)| {
                let mut row = row.clone();
                row.as_object_mut()
                    .unwrap()
                    .retain(|key, _| !hidden.contains(&key.as_str()));
                row
            })
            .collect();
        let pages = total.div_ceil(limit);
        Ok(enveloped(
            &json!({"data": shown, "total": total, "page": page, "pages": pages}),
        ))
    }

    fn audit_logs(&self, query: &Query) -> Result<Reply, Reply> {
        let (page, limit) = (query.number("page", 1), query.number("limit", 50).min(200));
        let rows = query.rows(&self.audit)?;
        let total = rows.len();
        let shown: Vec<&Value> = rows
            .iter()
            .skip((page - 1) * limit)
            .take(limit)
            .map(|(_, row)| row)
            .collect();
        let pagination =
            json!({"total": total, "page": page, "limit": limit, "totalPages": total.div_ceil(limit)});
        Ok(good(
            &json!({"success": true, "data": shown, "pagination": pagination}),
        ))
    }

    /// The conversations of the week before 2 November 2026.
    fn llm_usage(&self) -> Reply {
        let since = at("2026-10-26T07:00:00Z");
        let week = self.conversations.iter().filter(|(instant, _)| *instant >= since);
        let cents =
            week.filter_map(|(_, row)| row["totalCost"].to_string().parse::<rust_decimal::Decimal>().ok());
        let sum: rust_decimal::Decimal = cents.sum();
        let cost: Value = serde_json::from_str(&sum.round_dp(2).to_string()).unwrap();
        enveloped(&json!([{"providerId": null, "sessionCount": 1, "totalCostCents": cost}]))
    }

    fn reconciliation(&self, query: &Query) -> Result<Reply, Reply> {
        let (from, to) = (query.instant("from")?.unwrap(), query.instant("to")?.unwrap());
        let month = DateTime::from_timestamp_micros(from).unwrap().date_naive();
        let rows: Vec<Value> = self
            .providers
            .iter()
            .map(|(id, name)| {
                let cents: rust_decimal::Decimal = self
                    .conversations
                    .iter()
                    .filter(|(instant, row)| from <= *instant && *instant < to && row["providerId"] == json!(id))
                    .filter_map(|(_, row)| row["totalCost"].to_string().parse::<rust_decimal::Decimal>().ok())
                    .sum();
                let estimate = (cents * rust_decimal::Decimal::ONE_HUNDRED).round();
                let actual = self.invoices.get(&(id.clone(), month));
                json!({"llmProviderId": id, "providerName": name, "providerType": "openai", "capabilitySupported": true,
                    "estimateCents": serde_json::from_str::<Value>(&estimate.to_string()).unwrap(), "estimateTokens": 1,
                    "actualCents": actual, "actualTokens": null, "deltaCents": null, "deltaPct": null})
            })
            .collect();
        Ok(enveloped(
            &json!({"from": query.text("from"), "to": query.text("to"), "providers": rows}),
        ))
    }

    fn named(&self, path: &str, query: &Query) -> Reply {
        let (page, limit) = (query.number("page", 1), query.number("limit", 50).min(100));
        let all = self.names.get(path).map_or(&[][..], Vec::as_slice);
        let rows: Vec<Value> = all
            .iter()
            .skip((page - 1) * limit)
            .take(limit)
            .map(|(id, name)| json!({"id": id, "name": name, "apiKey": CANARY, "config": {"prompt": CANARY}}))
            .collect();
        match path {
            "/agents" => good(&json!({"success": true, "data": rows, "pagination": {"total": all.len()}})),
            "/llm-providers" => enveloped(&json!({ "providers": rows })),
            "/gateways" => enveloped(&json!({ "gateways": rows })),
            _ => enveloped(&json!({ "tools": rows })),
        }
    }
}

fn unknown(path: &str) -> Reply {
    Reply::error(404, "NOT_FOUND", &format!("Cannot GET {path}"))
}
