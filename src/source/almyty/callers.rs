//! Who has called: counted, never listed.

use super::keep::{Fingerprint, fingerprint};
use rust_decimal::Decimal;
use std::collections::HashSet;

/// Most callers of one period that are told apart.
pub(super) const MAX_CALLERS: usize = 500_000;

/// The callers of one period, as far as memory is to be had.
#[derive(Debug)]
pub(super) struct Callers {
    most: usize,
    met: HashSet<Fingerprint>,
    crowded: bool,
}

impl Default for Callers {
    fn default() -> Self {
        Self::of_at_most(MAX_CALLERS)
    }
}

impl Callers {
    fn of_at_most(most: usize) -> Self {
        Self {
            most,
            met: HashSet::new(),
            crowded: false,
        }
    }

    /// Takes note of a caller.
    pub(super) fn meet(&mut self, caller: &str) {
        let caller = fingerprint(caller);
        if self.met.len() < self.most {
            self.met.insert(caller);
        } else {
            self.crowded |= !self.met.contains(&caller);
        }
    }

    /// How many there were; `None` where nobody was named or there were too many to tell apart.
    pub(super) fn count(&self) -> Option<Decimal> {
        (!self.crowded && !self.met.is_empty()).then(|| Decimal::from(self.met.len()))
    }

    /// Whether there were too many to tell apart.
    pub(super) fn are_crowded(&self) -> bool {
        self.crowded
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn callers_are_counted_once_each_and_too_many_are_unknown() {
        let mut callers = Callers::of_at_most(2);
        assert_eq!(callers.count(), None);
        for caller in ["user ana", "address 10.0.0.1", "user ana", "address 10.0.0.1"] {
            callers.meet(caller);
        }
        assert_eq!(
            (callers.count(), callers.are_crowded()),
            (Some(Decimal::TWO), false)
        );
        callers.meet("user ben");
        assert_eq!((callers.count(), callers.are_crowded()), (None, true));
    }
}
