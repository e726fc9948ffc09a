//! Comparisons with programs of others, each run by a script in `.ci`.
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "tests")]

#[path = "../support/mod.rs"]
mod support;

mod aws_clients;
mod sam_oracle;
mod second_opinions;
