//! Tokens for tests, valid or deliberately broken.

use std::fmt;

use serde_json::{Map, Value, json};

use super::{
    LocalUserPoolError,
    claims::{self, members},
    cryptography::{SigningKey, digest, uuid},
    directory::User,
    token::{TokenSigner, USER_SCOPE, sign},
};

/// A token for [`LocalUserPool::issue`](super::LocalUserPool::issue), valid unless changed by these methods.
///
/// Unchanged parts are as Cognito writes them. If the user pool has a user with this name or an app client with this
/// id, the token has the claims of that user and app client.
///
/// ```
/// use cognito_authorizer::local_user_pool::TestToken;
///
/// let good = TestToken::access("petstore", ["pets/read"]);
/// let expired = good.clone().expires_in(-1);
/// let of_nobody = good.clone().without_claim("sub");
/// let forged = good.by_unpublished_key();
/// ```
#[derive(Clone)]
#[must_use]
pub struct TestToken {
    kind: Kind,
    app_client_id: String,
    /// In seconds from now.
    expires_in: i64,
    /// Applied in this order; `None` removes the claim.
    claims: Vec<(String, Option<Value>)>,
    header: Vec<(String, Option<Value>)>,
    pub(super) by_unpublished_key: bool,
    has_wrong_signature: bool,
}

#[derive(Clone)]
enum Kind {
    Client { scope: String },
    UserAccess { username: String },
    Id { username: String },
}

impl TestToken {
    /// Creates an access token of the client credentials grant with these scopes, given by their full names.
    pub fn access(app_client_id: impl Into<String>, scopes: impl IntoIterator<Item: AsRef<str>>) -> Self {
        let scopes: Vec<String> = scopes.into_iter().map(|scope| scope.as_ref().to_owned()).collect();
        Self::new(app_client_id.into(), Kind::Client { scope: scopes.join(" ") })
    }

    /// Creates an access token of a signed-in user. Its scope is `aws.cognito.signin.user.admin`, unless a claim
    /// overrides it.
    pub fn user_access(app_client_id: impl Into<String>, username: impl Into<String>) -> Self {
        Self::new(app_client_id.into(), Kind::UserAccess { username: username.into() })
    }

    /// Creates an ID token of a user.
    pub fn id(app_client_id: impl Into<String>, username: impl Into<String>) -> Self {
        Self::new(app_client_id.into(), Kind::Id { username: username.into() })
    }

    /// Sets the expiration to this many seconds from now, by the user pool's clock; the default is 3,600. A negative
    /// number makes an expired token.
    pub fn expires_in(self, seconds: i64) -> Self {
        Self { expires_in: seconds, ..self }
    }

    /// Sets a claim, of any type.
    pub fn claim(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.claims.push((name.into(), Some(value.into())));
        self
    }

    /// Removes a claim.
    pub fn without_claim(mut self, name: impl Into<String>) -> Self {
        self.claims.push((name.into(), None));
        self
    }

    /// Sets a member of the JOSE header, such as `kid` or `alg`. The token is still signed with RS256 and the user
    /// pool's key.
    pub fn header(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.header.push((name.into(), Some(value.into())));
        self
    }

    /// Removes a member of the JOSE header.
    pub fn without_header(mut self, name: impl Into<String>) -> Self {
        self.header.push((name.into(), None));
        self
    }

    /// Signs with a key that is not in the JWK Set and has its own `kid`.
    pub fn by_unpublished_key(self) -> Self {
        Self { by_unpublished_key: true, ..self }
    }

    /// Changes the signature, so that it is invalid.
    pub fn with_wrong_signature(self) -> Self {
        Self { has_wrong_signature: true, ..self }
    }

    fn new(app_client_id: String, kind: Kind) -> Self {
        Self {
            kind,
            app_client_id,
            expires_in: 3_600,
            claims: Vec::new(),
            header: Vec::new(),
            by_unpublished_key: false,
            has_wrong_signature: false,
        }
    }

