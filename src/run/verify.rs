//! Proves that what was stored is still what it was.
