//! A token passes exactly if it is signed by a key of the user pool and says what it has to, and what passes is what was
//! signed, to the last bit.

use std::{collections::HashMap, sync::LazyLock};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use cognito_authorizer::{
    Authorizer, AuthorizerType, RejectionKind, Verdict, Verifier,
    keys::JwkSet,
    limits::{MAX_JOSE_HEADER_BYTES, MAX_TOKEN_BYTES},
    route::RouteAuthorization,
    token::RawToken,
};
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde_json::{Map, Value};

use super::{
    claims::Expected,
    strict_json,
    tokens::{ACCESS, CLIENT_ID, ID, ISSUER, Key, NOW, OTHER, POOL_ID, RS384, RS512, jwk_set, now},
};

/// What the same user pool is called as well (behaviour §10.11).
const NEW_ISSUER: &str = "https://issuer-cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Ab129faBb";

/// One of a REST API and one of an HTTP API, for one app client.
static VERIFIERS: LazyLock<[Verifier; 2]> = LazyLock::new(|| {
    [AuthorizerType::CognitoUserPools, AuthorizerType::Jwt].map(|authorizer_type| {
        let builder = Authorizer::for_user_pool(POOL_ID).authorizer_type(authorizer_type);
        builder.app_clients([CLIENT_ID]).build_verifier().unwrap()
    })
});
static KEYS: LazyLock<HashMap<String, JwkSet>> =
    LazyLock::new(|| HashMap::from([(ISSUER.to_owned(), JwkSet::parse(jwk_set(published()).as_bytes()).unwrap())]));

fn published() -> [&'static Key; 4] {
    [&ACCESS, &ID, &RS384, &RS512]
}

/// Behaviour §1.5.5 and §4.1.4.
fn algorithms(is_http_api: bool) -> &'static [&'static str] {
    if is_http_api { &["RS256", "RS384", "RS512"] } else { &["RS256"] }
}

/// Input: how a token differs from a good access token, one difference a line; see `Recipe`.
pub fn verify(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let recipe = Recipe::of(text);
    if recipe.header.len() + recipe.claims.len() > 9_000 {
        return;
    }
    let token = recipe.key.sign_by(recipe.signed_for(), recipe.header.as_bytes(), recipe.claims.as_bytes());
    let spoilt = recipe.spoilt(&token);
    if spoilt != token.as_bytes() {
        for verifier in &*VERIFIERS {
            let verdict = verifier.verify(RawToken::new(&spoilt), &*KEYS, now());
            assert!(!matches!(verdict, Verdict::Allow(_)), "passes, and nobody signed it");
        }
        return;
    }
    for verifier in &*VERIFIERS {
        let is_http_api = verifier.authorizer_type() == AuthorizerType::Jwt;
        let Some(objections) = recipe.objections(&token, is_http_api) else { return };
        let theirs = recipe.read_by_jsonwebtoken(&token, is_http_api);
        let is_theirs = objections.iter().any(|(_, is_theirs)| *is_theirs);
        assert!(theirs.is_none() || !is_theirs, "good to jsonwebtoken, in spite of {objections:?}");
        let verdict = verifier.verify(RawToken::new(&token), &*KEYS, now());
        let claims = match (verdict, objections.first()) {
            (Verdict::Allow(claims), None) => claims,
            (Verdict::Deny(rejection), Some((kind, _))) => {
                assert_eq!(rejection.kind(), *kind, "of {objections:?}");
                continue;
            }
            (Verdict::NeedKeys(_), Some((RejectionKind::UnknownKey, _))) => continue,
            (verdict, kind) => panic!("{verdict:?}, and not {kind:?}"),
        };
        let ours = claims.deserialize::<Map<String, Value>>().ok();
        assert!(theirs.is_some() || !recipe.is_plain(), "a token that is good is not to jsonwebtoken");
        assert!(theirs.is_none() || theirs == ours, "{ours:?}, and to jsonwebtoken {theirs:?}");
        let expected = Expected::of(&recipe.claims).expect("claims that are good");
        for authorization in authorizations() {
            let permitted = verifier.permit(&claims, &authorization, now()).is_ok();
            assert_eq!(permitted, expected.permits(&authorization, is_http_api), "{authorization:?}");
            // Later it is not.
            let exp = claims.expires_at();
            let later = verifier.permit(&claims, &authorization, exp);
            assert_eq!(later.is_ok(), authorization.is_open(), "{authorization:?} at `exp`");
        }
    }
}

fn authorizations() -> [RouteAuthorization; 3] {
    let with_scopes = RouteAuthorization::with_scopes(["pets/read", "x"]).unwrap();
    [RouteAuthorization::open(), RouteAuthorization::guarded(), with_scopes]
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
        if authorization.is_open() {
            return true;
        }
        let asks_for_scope = authorization.scopes().is_some();
        match (asks_for_scope, is_http_api) {
            (false, false) => token_use == Some("id") && by_audience,
            (true, false) => token_use == Some("access") && by_client && scope,
            (_, true) => {
                let for_us = if self.object.contains_key("aud") { by_audience } else { by_client };
                let scp = self.one_or_more("scp").into_iter().any(has_scope);
                for_us && (!asks_for_scope || scope || scp)
            }
        }
    }
}

