//! A tower [`Layer`](tower_layer::Layer) that guards a service with the tokens of an Amazon Cognito user pool and
//! answers as Amazon API Gateway's authorizers do: that of a REST API, or that of an HTTP API
//! ([`AuthorizerType`]).
//!
//! ```text
//!  request ──▶ route ──▶ identity source ──▶ verify ──▶ permit ──▶ inner service, with Claims
//!                │             │                │          │
//!                └─────────────┴────────────────┴──────────┴────▶ gateway response, with Rejection
//! ```
//!
//! - [`Authorizer`] holds the rules and the keys. From it come layers: [`Authorizer::layer`] (an ID
//!   token), [`scopes`](AuthorizerLayer::scopes) of it (an access token with one of these scopes) and
//!   [`routes`](AuthorizerLayer::routes) of it (a [`RouteTable`] for a whole service).
//! - [`AuthorizerLayer::check`] is the decision of a layer for frameworks that are not built on tower.
//! - [`Claims`] are in the request's extensions when the inner service is called, [`Rejection`] in
//!   the response's when it is not.
//! - [`Verifier`] is the decision by itself: no clock, no network, no async.
//! - [`KeySource`](keys::KeySource) and [`Clock`](clock::Clock) are the seams, for keys and time of your own.
//!
//! ```
//! use std::convert::Infallible;
//!
//! use cognito_authorizer::{Authorizer, Claims, Rejection, RejectionKind};
//! use http::{Request, Response};
//! use tower::{Layer, ServiceExt, service_fn};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let authorizer = Authorizer::for_user_pool("eu-west-1_Ab129faBb").build()?;
//! let reader = authorizer.layer().scopes(["pets/read"])?;
//! let service = reader.layer(service_fn(|request: Request<()>| async move {
//!     let claims = request.extensions().get::<Claims>();
//!     Ok::<_, Infallible>(Response::new(format!("{:?}", claims.map(Claims::client_id))))
//! }));
//!
//! # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
//! let response = service.oneshot(Request::new(())).await?;
//! assert_eq!(response.status(), 401);
//! assert_eq!(response.extensions().get::<Rejection>().map(Rejection::kind), Some(RejectionKind::MissingToken));
//! # Ok(())
//! # })
//! # }
//! ```
//!
//! # What it promises
//!
//! The answer is no unless every check said yes; the checks and their order are on one screen, in
//! `src/decide/mod.rs`. Everything that a client can send is bounded ([`docs::threat_model`] lists the bounds). No token,
//! secret or claim value reaches a log, an error text or a URL. What is reproduced is listed in
//! [`docs::behaviour`], what is defended against is listed in [`docs::attacks`].
//!
//! `Display` of an error includes the cause, in one line, or in one line for each problem of a document, and `Debug` is the same
//! text. Errors of input and output have the [`std::io::Error`] as their `source()` too, for programs that ask for its kind.
//!
//! A token is verified locally, so one that was revoked passes until it expires, as on API Gateway.
//!
//! # Features
//!
//! - `reqwest` (default): the built-in key source, `HttpsKeySource`.
//! - `axum` (default): [`Claims`] as an extractor, and route tables that see the whole path inside a nested axum router.
//!   Turn it off only in services without axum: without it, a table in a nested router sees only the path below the nest,
//!   and may accept a request that the full path would reject.
//!
//! Three modules are guests: tools around the authorizer, which the authorizer itself does not need. Their API may change in
//! any release until 1.0.
//!
//! - `local-user-pool`: a Cognito user pool for development and tests.
//! - `openapi`: routes, scopes and authorizers from an OpenAPI definition with API Gateway's extensions, or from a
//!   CloudFormation or SAM template.
//! - `configuration`: all of it from a configuration file.
//!
//! The feature `cli` builds the command `cognito-authorizer`, and is not for the library.
//!
//! The layer fetches keys on a tokio runtime with timers (`enable_time()`). On any other executor a request that needs a
//! fetch is rejected as while keys are unavailable, and the event says what is missing. [`Verifier`] needs no runtime.

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

// The bounds. Hidden, since their values are not part of the API: `docs::threat_model` lists them.
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

// Guests: tools around the authorizer, which the authorizer itself does not need. Exempt from semver until 1.0.

#[cfg(feature = "local-user-pool")]
pub mod local_user_pool;

// What weakens a check stands below what it weakens.
pub mod danger;

#[cfg(feature = "openapi")]
mod document;

#[cfg(feature = "openapi")]
pub mod api_definition;

#[cfg(feature = "configuration")]
pub mod configuration;

#[cfg(feature = "__internals")]
#[doc(hidden)]
pub mod internals;

/// Keys: where they come from, JWK Sets, and the state of what is cached.
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

/// Tokens: where they are in a request, which are expected, and the cache of those that were verified.
pub mod token {
    pub use crate::{
        audience_pattern::{AudiencePattern, AudiencePatternError, PatternTarget},
        authorizer_type::ExpectedTokenUse,
        identity_source::{BearerScheme, IdentitySource, IdentitySourceError, RawToken},
        token_cache::TokenCacheStatus,
        word::UnknownWord,
    };
}

/// The decision by itself: its stages, and the errors of its settings.
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

/// The README's examples, compiled.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
