//! A progress bar on standard error, where that is a terminal: first what is fetched, then what is rendered.

use crate::source::Progress;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::IsTerminal;
use std::time::Duration;

/// How often the bar moves though nothing happens.
const TICK: Duration = Duration::from_millis(100);

/// A bar that goes away when it is dropped.
#[derive(Debug)]
pub(super) struct Bar(ProgressBar);

impl Bar {
    pub(super) fn new() -> Self {
        if !std::io::stderr().is_terminal() {
            return Self(ProgressBar::hidden());
        }
        let bar = ProgressBar::with_draw_target(Some(0), ProgressDrawTarget::stderr_with_hz(10));
        if let Ok(style) = ProgressStyle::with_template("{spinner} {msg:<10} {bar:30} {pos}/{len} {elapsed}")
        {
            bar.set_style(style);
        }
        bar.set_message("fetching");
        bar.enable_steady_tick(TICK);
        Self(bar)
    }
}

impl Progress for Bar {
    fn expect(&self, steps: u64) {
        self.0.inc_length(steps);
        self.0.set_message("fetching");
    }

    fn step(&self) {
        self.0.inc(1);
        if self.0.length().is_some_and(|length| self.0.position() >= length) {
            self.0.set_message("rendering");
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
        let bar = Bar(ProgressBar::hidden());
        bar.expect(2);
        bar.step();
        assert_eq!(bar.0.message(), "fetching");
        bar.step();
        assert_eq!(bar.0.message(), "rendering");
        bar.expect(1);
        assert_eq!(bar.0.message(), "fetching");
    }
}
