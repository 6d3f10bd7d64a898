//! `reportwire completions`: what a shell needs to complete our commands.

use super::{Cli, Failure, Verdict, output};
use clap::CommandFactory;
use clap_complete::Shell;

/// Arguments of `completions`.
#[derive(Debug, clap::Args)]
pub(super) struct Completions {
    /// Which shell
    #[arg(value_enum)]
    shell: Shell,
}

impl Completions {
    #[expect(clippy::unnecessary_wraps, reason = "every command answers alike")]
    pub(super) fn run(&self) -> Result<Verdict, Failure> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut Cli::command(), "reportwire", &mut script);
        output::data(String::from_utf8_lossy(&script).trim_end());
        Ok(Verdict::Done)
    }
}
