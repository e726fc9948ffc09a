//! Guides: moving from API Gateway, axum, hyper and gRPC, browsers, Lambda, API definitions, configuration files, the
//! command, proxies in front of any service, the local user pool, operations, testing, and why a request was rejected.
//!
//! Reference: behaviour row by row with sources, metrics and events, the threat model, the attack list, and what other
//! verifiers say of the same tokens.

/// A page whose examples need features. Without them, the module stays, so that links to it hold.
macro_rules! page {
    ($name:ident, $file:literal, $needed:meta) => {
        #[cfg_attr($needed, doc = include_str!($file))]
        #[cfg_attr(not($needed), doc = "Shown with all features.")]
        pub mod $name {}
    };
}

page!(migrating, "migrating.md", all(feature = "axum", feature = "openapi", feature = "reqwest"));
page!(axum, "axum.md", feature = "axum");
page!(hyper_and_grpc, "hyper_and_grpc.md", feature = "reqwest");
page!(browsers, "browsers.md", all(feature = "axum", feature = "reqwest"));
page!(lambda, "lambda.md", all(feature = "axum", feature = "reqwest"));
page!(definitions, "definitions.md", feature = "openapi");
page!(configuration, "configuration.md", feature = "configuration");

#[doc = include_str!("command.md")]
pub mod command {}

page!(serve, "serve.md", feature = "serve");
page!(local_pool, "local_pool.md", all(feature = "local-user-pool", feature = "reqwest"));
page!(operations, "operations.md", feature = "reqwest");

#[doc = include_str!("rejected.md")]
pub mod rejected {}

#[doc = include_str!("behaviour.md")]
pub mod behaviour {}

#[doc = include_str!("attacks.md")]
pub mod attacks {}

#[doc = include_str!("threat_model.md")]
pub mod threat_model {}

#[doc = include_str!("second_opinions.md")]
pub mod second_opinions {}

#[doc = include_str!("metrics.md")]
pub mod metrics {}

#[doc = include_str!("testing.md")]
pub mod testing {}
