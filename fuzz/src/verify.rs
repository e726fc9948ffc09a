//! A token passes exactly if it is signed by a key of the user pool and says what it has to, and what passes is what was
//! signed, to the last bit.

use std::{collections::HashMap, sync::LazyLock};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use cognito_authorizer::{
    AppClientId, AuthorizerType, JwkSet, RawToken, RouteAuthorization, ScopeSet, UserPool, Verdict, Verifier,
    limits::{MAX_JOSE_HEADER_BYTES, MAX_TOKEN_BYTES},
};
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde_json::{Map, Value};

use super::{
    claims::Expected,
    strict_json,
    tokens::{ACCESS, CLIENT_ID, ID, ISSUER, Key, NOW, OTHER, POOL_ID, jwk_set, now},
};

/// One of a REST API and one of an HTTP API, for one app client.
static VERIFIERS: LazyLock<[Verifier; 2]> = LazyLock::new(|| {
    [AuthorizerType::CognitoUserPools, AuthorizerType::Jwt].map(|authorizer_type| {
        let verifier =
            Verifier::new([UserPool::parse(POOL_ID).unwrap()]).unwrap().with_authorizer_type(authorizer_type);
        verifier.with_app_clients([AppClientId::parse(CLIENT_ID).unwrap()]).unwrap()
    })
});
static KEYS: LazyLock<HashMap<String, JwkSet>> = LazyLock::new(|| {
    HashMap::from([(ISSUER.to_owned(), JwkSet::parse(jwk_set([&*ACCESS, &*ID]).as_bytes()).unwrap())])
});

/// Input: how a token differs from a good access token, one difference a line; see `Recipe`.
pub fn verify(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let recipe = Recipe::of(text);
    if recipe.header.len() + recipe.claims.len() > 9_000 {
        return;
    }
    let token = recipe.key.sign(recipe.header.as_bytes(), recipe.claims.as_bytes());
    let spoilt = recipe.spoilt(&token);
    if spoilt != token.as_bytes() {
        for verifier in &*VERIFIERS {
            let verdict = verifier.verify(RawToken::new(&spoilt), &*KEYS, now());
            assert!(!matches!(verdict, Verdict::Allow(_)), "passes, and nobody signed it");
        }
        return;
    }
    let Some(should_pass) = recipe.should_pass(&token) else { return };
    let theirs = recipe.read_by_jsonwebtoken(&token);
    for verifier in &*VERIFIERS {
        let is_http_api = verifier.authorizer_type() == AuthorizerType::Jwt;
        let expected = Expected::of(&recipe.claims).filter(|expected| {
            let is_of_the_past = expected.issued_at.is_none_or(|iat| iat.is_some_and(|iat| iat <= NOW));
            should_pass && (!is_http_api || is_of_the_past)
        });
        match verifier.verify(RawToken::new(&token), &*KEYS, now()) {
            Verdict::Allow(claims) => {
                let expected = expected.expect("a token that is good");
                let ours = claims.deserialize::<Map<String, Value>>().ok();
                assert!(theirs.is_some() || !recipe.is_plain(), "a token that is good is not to jsonwebtoken");
                assert!(theirs.is_none() || theirs == ours, "{ours:?}, and to jsonwebtoken {theirs:?}");
                for authorization in authorizations() {
                    let permitted = verifier.permit(&claims, &authorization, now()).is_ok();
                    assert_eq!(permitted, expected.permits(&authorization, is_http_api), "{authorization:?}");
                    // Later it is not.
                    let exp = claims.expires_at();
                    let later = verifier.permit(&claims, &authorization, exp);
                    assert_eq!(later.is_ok(), authorization == RouteAuthorization::None, "{authorization:?} at `exp`");
                }
            }
            verdict => assert!(expected.is_none(), "{verdict:?} for a token that is good"),
        }
    }
}

fn authorizations() -> [RouteAuthorization; 3] {
    let scopes = ScopeSet::new(["pets/read", "x"]).unwrap();
    [RouteAuthorization::None, RouteAuthorization::Token, RouteAuthorization::Scopes(scopes)]
}

