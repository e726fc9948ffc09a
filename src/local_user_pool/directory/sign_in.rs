//! Sign-ins: what a refresh token stands for, and a sign-in that waits for an answer.

use serde::{Deserialize, Serialize};

/// A sign-in, kept under the fingerprint of its refresh token.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
pub(crate) struct SignIn {
    /// Counts up within the user pool, by which the oldest is found.
    pub(crate) number: u64,
    /// The same in each token of the sign-in.
    pub(crate) event_id: String,
    /// The same, if the app client has token revocation.
    pub(crate) origin_jti: String,
    pub(crate) client_id: String,
    /// `sub` of the user.
    pub(crate) sub: String,
    pub(crate) auth_time: u64,
    /// When the refresh token expires.
    pub(crate) expires_at: u64,
    pub(crate) is_revoked: bool,
}

/// What can be said of a refresh token.
#[derive(Debug)]
pub(crate) enum RefreshTokenState<'a> {
    Good(&'a SignIn),
    Revoked,
    Expired,
    /// It is of another app client, or of nobody.
    Unknown,
}

/// A sign-in that waits for a new password, kept under the fingerprint of what Cognito calls its `Session`.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
pub(crate) struct Challenge {
    /// Counts up within the user pool, by which the oldest is found.
    pub(crate) number: u64,
    pub(crate) client_id: String,
    /// `sub` of the user.
    pub(crate) sub: String,
    pub(crate) expires_at: u64,
    /// It was answered; a second answer is told so.
    pub(crate) is_used: bool,
}
