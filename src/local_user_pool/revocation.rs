//! Revokes refresh tokens, for the API and for `/oauth2/revoke` ([behaviour §7.4](crate::docs::behaviour)).

use super::{
    LocalUserPoolError,
    directory::{AppClient, Pool, RefreshTokenState},
    store::Store,
};
use crate::time::UnixTime;

/// The reason why a token was not revoked.
#[derive(Debug)]
pub(super) enum RevocationError {
    /// Token revocation is disabled for the app client.
    Disabled,
    /// The token is an access token, an ID token, a refresh token of another app client, or unknown.
    NotARefreshToken,
    Failed(LocalUserPoolError),
}

impl From<LocalUserPoolError> for RevocationError {
    fn from(error: LocalUserPoolError) -> Self {
        Self::Failed(error)
    }
}

/// Revokes a refresh token of this app client. A token that is expired or already revoked is not an error.
pub(super) fn revoke(
    store: &Store,
    pool: &Pool,
    client: &AppClient,
    token: &str,
    now: UnixTime,
) -> Result<(), RevocationError> {
    if !client.settings.enable_token_revocation {
        return Err(RevocationError::Disabled);
    }
    match pool.refresh_token(token, &client.settings.client_id, now.as_secs()) {
        // The first refresh token of a sign-in can revoke the sign-in even after it was rotated out.
        RefreshTokenState::Good(_) | RefreshTokenState::Reused => {}
        RefreshTokenState::Revoked | RefreshTokenState::Expired => return Ok(()),
        RefreshTokenState::Unknown => return Err(RevocationError::NotARefreshToken),
    }
    store.change(|directory| {
        if let Some(pool) = directory.pool_mut(&pool.id) {
            pool.revoke(token);
        }
        Ok(())
    })
}
