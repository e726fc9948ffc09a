//! Requests through the layer.
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "tests")]

#[path = "../support/mod.rs"]
mod support;

mod axum_nesting;
mod build_errors;
mod cors;
mod decisions;
mod gateway_responses;
mod mock_responses;
mod parity;
mod refusals;
mod rejected_tokens;
mod request_check;
mod runtimes;
mod secrecy;
mod several_authorizers;
mod shadow;
mod token_cache;
mod tower_contract;
