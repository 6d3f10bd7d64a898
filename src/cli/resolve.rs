//! `reportwire resolve`: an operator's word on a delivery of which nobody knows whether it arrived.

use super::{Failure, Globals, Verdict, output};
use crate::run::DeliveryState;
use crate::run::resend;

/// Arguments of `resolve`.
#[derive(Debug, clap::Args)]
pub(super) struct Resolve {
    /// Which run: its id, or the beginning of it
    run: String,
    /// Which delivery
    #[arg(long, value_name = "DELIVERY")]
    only: String,
    /// Whether it arrived: `sent` closes it, `not-sent` lets it go out again under the same key
    #[arg(long = "as", value_enum, value_name = "WORD")]
    said: Word,
}

/// What an operator may say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Word {
    /// It arrived.
    Sent,
    /// It did not.
    NotSent,
}

impl Resolve {
    pub(super) async fn run(self, globals: &Globals) -> Result<Verdict, Failure> {
        let engine = globals.engine().await?;
        let run = engine.store.run(&self.run).await?;
        let rows = engine.store.deliveries(&run.run_id).await?;
        let open: Vec<_> = rows
            .iter()
            .filter(|row| row.delivery == self.only && row.state == DeliveryState::Ambiguous)
            .collect();
        if open.is_empty() {
            return Err(Failure::request(format!(
                "run {} has nothing ambiguous by delivery `{}`, and only that can be resolved; `reportwire runs show {}` lists \
                 what it has",
                run.run_id, self.only, run.run_id
            )));
        }
        let now = engine.clock.now();
        let mut replaced = false;
        for row in &open {
            let state = engine.store.resolve(row, self.said == Word::Sent, now).await?;
            replaced |= state == DeliveryState::Superseded;
        }
        let run = resend::settle(&engine, &run.run_id).await?;
        let whom = open.iter().map(|row| row.recipient.as_str()).collect::<Vec<_>>();
        let whom = output::plain(&whom.join(", "));
        output::note(match self.said {
            Word::Sent => format!("delivery `{}` to {whom} counts as delivered", self.only),
            Word::NotSent if replaced => format!(
                "delivery `{}` to {whom} does not go out again: a newer revision of the report has replaced it",
                self.only
            ),
            Word::NotSent => format!(
                "delivery `{}` to {whom} goes out again, under the same key: by the running service, or now with\n\
                 `reportwire resend {} --only {}`",
                self.only, run.run_id, self.only
            ),
        });
        output::data(format!("run {}  {}", run.run_id, run.state));
        Ok(Verdict::Done)
    }
}
