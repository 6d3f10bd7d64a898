//! The states of runs and deliveries, and every allowed move.
//!
//! ```text
//! run       queued → fetching → snapshotted → rendered → checked → frozen → delivering → delivered
//!                                                     ↘ held                           ↘ partially_delivered | failed
//! delivery  pending → sending → acked | retry_wait | ambiguous | dead          (superseded: replaced before it was acknowledged)
//! ```
//!
//! A run whose process ended before it was frozen begins again from `queued`, if a schedule made it, or is `failed`. Any step
//! before `frozen` may end in `failed`. `resend` takes a run that is past `frozen` back to `delivering`: a run
//! that was `partially_delivered` or `failed` becomes `delivered` once the rest is acknowledged, and a `delivered` one may be
//! sent again as new. One that was `partially_delivered` is `delivered` too once a newer revision has replaced what was left of it.
//! No other move leaves an end state. An operator's word makes of `ambiguous` either `acked` or `retry_wait` (`superseded`, where it is replaced);
//! what is `dead` goes back to `retry_wait` where somebody asks for it and its turn does not come at once.

use serde::{Deserialize, Serialize};
use std::fmt;

macro_rules! states {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident $key:literal => [$($next:ident)*];)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum $name {
            $($(#[$variant_doc])* $variant,)*
        }

        impl $name {
            /// Every state, in the order of a life.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The word of the contract.
            #[must_use]
            pub fn key(self) -> &'static str {
                match self { $(Self::$variant => $key,)* }
            }

            /// The state of this word.
            #[must_use]
            pub fn from_key(key: &str) -> Option<Self> {
                match key { $($key => Some(Self::$variant),)* _ => None }
            }

            /// Whether the table allows the move from this state to `next`.
            #[must_use]
            pub fn may_become(self, next: Self) -> bool {
                match self { $(Self::$variant => [$(Self::$next),*].contains(&next),)* }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.key())
            }
        }
    };
}

states! {
    /// Where a run is.
    RunState {
        /// Written down, not begun.
        Queued "queued" => [Fetching Failed];
        /// Its sources are being asked.
        Fetching "fetching" => [Snapshotted Queued Failed];
        /// What the sources answered is stored.
        Snapshotted "snapshotted" => [Rendered Queued Failed];
        /// Every format is rendered.
        Rendered "rendered" => [Checked Queued Failed];
        /// The gates have let it pass.
        Checked "checked" => [Frozen Held Queued Failed];
        /// A gate holds it until somebody approves.
        Held "held" => [Frozen];
        /// Artifacts and outbox are written down and will not change.
        Frozen "frozen" => [Delivering];
        /// The outbox is being tried.
        Delivering "delivering" => [Delivered PartiallyDelivered Failed];
        /// Everything is acknowledged.
        Delivered "delivered" => [Delivering];
        /// Something is acknowledged, something is not.
        PartiallyDelivered "partially_delivered" => [Delivering Delivered];
        /// Nothing is acknowledged, or the run ended before it had anything to send.
        Failed "failed" => [Delivering];
    }
}

states! {
    /// Where one parcel is.
    DeliveryState {
        /// Frozen, not tried.
        Pending "pending" => [Sending RetryWait Dead Superseded];
        /// An attempt has its permit; bytes may be on their way.
        Sending "sending" => [Acked RetryWait Ambiguous Dead];
        /// The far end acknowledged it.
        Acked "acked" => [];
        /// Another try may help, at its time.
        RetryWait "retry_wait" => [Sending Dead Superseded];
        /// The bytes may have arrived; nobody knows.
        Ambiguous "ambiguous" => [Sending Acked RetryWait Superseded];
        /// Trying again will not help until somebody changes something.
        Dead "dead" => [Sending RetryWait Superseded];
        /// Replaced by the parcel of a newer revision for the same reader before it was acknowledged.
        Superseded "superseded" => [];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_names_its_state() {
        for state in RunState::ALL {
            assert_eq!(RunState::from_key(state.key()), Some(*state));
            assert_eq!(serde_json::to_value(state).unwrap(), state.key());
        }
        for state in DeliveryState::ALL {
            assert_eq!(DeliveryState::from_key(state.key()), Some(*state));
            assert_eq!(serde_json::to_value(state).unwrap(), state.key());
        }
        assert_eq!(RunState::from_key("done"), None);
    }

    #[test]
    fn a_run_reaches_its_end_only_step_by_step() {
        let steps = [
            "queued",
            "fetching",
            "snapshotted",
            "rendered",
            "checked",
            "frozen",
            "delivering",
            "delivered",
        ];
        let steps = steps.map(|key| RunState::from_key(key).unwrap());
        for (at, from) in steps.iter().enumerate() {
            for (to_at, to) in steps.iter().enumerate() {
                let reopened = *from == RunState::Delivered && *to == RunState::Delivering;
                let begun_again = *to == RunState::Queued && (1..=4).contains(&at);
                assert_eq!(
                    from.may_become(*to),
                    to_at == at + 1 || reopened || begun_again,
                    "{from} to {to}"
                );
            }
        }
    }

    #[test]
    fn what_was_acknowledged_stays_so() {
        for state in DeliveryState::ALL {
            assert!(!DeliveryState::Acked.may_become(*state));
            assert_eq!(
                state.may_become(DeliveryState::Acked),
                matches!(state, DeliveryState::Sending | DeliveryState::Ambiguous),
                "by the far end, or by an operator where nobody knows: {state}"
            );
        }
    }
}
