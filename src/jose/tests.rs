//! Keys and signatures, tried with the example of RFC 7515 appendix A.2.

use super::{compact::CompactJws, *};

const HEADER: &str = "eyJhbGciOiJSUzI1NiJ9";
const PAYLOAD: &str = "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
const SIGNATURE: &str = "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5\
    jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN938\
    3LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp\
    0igcN_IoypGlUPQGe77Rw";
const MODULUS: &str = "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4\
    d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo\
    7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcD\
    TW9gb54h4FRWyuXpoQ";

/// A JWK with the modulus of the example; `changes` are put over its members, and `null` removes one.
fn jwk(changes: serde_json::Value) -> serde_json::Value {
    let mut jwk = serde_json::json!({
        "kty": "RSA", "kid": "a", "alg": "RS256", "use": "sig", "n": MODULUS, "e": "AQAB",
    });
    let members = jwk.as_object_mut().unwrap();
    for (name, value) in changes.as_object().unwrap() {
        members.insert(name.clone(), value.clone());
    }
    members.retain(|_, value| !value.is_null());
    jwk
}

/// A JWK Set document.
pub(crate) fn set_of_one_key() -> String {
    serde_json::json!({ "keys": [jwk(serde_json::json!({}))] }).to_string()
}

/// The proof that a signature held: that of the example.
pub(crate) fn proof() -> signature::SignatureHeld {
    let set = set(&[jwk(serde_json::json!({}))]);
    let signature = base64url::decode(SIGNATURE.as_bytes()).unwrap();
    set.find(kid("a")).unwrap().verify(format!("{HEADER}.{PAYLOAD}").as_bytes(), &signature).unwrap()
}

fn set(keys: &[serde_json::Value]) -> JwkSet {
    JwkSet::parse(serde_json::json!({ "keys": keys }).to_string().as_bytes()).unwrap()
}

fn kid(text: &str) -> Kid<'_> {
    Kid::parse(text).unwrap()
}

fn reasons(set: &JwkSet) -> Vec<KeyRejection> {
    set.dropped().iter().map(DroppedKey::reason).collect()
}

#[test]
fn verifies_the_example_of_rfc_7515_appendix_a_2() {
    let token = format!("{HEADER}.{PAYLOAD}.{SIGNATURE}");
    let jws = CompactJws::parse(token.as_bytes()).unwrap();
    let signature = base64url::decode(jws.signature).unwrap();
    let set = set(&[jwk(serde_json::json!({}))]);
    let key = set.find(kid("a")).unwrap();
    assert!(key.verify(jws.signing_input, &signature).is_some());

    for bit in 0..signature.len() * 8 {
        let mut spoiled = signature.clone();
        spoiled[bit / 8] ^= 1 << (bit % 8);
        assert!(key.verify(jws.signing_input, &spoiled).is_none(), "bit {bit}");
    }
    for length in [0, 1, 255] {
        assert!(key.verify(jws.signing_input, &signature[..length]).is_none(), "{length} octets");
    }
    for longer in [[&[0][..], &signature].concat(), [&signature[..], &[0]].concat()] {
        assert!(key.verify(jws.signing_input, &longer).is_none(), "257 octets");
    }
    assert!(key.verify(jws.payload, &signature).is_none(), "another signing input");
}

/// T-JWK-4, T-ALG-6
#[test]
fn drops_a_key_for_its_own_reason_and_keeps_the_others() {
    use KeyRejection as No;
    let long = |octets: usize, last: u8| {
        let mut modulus = vec![0xff; octets];
        modulus[octets - 1] = last;
        base64::Engine::encode(&base64::engine::general_purpose::URL_SAFE_NO_PAD, modulus)
    };
    let cases = [
        (serde_json::json!({"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"}), No::KeyType),
        (serde_json::json!({"kty": "oct"}), No::KeyType),
        (serde_json::json!({"kty": "oct", "k": "AA"}), No::Private),
        (serde_json::json!({"d": "AA"}), No::Private),
        (serde_json::json!({"kty": "XYZ"}), No::KeyType),
        (serde_json::json!({"kty": null}), No::KeyType),
        (serde_json::json!({"n": null}), No::KeyType),
        (serde_json::json!({"kid": null}), No::Kid),
        (serde_json::json!({"kid": ""}), No::Kid),
        (serde_json::json!({"kid": "k".repeat(257)}), No::Kid),
        (serde_json::json!({"kid": 1}), No::Malformed),
        (serde_json::json!({"use": "enc"}), No::Use),
        (serde_json::json!({"use": "SIG"}), No::Use),
        (serde_json::json!({"key_ops": ["sign"]}), No::Use),
        (serde_json::json!({"key_ops": []}), No::Use),
        (serde_json::json!({"alg": "PS256"}), No::Algorithm),
        (serde_json::json!({"alg": "PS256"}), No::Algorithm),
        (serde_json::json!({"alg": "none"}), No::Algorithm),
        (serde_json::json!({"alg": "HS256"}), No::Algorithm),
        (serde_json::json!({"n": ""}), No::Modulus),
        (serde_json::json!({"n": format!("{MODULUS}==")}), No::Modulus),
        (serde_json::json!({"n": format!("AA{}", &MODULUS[2..])}), No::Modulus),
        (serde_json::json!({"n": long(256, 0xfe)}), No::Modulus),
        (serde_json::json!({"n": long(128, 0xff)}), No::ModulusSize),
        (serde_json::json!({"n": long(255, 0xff)}), No::ModulusSize),
        (serde_json::json!({"n": long(1_025, 0xff)}), No::ModulusSize),
        (serde_json::json!({"n": long(2_048, 0xff)}), No::ModulusSize),
        (serde_json::json!({"e": ""}), No::Exponent),
        (serde_json::json!({"e": "AQ"}), No::Exponent),
        (serde_json::json!({"e": "Aw"}), No::Exponent),
        (serde_json::json!({"e": "AQAA"}), No::Exponent),
        (serde_json::json!({"e": "AAEAAQ"}), No::Exponent),
        (serde_json::json!({"e": "AgAAAAE"}), No::Exponent),
        (serde_json::json!({"e": "AQAAAAAAAAE"}), No::Exponent),
        (serde_json::json!({"e": "AQAB="}), No::Exponent),
    ];
    for (changes, reason) in cases {
        let set = set(&[jwk(changes.clone()), jwk(serde_json::json!({"kid": "good"}))]);
        assert_eq!(reasons(&set), [reason], "{changes}");
        assert_eq!(set.dropped()[0].index(), 0);
        assert!(set.find(kid("good")).is_some() && set.len() == 1, "{changes}");
    }
}

