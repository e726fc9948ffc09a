//! A key pair, an access token with the scope `shop/a`, and an authorizer that trusts the key.

use std::sync::LazyLock;

use aws_lc_rs::{
    rand::SystemRandom,
    rsa::{KeyPair, KeySize},
    signature::{KeyPair as _, RSA_PKCS1_SHA256},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use cognito_authorizer::{Authorizer, AuthorizerType, keys::FixedKeySource};

const POOL: &str = "eu-west-1_Ab129faBb";
const ISSUER: &str = "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Ab129faBb";

static KEY: LazyLock<KeyPair> = LazyLock::new(|| KeyPair::generate(KeySize::Rsa2048).expect("an RSA key"));

pub fn authorizer(authorizer_type: AuthorizerType) -> Authorizer {
    let public = KEY.public_key();
    let (n, e) = (public.modulus(), public.exponent());
    let set = format!(
        r#"{{"keys":[{{"kty":"RSA","alg":"RS256","use":"sig","kid":"k","n":"{}","e":"{}"}}]}}"#,
        URL_SAFE_NO_PAD.encode(n.big_endian_without_leading_zero()),
        URL_SAFE_NO_PAD.encode(e.big_endian_without_leading_zero()),
    );
    let keys = FixedKeySource::new().with_jwk_set(POOL, set).expect("a JWK Set");
    let builder = Authorizer::for_user_pool(POOL).authorizer_type(authorizer_type);
    let builder = builder.key_source(keys);
    match authorizer_type {
        AuthorizerType::Jwt => builder.audience(["client"]).build(),
        _ => builder.build(),
    }
    .expect("an authorizer")
}

/// The value of an `Authorization` header.
pub fn bearer() -> String {
    let claims = format!(
        r#"{{"sub":"s","token_use":"access","scope":"shop/a","iss":"{ISSUER}","iat":1718719204,"exp":4102444800,"client_id":"client"}}"#
    );
    let input =
        format!("{}.{}", URL_SAFE_NO_PAD.encode(r#"{"kid":"k","alg":"RS256"}"#), URL_SAFE_NO_PAD.encode(claims));
    let mut signature = vec![0; KEY.public_modulus_len()];
    KEY.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), input.as_bytes(), &mut signature).expect("a signature");
    format!("Bearer {input}.{}", URL_SAFE_NO_PAD.encode(signature))
}
