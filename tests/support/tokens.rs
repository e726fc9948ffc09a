//! Tokens as Cognito issues them, and every way to make one invalid.

use std::sync::LazyLock;

use aws_lc_rs::{
    encoding::{AsDer, Pkcs8V1Der, PublicKeyX509Der},
    rand::SystemRandom,
    rsa::{KeyPair, KeySize},
    signature::{KeyPair as _, RSA_PKCS1_SHA256, RSA_PKCS1_SHA384, RSA_PKCS1_SHA512, RsaEncoding},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Map, Value, json};

/// The time at which the tokens are issued: 2024-06-18T14:00:04Z.
pub const ISSUED_AT: u64 = 1_718_719_204;
/// The time at which tests verify the tokens.
pub const NOW: u64 = ISSUED_AT + 60;
/// The time at which the tokens expire.
pub const EXPIRES_AT: u64 = ISSUED_AT + 3_600;

pub const POOL_ID: &str = "eu-west-1_Ab129faBb";
pub const ISSUER: &str = "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Ab129faBb";
pub const OTHER_POOL_ID: &str = "eu-west-1_Ab129faBc";
pub const OTHER_ISSUER: &str = "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Ab129faBc";
pub const CLIENT_ID: &str = "1example23456789";
pub const SUBJECT: &str = "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee";

pub struct Key {
    pub kid: &'static str,
    pub algorithm: &'static str,
    pair: KeyPair,
}

impl Key {
    fn new(kid: &'static str) -> Self {
        Self::of(kid, "RS256")
    }

    fn of(kid: &'static str, algorithm: &'static str) -> Self {
        Self { kid, algorithm, pair: KeyPair::generate(KeySize::Rsa2048).unwrap() }
    }

    pub fn jwk(&self) -> Value {
        let public = self.pair.public_key();
        let (n, e) = (public.modulus(), public.exponent());
        json!({
            "alg": self.algorithm, "kid": self.kid, "kty": "RSA", "use": "sig",
            "n": URL_SAFE_NO_PAD.encode(n.big_endian_without_leading_zero()),
            "e": URL_SAFE_NO_PAD.encode(e.big_endian_without_leading_zero()),
        })
    }

    /// Returns the private key as PKCS #8.
    pub fn private(&self) -> Vec<u8> {
        let der: Pkcs8V1Der<'_> = self.pair.as_der().unwrap();
        der.as_ref().to_vec()
    }

    /// Returns the public key as SubjectPublicKeyInfo and as RSAPublicKey.
    pub fn public(&self) -> [Vec<u8>; 2] {
        let der: PublicKeyX509Der<'_> = self.pair.public_key().as_der().unwrap();
        [der.as_ref().to_vec(), self.pair.public_key().as_ref().to_vec()]
    }

    pub fn sign(&self, signing_input: &str) -> String {
        let encoding: &'static dyn RsaEncoding = match self.algorithm {
            "RS384" => &RSA_PKCS1_SHA384,
            "RS512" => &RSA_PKCS1_SHA512,
            _ => &RSA_PKCS1_SHA256,
        };
        self.sign_by(encoding, signing_input)
    }

    /// Signs with an encoding that is not the key's own.
    pub fn sign_by(&self, encoding: &'static dyn RsaEncoding, signing_input: &str) -> String {
        let mut signature = vec![0; self.pair.public_modulus_len()];
        self.pair.sign(encoding, &SystemRandom::new(), signing_input.as_bytes(), &mut signature).unwrap();
        URL_SAFE_NO_PAD.encode(signature)
    }
}

/// The user pool signs ID tokens and access tokens with different keys.
pub static ACCESS_KEY: LazyLock<Key> = LazyLock::new(|| Key::new("Acc/ess+Key00000000000000000000000000000000="));
pub static ID_KEY: LazyLock<Key> = LazyLock::new(|| Key::new("Id/Key+000000000000000000000000000000000000="));
/// A key of another user pool with the key id of the first pool's access token key.
pub static OTHER_POOL_KEY: LazyLock<Key> = LazyLock::new(|| Key::new(ACCESS_KEY.kid));
/// A key that is not yet published.
pub static NEXT_KEY: LazyLock<Key> = LazyLock::new(|| Key::new("Next/Key+0000000000000000000000000000000000="));

