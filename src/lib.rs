//! A tower [`Layer`](tower_layer::Layer) that authorizes requests with the tokens of an Amazon Cognito user pool and responds
//! as Amazon API Gateway's authorizers do. [`AuthorizerType`] selects the authorizer of a REST API or that of an HTTP API.
//!
//! ```no_run
//! use axum::{Router, routing::get};
//! use cognito_authorizer::{Authorizer, Claims};
//!
//! # async fn start() -> Result<(), Box<dyn std::error::Error>> {
//! let authorizer = Authorizer::for_user_pool("eu-west-1_Ab129faBb").build()?;
//! let reader = authorizer.layer().scopes(["pets/read"])?;
//! let me = get(|claims: Claims| async move { claims.subject().to_owned() });
//! let app: Router = Router::new()
//!     .route("/pets", get(|| async { "pets" }).route_layer(reader))
//!     .route("/me", me.route_layer(authorizer.layer()));
//! axum::serve(tokio::net::TcpListener::bind("127.0.0.1:3000").await?, app).await?;
//! # Ok(())
//! # }
//! ```
//!
//! | task | entry point | start here |
//! |---|---|---|
//! | protect routes of an axum router | [`Authorizer::layer`], [`scopes`](AuthorizerLayer::scopes) | [`docs::axum`] |
//! | protect a whole service by a table of routes | [`routes`](AuthorizerLayer::routes), [`RouteTable`] | [`RouteTable`] |
//! | use routes that an OpenAPI definition or a template has | `ApiDefinition` (feature `openapi`) | [`docs::definitions`] |
//! | configure everything in a file | `Configuration` (feature `configuration`) | [`docs::configuration`] |
//! | read the user in a handler | [`Claims`] | [`Claims`] |
//! | forward claims as headers | [`ClaimHeaders`](request_context::ClaimHeaders) | [`request_context`] |
//! | change the answers | [`GatewayResponses`](gateway_response::GatewayResponses) | [`gateway_response`] |
//! | decide without tower | [`AuthorizerLayer::check`], [`Verifier`] | [`middleware::Admission`] |
//! | test a service | `LocalUserPool` (feature `local-user-pool`) | [`docs::testing`] |
//! | find out why a request was rejected | [`Rejection`], [`docs::metrics`] | [`docs::rejected`] |
//!
//! A request passes these stages; the first one that fails decides:
//!
//! ```text
//! request ─▶ route ─▶ identity source ─▶ verify ─▶ permit ─▶ inner service, with Claims
//!              │            │              │         │
//!              └────────────┴──────────────┴─────────┴───▶ gateway response, with Rejection
//! ```
//!
//! # Guarantees
//!
//! A request is accepted only if every check passes. The checks and their order are in `src/decide/mod.rs`. Everything that a
//! client can send is bounded ([`docs::threat_model`] lists the bounds). No token, secret or claim value reaches a log, an
//! error text or a URL. [`docs::behaviour`] lists the reproduced behaviour, and [`docs::attacks`] lists the attacks that the
//! crate defends against.
//!
//! `Display` of an error includes the cause. The text is one line, or one line for each problem of a document. `Debug` shows
//! the same text. I/O errors also return the [`std::io::Error`] from `source()`, for programs that need its kind.
//!
//! Tokens are verified locally, so a revoked token is accepted until it expires, as on API Gateway.
//!
//! # Features
//!
//! - `reqwest` (default): the built-in key source, `HttpsKeySource`.
//! - `axum` (default): [`Claims`] as an extractor, and route tables that see the whole path inside a nested axum router.
//!   Disable it only in services without axum: without it, a table in a nested router sees only the path below the nest, so it
//!   may accept a request that the full path would reject.
//!
//! Three features add tools around the authorizer, which does not need them itself. Their API may change in any release until
//! 1.0.
//!
//! - `local-user-pool`: a Cognito user pool for development and tests.
//! - `openapi`: routes, scopes and authorizers from an OpenAPI definition with API Gateway's extensions, or from a
//!   CloudFormation or SAM template.
//! - `configuration`: an authorizer and its routes from a configuration file.
//!
//! The feature `cli` builds the command `cognito-authorizer`. Do not enable it to use the library.
//!
//! The layer fetches keys on a tokio runtime with timers (`enable_time()`). On any other executor, a request that needs a fetch
//! is rejected as if the keys were unavailable, and the event says what is missing. [`Verifier`] needs no runtime.

#![forbid(unsafe_code)]
#![cfg_attr(not(test), warn(clippy::too_many_lines))]
#![cfg_attr(docsrs, feature(doc_cfg))]

pub mod docs;

mod error_text;

mod text_value;

mod word;

mod metric_names;

mod time;

mod address;

// Hidden: the values are not part of the API. `docs::threat_model` lists them.
#[doc(hidden)]
pub mod limits;

mod scope;

pub mod user_pool;

mod header_name;

pub mod route;

mod identity_source;

mod audience_pattern;

mod jose;

pub mod claims;

mod authorizer_type;

mod decide;

pub mod gateway_response;

pub mod request_context;

pub mod clock;

mod regular_file;

mod jwks;

mod token_cache;

mod authorizer;

pub mod middleware;

#[cfg(feature = "axum")]
pub mod extract;

// Tools around the authorizer, which does not need them itself. Exempt from semver until 1.0.

#[cfg(feature = "local-user-pool")]
pub mod local_user_pool;

// Each dangerous setting belongs to a module above, so this module comes after them.
pub mod danger;

#[cfg(feature = "openapi")]
mod document;

#[cfg(feature = "openapi")]
pub mod api_definition;

#[cfg(feature = "configuration")]
pub mod configuration;

#[cfg(feature = "serve")]
pub mod serve;

#[cfg(feature = "__internals")]
#[doc(hidden)]
pub mod internals;

/// Key sources, JWK Sets, and the state of the cached keys.
pub mod keys {
    #[cfg(feature = "reqwest")]
    pub use crate::jwks::{HttpsKeySource, HttpsKeySourceError};
    pub use crate::{
        decide::Keys,
        jose::{Algorithm, DroppedKey, JwkSet, JwkSetError, KeyRejection, Kid, PublicKey},
        jwks::{
            FixedKeySource, FixedKeySourceError, HydrateError, KeyFuture, KeyRequest, KeyResponse, KeySource,
            KeySourceError, KeyState, KeyStatus,
        },
    };
}

/// Tokens: where a request carries them, which kind is expected, and the cache of verified tokens.
pub mod token {
    pub use crate::{
        audience_pattern::{AudiencePattern, AudiencePatternError, PatternTarget},
        authorizer_type::ExpectedTokenUse,
        identity_source::{BearerScheme, IdentitySource, IdentitySourceError, RawToken},
        token_cache::TokenCacheStatus,
        word::UnknownWord,
    };
}

/// The stages of the decision, and the errors of its settings.
pub mod verifier {
    pub use crate::{
        authorizer_type::UnknownAuthorizerType,
        decide::{DecisionStage, VerifierMistake},
    };
}

pub use self::{
    authorizer::{Authorizer, AuthorizerBuilder, Authorizers, BuildError, BuildMistake},
    authorizer_type::AuthorizerType,
    claims::Claims,
    decide::{Rejection, RejectionKind, Verdict, Verifier},
    middleware::AuthorizerLayer,
    route::{RouteKey, RouteTable},
    user_pool::{UserPool, UserPoolId},
};

/// Compiles the README's examples.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
