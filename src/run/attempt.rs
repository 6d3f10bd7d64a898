//! Tries what lies in the outbox.
