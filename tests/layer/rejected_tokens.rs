//! Malformed, forged and foreign tokens are rejected.

use super::refusals::scoped;
use crate::support::{requests::reason, tokens::*};
use cognito_authorizer::RejectionKind as No;
use serde_json::json;

#[tokio::test]
async fn rejects_malformed_parts() {
    let good = Token::access();
    let (header, claims) = (good.header_text(), good.claims_text());
    let long_header = format!(r#"{{"alg":"RS256","kid":"a","x":"{}"}}"#, "a".repeat(800));
    for text in ["", "null", "[]", r#""a""#, "1", "{", r#"{"alg":"RS256""#, "\u{feff}{}", "{}{}", &long_header] {
        assert_eq!(
            reason(&scoped(), &good.sign_texts(text, &claims)).await,
            expected(text, No::MalformedHeader),
            "{text}"
        );
    }
    for text in ["", "null", "[]", r#""a""#, "1", "{", "{}{}", "\u{feff}{}", r#"{"a":"\ud800"}"#] {
        assert_eq!(
            reason(&scoped(), &good.sign_texts(&header, text)).await,
            expected(text, No::MalformedClaims),
            "{text}"
        );
    }
    let twice = |member: &str| format!("{},{member}}}", claims.strip_suffix('}').unwrap());
    for member in
        [r#""exp":9"#, r#""iss":"x""#, r#""s\u0063ope":"pets\/admin""#, r#""jti":"x""#, r#""x":{"a":1,"a":2}"#]
    {
        assert_eq!(
            reason(&scoped(), &good.sign_texts(&header, &twice(member))).await,
            Some(No::MalformedClaims),
            "T-PAR-4: {member}"
        );
    }
    for twice in [r#"{"alg":"RS256","kid":"a","alg":"none"}"#, r#"{"kid":"a","alg":"RS256","k\u0069d":"b"}"#] {
        assert_eq!(
            reason(&scoped(), &good.sign_texts(twice, &claims)).await,
            Some(No::MalformedHeader),
            "T-PAR-4: {twice}"
        );
    }
    let deep = twice(&format!(r#""x":{}1{}"#, "[".repeat(3_000), "]".repeat(3_000)));
    assert_eq!(reason(&scoped(), &good.sign_texts(&header, &deep)).await, Some(No::MalformedClaims), "T-PAR-6: depth");

    fn expected(text: &str, kind: No) -> Option<No> {
        // An empty string is an empty part.
        Some(if text.is_empty() { No::MalformedToken } else { kind })
    }
}

#[tokio::test]
async fn a_token_has_one_spelling() {
    let token = Token::access().sign();
    let (rest, signature) = token.rsplit_once('.').unwrap();
    let last = signature.chars().last().unwrap();
    // 256 octets leave four bits unused in the last character of base64url.
    let respelled = char::from(u8::try_from(last).unwrap() + 1);
    let front = &signature[..signature.len() - 1];
    for (token, expected, why) in [
        (format!("{token}="), No::MalformedSignature, "padding"),
        (format!("{rest}.{front}{respelled}"), No::MalformedSignature, "a trailing bit"),
        (format!("{rest}.{}/{}", &signature[..7], &signature[8..]), No::MalformedSignature, "the standard alphabet"),
        (format!("{rest}.{signature}AAA"), No::MalformedSignature, "a length of 4n + 1"),
        (
            format!("{}={}", &rest[..rest.find('.').unwrap()], &token[rest.find('.').unwrap()..]),
            No::MalformedHeader,
            "padding",
        ),
    ] {
        assert_eq!(reason(&scoped(), &token).await, Some(expected), "T-PAR-2: {why}");
    }
}

#[tokio::test]
async fn rejects_every_algorithm_but_one() {
    for algorithm in
        ["none", "None", "nOnE", "", "HS256", "PS256", "RS384", "RS512", "ES256", "EdDSA", "rs256", "RS256 "]
    {
        let token = Token::access().with_header("alg", algorithm).sign();
        assert_eq!(reason(&scoped(), &token).await, Some(No::UnsupportedAlgorithm), "T-ALG-1: {algorithm}");
    }
    for algorithm in [json!(null), json!(1), json!(["RS256"]), json!({})] {
        let token = Token::access().with_header("alg", algorithm.clone()).sign();
        assert_eq!(reason(&scoped(), &token).await, Some(No::UnsupportedAlgorithm), "T-ALG-1: {algorithm}");
    }
    let none = Token::access().without_header("alg").sign();
    assert_eq!(reason(&scoped(), &none).await, Some(No::UnsupportedAlgorithm), "T-ALG-1: no alg");
    let unsecured = Token::access().with_header("alg", "none").sign();
    let unsecured = &unsecured[..=unsecured.rfind('.').unwrap()];
    assert_eq!(reason(&scoped(), unsecured).await, Some(No::MalformedToken), "T-ALG-1: no signature");
    for (name, value) in [
        ("crit", json!(["exp"])),
        ("crit", json!([])),
        ("crit", json!("exp")),
        ("crit", json!(["b64"])),
        ("b64", json!(false)),
        ("zip", json!("DEF")),
    ] {
        let token = Token::access().with_header(name, value.clone()).sign();
        assert_eq!(reason(&scoped(), &token).await, Some(No::UnsupportedExtension), "T-ALG-9: {name} {value}");
    }
}

#[tokio::test]
async fn rejects_another_issuer() {
    let host = "cognito-idp.eu-west-1.amazonaws.com";
    for issuer in [
        "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Unknown".to_owned(),
        format!("https://cognito-idp.us-east-1.amazonaws.com/{POOL_ID}"),
        format!("{ISSUER}/"),
        format!("{ISSUER}.evil"),
        format!("{ISSUER}x"),
        ISSUER[..ISSUER.len() - 1].to_owned(),
        format!("http://{host}/{POOL_ID}"),
        format!("HTTPS://{host}/{POOL_ID}"),
        format!("https://{host}:443/{POOL_ID}"),
        format!("https://{host}%2F{POOL_ID}"),
        format!("https://user@{host}/{POOL_ID}"),
        String::new(),
    ] {
        let token = Token::access().with("iss", issuer.clone()).sign();
        assert_eq!(reason(&scoped(), &token).await, Some(No::UnknownIssuer), "T-CLM-1: {issuer}");
    }
    for issuer in [json!(null), json!(1), json!([ISSUER]), json!({})] {
        let token = Token::access().with("iss", issuer.clone()).sign();
        assert_eq!(reason(&scoped(), &token).await, Some(No::UnknownIssuer), "T-PAR-5: {issuer}");
    }
    assert_eq!(reason(&scoped(), &Token::access().without("iss").sign()).await, Some(No::UnknownIssuer), "no iss");
}

#[tokio::test]
async fn rejects_another_key() {
    for (token, expected, why) in [
        (Token::access().without_header("kid"), No::MissingKid, "2.1: kid absent"),
        (Token::access().with_header("kid", json!(1)), No::MissingKid, "kid no string"),
        (Token::access().with_header("kid", "unknown"), No::UnknownKey, "2.1: unknown kid"),
        (Token::access().with_header("kid", ""), No::UnknownKey, "an empty kid"),
        (Token::access().with_header("kid", "k".repeat(300)), No::UnknownKey, "T-JWK-6: a long kid"),
        (Token::access().with_header("kid", "../../x?a\r\nb: c"), No::UnknownKey, "T-JWK-6"),
        (Token::access().with_header("kid", ID_KEY.kid), No::InvalidSignature, "the pool's other key"),
        (Token::access().by(&NEXT_KEY), No::UnknownKey, "a key that is not published"),
        (Token::access().by(&OTHER_POOL_KEY), No::InvalidSignature, "T-CLM-2: other pool's key of that name"),
        (Token::access().with("iss", OTHER_ISSUER), No::InvalidSignature, "T-CLM-2: the other way round"),
    ] {
        assert_eq!(reason(&scoped(), &token.sign()).await, Some(expected), "{why}");
    }
    let other_pool = Token::access().with("iss", OTHER_ISSUER).by(&OTHER_POOL_KEY).sign();
    assert_eq!(reason(&scoped(), &other_pool).await, None, "1.5.1: a token of any of the pools passes");
}

#[tokio::test]
async fn rejects_a_spoiled_signature() {
    let token = Token::access().sign();
    let (signing_input, signature) = token.rsplit_once('.').unwrap();
    for index in (0..signature.len() - 1).step_by(17) {
        let mut spoiled = signature.as_bytes().to_vec();
        spoiled[index] = if spoiled[index] == b'A' { b'B' } else { b'A' };
        let token = format!("{signing_input}.{}", String::from_utf8(spoiled).unwrap());
        assert_eq!(reason(&scoped(), &token).await, Some(No::InvalidSignature), "character {index}");
    }
    for (signature, expected) in [
        ("AA".to_owned(), No::InvalidSignature),
        (signature[..340].to_owned(), No::InvalidSignature),
        ("A".repeat(1_368), No::MalformedSignature),
    ] {
        let length = signature.len();
        assert_eq!(
            reason(&scoped(), &format!("{signing_input}.{signature}")).await,
            Some(expected),
            "T-ALG-6: {length}"
        );
    }
    let claims = Token::access().with("scope", "pets/admin").sign();
    let payload = claims.split('.').nth(1).unwrap();
    let swapped = format!("{}.{payload}.{signature}", token.split('.').next().unwrap());
    assert_eq!(reason(&scoped(), &swapped).await, Some(No::InvalidSignature), "other claims");
}
