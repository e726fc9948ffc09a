//! A claim set is read as `serde_json` reads it, or refused, and what is read of it decides as it stands there.

use std::{collections::HashMap, sync::LazyLock};

use cognito_authorizer::{
    Authorizer, Claims, RejectionKind, Verdict, Verifier, claims::TokenUse, clock::UnixTime, internals, keys::JwkSet,
    limits::MAX_NUMERIC_DATE, token::RawToken,
};
use serde_json::{Map, Value};

use super::{
    strict_json,
    tokens::{ACCESS, ISSUER, NOW, POOL_ID, jwk_set, now},
};

static VERIFIER: LazyLock<Verifier> = LazyLock::new(|| Authorizer::for_user_pool(POOL_ID).build_verifier().unwrap());
static KEYS: LazyLock<HashMap<String, JwkSet>> =
    LazyLock::new(|| HashMap::from([(ISSUER.to_owned(), JwkSet::parse(jwk_set([&*ACCESS]).as_bytes()).unwrap())]));

/// Input: the JSON of a claim set. It is signed with a good key, so that nothing else refuses it.
pub fn claims(data: &[u8]) {
    let is_accepted = internals::claims(data.to_vec());
    let Ok(text) = std::str::from_utf8(data) else {
        assert!(!is_accepted, "accepted what is no UTF-8");
        return;
    };
    let expected = Expected::of(text);
    if expected.is_none() || !is_accepted {
        assert!(!is_accepted, "accepted what is no object, holds a name twice, or a claim of another type");
        let is_acceptable = expected.and_then(|expected| strict_json::keeps_bounds(&expected.object));
        assert_ne!(is_acceptable, Some(true), "refused claims that are in order");
        return;
    }
    let Some(expected) = expected else { return };
    assert_ne!(strict_json::keeps_bounds(&expected.object), Some(false), "accepted an object beyond the bounds");
    if data.len() > 7_000 {
        return;
    }
    let token = ACCESS.sign_claims(data);
    match (VERIFIER.verify(RawToken::new(&token), &*KEYS, now()), expected.refusal()) {
        (Verdict::Allow(claims), None) => compare(&claims, text, &expected),
        (Verdict::Deny(rejection), Some(kind)) => assert_eq!(rejection.kind(), kind),
        (verdict, kind) => panic!("{verdict:?}, and not {kind:?}"),
    }
}

/// The text with `null` for each date that is neither an array nor an object: what stands there is never made a number,
/// so it may be one that no reader can hold.
fn with_plain_dates(text: &str) -> Option<String> {
    let mut plain = Vec::new();
    for (name, value) in strict_json::members(text)? {
        let is_date = ["exp", "nbf", "iat"].contains(&&*name) && !value.get().starts_with(['{', '[']);
        let value = if is_date { "null" } else { value.get() };
        plain.push(format!("{}:{value}", Value::from(name)));
    }
    Some(format!("{{{}}}", plain.join(",")))
}

/// Whether the claims by whose absence something is decided are absent or of their type.
fn has_types(object: &Map<String, Value>) -> bool {
    let texts = ["client_id", "scope", "username", "cognito:username"];
    texts.iter().all(|name| object.get(*name).is_none_or(Value::is_string))
        && object.get("aud").is_none_or(|aud| aud.is_string() || texts_of(aud).is_some())
}

fn texts_of(value: &Value) -> Option<Vec<&str>> {
    value.as_array()?.iter().map(Value::as_str).collect()
}

/// A date: absent, no date, or one.
pub type Date = Option<Option<u64>>;

fn date(raw: Option<&str>) -> Date {
    raw.map(|raw| {
        let is_digits = raw.chars().all(|c| c.is_ascii_digit());
        raw.parse().ok().filter(|seconds| is_digits && *seconds <= MAX_NUMERIC_DATE)
    })
}

/// Claims as they are to be read.
pub struct Expected {
    /// With `null` for each date.
    pub object: Map<String, Value>,
    pub expires_at: Date,
    pub not_before: Date,
    pub issued_at: Date,
}

