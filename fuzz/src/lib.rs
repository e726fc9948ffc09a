//! What each fuzz target does with its input: plain functions that panic where a promise is broken.
//!
//! The targets in `fuzz_targets` call them with what the fuzzer finds, `tests/fuzz_replay.rs` of the crate itself with
//! every seed and every regression. `README.md` says what each promises, and how its input is written.
#![allow(
    clippy::as_conversions,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    unreachable_pub,
    reason = "tests"
)]

mod api_definition;
mod base64url;
mod challenge;
mod claims;
mod configuration;
mod engine;
mod identity_source;
pub mod inner_router;
mod jose_header;
mod jwk_set;
mod key_model;
mod key_source;
mod keys;
mod list_router;
mod model_routes;
mod paths;
mod requests;
mod response_template;
mod route_key;
mod route_table;
mod scope;
mod strict_json;
mod token_cache;
mod token_split;
mod tokens;
mod verify;

pub use self::{
    api_definition::api_definition, base64url::base64url, challenge::challenge, claims::claims,
    configuration::configuration, identity_source::identity_source, inner_router::inner_router,
    jose_header::jose_header, jwk_set::jwk_set, keys::keys, paths::paths, response_template::response_template,
    route_key::route_key, route_table::route_table, scope::scope, token_cache::token_cache, token_split::token_split,
    verify::verify,
};

/// What a target does with its input.
pub type Body = fn(&[u8]);

/// Every target: the name of its seeds, regressions and dictionary, and what it does.
pub const TARGETS: &[(&str, Body)] = &[
    ("token_split", token_split),
    ("base64url", base64url),
    ("jose_header", jose_header),
    ("claims", claims),
    ("jwk_set", jwk_set),
    ("identity_source", identity_source),
    ("scope", scope),
    ("route_key", route_key),
    ("route_table", route_table),
    ("inner_router", inner_router),
    ("paths", paths),
    ("challenge", challenge),
    ("response_template", response_template),
    ("api_definition", api_definition),
    ("configuration", configuration),
    ("verify", verify),
    ("token_cache", token_cache),
    ("keys", keys),
];

/// The first line of a text, and what follows it.
fn first_line(text: &str) -> (&str, &str) {
    text.split_once('\n').unwrap_or((text, ""))
}
