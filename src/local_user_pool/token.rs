//! Tokens in the format of Cognito ([behaviour §7.1, §7.2](crate::docs::behaviour)).

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::Serialize;
use serde_json::{Map, Value};

use super::{
    LocalUserPoolError,
    claims::{self, TokenFields, UserFields},
    cryptography::{SigningKey, uuid},
    directory::{AppClient, AppClientConfig, Pool, SignIn, User},
};
use crate::time::UnixTime;

/// Issues the tokens of one user pool.
#[derive(Clone, Copy)]
pub(super) struct TokenSigner<'a> {
    pub(super) pool: &'a Pool,
    /// The `iss` claim.
    pub(super) name: &'a str,
    pub(super) now: UnixTime,
}

/// The tokens that a user gets.
pub(super) struct UserTokens {
    pub(super) id_token: String,
    pub(super) access_token: String,
    /// The lifetime of the access token in seconds.
    pub(super) expires_in: u64,
}

impl TokenSigner<'_> {
    /// Issues an access token of the client credentials grant.
    pub(super) fn client_token(&self, client: &AppClient, scope: &str) -> Result<String, LocalUserPoolError> {
        let settings = &client.settings;
        let (jti, expires_at) = (uuid()?, self.now.saturating_add(settings.access_token_seconds()));
        let claims = claims::of_client(self.of_token(&settings.client_id, expires_at.as_secs(), &jti), scope);
        sign_with_header(self.pool.keys.of_access_tokens()?, &claims)
    }

    /// Issues the tokens of a user who signed in, now or earlier.
    pub(super) fn user_tokens(
        &self,
        client: &AppClient,
        user: &User,
        sign_in: &SignIn,
    ) -> Result<UserTokens, LocalUserPoolError> {
        let settings = &client.settings;
        let of_user = self.of_user(user, Some(settings), (&sign_in.event_id, &sign_in.origin_jti));
        let (jti_of_access, jti_of_id) = (uuid()?, uuid()?);
        let expires_in = settings.access_token_seconds();
        let token = |lifetime, jti| {
            let of_token = self.of_token(&settings.client_id, self.now.saturating_add(lifetime).as_secs(), jti);
            TokenFields { auth_time: sign_in.auth_time, ..of_token }
        };
        let access = claims::of_access_token(token(expires_in, &jti_of_access), &of_user, USER_SCOPE);
        let id = self.id_claims(token(settings.id_token_seconds(), &jti_of_id), user, &of_user, Some(settings));
        Ok(UserTokens {
            id_token: sign_with_header(self.pool.keys.of_id_tokens()?, &id)?,
            access_token: sign_with_header(self.pool.keys.of_access_tokens()?, &access)?,
            expires_in,
        })
    }

    /// Returns the claims that every token for this app client has, issued now.
    pub(super) fn of_token<'b>(&'b self, client_id: &'b str, expires_at: u64, jti: &'b str) -> TokenFields<'b> {
        let now = self.now.as_secs();
        TokenFields { issuer: self.name, client_id, auth_time: now, issued_at: now, expires_at, jti }
    }

    /// Returns the claims that describe a user, for this app client if there is one.
    pub(super) fn of_user<'b>(
        &'b self,
        user: &'b User,
        client: Option<&AppClientConfig>,
        (event_id, origin_jti): (&'b str, &'b str),
    ) -> UserFields<'b> {
        UserFields {
            sub: &user.sub,
            username: &user.username,
            groups: self.groups(user),
            event_id,
            origin_jti: client.is_none_or(AppClientConfig::has_origin_jti).then_some(origin_jti),
        }
    }

    /// Returns the claims of an ID token, with the attributes that the app client can read and the roles of the groups.
    pub(super) fn id_claims(
        &self,
        token: TokenFields<'_>,
        user: &User,
        of_user: &UserFields<'_>,
        client: Option<&AppClientConfig>,
    ) -> Map<String, Value> {
        let attributes = user.attributes.iter().map(|(name, value)| (&**name, &**value));
        let can_read = |(name, _): &(&str, &str)| client.is_none_or(|client| client.can_read(name));
        let mut claims = claims::of_id_token(token, of_user, attributes.filter(can_read));
        claims.append(&mut self.roles(user));
        claims
    }

    /// Returns the groups of a user, by precedence (Cognito, "Adding groups to a user pool").
    fn groups<'b>(&'b self, user: &'b User) -> Vec<&'b str> {
        let mut groups: Vec<&str> = user.groups.iter().map(|name| &**name).collect();
        groups.sort_by_key(|name| self.pool.groups.get(*name).and_then(|group| group.precedence).unwrap_or(u64::MAX));
        groups
    }

    /// Returns `cognito:roles` and `cognito:preferred_role`, from the groups that have a role.
    fn roles(&self, user: &User) -> Map<String, Value> {
        let groups = self.groups(user);
        let of_groups = groups.iter().filter_map(|name| self.pool.groups.get(*name));
        let roles: Vec<&String> = of_groups.clone().filter_map(|group| group.role_arn.as_ref()).collect();
        let mut claims = Map::new();
        // If two groups have the same precedence and different roles, none is preferred.
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

/// The scope that the user APIs require in an access token.
pub(super) const USER_SCOPE: &str = "aws.cognito.signin.user.admin";

/// Serializes to JSON with every `/` written as `\/`, as Cognito does. In JSON a slash occurs only inside strings, so
/// the meaning is unchanged.
pub(super) fn to_json(value: &impl Serialize) -> String {
    // Serializing a struct of strings and numbers to a string cannot fail.
    serde_json::to_string(value).unwrap_or_default().replace('/', r"\/")
}

/// Signs a token with this JOSE header, which may be invalid.
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

fn sign_with_header(key: &SigningKey, claims: &Map<String, Value>) -> Result<String, LocalUserPoolError> {
    sign(key, &Header { kid: key.key_id(), alg: "RS256" }, claims)
}

/// The JOSE header of Cognito, which has no `typ`.
#[derive(Serialize)]
struct Header<'a> {
    kid: &'a str,
    alg: &'a str,
}
