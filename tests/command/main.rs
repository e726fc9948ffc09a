//! The command `cognito-authorizer`, with the feature `cli`.
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "tests")]

#[path = "../support/mod.rs"]
mod support;

mod answered_requests;
mod configuration_file;
mod pages;
mod recipes;
#[cfg(unix)]
mod serve;
mod terminal;
mod verify;
