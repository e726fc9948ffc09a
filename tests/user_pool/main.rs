//! Tests the local user pool, and services that use it.
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "tests")]

#[path = "../support/mod.rs"]
mod support;

mod apps;
mod cognito_api;
mod cognito_recorded;
mod described_user_pools;
mod local_user_pool;
mod pool_configuration;
mod refresh_token_rotation;
mod state_file;
mod test_kit;
mod user_directory;
mod user_lifecycle;
mod user_settings;
mod walkthroughs;
