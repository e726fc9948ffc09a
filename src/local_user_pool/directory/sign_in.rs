//! Sign-ins: what a refresh token stands for, and a sign-in that waits for an answer.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// A sign-in, kept under the fingerprint of its refresh token: of the first one, if that is rotated.
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
    /// None until the refresh token is rotated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) rotation: Option<Rotation>,
}

/// The refresh tokens that came after the first one.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
pub(super) struct Rotation {
    /// The fingerprint of the newest.
    pub(super) newest: String,
    /// Those that were rotated out, by their fingerprints; the oldest are forgotten.
    pub(super) replaced: BTreeMap<String, RotatedToken>,
}

/// A refresh token that was rotated out.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
pub(super) struct RotatedToken {
    /// Counts up within the user pool, by which the oldest is found.
    pub(super) number: u64,
    /// Until when it can be tried again.
    pub(super) retried_until: u64,
}

impl SignIn {
    /// A sign-in whose refresh token was not rotated yet.
    pub(crate) fn new(client_id: String, sub: String, auth_time: u64, expires_at: u64, ids: (String, String)) -> Self {
        let (event_id, origin_jti) = ids;
        let (number, is_revoked, rotation) = (0, false, None);
        Self { number, event_id, origin_jti, client_id, sub, auth_time, expires_at, is_revoked, rotation }
    }
}

/// What can be said of a refresh token.
#[derive(Debug)]
pub(crate) enum RefreshTokenState<'a> {
    Good(&'a SignIn),
    Revoked,
    Expired,
    /// It was rotated out.
    Reused,
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
