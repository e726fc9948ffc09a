//! The server that answers proxies: behaviour and rows of `src/docs/serve.md`.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    unreachable_pub,
    reason = "tests"
)]

#[path = "../support/mod.rs"]
mod support;

mod fronts;
#[cfg(feature = "ext-authz")]
mod grpc;
mod http2;
mod listening;
mod proxy;
mod reload;
mod served;
mod service;
mod wire;
