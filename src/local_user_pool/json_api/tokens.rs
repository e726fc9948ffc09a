//! Operations of a token's holder: reads the user, signs out, and revokes a refresh token.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::Deserialize;
use serde_json::json;

use super::{Answer, Api, exception::Exception, parameters::Parameters, users::attributes};
use crate::local_user_pool::{
    cryptography::secrets_equal,
    directory::{Directory, Pool, User},
    revocation::{self, RevocationError},
    text::{CLIENT_ID, PASSWORD, TOKEN},
    token::USER_SCOPE,
};

/// The claims of an access token that these operations use.
#[derive(Deserialize)]
struct AccessClaims {
    iss: String,
    sub: String,
    token_use: String,
    client_id: String,
    event_id: Option<String>,
    scope: Option<String>,
    exp: u64,
}

#[derive(Deserialize)]
struct Header {
    kid: String,
    alg: String,
}

impl Api<'_> {
    pub(super) fn get_user(&self, parameters: &Parameters) -> Answer {
        let directory = self.read();
        let (pool, user, client_id) = self.holder(&directory, parameters)?;
        let client = pool.app_clients.get(&client_id).ok_or_else(|| Exception::no_app_client(&client_id))?;
        let readable = |name: &str| name == "sub" || client.settings.can_read(name);
        Ok(json!({ "Username": user.username, "UserAttributes": attributes(user, readable) }))
    }

    pub(super) fn global_sign_out(&self, parameters: &Parameters) -> Answer {
        let directory = self.read();
        let (pool, user, _) = self.holder(&directory, parameters)?;
        self.store().change(|directory| {
            if let Some(pool) = directory.pool_mut(&pool.id) {
                pool.sign_out(&user.sub);
            }
            Ok(json!({}))
        })
    }

    pub(super) fn revoke_token(&self, parameters: &Parameters) -> Answer {
        let token = parameters.text("Token", &TOKEN)?;
        let client_id = parameters.text("ClientId", &CLIENT_ID)?;
        let sent = parameters.optional_text("ClientSecret", &PASSWORD)?;
        let directory = self.read();
        let unauthorized = || Exception::new("UnauthorizedException", "Invalid client or client secret.");
        let (pool, client) = directory.app_client(client_id).ok_or_else(unauthorized)?;
        match (&client.settings.client_secret, sent) {
            (None, None) => {}
            (Some(own), Some(sent)) if secrets_equal(&own.0, sent) => {}
            _ => return Err(unauthorized()),
        }
        match revocation::revoke(self.store(), pool, client, token, self.now) {
            Ok(()) => Ok(json!({})),
            Err(RevocationError::Disabled) => {
                let message = "Token revocation is not enabled for this client";
                Err(Exception::new("UnsupportedOperationException", message))
            }
            Err(RevocationError::NotARefreshToken) => {
                Err(Exception::new("UnsupportedTokenTypeException", "The token is not a refresh token of this client"))
            }
            Err(RevocationError::Failed(error)) => Err(error.into()),
        }
    }

    /// Returns the user of a valid access token, and the app client that the token was issued to.
    fn holder<'d>(
        &self,
        directory: &'d Directory,
        parameters: &Parameters,
    ) -> Result<(&'d Pool, &'d User, String), Exception> {
        let token = parameters.text("AccessToken", &TOKEN)?;
        let not_authorized = |message| Err(Exception::not_authorized(message));
        let Some((header, claims, signing_input, signature)) = read(token) else {
            return not_authorized("Invalid Access Token");
        };
        // Accepts both forms of the issuer: tokens from before a change of the form stay valid.
        let pool = directory.pools().find(|pool| self.endpoints.issuers(&pool.id).contains(&claims.iss));
        let Some(pool) = pool else { return not_authorized("Invalid Access Token") };
        let key = pool.keys.find(&header.kid).filter(|_| header.alg == "RS256");
        if !key.is_some_and(|key| key.has_signed(signing_input, signature)) {
            return not_authorized("Could not verify signature for Access Token");
        }
        if claims.token_use != "access" {
            return not_authorized("Invalid Access Token");
        }
        if claims.exp <= self.secs() {
            return not_authorized("Access Token has expired");
        }
        let scopes = claims.scope.unwrap_or_default();
        if !scopes.split(' ').any(|scope| scope == USER_SCOPE) {
            return not_authorized("Access Token does not have required scopes");
        }
        let sign_in = claims.event_id.and_then(|event_id| pool.sign_in_of_event(&event_id));
        let Some(sign_in) = sign_in.filter(|sign_in| sign_in.sub == claims.sub) else {
            return not_authorized("Access Token has been revoked");
        };
        let user = pool.subject(&claims.sub).ok_or_else(Exception::no_user)?;
        if sign_in.is_revoked {
            return not_authorized("Access Token has been revoked");
        }
        if !user.enabled {
            return not_authorized("User is disabled.");
        }
        Ok((pool, user, claims.client_id))
    }
}

/// Splits a token into header, claims, signing input and signature, without verifying anything.
fn read(token: &str) -> Option<(Header, AccessClaims, &str, &str)> {
    let (signing_input, signature) = token.rsplit_once('.')?;
    let (header, claims) = signing_input.split_once('.')?;
    let decode = |part: &str| URL_SAFE_NO_PAD.decode(part).ok();
    let header = serde_json::from_slice(&decode(header)?).ok()?;
    let claims = serde_json::from_slice(&decode(claims)?).ok()?;
    Some((header, claims, signing_input, signature))
}