    /// Issues the token, signed with a key of the user pool, or with the unpublished key if given.
    pub(super) fn issue(
        &self,
        issuer: TokenSigner<'_>,
        unpublished: Option<&SigningKey>,
    ) -> Result<String, LocalUserPoolError> {
        let key = match (unpublished, &self.kind) {
            (Some(key), _) => key,
            (None, Kind::Id { .. }) => issuer.pool.keys.of_id_tokens()?,
            (None, Kind::Client { .. } | Kind::UserAccess { .. }) => issuer.pool.keys.of_access_tokens()?,
        };
        let mut header = members(json!({ "kid": key.key_id(), "alg": "RS256" }));
        change(&mut header, &self.header);
        let signed = sign(key, &header, &self.claims(issuer)?)?;
        Ok(if self.has_wrong_signature { with_wrong_signature(&signed) } else { signed })
    }

    /// Returns the claims ([behaviour §7.2](crate::docs::behaviour)), with those of the user and app client if the user
    /// pool has them.
    fn claims(&self, issuer: TokenSigner<'_>) -> Result<Map<String, Value>, LocalUserPoolError> {
        let (jti, event_id, origin_jti) = (uuid()?, uuid()?, uuid()?);
        let expires_at = issuer.now.as_secs().saturating_add_signed(self.expires_in);
        let token = issuer.of_token(&self.app_client_id, expires_at, &jti);
        let client = issuer.pool.app_clients.get(&self.app_client_id).map(|client| &client.settings);
        let user = |username: &str| match issuer.pool.user(username) {
            Some(user) => user.clone(),
            None => User::new(username.to_owned(), made_up_sub(username), issuer.now.as_secs()),
        };
        let mut claims = match &self.kind {
            Kind::Client { scope } => claims::of_client(token, scope),
            Kind::UserAccess { username } => {
                let user = user(username);
                claims::of_access_token(token, &issuer.of_user(&user, client, (&event_id, &origin_jti)), USER_SCOPE)
            }
            Kind::Id { username } => {
                let user = user(username);
                issuer.id_claims(token, &user, &issuer.of_user(&user, client, (&event_id, &origin_jti)), client)
            }
        };
        change(&mut claims, &self.claims);
        Ok(claims)
    }
}

impl fmt::Debug for TestToken {
    /// Omits the values of claims and header members.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.kind {
            Kind::Client { .. } => "access",
            Kind::UserAccess { .. } => "user_access",
            Kind::Id { .. } => "id",
        };
        let changed = |members: &[(String, Option<Value>)]| -> Vec<String> {
            members.iter().map(|(name, value)| format!("{}{name}", if value.is_some() { "" } else { "no " })).collect()
        };
        f.debug_struct("TestToken")
            .field("kind", &kind)
            .field("app_client_id", &self.app_client_id)
            .field("expires_in", &self.expires_in)
            .field("claims", &changed(&self.claims))
            .field("header", &changed(&self.header))
            .finish_non_exhaustive()
    }
}

/// Replaces the first character of the signature.
fn with_wrong_signature(token: &str) -> String {
    match token.rsplit_once('.') {
        Some((rest, signature)) => {
            let first = if signature.starts_with('A') { 'B' } else { 'A' };
            format!("{rest}.{first}{}", signature.get(1..).unwrap_or_default())
        }
        None => token.to_owned(),
    }
}

/// Derives the `sub` of a user who is not in the user pool: the same name always gives the same UUID.
fn made_up_sub(username: &str) -> String {
    uuid::Builder::from_random_bytes(digest(username)).into_uuid().to_string()
}

fn change(members: &mut Map<String, Value>, changes: &[(String, Option<Value>)]) {
    for (name, value) in changes {
        match value {
            Some(value) => members.insert(name.clone(), value.clone()),
            None => members.remove(name),
        };
    }
}
