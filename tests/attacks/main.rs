//! Every attack of `src/docs/attacks.md`, one test for each id, named after it.
//!
//! The tests go through the layer, with the token cache and without. What is a question about a token alone is put to the
//! command `cognito-authorizer verify` too. That each check of the decision is missed here when it is taken out is what
//! `.ci/every-check-matters` shows.
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "tests")]
#![cfg_attr(not(feature = "cli"), allow(dead_code, reason = "some rows are for the command alone"))]

#[path = "../support/mod.rs"]
mod support;

mod algorithms;
mod claims;
#[cfg(feature = "cli")]
mod command;
mod forged_padding;
mod fronts;
mod headers;
mod jwk_sets;
mod page;
mod parsing;
mod parsing_bounds;
mod path_readers;
mod paths;
mod routing;
mod rows;
mod service;
mod settings;
mod token_cache;

use support::counting::Counting;

#[global_allocator]
static ALLOCATOR: Counting = Counting;