/// A token to be made:
///
/// - `id`: it begins as a good ID token
/// - `key access`, `key id`, `key rs384`, `key rs512`, `key other`: who signs it, and for which algorithm
/// - `by rs384` and so on: the same, and the header says so
/// - `hash RS512`: it is signed for another algorithm than the key is for
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
    algorithm: Option<&'t str>,
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
        let (mut whole_header, mut whole_claims, mut algorithm, mut accidents) = (None, None, None, Vec::new());
        for line in text.lines().take(100) {
            let words: Vec<&str> = line.splitn(3, ' ').collect();
            match words[..] {
                ["key" | "by", name] => {
                    key = match name {
                        "id" => &ID,
                        "rs384" => &RS384,
                        "rs512" => &RS512,
                        "other" => &OTHER,
                        _ => &ACCESS,
                    };
                    if words[0] == "by" {
                        header.retain(|(own, _)| own != "kid" && own != "alg");
                        header.extend(members(&[("kid", key.kid), ("alg", key.algorithm)]));
                    }
                }
                ["hash", name] => algorithm = Some(name),
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
        Self { key, algorithm, header, claims: whole_claims.unwrap_or_else(|| object(&claims)), accidents }
    }

    /// The algorithm that it is signed for.
    fn signed_for(&self) -> &str {
        let own = self.key.algorithm;
        self.algorithm.filter(|name| ["RS256", "RS384", "RS512"].contains(name)).unwrap_or(own)
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

    /// Why a token as it was signed is refused, in the order of behaviour §10.7, and whether jsonwebtoken looks for that as
    /// well; `None` if it is a matter of bounds that go by the names of members.
    fn objections(&self, token: &str, is_http_api: bool) -> Option<Vec<(RejectionKind, bool)>> {
        use RejectionKind as No;
        let header = strict_json::object(&self.header);
        let claims = Expected::of(&self.claims);
        let keeps_bounds = |object: Option<&Map<String, Value>>| object.map_or(Some(false), strict_json::keeps_bounds);
        let is_header =
            keeps_bounds(header.as_ref())? && URL_SAFE_NO_PAD.encode(&self.header).len() <= MAX_JOSE_HEADER_BYTES;
        let is_claim_set = keeps_bounds(claims.as_ref().map(|claims| &claims.object))?;
        let is_part_empty = self.header.is_empty() || self.claims.is_empty();
        let shape = [
            (token.len() <= MAX_TOKEN_BYTES, No::TokenTooLong, false),
            (!is_part_empty, No::MalformedToken, true),
            (is_header, No::MalformedHeader, false),
            (is_claim_set, No::MalformedClaims, false),
        ];
        let broken = |checks: &[(bool, RejectionKind, bool)]| -> Vec<(RejectionKind, bool)> {
            checks.iter().filter(|(holds, ..)| !holds).map(|(_, kind, is_theirs)| (*kind, *is_theirs)).collect()
        };
        // Of what cannot be read nothing else is known.
        let (Some(header), Some(claims), []) = (header, claims, &broken(&shape)[..]) else {
            return Some(broken(&shape));
        };

        let member = |name: &str| header.get(name).and_then(Value::as_str);
        let (alg, kid) = (member("alg"), member("kid"));
        let (iss, is_text) = (claims.text("iss"), claims.text("iss").is_some());
        // Of the newer form of the issuer there are no keys.
        let key = published().into_iter().find(|key| Some(key.kid) == kid && iss != Some(NEW_ISSUER));
        let is_extended = ["crit", "b64", "zip"].iter().any(|name| header.contains_key(*name));
        let is_accepted = alg.is_some_and(|alg| algorithms(is_http_api).contains(&alg));
        let is_signed = key.is_some_and(|key| std::ptr::eq(key, self.key)) && alg == Some(self.signed_for());
        let is_ahead = claims.issued_at.is_some_and(|iat| iat.is_none_or(|iat| iat > NOW));
        let refusal = claims.refusal();
        Some(broken(&[
            (!is_extended, No::UnsupportedExtension, false),
            (is_accepted, No::UnsupportedAlgorithm, true),
            // It is told nothing of an issuer that is no text.
            (iss == Some(ISSUER) || iss == Some(NEW_ISSUER), No::UnknownIssuer, is_text),
            (kid.is_some(), No::MissingKid, true),
            (key.is_some(), No::UnknownKey, true),
            (key.is_none_or(|key| Some(key.algorithm) == alg), No::UnsupportedAlgorithm, false),
            (is_signed, No::InvalidSignature, true),
            (refusal != Some(No::MissingExpiry), No::MissingExpiry, false),
            (refusal != Some(No::Expired), No::Expired, false),
            (refusal != Some(No::NotYetValid), No::NotYetValid, false),
            (!is_http_api || !is_ahead, No::IssuedInFuture, false),
            (refusal != Some(No::MissingSubject), No::MissingSubject, false),
        ]))
    }

    /// Whether nothing is in the header that another library would want to be of some type, and no date in the claims
    /// that it cannot hold.
    fn is_plain(&self) -> bool {
        let header = strict_json::object(&self.header).unwrap_or_default();
        header.keys().all(|name| name == "alg" || name == "kid") && strict_json::object(&self.claims).is_some()
    }

    /// The claims by another library, which is told nothing of time, and not which algorithm a key is for.
    fn read_by_jsonwebtoken(&self, token: &str, is_http_api: bool) -> Option<Map<String, Value>> {
        let kid = jsonwebtoken::decode_header(token).ok()?.kid?;
        let key = published().into_iter().find(|key| key.kid == kid)?;
        let (n, e) = key.modulus_and_exponent();
        let mut validation = Validation::new(Algorithm::RS256);
        validation.algorithms = algorithms(is_http_api).iter().map(|name| name.parse().unwrap()).collect();
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
