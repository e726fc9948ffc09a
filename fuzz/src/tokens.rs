//! Keys and tokens that are good, for what is to be spoilt. The keys are the same in every run, so that a finding of one
//! is a finding of all.

use std::sync::LazyLock;

use aws_lc_rs::{
    rand::SystemRandom,
    rsa::KeyPair,
    signature::{KeyPair as _, RSA_PKCS1_SHA256, RSA_PKCS1_SHA384, RSA_PKCS1_SHA512, RsaEncoding},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use cognito_authorizer::clock::UnixTime;
use serde_json::{Value, json};

/// When tokens are looked at: 2024-06-18T14:01:04Z.
pub const NOW: u64 = 1_718_719_264;

pub const POOL_ID: &str = "eu-west-1_Ab129faBb";
pub const ISSUER: &str = "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Ab129faBb";
/// The same, and those of another user pool.
pub const POOL_IDS: [&str; 2] = [POOL_ID, "eu-west-1_Ab129faBc"];
pub const ISSUERS: [&str; 2] = [ISSUER, "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Ab129faBc"];
pub const CLIENT_ID: &str = "1example23456789";

/// A key that signs tokens.
pub struct Key {
    pub kid: &'static str,
    /// The one that it is published for.
    pub algorithm: &'static str,
    pair: KeyPair,
}

/// What the user pool signs access tokens and ID tokens with.
pub static ACCESS: LazyLock<Key> =
    LazyLock::new(|| Key::new("Acc/ess+Key=", "RS256", include_bytes!("../keys/access.pk8")));
pub static ID: LazyLock<Key> = LazyLock::new(|| Key::new("Id/Key+=", "RS256", include_bytes!("../keys/id.pk8")));
/// Keys for the algorithms that only an HTTP API takes.
pub static RS384: LazyLock<Key> =
    LazyLock::new(|| Key::new("Rs384/Key+=", "RS384", include_bytes!("../keys/rs384.pk8")));
pub static RS512: LazyLock<Key> =
    LazyLock::new(|| Key::new("Rs512/Key+=", "RS512", include_bytes!("../keys/rs512.pk8")));
/// A key of somebody else, under the name of the first one.
pub static OTHER: LazyLock<Key> = LazyLock::new(|| Key::new(ACCESS.kid, "RS256", include_bytes!("../keys/other.pk8")));

impl Key {
    fn new(kid: &'static str, algorithm: &'static str, pkcs8: &[u8]) -> Self {
        Self { kid, algorithm, pair: KeyPair::from_pkcs8(pkcs8).unwrap() }
    }

    pub fn modulus_and_exponent(&self) -> (String, String) {
        let public = self.pair.public_key();
        let text = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        let (n, e) = (public.modulus(), public.exponent());
        (text(n.big_endian_without_leading_zero()), text(e.big_endian_without_leading_zero()))
    }

    pub fn jwk(&self) -> Value {
        let (n, e) = self.modulus_and_exponent();
        json!({"alg": self.algorithm, "kid": self.kid, "kty": "RSA", "use": "sig", "n": n, "e": e})
    }

    /// A token of any header and claims, JSON or not.
    pub fn sign(&self, header: &[u8], claims: &[u8]) -> String {
        self.sign_by(self.algorithm, header, claims)
    }

    /// The same in the way of any of the three algorithms.
    pub fn sign_by(&self, algorithm: &str, header: &[u8], claims: &[u8]) -> String {
        let encoding: &'static dyn RsaEncoding = match algorithm {
            "RS384" => &RSA_PKCS1_SHA384,
            "RS512" => &RSA_PKCS1_SHA512,
            _ => &RSA_PKCS1_SHA256,
        };
        let signing_input = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
        let mut signature = vec![0; self.pair.public_modulus_len()];
        self.pair.sign(encoding, &SystemRandom::new(), signing_input.as_bytes(), &mut signature).unwrap();
        format!("{signing_input}.{}", URL_SAFE_NO_PAD.encode(signature))
    }

    /// A token with a header in order.
    pub fn sign_claims(&self, claims: &[u8]) -> String {
        self.sign(json!({"kid": self.kid, "alg": self.algorithm}).to_string().as_bytes(), claims)
    }
}

/// A JWK Set document.
pub fn jwk_set<'k>(keys: impl IntoIterator<Item = &'k Key>) -> String {
    json!({ "keys": keys.into_iter().map(Key::jwk).collect::<Vec<_>>() }).to_string()
}

pub fn now() -> UnixTime {
    UnixTime::from_secs(NOW)
}
