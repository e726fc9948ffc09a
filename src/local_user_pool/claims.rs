//! The claims of tokens ([behaviour §7.2](crate::docs::behaviour)).

use serde_json::{Map, Value, json};

use super::directory::is_true;

/// The claims that every token has.
#[derive(Clone, Copy)]
pub(super) struct TokenFields<'a> {
    pub(super) issuer: &'a str,
    pub(super) client_id: &'a str,
    pub(super) auth_time: u64,
    pub(super) issued_at: u64,
    pub(super) expires_at: u64,
    /// Unique.
    pub(super) jti: &'a str,
}

/// The user and the sign-in that a token belongs to.
#[derive(Clone)]
pub(super) struct UserFields<'a> {
    pub(super) sub: &'a str,
    pub(super) username: &'a str,
    /// The groups that the user is in.
    pub(super) groups: Vec<&'a str>,
    pub(super) event_id: &'a str,
    /// `None` if the app client has neither token revocation nor refresh token rotation.
    pub(super) origin_jti: Option<&'a str>,
}

/// Returns the claims of an access token of the client credentials grant: `sub` is the app client, and there is no
/// user.
pub(super) fn of_client(token: TokenFields<'_>, scope: &str) -> Map<String, Value> {
    let mut claims = of(token);
    claims.append(&mut members(json!({
        "sub": token.client_id, "client_id": token.client_id, "token_use": "access", "scope": scope, "version": 2,
    })));
    claims
}

/// Returns the claims of an access token of a user who signed in through the API. `version` belongs to tokens with
/// OAuth scopes, so it is absent.
pub(super) fn of_access_token(token: TokenFields<'_>, user: &UserFields<'_>, scope: &str) -> Map<String, Value> {
    let mut claims = of_user(token, user);
    claims.append(&mut members(json!({
        "client_id": token.client_id, "token_use": "access", "scope": scope, "username": user.username,
    })));
    claims
}

/// Returns the claims of an ID token with these attributes. All are strings, except `email_verified` and
/// `phone_number_verified`.
pub(super) fn of_id_token<'a>(
    token: TokenFields<'_>,
    user: &UserFields<'_>,
    attributes: impl Iterator<Item = (&'a str, &'a str)>,
) -> Map<String, Value> {
    let attributes = attributes.map(|(name, value)| match name {
        "email_verified" | "phone_number_verified" => (name.to_owned(), json!(is_true(value))),
        _ => (name.to_owned(), json!(value)),
    });
    let mut claims: Map<String, Value> = attributes.collect();
    claims.append(&mut of_user(token, user));
    claims.append(&mut members(json!({
        "aud": token.client_id, "token_use": "id", "cognito:username": user.username,
    })));
    claims
}

fn of_user(token: TokenFields<'_>, user: &UserFields<'_>) -> Map<String, Value> {
    let mut claims = of(token);
    claims.append(&mut members(json!({ "sub": user.sub, "event_id": user.event_id })));
    if let Some(origin_jti) = user.origin_jti {
        claims.insert("origin_jti".to_owned(), json!(origin_jti));
    }
    if !user.groups.is_empty() {
        claims.insert("cognito:groups".to_owned(), json!(user.groups));
    }
    claims
}

fn of(token: TokenFields<'_>) -> Map<String, Value> {
    members(json!({
        "iss": token.issuer, "auth_time": token.auth_time, "iat": token.issued_at, "exp": token.expires_at,
        "jti": token.jti,
    }))
}

/// Returns the members of a JSON object.
pub(super) fn members(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(members) => members,
        _ => Map::new(),
    }
}