#[test]
fn takes_a_key_without_the_optional_members() {
    for changes in [
        serde_json::json!({"alg": null}),
        serde_json::json!({"use": null}),
        serde_json::json!({"alg": null, "use": null, "key_ops": ["verify"]}),
        serde_json::json!({"x5t": "AAAA", "unknown": {"a": 1}}),
        serde_json::json!({"kid": "DC/f+=\u{e9}", "n": MODULUS}),
    ] {
        assert_eq!(set(&[jwk(changes.clone())]).len(), 1, "{changes}");
    }
}

#[test]
fn two_keys_of_one_name_are_both_dropped_unless_they_are_the_same() {
    let other = MODULUS.replacen('o', "p", 1);
    let same = set(&[jwk(serde_json::json!({})), jwk(serde_json::json!({}))]);
    assert_eq!((same.len(), reasons(&same)), (1, vec![]));
    let different = set(&[
        jwk(serde_json::json!({})),
        jwk(serde_json::json!({"kid": "good"})),
        jwk(serde_json::json!({"n": other})),
        jwk(serde_json::json!({})),
    ]);
    assert!(different.find(kid("a")).is_none() && different.find(kid("good")).is_some());
    assert_eq!(reasons(&different), [KeyRejection::Ambiguous; 2]);
    assert_eq!(different.dropped().iter().map(DroppedKey::index).collect::<Vec<_>>(), [0, 2], "where they stand");
    let algorithms = ["RS256", "RS512"].map(|algorithm| jwk(serde_json::json!({"alg": algorithm})));
    let for_two_algorithms = set(&algorithms);
    assert!(for_two_algorithms.is_empty(), "whichever comes first would decide");
    assert_eq!(reasons(&for_two_algorithms), [KeyRejection::Ambiguous; 2]);
}

#[test]
fn rejects_what_is_not_a_jwk_set() {
    for document in [
        "",
        "null",
        "[]",
        "{}",
        r#"{"keys":null}"#,
        r#"{"keys":{}}"#,
        "<html>",
        r#"{"keys":[]} x"#,
        r#"{"keys":[],"keys":[]}"#,
        "[[]]",
        r#" [[{"kty":"RSA"}]]"#,
    ] {
        assert_eq!(JwkSet::parse(document.as_bytes()).unwrap_err(), JwkSetError::Malformed, "{document}");
    }
    // RFC 8259 §8.1, also where nobody looks.
    let not_utf8 = b"{\"keys\":[],\"x\":\"\xff\"}";
    assert_eq!(JwkSet::parse(not_utf8).unwrap_err(), JwkSetError::Malformed);
    let longest = format!(r#"{{"keys":[],"x":"{}"}}"#, "a".repeat(crate::limits::MAX_JWK_SET_BYTES - 18));
    assert!(JwkSet::parse(longest.as_bytes()).is_ok());
    assert_eq!(JwkSet::parse(format!("{longest} ").as_bytes()).unwrap_err(), JwkSetError::TooLong);
    let keys = |count: usize| format!(r#"{{"keys":[{}1]}}"#, "1,".repeat(count - 1));
    assert_eq!(JwkSet::parse(keys(100).as_bytes()).unwrap().dropped().len(), 100);
    assert_eq!(JwkSet::parse(keys(101).as_bytes()).unwrap_err(), JwkSetError::TooManyKeys);
    assert!(JwkSet::parse(br#"{"keys":[]}"#).unwrap().is_empty());
    assert_eq!(JwkSet::parse(br#"{"keys":[]}"#).unwrap().why_empty(), "it is empty");
    assert_eq!(
        JwkSet::parse(br#"{"keys":[{"kty":"EC","kid":"a"},1]}"#).unwrap().why_empty(),
        "key 0 is not an RSA key with `n` and `e`, key 1 is not a JWK"
    );
}
