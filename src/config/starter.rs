//! A first configuration that runs at once, without any secret.

use chrono::{Datelike, Months, NaiveDate, Weekday};
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// The configuration.
const CONFIGURATION: &str = include_str!("starter/reportwire.toml");
/// Columns of the example: the interchange format of usage files.
const COLUMNS: &str = "date,project_id,project_name,user_name,model,service_type,requests,errors,input_tokens,\
                       output_tokens,cost,currency";

/// Why the starter could not be written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StarterError {
    /// One of its files is there already; nothing was written.
    #[error("`{0}` is there already and stays as it is; name another folder")]
    Exists(PathBuf),
    /// A folder or file could not be written.
    #[error("`{path}` cannot be written: {source}")]
    Write {
        /// Which one.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

/// Writes the starter into `dir`, which is made if missing, and gives the paths that were written. The example usage
/// covers the two months before the month of `today`, so that the first run has figures and something to compare with.
///
/// # Errors
/// [`StarterError`]; files that are there are never replaced.
pub fn write(dir: &Path, today: NaiveDate) -> Result<Vec<PathBuf>, StarterError> {
    let files = [
        (dir.join("usage/example.csv"), example_usage(today)),
        (dir.join("reportwire.toml"), CONFIGURATION.to_owned()),
    ];
    if let Some((path, _)) = files.iter().find(|(path, _)| fs::symlink_metadata(path).is_ok()) {
        return Err(StarterError::Exists(path.clone()));
    }
    let mut written = Vec::new();
    for (path, text) in files {
        create(&path, &text).map_err(|source| match source.kind() {
            io::ErrorKind::AlreadyExists => StarterError::Exists(path.clone()),
            _ => StarterError::Write {
                path: path.clone(),
                source,
            },
        })?;
        written.push(path);
    }
    Ok(written)
}

fn create(path: &Path, text: &str) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut file = OpenOptions::new().write(true).create_new(true).open(path)?;
    file.write_all(text.as_bytes())
}

/// Invented usage of two projects: one row for each day of the two months before that of `today`, less on weekends.
fn example_usage(today: NaiveDate) -> String {
    let this_month = today.with_day(1).unwrap_or(today);
    let first = this_month
        .checked_sub_months(Months::new(2))
        .unwrap_or(this_month);
    let projects = [
        ("support", "Customer support", "Ada", "large-4", 40),
        ("research", "Market research", "Grace", "small-2", 25),
    ];
    let mut text = format!("{COLUMNS}\n");
    for (nth, day) in first.iter_days().take_while(|day| *day < this_month).enumerate() {
        let weekend = matches!(day.weekday(), Weekday::Sat | Weekday::Sun);
        for (project, (id, name, user, model, base)) in projects.iter().enumerate() {
            let busy = base + (nth * 7 + project * 3) % 20;
            let requests = if weekend { busy / 5 } else { busy };
            let errors = requests / 30;
            let (input, output) = (requests * 900, requests * 310);
            // In hundredths of a cent, so that no binary fraction is needed.
            let cost = requests * if project == 0 { 137 } else { 21 };
            let (units, rest) = (cost / 10_000, cost % 10_000);
            text.extend([
                format!("{day},{id},{name},{user},{model},text_generation,{requests},{errors},"),
                format!("{input},{output},{units}.{rest:04},USD\n"),
            ]);
        }
    }
    text
}
