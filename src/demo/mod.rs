//! The demonstration: the truth in small. A sample platform, a mailbox and a webhook receiver on loopback, and real runs
//! through them: real HTTP, a real SMTP conversation, a real signature check, real files.
//!
//! In: a folder. Out: `drop/`, `mail/*.eml`, `hooks/*.json` and `index.html`, which shows and links all of it.
//! Never here: shortcuts. The runs take the same path as any other.

mod answers;
pub mod company;
mod index;
pub mod mailbox;
pub mod platform;
pub mod receiver;
mod usage;

use crate::config::{self, Plan};
use crate::delivery::signature::SigningKey;
use crate::run::perform::{self, Engine, RunOutcome};
use crate::run::{RunError, RunRequest, Store};
use crate::schedule::clock::{Clock, SystemClock};
use crate::source::Progress;
use chrono::{DateTime, Utc};
use company::Company;
use mailbox::Mailbox;
use platform::Platform;
use receiver::Receiver;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// The configuration that the demo lays its addresses over.
const CONFIGURATION: &str = include_str!("../../config/demo.toml");

/// The jobs that it runs.
const JOBS: [&str; 3] = ["monthly-full-report", "quarterly-cost-comparison", "weekly-trend"];

/// What the sample platform asks for as a token. It guards nothing.
const TOKEN: &str = "demo-token";

/// The key that the sample receiver checks signatures with. It guards nothing.
const SIGNING_SECRET: &str = "whsec_cmVwb3J0d2lyZS1kZW1vLXNpZ25pbmcta2V5";

/// File that marks a folder as a demo's own, to be replaced by the next demo.
const MARKER: &str = ".reportwire-demo";

/// What the demo leaves in its folder besides the marker.
const LEFT: [&str; 7] = ["drop", "mail", "hooks", "usage", "data", "secrets", "index.html"];

/// What the demonstration is asked to do.
#[derive(Debug, Clone)]
pub struct DemoOptions {
    /// Where everything is left.
    pub out: PathBuf,
    /// Stands for "now" when the period is chosen.
    pub as_of: Option<DateTime<Utc>>,
}

/// What the demonstration did.
#[derive(Debug)]
pub struct DemoOutcome {
    /// The runs.
    pub runs: Vec<RunOutcome>,
    /// What arrived where: the place and what lies there.
    pub arrived: Vec<(String, String)>,
    /// The page that shows all of it.
    pub index: PathBuf,
    /// The configuration that it ran on.
    pub plan: Plan,
    /// The sample platform, mailbox and receiver, which are there as long as this is.
    pub far_ends: FarEnds,
}

/// Runs the demonstration; replaces what an earlier one left in the same folder.
///
/// # Errors
/// [`RunError::Request`] if the folder holds something that no demo left there, else as for any run.
pub async fn run(options: DemoOptions, progress: &dyn Progress) -> Result<DemoOutcome, RunError> {
    let out = std::path::absolute(&options.out).map_err(|cause| RunError::disk(&options.out, cause))?;
    clear(&out)?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let as_of = options.as_of.unwrap_or_else(|| clock.now());
    let far_ends = FarEnds::start(&out, as_of, &clock)
        .await
        .map_err(|cause| RunError::disk(&out, cause))?;
    let plan = config::load_text(
        "demo.toml",
        CONFIGURATION,
        &out,
        &far_ends.addresses(&out),
        &BTreeMap::new(),
    )
    .map_err(|problems| RunError::Request(problems.to_string()))?;
    let store = Store::open(&plan.service.data_dir).await?;
    let engine = Engine::new(plan, store, clock);
    let mut runs = Vec::new();
    for job in JOBS {
        let request = RunRequest {
            job: job.to_owned(),
            as_of: Some(as_of),
            wait: Duration::from_mins(1),
            ..RunRequest::default()
        };
        runs.push(perform::run(&engine, &request, progress).await?);
    }
    let index = out.join("index.html");
    let page = index::render(&out, &runs, &far_ends.mailbox.mails(), &far_ends.receiver.hooks())?;
    fs::write(&index, page).map_err(|cause| RunError::disk(&index, cause))?;
    Ok(DemoOutcome {
        runs,
        arrived: far_ends.arrived(&out),
        index,
        plan: engine.plan,
        far_ends,
    })
}

