//! tmp
#![forbid(unsafe_code)]

pub mod docs;

mod time;

pub mod limits;

mod scope;

mod user_pool;

mod route;

mod identity_source;

mod jose;

mod claims;

mod decide;

mod gateway_response;

mod clock;

mod jwks;

mod authorizer;

mod middleware;

#[cfg(feature = "axum")]
mod extract;

#[cfg(feature = "local-user-pool")]
pub mod local_user_pool;

#[cfg(feature = "axum")]
pub use self::extract::MissingLayer;
#[cfg(feature = "reqwest")]
pub use self::jwks::{HttpsKeySource, HttpsKeySourceError};
pub use self::{
    authorizer::{Authorizer, AuthorizerBuilder, BuildError},
    claims::{ClaimError, Claims, TokenUse},
    clock::{Clock, ManualClock, SystemClock},
    decide::{ExpectedTokenUse, Keys, NeedKeys, Rejection, RejectionKind, Verdict, Verifier, VerifierError},
    identity_source::{IdentitySource, IdentitySourceError, RawToken},
    jose::{Algorithm, DroppedKey, JwkSet, JwkSetError, KeyRejection, PublicKey},
    jwks::{KeyFuture, KeyRequest, KeySource, KeySourceError},
    middleware::{AuthorizerLayer, AuthorizerService, ResponseBody, ResponseFuture},
    route::{NoRoute, RouteAuthorization, RouteKey, RouteKeyError, RouteTable, RouteTableBuilder, RouteTableError},
    scope::{Scope, ScopeError, ScopeSet},
    time::UnixTime,
    user_pool::{AppClientId, Issuer, UserPool, UserPoolError, UserPoolId},
};
