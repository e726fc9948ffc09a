//! Tokens, as Cognito writes them ([behaviour §7.1, §7.2](crate::docs::behaviour)).

use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::Serialize;

use super::{
    LocalUserPoolError, config::AppClientConfig, signing_key::SigningKey, switches::KeyRotation, test_token::TestToken,
};
use crate::time::UnixTime;

/// Who signs the tokens.
#[derive(Debug)]
pub(super) struct Issuer {
    name: String,
    keys: RwLock<Arc<Keys>>,
    /// One that is in no JWK Set, made when it is first asked for.
    unpublished: OnceLock<SigningKey>,
}

/// The keys in use, and those before them that are still published.
#[derive(Debug)]
struct Keys {
    pair: Arc<KeyPair>,
    before: Option<Arc<KeyPair>>,
}

/// One key for each kind of token.
#[derive(Debug)]
struct KeyPair {
    id_token: SigningKey,
    access_token: SigningKey,
}

impl KeyPair {
    fn generate() -> Result<Arc<Self>, LocalUserPoolError> {
        Ok(Arc::new(Self { id_token: SigningKey::generate()?, access_token: SigningKey::generate()? }))
    }
}

impl Issuer {
    pub(super) fn new(name: String) -> Result<Self, LocalUserPoolError> {
        let keys = Keys { pair: KeyPair::generate()?, before: None };
        Ok(Self { name, keys: RwLock::new(Arc::new(keys)), unpublished: OnceLock::new() })
    }

    /// Takes new keys. Making them takes a while.
    pub(super) fn rotate_keys(&self, rotation: KeyRotation) -> Result<(), LocalUserPoolError> {
        let pair = KeyPair::generate()?;
        let mut keys = self.keys.write().unwrap_or_else(PoisonError::into_inner);
        let before = match rotation {
            KeyRotation::WithOverlap => Some(Arc::clone(&keys.pair)),
            KeyRotation::AtOnce => None,
        };
        *keys = Arc::new(Keys { pair, before });
        Ok(())
    }

    /// What `iss` says.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// The JWK Set document.
    pub(super) fn jwk_set(&self) -> String {
        let keys = self.keys();
        let pairs = [Some(&keys.pair), keys.before.as_ref()].into_iter().flatten();
        let keys = pairs.flat_map(|pair| [&pair.id_token, &pair.access_token]).map(Jwk::new).collect();
        to_json(&JwkSet { keys })
    }

    /// A token made to order.
    pub(super) fn issue(&self, token: &TestToken, now: UnixTime) -> Result<String, LocalUserPoolError> {
        let (keys, claims) = (self.keys(), token.claims(&self.name, now));
        let key = match (token.by_unpublished_key, token.is_id_token()) {
            (true, _) => self.unpublished_key()?,
            (false, true) => &keys.pair.id_token,
            (false, false) => &keys.pair.access_token,
        };
        let signed = sign(key, &token.jose_header(key.key_id()), &claims)?;
        Ok(if token.has_wrong_signature { with_wrong_signature(&signed) } else { signed })
    }

    fn unpublished_key(&self) -> Result<&SigningKey, LocalUserPoolError> {
        if let Some(key) = self.unpublished.get() {
            return Ok(key);
        }
        let key = SigningKey::generate()?;
        Ok(self.unpublished.get_or_init(|| key))
    }

    fn keys(&self) -> Arc<Keys> {
        Arc::clone(&self.keys.read().unwrap_or_else(PoisonError::into_inner))
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
        let keys = self.keys();
        let key = &keys.pair.access_token;
        sign(key, &Header { kid: key.key_id(), alg: "RS256" }, &claims)
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

fn sign(key: &SigningKey, header: &impl Serialize, claims: &impl Serialize) -> Result<String, LocalUserPoolError> {
    let (header, claims) = (to_json(header), to_json(claims));
    let signing_input = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
    let signature = key.sign(&signing_input)?;
    Ok(format!("{signing_input}.{signature}"))
}

/// The same token with another first character of its signature.
fn with_wrong_signature(token: &str) -> String {
    match token.rsplit_once('.') {
        Some((rest, signature)) => {
            let first = if signature.starts_with('A') { 'B' } else { 'A' };
            format!("{rest}.{first}{}", signature.get(1..).unwrap_or_default())
        }
        None => token.to_owned(),
    }
}

#[derive(Serialize)]
struct JwkSet {
    keys: Vec<Jwk>,
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