impl Expected {
    /// Behaviour §1.2 to §1.4 and §4.1.7 to §4.1.10.
    fn permits(&self, authorization: &RouteAuthorization, is_http_api: bool) -> bool {
        let audience = self.one_or_more("aud");
        let is_listed = |id: &str| id == CLIENT_ID;
        let by_client = self.text("client_id").is_some_and(is_listed);
        let by_audience = audience.iter().any(|id| is_listed(id));
        let has_scope = |text: &str| text.split(' ').any(|scope| scope == "pets/read" || scope == "x");
        let scope = self.text("scope").is_some_and(has_scope);
        let token_use = self.text("token_use");
        match (authorization, is_http_api) {
            (RouteAuthorization::None, _) => true,
            (RouteAuthorization::Token, false) => token_use == Some("id") && by_audience,
            (_, false) => token_use == Some("access") && by_client && scope,
            (authorization, true) => {
                let for_us = if self.object.contains_key("aud") { by_audience } else { by_client };
                let scp = self.one_or_more("scp").into_iter().any(has_scope);
                for_us && (!authorization.has_scopes() || scope || scp)
            }
        }
    }
}

/// A token to be made:
///
/// - `id`: it begins as a good ID token
/// - `key access`, `key id`, `key other`: who signs it
/// - `h name value` and `c name value`: a member of the header or a claim, in JSON; `@5` and `@-5` are times from now
/// - `h+ name value` and `c+ name value`: the same once more, whether it is there or not
/// - `h- name`, `c- name`: it is taken out
/// - `H text`, `C text`: all of the header, or of the claims
///
/// and what happens to it after it was signed:
///
/// - `flip place bit`, `set place byte`, `cut place length`, `put place text`, `part number text`
struct Recipe<'t> {
    key: &'static Key,
    header: String,
    claims: String,
    accidents: Vec<Vec<&'t str>>,
}

impl<'t> Recipe<'t> {
    fn of(text: &'t str) -> Self {
        let is_id = text.lines().next() == Some("id");
        let mut key: &'static Key = if is_id { &ID } else { &ACCESS };
        let mut header = members(&[("kid", key.kid), ("alg", "RS256")]);
        let kinds: &[(&str, &str)] = if is_id {
            &[("token_use", "id"), ("aud", CLIENT_ID), ("cognito:username", "jane")]
        } else {
            &[("token_use", "access"), ("client_id", CLIENT_ID), ("scope", "pets/read pets/write")]
        };
        let mut claims = members(&[("iss", ISSUER), ("sub", "aaaaaaaa-bbbb")]);
        claims.extend(members(kinds));
        claims.extend([("exp", NOW + 60), ("iat", NOW - 60)].map(|(name, time)| (name.to_owned(), time.to_string())));
        let (mut whole_header, mut whole_claims, mut accidents) = (None, None, Vec::new());
        for line in text.lines().take(100) {
            let words: Vec<&str> = line.splitn(3, ' ').collect();
            match words[..] {
                ["key", "id"] => key = &ID,
                ["key", "other"] => key = &OTHER,
                ["key", _] => key = &ACCESS,
                ["h" | "c" | "h+" | "c+", name, value] => {
                    let object = if line.starts_with('h') { &mut header } else { &mut claims };
                    if !words[0].ends_with('+') {
                        object.retain(|(own, _)| own != name);
                    }
                    object.push((name.to_owned(), in_time(value)));
                }
                ["h-", name] => header.retain(|(own, _)| own != name),
                ["c-", name] => claims.retain(|(own, _)| own != name),
                ["H", ..] => whole_header = Some(line[1..].trim_start_matches(' ').to_owned()),
                ["C", ..] => whole_claims = Some(line[1..].trim_start_matches(' ').to_owned()),
                ["flip" | "set" | "cut" | "put" | "part", _, _] => accidents.push(words),
                _ => {}
            }
        }
        let header = whole_header.unwrap_or_else(|| object(&header));
        Self { key, header, claims: whole_claims.unwrap_or_else(|| object(&claims)), accidents }
    }

