//! Tokens made to order, good ones and every kind of wrong one.

use serde_json::{Map, Value, json};

use super::{
    LocalUserPoolError,
    claims::{self, Common, OfUser, members},
    cryptography::SigningKey,
    directory::Pool,
    token::{USER_SCOPE, sign, uuid},
};
use crate::time::UnixTime;

/// A token to be issued by [`LocalUserPool::issue`](super::LocalUserPool::issue): as Cognito would write it, but for
/// what is changed here. If the user pool has a user of that name, the token is of that user.
///
/// ```
/// use cognito_authorizer::local_user_pool::TestToken;
///
/// let good = TestToken::access("petstore", ["pets/read"]);
/// let expired = good.clone().expires_in(-1);
/// let of_nobody = good.clone().without_claim("sub");
/// let forged = good.by_unpublished_key();
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct TestToken {
    kind: Kind,
    app_client_id: String,
    /// Seconds from now.
    expires_in: i64,
    /// In this order; `None` takes the claim out.
    claims: Vec<(String, Option<Value>)>,
    header: Vec<(String, Option<Value>)>,
    pub(super) by_unpublished_key: bool,
    has_wrong_signature: bool,
}

#[derive(Clone, Debug)]
enum Kind {
    Client { scope: String },
    UserAccess { username: String },
    Id { username: String },
}

impl TestToken {
    /// An access token of the client credentials grant, with these scopes by their full names.
    pub fn access(app_client_id: impl Into<String>, scopes: impl IntoIterator<Item: AsRef<str>>) -> Self {
        let scopes: Vec<String> = scopes.into_iter().map(|scope| scope.as_ref().to_owned()).collect();
        Self::new(app_client_id.into(), Kind::Client { scope: scopes.join(" ") })
    }

    /// An access token of a user who signed in: it has the scope `aws.cognito.signin.user.admin`, unless a claim
    /// says otherwise.
    pub fn user_access(app_client_id: impl Into<String>, username: impl Into<String>) -> Self {
        Self::new(app_client_id.into(), Kind::UserAccess { username: username.into() })
    }

    /// An ID token of a user.
    pub fn id(app_client_id: impl Into<String>, username: impl Into<String>) -> Self {
        Self::new(app_client_id.into(), Kind::Id { username: username.into() })
    }

    /// Expires so many seconds from now, by the user pool's clock; 3,600 if nothing is said. A negative number
    /// makes a token that has expired.
    pub fn expires_in(self, seconds: i64) -> Self {
        Self { expires_in: seconds, ..self }
    }

    /// Says this in a claim, whatever its type ought to be.
    pub fn claim(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.claims.push((name.into(), Some(value.into())));
        self
    }

    /// Leaves a claim out.
    pub fn without_claim(mut self, name: impl Into<String>) -> Self {
        self.claims.push((name.into(), None));
        self
    }

    /// Says this in a member of the JOSE header, such as `kid` or `alg`. The signature is made with RS256 and the
    /// user pool's key all the same.
    pub fn header(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.header.push((name.into(), Some(value.into())));
        self
    }

    /// Leaves a member of the JOSE header out.
    pub fn without_header(mut self, name: impl Into<String>) -> Self {
        self.header.push((name.into(), None));
        self
    }

    /// Signs with a key that is not in the JWK Set, under a `kid` of its own.
    pub fn by_unpublished_key(self) -> Self {
        Self { by_unpublished_key: true, ..self }
    }

    /// Changes the signature, so that it does not hold.
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

    /// The token, by the keys of a user pool, or by the one that it does not publish.
    pub(super) fn issue(
        &self,
        pool: &Pool,
        issuer: &str,
        unpublished: Option<&SigningKey>,
        now: UnixTime,
    ) -> Result<String, LocalUserPoolError> {
        let key = match (unpublished, &self.kind) {
            (Some(key), _) => key,
            (None, Kind::Id { .. }) => pool.keys.of_id_tokens(),
            (None, Kind::Client { .. } | Kind::UserAccess { .. }) => pool.keys.of_access_tokens(),
        };
        let mut header = members(json!({ "kid": key.key_id(), "alg": "RS256" }));
        change(&mut header, &self.header);
        let signed = sign(key, &header, &self.claims(pool, issuer, now))?;
        Ok(if self.has_wrong_signature { with_wrong_signature(&signed) } else { signed })
    }

    /// The claims ([behaviour §7.2](crate::docs::behaviour)), those of the user if there is one of that name.
    fn claims(&self, pool: &Pool, issuer: &str, now: UnixTime) -> Map<String, Value> {
        let (jti, event_id, origin_jti) = (uuid(), uuid(), uuid());
        let common = Common {
            issuer,
            client_id: &self.app_client_id,
            auth_time: now.as_secs(),
            issued_at: now.as_secs(),
            expires_at: now.as_secs().saturating_add_signed(self.expires_in),
            jti: &jti,
        };
        let username = match &self.kind {
            Kind::Client { .. } => "",
            Kind::UserAccess { username } | Kind::Id { username } => username,
        };
        let (user, made_up) = (pool.user(username), made_up_sub(username));
        let of_user = OfUser {
            sub: user.map_or(&made_up, |user| &user.sub),
            username: user.map_or(username, |user| &user.username),
            groups: user.iter().flat_map(|user| &user.groups).map(|name| &**name).collect(),
            event_id: &event_id,
            origin_jti: Some(&origin_jti),
        };
        let mut claims = match &self.kind {
            Kind::Client { scope } => claims::of_client(common, scope),
            Kind::UserAccess { .. } => claims::of_access_token(common, &of_user, USER_SCOPE),
            Kind::Id { .. } => {
                let attributes = user.iter().flat_map(|user| &user.attributes);
                claims::of_id_token(common, &of_user, attributes.map(|(name, value)| (&**name, &**value)))
            }
        };
        change(&mut claims, &self.claims);
        claims
    }
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

/// For a user whom the user pool does not have: the same UUID in each token.
fn made_up_sub(username: &str) -> String {
    let mut bytes = [0; 16];
    for (place, byte) in username.bytes().enumerate() {
        if let Some(slot) = bytes.get_mut(place % 16) {
            *slot = byte ^ u8::rotate_left(*slot, 3);
        }
    }
    uuid::Builder::from_random_bytes(bytes).into_uuid().to_string()
}

fn change(members: &mut Map<String, Value>, changes: &[(String, Option<Value>)]) {
    for (name, value) in changes {
        match value {
            Some(value) => members.insert(name.clone(), value.clone()),
            None => members.remove(name),
        };
    }
}
