//! Nothing in here: see `tests/proof.rs`.
