//! Tests how keys are fetched, cached and rotated.
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "tests")]

#[path = "../support/mod.rs"]
mod support;

mod faults;
mod https;
mod key_engine;
mod key_proxy;
mod key_rotation;
mod key_turns;
mod sources;