/// The three far ends.
#[derive(Debug)]
pub struct FarEnds {
    platform: Platform,
    mailbox: Mailbox,
    receiver: Receiver,
}

impl FarEnds {
    async fn start(out: &Path, as_of: DateTime<Utc>, clock: &Arc<dyn Clock>) -> io::Result<Self> {
        let secrets = out.join("secrets");
        fs::create_dir_all(&secrets)?;
        for (name, secret) in [("token", TOKEN), ("signing", SIGNING_SECRET)] {
            let mut options = fs::OpenOptions::new();
            options.write(true).create(true).truncate(true).mode(0o600);
            options.open(secrets.join(name))?.write_all(secret.as_bytes())?;
        }
        let key = SigningKey::parse(SIGNING_SECRET).map_err(io::Error::other)?;
        let company = Company::ending(as_of.date_naive());
        fs::create_dir_all(out.join("usage"))?;
        usage::write(&company, &out.join("usage/usage.csv"))?;
        Ok(Self {
            platform: Platform::start(company, TOKEN).await?,
            mailbox: Mailbox::start(&out.join("mail")).await?,
            receiver: Receiver::start(&out.join("hooks"), key, Arc::clone(clock)).await?,
        })
    }

    /// Where the far ends are, as overrides of the configuration.
    fn addresses(&self, out: &Path) -> Vec<(String, String)> {
        let secret = |name: &str| format!("file:{}", out.join("secrets").join(name).display());
        [
            ("sources.globant.geai.base_url", self.platform.base_url.clone()),
            ("sources.globant.geai.api_key", secret("token")),
            (
                "deliveries.finance-mail.email.smtp.port",
                self.mailbox.address().port().to_string(),
            ),
            ("deliveries.erp.webhook.url", self.receiver.url().to_string()),
            ("deliveries.erp.webhook.signing_secret", secret("signing")),
        ]
        .map(|(key, value)| (key.to_owned(), value))
        .to_vec()
    }

    fn arrived(&self, out: &Path) -> Vec<(String, String)> {
        let files = |folder: &str| fs::read_dir(out.join(folder)).map_or(0, Iterator::count);
        let place = |name: &str| out.join(name).display().to_string();
        let mails = self.mailbox.mails();
        let recipients: BTreeSet<String> = mails.iter().flat_map(|mail| mail.recipients.clone()).collect();
        let recipients: Vec<String> = recipients.into_iter().collect();
        vec![
            (
                place("drop"),
                format!("{} files, the manifest among them", files("drop")),
            ),
            (
                place("mail"),
                format!("{} mails, to {}", mails.len(), recipients.join(" and ")),
            ),
            (
                place("hooks"),
                format!(
                    "{} signed events, signatures verified",
                    self.receiver.hooks().len()
                ),
            ),
        ]
    }
}

/// Makes the folder a demo's own and empties it of what an earlier demo left.
fn clear(out: &Path) -> Result<(), RunError> {
    let disk = |cause: io::Error| RunError::disk(out, cause);
    fs::create_dir_all(out).map_err(disk)?;
    let marker = out.join(MARKER);
    if !marker.exists() {
        if let Some(name) = LEFT.iter().find(|name| out.join(name).exists()) {
            return Err(RunError::Request(format!(
                "{} holds `{name}`, which no demo left there; name another folder with --out",
                out.display()
            )));
        }
        fs::write(
            &marker,
            "Left by `reportwire demo`, which replaces what is here.\n",
        )
        .map_err(disk)?;
    }
    for name in LEFT {
        let path = out.join(name);
        let removed = if path.is_dir() {
            fs::remove_dir_all(&path)
        } else {
            fs::remove_file(&path)
        };
        match removed {
            Err(cause) if cause.kind() != io::ErrorKind::NotFound => return Err(disk(cause)),
            _ => {}
        }
    }
    Ok(())
}
