//! Sign-ins and challenges.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// A sign-in, stored under the fingerprint of its first refresh token.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
pub(crate) struct SignIn {
    /// A sequence number within the user pool, used to find the oldest sign-in.
    pub(crate) number: u64,
    /// The `event_id` claim of all tokens of the sign-in.
    pub(crate) event_id: String,
    /// The `origin_jti` claim of all tokens of the sign-in, unless the app client omits it.
    pub(crate) origin_jti: String,
    pub(crate) client_id: String,
    /// `sub` of the user.
    pub(crate) sub: String,
    pub(crate) auth_time: u64,
    /// When the refresh token expires.
    pub(crate) expires_at: u64,
    pub(crate) is_revoked: bool,
    /// `None` until the refresh token is rotated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) rotation: Option<Rotation>,
}

/// The refresh tokens after the first one.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
pub(super) struct Rotation {
    /// The fingerprint of the newest token.
    pub(super) newest: String,
    /// The rotated-out tokens by fingerprint; the oldest are dropped.
    pub(super) replaced: BTreeMap<String, RotatedToken>,
}

/// A refresh token that was rotated out.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
pub(super) struct RotatedToken {
    /// A sequence number within the user pool, used to find the oldest token.
    pub(super) number: u64,
    /// The end of the grace period.
    pub(super) retried_until: u64,
}

impl SignIn {
    /// Creates a sign-in whose refresh token is not rotated yet.
    pub(crate) fn new(client_id: String, sub: String, auth_time: u64, expires_at: u64, ids: (String, String)) -> Self {
        let (event_id, origin_jti) = ids;
        let (number, is_revoked, rotation) = (0, false, None);
        Self { number, event_id, origin_jti, client_id, sub, auth_time, expires_at, is_revoked, rotation }
    }
}

/// The state of a refresh token.
#[derive(Debug)]
pub(crate) enum RefreshTokenState<'a> {
    Good(&'a SignIn),
    Revoked,
    Expired,
    /// The token was rotated out.
    Reused,
    /// The token is unknown, or belongs to another app client.
    Unknown,
}

/// A sign-in that waits for a new password, stored under the fingerprint of its `Session` value.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
pub(crate) struct Challenge {
    /// A sequence number within the user pool, used to find the oldest challenge.
    pub(crate) number: u64,
    pub(crate) client_id: String,
    /// `sub` of the user.
    pub(crate) sub: String,
    pub(crate) expires_at: u64,
    /// Whether the challenge was answered; a second answer gets a different error.
    pub(crate) is_used: bool,
}
