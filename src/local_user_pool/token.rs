//! Tokens, as Cognito writes them ([behaviour §7.1, §7.2](crate::docs::behaviour)).

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::Serialize;

use super::{LocalUserPoolError, config::AppClientConfig, signing_key::SigningKey};
use crate::time::UnixTime;

/// Who signs the tokens.
#[derive(Debug)]
pub(super) struct Issuer {
    name: String,
    id_token_key: SigningKey,
    access_token_key: SigningKey,
}

impl Issuer {
    pub(super) fn new(name: String) -> Result<Self, LocalUserPoolError> {
        let (id_token_key, access_token_key) = (SigningKey::generate()?, SigningKey::generate()?);
        Ok(Self { name, id_token_key, access_token_key })
    }

    /// What `iss` says.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// The JWK Set document.
    pub(super) fn jwk_set(&self) -> String {
        to_json(&JwkSet { keys: [&self.id_token_key, &self.access_token_key].map(Jwk::new) })
    }

    /// An access token of the client credentials grant: `sub` is the app client, there is no user.
    pub(super) fn client_credentials_token(
        &self,
        app_client: &AppClientConfig,
        scope: &str,
        now: UnixTime,
    ) -> Result<String, LocalUserPoolError> {
        let claims = ClientCredentialsClaims {
            sub: &app_client.client_id,
            token_use: "access",
            scope,
            auth_time: now.as_secs(),
            iss: &self.name,
            exp: now.saturating_add(app_client.access_token_seconds()).as_secs(),
            iat: now.as_secs(),
            version: 2,
            jti: &uuid(),
            client_id: &app_client.client_id,
        };
        sign(&self.access_token_key, &claims)
    }
}

/// JSON with every `/` written as `\/`, as Cognito writes it. In JSON a slash stands inside strings
/// only, so this changes no meaning.
pub(super) fn to_json(value: &impl Serialize) -> String {
    // Serializing a struct of strings and numbers to a string has no way to fail.
    serde_json::to_string(value).unwrap_or_default().replace('/', r"\/")
}

/// A new UUID.
pub(super) fn uuid() -> String {
    let mut bytes = [0; 16];
    fastrand::fill(&mut bytes);
    uuid::Builder::from_random_bytes(bytes).into_uuid().to_string()
}

fn sign(key: &SigningKey, claims: &impl Serialize) -> Result<String, LocalUserPoolError> {
    let header = to_json(&Header { kid: key.key_id(), alg: "RS256" });
    let signing_input = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(to_json(claims)));
    let signature = key.sign(&signing_input)?;
    Ok(format!("{signing_input}.{signature}"))
}

#[derive(Serialize)]
struct JwkSet {
    keys: [Jwk; 2],
}

#[derive(Serialize)]
struct Jwk {
    alg: &'static str,
    e: String,
    kid: String,
    kty: &'static str,
    n: String,
    r#use: &'static str,
}

impl Jwk {
    fn new(key: &SigningKey) -> Self {
        let kid = key.key_id().to_owned();
        Self { alg: "RS256", e: key.exponent(), kid, kty: "RSA", n: key.modulus(), r#use: "sig" }
    }
}

/// There is no `typ`.
#[derive(Serialize)]
struct Header<'a> {
    kid: &'a str,
    alg: &'a str,
}

#[derive(Serialize)]
struct ClientCredentialsClaims<'a> {
    sub: &'a str,
    token_use: &'a str,
    scope: &'a str,
    auth_time: u64,
    iss: &'a str,
    exp: u64,
    iat: u64,
    version: u8,
    jti: &'a str,
    client_id: &'a str,
}