    fn spoilt(&self, token: &str) -> Vec<u8> {
        let mut bytes = token.as_bytes().to_vec();
        for words in &self.accidents {
            let Ok(place) = words[1].parse::<usize>() else { continue };
            let (at, number) = (place % (bytes.len() + 1), words[2].parse::<usize>().unwrap_or(1));
            match words[0] {
                "flip" if at < bytes.len() => bytes[at] ^= 1 << (number % 8),
                "set" if at < bytes.len() => bytes[at] = number as u8,
                "cut" => drop(bytes.drain(at..bytes.len().min(at + number))),
                "put" => drop(bytes.splice(at..at, words[2].bytes())),
                "part" => {
                    let mut parts: Vec<&[u8]> = bytes.split(|byte| *byte == b'.').collect();
                    let length = parts.len();
                    parts[place % length] = words[2].as_bytes();
                    bytes = parts.join(&b'.');
                }
                _ => {}
            }
            bytes.truncate(20_000);
        }
        bytes
    }

    /// Whether a token as it was signed is good; `None` if that is a matter of bounds that go by the names of members.
    fn should_pass(&self, token: &str) -> Option<bool> {
        let header = strict_json::object(&self.header);
        let claims = Expected::of(&self.claims);
        let (Some(header), Some(claims)) = (header, claims) else { return Some(false) };
        let in_bounds = strict_json::keeps_bounds(&header)? && strict_json::keeps_bounds(&claims.object)?;
        let member = |name: &str| header.get(name).and_then(Value::as_str);
        let signer = [&ACCESS, &ID].into_iter().find(|key| member("kid") == Some(key.kid));
        let holds = in_bounds
            && member("alg") == Some("RS256")
            && signer.is_some_and(|signer| std::ptr::eq(&raw const **signer, self.key))
            && !["crit", "b64", "zip"].iter().any(|name| header.contains_key(*name))
            && URL_SAFE_NO_PAD.encode(&self.header).len() <= MAX_JOSE_HEADER_BYTES
            && token.len() <= MAX_TOKEN_BYTES
            && claims.refusal().is_none();
        Some(holds)
    }

    /// Whether nothing is in the header that another library would want to be of some type, and no date in the claims
    /// that it cannot hold.
    fn is_plain(&self) -> bool {
        let header = strict_json::object(&self.header).unwrap_or_default();
        header.keys().all(|name| name == "alg" || name == "kid") && strict_json::object(&self.claims).is_some()
    }

    /// The claims by another library, which is told nothing of time.
    fn read_by_jsonwebtoken(&self, token: &str) -> Option<Map<String, Value>> {
        let kid = jsonwebtoken::decode_header(token).ok()?.kid?;
        let key = [&*ACCESS, &*ID].into_iter().find(|key| key.kid == kid)?;
        let (n, e) = key.modulus_and_exponent();
        let mut validation = Validation::new(Algorithm::RS256);
        validation.set_issuer(&[ISSUER]);
        (validation.validate_exp, validation.validate_nbf, validation.validate_aud) = (false, false, false);
        let key = DecodingKey::from_rsa_components(&n, &e).unwrap();
        jsonwebtoken::decode::<Map<String, Value>>(token, &key, &validation).ok().map(|token| token.claims)
    }
}

/// Members by name, with their values in JSON.
fn members(texts: &[(&str, &str)]) -> Vec<(String, String)> {
    texts.iter().map(|(name, text)| ((*name).to_owned(), Value::from(*text).to_string())).collect()
}

fn object(members: &[(String, String)]) -> String {
    let members = members.iter().map(|(name, value)| format!("{}:{value}", Value::from(&**name)));
    format!("{{{}}}", members.collect::<Vec<_>>().join(",")).replace('/', r"\/")
}

/// `@5` as a time from now.
fn in_time(value: &str) -> String {
    let seconds = value.strip_prefix('@').and_then(|seconds| seconds.parse::<i64>().ok());
    seconds.map_or_else(|| value.to_owned(), |seconds| (NOW as i64).wrapping_add(seconds).to_string())
}
