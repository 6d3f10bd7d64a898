//! A progress bar on standard error, where that is a terminal: first what is fetched, then what is rendered.

use crate::source::Progress;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::IsTerminal;
use std::time::Duration;

/// How often the bar moves though nothing happens.
const TICK: Duration = Duration::from_millis(100);

/// The phases, as they are shown.
const FETCHING: &str = "fetching";
const RENDERING: &str = "rendering";

/// A bar that goes away when it is dropped.
#[derive(Debug)]
pub(super) struct Bar(ProgressBar);

impl Bar {
    pub(super) fn new() -> Self {
        if !std::io::stderr().is_terminal() {
            return Self::on(ProgressDrawTarget::hidden());
        }
        let bar = Self::on(ProgressDrawTarget::stderr_with_hz(10));
        if let Ok(style) = ProgressStyle::with_template("{spinner} {msg:<10} {bar:30} {pos}/{len} {elapsed}")
        {
            bar.0.set_style(style);
        }
        bar.0.enable_steady_tick(TICK);
        bar
    }

    fn on(target: ProgressDrawTarget) -> Self {
        Self(ProgressBar::with_draw_target(Some(0), target).with_message(FETCHING))
    }
}

impl Progress for Bar {
    fn expect(&self, steps: u64) {
        self.0.inc_length(steps);
        self.0.set_message(FETCHING);
    }

    fn step(&self) {
        self.0.inc(1);
        if self.0.length().is_some_and(|length| self.0.position() >= length) {
            self.0.set_message(RENDERING);
        }
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rendering_begins_when_everything_is_fetched() {
        let bar = Bar::on(ProgressDrawTarget::hidden());
        bar.expect(2);
        bar.step();
        assert_eq!(bar.0.message(), FETCHING);
        bar.step();
        assert_eq!(bar.0.message(), RENDERING);
        bar.expect(1);
        assert_eq!(bar.0.message(), FETCHING);
    }
}
