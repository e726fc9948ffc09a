//! What a Cognito token says (RFC 7519 §4; [behaviour §7.2](crate::docs::behaviour)).
//!
//! In: the decoded payload. Out: first [`UnverifiedClaims`], which may choose the key set and
//! nothing else; after the signature held, [`Claims`].

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
