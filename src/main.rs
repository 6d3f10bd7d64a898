//! The program: parse, do, print the error, exit code.

use clap::Parser;
use reportwire::cli::{Cli, output};
use std::process::ExitCode;

fn main() -> ExitCode {
    let cli = Cli::parse();
    match cli.run() {
        Ok(verdict) => verdict.into(),
        Err(failure) => {
            output::error(&failure);
            failure.exit_code()
        }
    }
}
