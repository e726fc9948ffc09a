//! API definitions and configuration files.
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "tests")]

#[path = "../support/mod.rs"]
mod support;

mod api_definition;
mod api_definition_sam;
mod api_definition_template;
mod configuration;
