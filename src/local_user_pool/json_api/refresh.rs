//! Exchanges refresh tokens: `GetTokensFromRefreshToken`, and the flow `REFRESH_TOKEN_AUTH`.

use serde_json::{Value, json};

use super::{
    Answer, Api,
    exception::Exception,
    lookup::{app_client, check_flow, check_secret, check_secret_hash},
    object,
    parameters::Parameters,
};
use crate::local_user_pool::{
    directory::{AppClient, Pool},
    renewal::{self, RenewalError},
    text::{PASSWORD, SECRET_HASH, TOKEN},
    token::{TokenSigner, UserTokens},
};

impl Api<'_> {
    /// Works with and without refresh token rotation. The request contains the secret itself, not a hash.
    pub(super) fn get_tokens_from_refresh_token(&self, parameters: &Parameters) -> Answer {
        let token = parameters.text("RefreshToken", &TOKEN)?;
        let directory = self.read();
        let (pool, client) = app_client(&directory, parameters)?;
        check_secret(client, parameters.optional_text("ClientSecret", &PASSWORD)?)?;
        if !client.settings.can_refresh() {
            check_flow(client, "REFRESH_TOKEN_AUTH")?;
        }
        Ok(json!({ "AuthenticationResult": self.renewed(pool, client, token)? }))
    }

    pub(super) fn with_refresh_token(&self, pool: &Pool, client: &AppClient, parameters: &Parameters) -> Answer {
        check_flow(client, "REFRESH_TOKEN_AUTH")?;
        let sent = parameters.map("AuthParameters")?;
        let token = sent.required("REFRESH_TOKEN", &TOKEN)?;
        let (_, user) = renewal::holder(pool, client, token, self.secs())?;
        // The hash is over the user name or the `sub`, since the caller may know only one of them.
        let hash = sent.optional("SECRET_HASH", &SECRET_HASH)?;
        check_secret_hash(client, &user.username, hash).or_else(|_| check_secret_hash(client, &user.sub, hash))?;
        Ok(json!({ "AuthenticationResult": self.renewed(pool, client, token)?, "ChallengeParameters": {} }))
    }

    fn renewed(&self, pool: &Pool, client: &AppClient, token: &str) -> Result<Value, Exception> {
        let name = self.endpoints.issuer(pool);
        let issuer = TokenSigner { pool, name: &name, now: self.now };
        let renewed = renewal::renew(self.store(), issuer, client, token)?;
        Ok(authentication_result(&renewed.tokens, renewed.refresh_token.as_deref()))
    }
}

/// Returns `AuthenticationResultType` of the Cognito API.
pub(super) fn authentication_result(tokens: &UserTokens, refresh_token: Option<&str>) -> Value {
    object(json!({
        "AccessToken": tokens.access_token,
        "ExpiresIn": tokens.expires_in,
        "IdToken": tokens.id_token,
        "RefreshToken": refresh_token,
        "TokenType": "Bearer",
    }))
}

impl From<RenewalError> for Exception {
    fn from(error: RenewalError) -> Self {
        match error {
            RenewalError::Unknown => Self::not_authorized("Invalid Refresh Token"),
            RenewalError::Revoked => Self::not_authorized("Refresh Token has been revoked"),
            RenewalError::Expired => Self::not_authorized("Refresh Token has expired"),
            RenewalError::Reused => Self::new("RefreshTokenReuseException", "Refresh token reuse detected"),
            RenewalError::NoUser => Self::no_user(),
            RenewalError::Disabled => Self::not_authorized("User is disabled."),
            RenewalError::Failed(error) => error.into(),
        }
    }
}