impl Expected {
    /// `None` for what is no claim set.
    pub fn of(text: &str) -> Option<Self> {
        let object = strict_json::object(&with_plain_dates(text)?).filter(has_types)?;
        let members = strict_json::members(text)?;
        let date_of = |name: &str| date(members.iter().find(|(own, _)| own == name).map(|(_, value)| value.get()));
        let (expires_at, not_before, issued_at) = (date_of("exp"), date_of("nbf"), date_of("iat"));
        Some(Self { object, expires_at, not_before, issued_at })
    }

    pub fn text(&self, name: &str) -> Option<&str> {
        self.object.get(name).and_then(Value::as_str)
    }

    /// Why the claims are refused, if they are, in the order of the checks.
    pub fn refusal(&self) -> Option<RejectionKind> {
        let checks = [
            (self.text("iss") == Some(ISSUER), RejectionKind::UnknownIssuer),
            (self.expires_at.flatten().is_some(), RejectionKind::MissingExpiry),
            (self.expires_at.flatten().is_some_and(|exp| exp > NOW), RejectionKind::Expired),
            (self.not_before.is_none_or(|nbf| nbf.is_some_and(|nbf| nbf <= NOW)), RejectionKind::NotYetValid),
            (self.text("sub").is_some(), RejectionKind::MissingSubject),
        ];
        checks.into_iter().find(|(holds, _)| !holds).map(|(_, kind)| kind)
    }

    /// The texts of a claim that is one, or an array of them.
    pub fn one_or_more(&self, name: &str) -> Vec<&str> {
        let list = || self.object.get(name).and_then(texts_of);
        self.text(name).map(|one| vec![one]).or_else(list).unwrap_or_default()
    }
}

fn compare(claims: &Claims, text: &str, expected: &Expected) {
    let member = |name: &str| expected.text(name);
    assert_eq!(claims.user_pool().as_str(), POOL_ID);
    assert_eq!(claims.issuer(), ISSUER);
    assert_eq!(Some(claims.subject()), member("sub"));
    assert_eq!(claims.client_id(), member("client_id"));
    assert_eq!(claims.jwt_id(), member("jti"));
    assert_eq!(claims.scope(), member("scope").unwrap_or_default());
    let token_use = match member("token_use") {
        Some("access") => Some(TokenUse::Access),
        Some("id") => Some(TokenUse::Id),
        _ => None,
    };
    assert_eq!(claims.token_use(), token_use);
    let username = if token_use == Some(TokenUse::Id) { "cognito:username" } else { "username" };
    assert_eq!(claims.username(), member(username));
    assert_eq!(claims.audience().collect::<Vec<_>>(), expected.one_or_more("aud"));
    assert_eq!(claims.scp().collect::<Vec<_>>(), expected.one_or_more("scp"));
    let groups = expected.object.get("cognito:groups").and_then(texts_of).unwrap_or_default();
    assert_eq!(claims.groups().collect::<Vec<_>>(), groups);
    assert_eq!(Some(claims.expires_at().as_secs()), expected.expires_at.flatten());
    assert_eq!(claims.not_before().map(UnixTime::as_secs), expected.not_before.flatten());
    assert_eq!(claims.issued_at().map(UnixTime::as_secs), expected.issued_at.flatten());
    // A date that no reader can hold is in the way of reading the whole.
    if let Some(whole) = strict_json::object(text) {
        assert_eq!(claims.deserialize::<Map<String, Value>>().ok().as_ref(), Some(&whole));
        for (name, value) in &whole {
            assert_eq!(claims.get::<Value>(name).unwrap().as_ref(), Some(value));
        }
        assert_eq!(claims.get::<Value>("no such claim").unwrap(), whole.get("no such claim").cloned());
    }
    let shown = format!("{claims:?}");
    assert!(member("sub").is_none_or(|sub| sub.len() < 9 || !shown.contains(sub)), "a claim is shown");
}
