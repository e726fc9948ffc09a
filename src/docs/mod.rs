//! Guides: moving from API Gateway, axum, hyper and gRPC, browsers, Lambda, API definitions, configuration files, the
//! command, the local user pool, operations, testing, and why a request was rejected.
//!
//! Reference: behaviour row by row with sources, metrics and events, the threat model, the attack list, and what other
//! verifiers say of the same tokens.

#[cfg_attr(all(feature = "axum", feature = "openapi", feature = "reqwest"), doc = include_str!("migrating.md"))]
#[cfg_attr(not(all(feature = "axum", feature = "openapi", feature = "reqwest")), doc = "Shown with all features.")]
pub mod migrating {}

#[cfg_attr(feature = "axum", doc = include_str!("axum.md"))]
#[cfg_attr(not(feature = "axum"), doc = "Shown with all features.")]
pub mod axum {}

#[cfg_attr(feature = "reqwest", doc = include_str!("hyper_and_grpc.md"))]
#[cfg_attr(not(feature = "reqwest"), doc = "Shown with all features.")]
pub mod hyper_and_grpc {}

#[cfg_attr(all(feature = "axum", feature = "reqwest"), doc = include_str!("browsers.md"))]
#[cfg_attr(not(all(feature = "axum", feature = "reqwest")), doc = "Shown with all features.")]
pub mod browsers {}

#[cfg_attr(all(feature = "axum", feature = "reqwest"), doc = include_str!("lambda.md"))]
#[cfg_attr(not(all(feature = "axum", feature = "reqwest")), doc = "Shown with all features.")]
pub mod lambda {}

#[cfg_attr(feature = "openapi", doc = include_str!("definitions.md"))]
#[cfg_attr(not(feature = "openapi"), doc = "Shown with all features.")]
pub mod definitions {}

#[cfg_attr(feature = "configuration", doc = include_str!("configuration.md"))]
#[cfg_attr(not(feature = "configuration"), doc = "Shown with all features.")]
pub mod configuration {}

#[doc = include_str!("command.md")]
pub mod command {}

#[cfg_attr(all(feature = "local-user-pool", feature = "reqwest"), doc = include_str!("local_pool.md"))]
#[cfg_attr(not(all(feature = "local-user-pool", feature = "reqwest")), doc = "Shown with all features.")]
pub mod local_pool {}

#[cfg_attr(feature = "reqwest", doc = include_str!("operations.md"))]
#[cfg_attr(not(feature = "reqwest"), doc = "Shown with all features.")]
pub mod operations {}

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
