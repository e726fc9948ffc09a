//! Tests tokens and keys without a layer.
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "tests")]

#[path = "../support/mod.rs"]
mod support;

mod malformed_keys;
mod rfc_vectors;
mod verifier;
mod wycheproof;
mod wycheproof_like;