/// Keys of the first user pool for the algorithms that only an HTTP API accepts.
pub static RS384_KEY: LazyLock<Key> =
    LazyLock::new(|| Key::of("Rs384/Key+00000000000000000000000000000000000=", "RS384"));
pub static RS512_KEY: LazyLock<Key> =
    LazyLock::new(|| Key::of("Rs512/Key+00000000000000000000000000000000000=", "RS512"));

pub fn jwk_set<'k>(keys: impl IntoIterator<Item = &'k Key>) -> String {
    json!({ "keys": keys.into_iter().map(Key::jwk).collect::<Vec<_>>() }).to_string()
}

/// A token before it is signed.
#[derive(Clone)]
pub struct Token {
    pub header: Map<String, Value>,
    pub claims: Map<String, Value>,
    key: &'static Key,
}

impl Token {
    /// Returns an access token of the client credentials grant.
    pub fn access() -> Self {
        Self::new(
            &ACCESS_KEY,
            json!({
                "sub": CLIENT_ID, "token_use": "access", "scope": "pets/read pets/write", "auth_time": ISSUED_AT,
                "iss": ISSUER, "exp": EXPIRES_AT, "iat": ISSUED_AT, "version": 2,
                "jti": "11111111-2222-3333-4444-555555555555", "client_id": CLIENT_ID,
            }),
        )
    }

    /// Returns an access token of a user who signed in through the SDK.
    pub fn user_access() -> Self {
        Self::access()
            .with("sub", SUBJECT)
            .with("username", "janedoe")
            .with("cognito:groups", json!(["admin", "a,b"]))
            .with("scope", "aws.cognito.signin.user.admin")
    }

    /// Returns an ID token.
    pub fn id() -> Self {
        Self::new(
            &ID_KEY,
            json!({
                "sub": SUBJECT, "aud": CLIENT_ID, "email_verified": true, "token_use": "id", "auth_time": ISSUED_AT,
                "iss": ISSUER, "cognito:username": "janedoe", "exp": EXPIRES_AT, "iat": ISSUED_AT,
                "email": "janedoe@example.com", "custom:role": "7",
            }),
        )
    }

    fn new(key: &'static Key, claims: Value) -> Self {
        let header = json!({ "kid": key.kid, "alg": "RS256" });
        Self { header: header.as_object().unwrap().clone(), claims: claims.as_object().unwrap().clone(), key }
    }

    pub fn with(mut self, claim: &str, value: impl Into<Value>) -> Self {
        self.claims.insert(claim.to_owned(), value.into());
        self
    }

    pub fn without(mut self, claim: &str) -> Self {
        self.claims.remove(claim).expect("a claim that is there");
        self
    }

    pub fn with_header(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.header.insert(name.to_owned(), value.into());
        self
    }

    pub fn without_header(mut self, name: &str) -> Self {
        self.header.remove(name).expect("a member that is there");
        self
    }

    /// Signs with this key, and sets `kid` and `alg` to match.
    pub fn by(mut self, key: &'static Key) -> Self {
        self.key = key;
        self.with_header("kid", key.kid).with_header("alg", key.algorithm)
    }

    pub fn sign(&self) -> String {
        self.sign_texts(&escaped(&self.header), &escaped(&self.claims))
    }

    /// Signs any two texts, even if they are not JSON.
    pub fn sign_texts(&self, header: &str, claims: &str) -> String {
        self.sign_parts(&URL_SAFE_NO_PAD.encode(header), &URL_SAFE_NO_PAD.encode(claims))
    }

    /// Signs two parts without encoding them.
    pub fn sign_parts(&self, header: &str, payload: &str) -> String {
        let signing_input = format!("{header}.{payload}");
        let signature = self.key.sign(&signing_input);
        format!("{signing_input}.{signature}")
    }

    pub fn header_text(&self) -> String {
        escaped(&self.header)
    }

    pub fn claims_text(&self) -> String {
        escaped(&self.claims)
    }
}

/// Serializes JSON as Cognito does.
fn escaped(object: &Map<String, Value>) -> String {
    Value::Object(object.clone()).to_string().replace('/', r"\/")
}
