//! Guides: moving from API Gateway, axum, hyper and gRPC, browsers, API definitions, configuration files, the command,
//! operations, testing, and why a request was rejected.
//!
//! Reference: behaviour row by row with sources, metrics and events, the threat model, the attack list, and what other
//! verifiers say of the same tokens.

#[cfg(all(feature = "axum", feature = "openapi", feature = "reqwest"))]
#[doc = include_str!("migrating.md")]
pub mod migrating {}

#[cfg(feature = "axum")]
#[doc = include_str!("axum.md")]
pub mod axum {}

#[cfg(feature = "reqwest")]
#[doc = include_str!("hyper_and_grpc.md")]
pub mod hyper_and_grpc {}

#[cfg(all(feature = "axum", feature = "reqwest"))]
#[doc = include_str!("browsers.md")]
pub mod browsers {}

#[cfg(feature = "openapi")]
#[doc = include_str!("definitions.md")]
pub mod definitions {}

#[cfg(feature = "configuration")]
#[doc = include_str!("configuration.md")]
pub mod configuration {}

#[doc = include_str!("command.md")]
pub mod command {}

#[cfg(feature = "reqwest")]
#[doc = include_str!("operations.md")]
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
