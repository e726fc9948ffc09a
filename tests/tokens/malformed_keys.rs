//! Tests malformed tokens and malformed keys.

use super::wycheproof_like::{KEY, accepts, base64url, refusal, refusal_of, signed, signing_input};
use crate::support::tokens::Token;
use aws_lc_rs::signature::RSA_PKCS1_SHA256;
use cognito_authorizer::{
    RejectionKind as No,
    keys::{JwkSet, KeyRejection},
};
use num_bigint::BigUint;
use serde_json::json;

/// Each token has exactly one malformed part.
#[test]
fn a_token_is_three_parts_and_nothing_else() {
    let input = signing_input("RS256", 0);
    let token = format!("{input}.{}", base64url(signed(&RSA_PKCS1_SHA256, &input)));
    let [header, payload, signature]: [&str; 3] = token.split('.').collect::<Vec<_>>().try_into().unwrap();
    assert_eq!(refusal_of(&token), None);
    let inserted = |part: &str, what: &str| format!("{}{what}{}", &part[..4], &part[4..]);
    let mut tokens = vec![
        ("no signature", format!("{header}.{payload}."), No::MalformedToken),
        ("no signature, and no dot", input.clone(), No::MalformedToken),
        ("no payload", format!("{header}..{signature}"), No::MalformedToken),
        ("no payload, and no dot", format!("{header}.{signature}"), No::MalformedToken),
        ("no header", format!(".{payload}.{signature}"), No::MalformedToken),
        ("no header, and no dot", format!("{payload}.{signature}"), No::MalformedToken),
        ("payload alone", format!(".{payload}."), No::MalformedToken),
        ("nothing but dots", "..".to_owned(), No::MalformedToken),
        ("nothing", String::new(), No::MalformedToken),
        ("another payload", format!("{}.{signature}", signing_input("RS256", 1)), No::InvalidSignature),
        (
            "another header",
            format!("{}.{payload}.{signature}", base64url(r#"{"kid":"RS256","alg":"RS256"}"#)),
            No::InvalidSignature,
        ),
        (
            "an algorithm of another key",
            format!("{}.{payload}.{signature}", base64url(r#"{"alg":"RS256","kid":"RS512"}"#)),
            No::UnsupportedAlgorithm,
        ),
        (
            "HMAC",
            format!("{}.{payload}.{signature}", base64url(r#"{"alg":"HS256","kid":"RS256"}"#)),
            No::UnsupportedAlgorithm,
        ),
        (
            "no algorithm",
            format!("{}.{payload}.{signature}", base64url(r#"{"kid":"RS256"}"#)),
            No::UnsupportedAlgorithm,
        ),
    ];
    for (what, why) in [
        (" ", "a space"),
        ("\n", "a line feed"),
        ("=", "padding"),
        ("?", "a character of no alphabet"),
        ("\0", "NUL"),
        ("AAA\u{e9}", "a character past ASCII"),
    ] {
        tokens.push((why, format!("{}.{payload}.{signature}", inserted(header, what)), No::MalformedHeader));
        tokens.push((why, format!("{header}.{}.{signature}", inserted(payload, what)), No::MalformedClaims));
        tokens.push((why, format!("{header}.{payload}.{}", inserted(signature, what)), No::MalformedSignature));
    }
    for (how, token, expected) in tokens {
        assert_eq!(refusal_of(&token), Some(expected), "{how}");
    }
}

/// The parts are signed as they are, so that only the encoding is wrong.
#[test]
fn a_part_has_one_spelling() {
    let sign = |header: &str, payload: &str| {
        let input = format!("{header}.{payload}");
        refusal(&input, &signed(&RSA_PKCS1_SHA256, &input))
    };
    // The length is one octet more than a multiple of three, so the last character has four unused bits.
    let header = base64url(r#"{"alg":"RS256","kid":"RS256" }"#);
    let claims = Token::access().claims_text();
    let claims =
        (0..3).map(|spaces| format!("{}{claims}", " ".repeat(spaces))).find(|text| text.len() % 3 == 1).unwrap();
    let payload = base64url(claims);
    assert_eq!((header.len() % 4, payload.len() % 4), (0, 2));
    assert_eq!(sign(&header, &payload), None);
    let header = base64url(r#"{"alg":"RS256","kid":"RS256"  }"#);
    assert_eq!((header.len() % 4, sign(&header, &payload)), (2, None));
    let next = |part: &str| {
        let last = part.bytes().last().unwrap() + 1;
        format!("{}{}", &part[..part.len() - 1], char::from(last))
    };
    for (header, payload, expected, how) in [
        (next(&header), payload.clone(), No::MalformedHeader, "an unused bit"),
        (header.clone(), next(&payload), No::MalformedClaims, "an unused bit"),
        (format!("{header}=="), payload.clone(), No::MalformedHeader, "padding"),
        (header.clone(), format!("{payload}=="), No::MalformedClaims, "padding"),
        (format!("{header}\n"), payload.clone(), No::MalformedHeader, "a line feed"),
        (header.clone(), format!(" {payload}"), No::MalformedClaims, "a space"),
        (header.clone(), format!("{payload}AAA"), No::MalformedClaims, "a length of 4n + 1"),
    ] {
        assert_eq!(sign(&header, &payload), Some(expected), "{how}");
    }
}

/// Keys with one changed member: either the set keeps the key, or it reports why not. Each case also verifies a token of the
/// key.
#[test]
fn a_key_that_is_not_as_it_should_be_verifies_nothing() {
    use KeyRejection as Dropped;
    let input = signing_input("RS256", 0);
    let token = format!("{input}.{}", base64url(signed(&RSA_PKCS1_SHA256, &input)));
    let good = KEY.jwk("RS256", "RS256");
    let n = good["n"].as_str().unwrap();
    let octets = |number: BigUint| base64url(number.to_bytes_be());
    let one = BigUint::from(1_u8);
    let spelled = |from: char, to: char| n.contains(from).then(|| n.replace(from, &to.to_string()));
    let standard = spelled('-', '+').or_else(|| spelled('_', '/')).expect("in 342 characters there is one of the two");
    for (changes, expected, how) in [
        // Optional and additional members.
        (json!({}), None, "nothing changed"),
        (json!({"alg": null}), None, "no `alg`"),
        (json!({"use": "sig"}), None, "for signatures"),
        (json!({"key_ops": ["verify"]}), None, "for verifying"),
        (json!({"key_ops": ["sign", "verify", "other"]}), None, "for verifying too"),
        (json!({"use": "sig", "key_ops": ["verify"]}), None, "both say so"),
        (
            json!({"x5c": ["AAAA"], "x5t": "AAAA", "x5u": "https://evil.example/"}),
            None,
            "certificates are not looked at",
        ),
        (json!({"crv": "P-256", "x": "AA", "y": "AA"}), None, "members of other keys"),
        (json!({"k": "AAAA"}), Some(Dropped::Private), "a secret of another key"),
        (json!({"d": "AA"}), Some(Dropped::Private), "a private member"),
        // The use of the key.
        (json!({"use": "enc"}), Some(Dropped::Use), "for encryption"),
        (json!({"use": "Sig"}), Some(Dropped::Use), "another case"),
        (json!({"use": ""}), Some(Dropped::Use), "for nothing"),
        (json!({"use": 7}), Some(Dropped::Malformed), "no text"),
        (json!({"key_ops": ["sign"]}), Some(Dropped::Use), "for signing"),
        (json!({"key_ops": ["encrypt", "wrapKey"]}), Some(Dropped::Use), "for encryption"),
        (json!({"key_ops": ["VERIFY"]}), Some(Dropped::Use), "another case"),
        (json!({"key_ops": []}), Some(Dropped::Use), "for nothing"),
        (json!({"key_ops": "verify"}), Some(Dropped::Malformed), "no list"),
        (json!({"key_ops": [7]}), Some(Dropped::Malformed), "no list of texts"),
        (json!({"use": "enc", "key_ops": ["verify"]}), Some(Dropped::Use), "the two do not agree"),
        (json!({"use": "sig", "key_ops": ["sign"]}), Some(Dropped::Use), "the two do not agree"),
        // The algorithm.
        (json!({"alg": "PS256"}), Some(Dropped::Algorithm), "the same key, another padding"),
        (json!({"alg": "HS256"}), Some(Dropped::Algorithm), "a public key for a secret"),
        (json!({"alg": "ES256"}), Some(Dropped::Algorithm), "of another kind of key"),
        (json!({"alg": "RSA1_5"}), Some(Dropped::Algorithm), "for encryption"),
        (json!({"alg": "RSA-OAEP"}), Some(Dropped::Algorithm), "for encryption"),
        (json!({"alg": "none"}), Some(Dropped::Algorithm), "with nothing"),
        (json!({"alg": "rs256"}), Some(Dropped::Algorithm), "another case"),
        (json!({"alg": 256}), Some(Dropped::Malformed), "no text"),
        // The key type.
        (json!({"kty": "oct"}), Some(Dropped::KeyType), "a secret with a modulus"),
        (json!({"kty": "oct", "k": n}), Some(Dropped::Private), "a modulus for a secret"),
        (json!({"kty": "EC"}), Some(Dropped::KeyType), "a curve with a modulus"),
        (json!({"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"}), Some(Dropped::KeyType), "a curve and a modulus"),
        (json!({"kty": "OKP", "crv": "Ed25519", "x": "AA"}), Some(Dropped::KeyType), "a curve and a modulus"),
        (json!({"kty": "rsa"}), Some(Dropped::KeyType), "another case"),
        (json!({"kty": "RSA "}), Some(Dropped::KeyType), "a space"),
        (json!({"kty": null}), Some(Dropped::KeyType), "not said"),
        (json!({"kty": ["RSA"]}), Some(Dropped::KeyType), "no text"),
        // The modulus.
        (json!({"n": null}), Some(Dropped::KeyType), "missing"),
        (json!({"n": ""}), Some(Dropped::Modulus), "empty"),
        (json!({"n": 65_537}), Some(Dropped::KeyType), "a number"),
        (json!({"n": format!("{n}==")}), Some(Dropped::Modulus), "padding"),
        (json!({"n": format!("{n}\n")}), Some(Dropped::Modulus), "a line feed"),
        (json!({"n": format!(" {n}")}), Some(Dropped::Modulus), "a space"),
        (json!({"n": standard}), Some(Dropped::Modulus), "the other alphabet"),
        (json!({"n": base64url([&[0], &*KEY.n.to_bytes_be()].concat())}), Some(Dropped::Modulus), "a leading zero"),
        (json!({"n": octets(&KEY.n - &one)}), Some(Dropped::Modulus), "even"),
        (json!({"n": octets((&KEY.n >> 1_u8) | &one)}), Some(Dropped::ModulusSize), "2,047 bits"),
        (json!({"n": octets((&one << 1_023_u16) + &one)}), Some(Dropped::ModulusSize), "1,024 bits"),
        (json!({"n": octets((&one << 8_192_u16) + &one)}), Some(Dropped::ModulusSize), "8,193 bits"),
        (json!({"n": octets((&one << 16_383_u16) + &one)}), Some(Dropped::ModulusSize), "16,384 bits"),
        (json!({"n": "AQ"}), Some(Dropped::ModulusSize), "1"),
        (
            json!({"n": base64url([&[0xff], &*KEY.n.to_bytes_be()].concat())}),
            None,
            "with a sign, as if it were negative",
        ),
        // The exponent.
        (json!({"e": null}), Some(Dropped::KeyType), "missing"),
        (json!({"e": ""}), Some(Dropped::Exponent), "empty"),
        (json!({"e": 65_537}), Some(Dropped::KeyType), "a number"),
        (json!({"e": "AQAB=="}), Some(Dropped::Exponent), "padding"),
        (json!({"e": "AAEAAQ"}), Some(Dropped::Exponent), "a leading zero"),
        (json!({"e": "AA"}), Some(Dropped::Exponent), "0"),
        (json!({"e": "AQ"}), Some(Dropped::Exponent), "1: every signature is its own encoding"),
        (json!({"e": "Ag"}), Some(Dropped::Exponent), "2"),
        (json!({"e": "Aw"}), Some(Dropped::Exponent), "3"),
        (json!({"e": "AQAA"}), Some(Dropped::Exponent), "65,536"),
        (json!({"e": "__8"}), Some(Dropped::Exponent), "65,535"),
        (json!({"e": "AQAAAAE"}), None, "2^32 + 1, which is another key"),
        (json!({"e": "_wAB"}), None, "16,711,681, which is another key"),
        (json!({"e": "_____w"}), None, "2^32 - 1, which is another key"),
        (json!({"e": "AgAAAAE"}), Some(Dropped::Exponent), "2^33 + 1"),
        (json!({"e": "AQAAAAAAAQAB"}), Some(Dropped::Exponent), "2^64 + 65,537"),
        (json!({"e": n}), Some(Dropped::Exponent), "as long as the modulus"),
        // The key id.
        (json!({"kid": null}), Some(Dropped::Kid), "missing"),
        (json!({"kid": ""}), Some(Dropped::Kid), "empty"),
        (json!({"kid": 7}), Some(Dropped::Malformed), "a number"),
    ] {
        let mut key = good.clone();
        let members = key.as_object_mut().unwrap();
        members.extend(changes.as_object().unwrap().clone());
        members.retain(|_, value| !value.is_null());
        let set = JwkSet::parse(json!({ "keys": [key] }).to_string().as_bytes()).unwrap();
        let dropped = set.dropped().first().map(|dropped| dropped.reason());
        assert_eq!((dropped, set.len()), (expected, usize::from(expected.is_none())), "{changes}: {how}");
        let is_the_same = changes.get("n").is_none() && changes.get("e").is_none() && dropped.is_none();
        assert_eq!(accepts(set, &token), is_the_same, "{changes}: {how}");
    }
    // A duplicate member has neither of its two values.
    for (member, value) in [("n", n), ("kty", "RSA"), ("e", "AQAB"), ("kid", "RS256"), ("alg", "RS256"), ("use", "sig")]
    {
        let mut key = good.clone();
        key["use"] = json!("sig");
        let twice = key.to_string().replacen('{', &format!("{{\"{member}\":{},", json!(value)), 1);
        let set = JwkSet::parse(format!("{{\"keys\":[{twice}]}}").as_bytes()).unwrap();
        assert!(set.is_empty() && !accepts(set, &token), "{member}");
    }
}
