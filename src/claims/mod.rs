//! The claims of a Cognito token (RFC 7519 §4; [behaviour §7.2](crate::docs::behaviour)).
//!
//! The decoded payload is parsed into [`UnverifiedClaims`], which can only choose the key set. After the signature is
//! verified, the claims become [`Claims`].

pub(crate) mod checks;

mod claim_set;

mod numeric_date;

mod token_use;

mod verified;

pub(crate) use self::{claim_set::UnverifiedClaims, verified::Times};
pub use self::{
    token_use::TokenUse,
    verified::{ClaimError, Claims},
};
pub use crate::scope::{Scope, ScopeError, ScopeSet};
