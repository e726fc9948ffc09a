//! Exchanges a refresh token for new tokens, for the API and for `/oauth2/token` ([behaviour
//! §7.4.14](crate::docs::behaviour)).

use super::{
    LocalUserPoolError,
    cryptography::opaque,
    directory::{AppClient, Pool, RefreshTokenState, SignIn, User},
    store::Store,
    token::{TokenSigner, UserTokens},
};

/// The tokens that a refresh token is exchanged for.
pub(super) struct RenewedTokens {
    pub(super) tokens: UserTokens,
    /// `None` unless the app client rotates refresh tokens.
    pub(super) refresh_token: Option<String>,
}

/// The reason why a refresh token is rejected.
#[derive(Debug)]
pub(super) enum RenewalError {
    /// The refresh token is unknown, or belongs to another app client.
    Unknown,
    Revoked,
    Expired,
    /// The refresh token was rotated out.
    Reused,
    /// The user was deleted.
    NoUser,
    /// The user is disabled.
    Disabled,
    Failed(LocalUserPoolError),
}

impl From<LocalUserPoolError> for RenewalError {
    fn from(error: LocalUserPoolError) -> Self {
        Self::Failed(error)
    }
}

/// Returns the sign-in of a refresh token and its user, who may be disabled.
pub(super) fn holder<'p>(
    pool: &'p Pool,
    client: &AppClient,
    token: &str,
    now: u64,
) -> Result<(&'p SignIn, &'p User), RenewalError> {
    let sign_in = match pool.refresh_token(token, &client.settings.client_id, now) {
        RefreshTokenState::Good(sign_in) => sign_in,
        RefreshTokenState::Revoked => return Err(RenewalError::Revoked),
        RefreshTokenState::Expired => return Err(RenewalError::Expired),
        RefreshTokenState::Reused => return Err(RenewalError::Reused),
        RefreshTokenState::Unknown => return Err(RenewalError::Unknown),
    };
    Ok((sign_in, pool.subject(&sign_in.sub).ok_or(RenewalError::NoUser)?))
}

/// Issues new tokens, and a new refresh token if the app client rotates them.
pub(super) fn renew(
    store: &Store,
    issuer: TokenSigner<'_>,
    client: &AppClient,
    token: &str,
) -> Result<RenewedTokens, RenewalError> {
    let now = issuer.now.as_secs();
    let (sign_in, user) = enabled_holder(issuer.pool, client, token, now)?;
    let tokens = issuer.user_tokens(client, user, sign_in)?;
    let Some(rotation) = client.settings.rotation() else {
        return Ok(RenewedTokens { tokens, refresh_token: None });
    };
    let refresh_token = opaque()?;
    store.change(|directory| {
        let pool = directory.pool_mut(&issuer.pool.id).ok_or(RenewalError::Unknown)?;
        // Checks again: another request may have rotated or revoked the token.
        enabled_holder(pool, client, token, now)?;
        pool.rotate(token, &refresh_token, rotation.retry_grace_period_seconds, now);
        Ok::<_, RenewalError>(())
    })?;
    Ok(RenewedTokens { tokens, refresh_token: Some(refresh_token) })
}

fn enabled_holder<'p>(
    pool: &'p Pool,
    client: &AppClient,
    token: &str,
    now: u64,
) -> Result<(&'p SignIn, &'p User), RenewalError> {
    let holder = holder(pool, client, token, now)?;
    if holder.1.enabled { Ok(holder) } else { Err(RenewalError::Disabled) }
}
