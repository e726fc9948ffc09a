//! The house rules: layering, names and pages.
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "tests")]

#[path = "../support/mod.rs"]
mod support;

mod docs;
mod layering;
mod prose;
mod words;
