//! Tokens, as Cognito writes them ([behaviour §7.1, §7.2](crate::docs::behaviour)).

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::Serialize;
use serde_json::{Map, Value};

use super::{
    LocalUserPoolError,
    claims::{self, Common, OfUser},
    cryptography::{self, SigningKey},
    directory::{AppClient, Pool, Session, User},
};
use crate::time::UnixTime;

/// Makes the tokens of one user pool.
#[derive(Clone, Copy, Debug)]
pub(super) struct Issuer<'a> {
    pub(super) pool: &'a Pool,
    /// What `iss` says.
    pub(super) name: &'a str,
    pub(super) now: UnixTime,
}

/// The tokens that a user gets.
#[derive(Debug)]
pub(super) struct UserTokens {
    pub(super) id_token: String,
    pub(super) access_token: String,
    /// Of the access token, in seconds.
    pub(super) expires_in: u64,
}

impl Issuer<'_> {
    /// An access token of the client credentials grant.
    pub(super) fn client_token(&self, client: &AppClient, scope: &str) -> Result<String, LocalUserPoolError> {
        let jti = uuid();
        let lifetime = client.settings.access_token_seconds();
        let claims = claims::of_client(self.common(client, self.now.as_secs(), lifetime, &jti), scope);
        let key = self.pool.keys.of_access_tokens();
        sign(key, &Header { kid: key.key_id(), alg: "RS256" }, &claims)
    }

    /// The tokens of a user who signed in, now or before.
    pub(super) fn user_tokens(
        &self,
        client: &AppClient,
        user: &User,
        session: &Session,
    ) -> Result<UserTokens, LocalUserPoolError> {
        let settings = &client.settings;
        let of_user = OfUser {
            sub: &user.sub,
            username: &user.username,
            groups: self.groups(user),
            event_id: &session.event_id,
            origin_jti: settings.enable_token_revocation.then_some(&session.origin_jti),
        };
        let (jti_of_access, jti_of_id) = (uuid(), uuid());
        let expires_in = settings.access_token_seconds();
        let access = self.common(client, session.auth_time, expires_in, &jti_of_access);
        let access = claims::of_access_token(access, &of_user, USER_SCOPE);
        let id = self.common(client, session.auth_time, settings.id_token_seconds(), &jti_of_id);
        let attributes = user.attributes.iter().map(|(name, value)| (&**name, &**value));
        let mut id = claims::of_id_token(id, &of_user, attributes.filter(|(name, _)| settings.can_read(name)));
        id.append(&mut self.roles(user));
        let (of_access, of_id) = (self.pool.keys.of_access_tokens(), self.pool.keys.of_id_tokens());
        Ok(UserTokens {
            id_token: sign(of_id, &Header { kid: of_id.key_id(), alg: "RS256" }, &id)?,
            access_token: sign(of_access, &Header { kid: of_access.key_id(), alg: "RS256" }, &access)?,
            expires_in,
        })
    }

    fn common<'b>(&'b self, client: &'b AppClient, auth_time: u64, lifetime: u64, jti: &'b str) -> Common<'b> {
        Common {
            issuer: self.name,
            client_id: &client.settings.client_id,
            auth_time,
            issued_at: self.now.as_secs(),
            expires_at: self.now.saturating_add(lifetime).as_secs(),
            jti,
        }
    }

    /// The groups of a user, the one that counts most first (Cognito, "Adding groups to a user pool").
    fn groups<'b>(&'b self, user: &'b User) -> Vec<&'b str> {
        let mut groups: Vec<&str> = user.groups.iter().map(|name| &**name).collect();
        groups.sort_by_key(|name| self.pool.groups.get(*name).and_then(|group| group.precedence).unwrap_or(u64::MAX));
        groups
    }

    /// `cognito:roles` and `cognito:preferred_role`: of the groups that have a role.
    fn roles(&self, user: &User) -> Map<String, Value> {
        let groups = self.groups(user);
        let of_groups = groups.iter().filter_map(|name| self.pool.groups.get(*name));
        let roles: Vec<&String> = of_groups.clone().filter_map(|group| group.role_arn.as_ref()).collect();
        let mut claims = Map::new();
        // Two groups that count the same and have different roles: none is preferred.
        let mut best = of_groups.filter(|group| group.role_arn.is_some() && group.precedence.is_some());
        if let Some(first) = best.next() {
            let has_rival = best.any(|other| other.precedence == first.precedence && other.role_arn != first.role_arn);
            if let (Some(role), false) = (&first.role_arn, has_rival) {
                claims.insert("cognito:preferred_role".to_owned(), Value::from(role.as_str()));
            }
        }
        if !roles.is_empty() {
            claims
                .insert("cognito:roles".to_owned(), roles.into_iter().map(|role| Value::from(role.as_str())).collect());
        }
        claims
    }
}

/// What the user APIs accept an access token for.
pub(super) const USER_SCOPE: &str = "aws.cognito.signin.user.admin";

/// JSON with every `/` written as `\/`, as Cognito writes it. In JSON a slash stands inside strings
/// only, so this changes no meaning.
pub(super) fn to_json(value: &impl Serialize) -> String {
    // Serializing a struct of strings and numbers to a string has no way to fail.
    serde_json::to_string(value).unwrap_or_default().replace('/', r"\/")
}

/// A new UUID.
pub(super) fn uuid() -> String {
    // Where the system gives no random bytes, nothing is signed either.
    uuid::Builder::from_random_bytes(cryptography::random().unwrap_or_default()).into_uuid().to_string()
}

pub(super) fn sign(
    key: &SigningKey,
    header: &impl Serialize,
    claims: &Map<String, Value>,
) -> Result<String, LocalUserPoolError> {
    let (header, claims) = (to_json(header), to_json(claims));
    let signing_input = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
    let signature = key.sign(&signing_input)?;
    Ok(format!("{signing_input}.{signature}"))
}

/// There is no `typ`.
#[derive(Serialize)]
struct Header<'a> {
    kid: &'a str,
    alg: &'a str,
}
