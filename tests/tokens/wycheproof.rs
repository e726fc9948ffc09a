//! Tests Project Wycheproof's RSASSA-PKCS1-v1_5 signatures, with keys of 2,048 to 8,192 bits: the valid ones are accepted, all
//! others are rejected. `tests/tokens/wycheproof_like.rs` makes tokens and keys in the style of Wycheproof.
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use cognito_authorizer::{
    internals,
    keys::{JwkSet, KeyRejection},
};
use serde_json::json;
use wycheproof::{
    TestResult,
    rsa_pkcs1_verify::{
        TestGroup,
        TestName::{self, *},
        TestSet,
    },
};

const SETS: [(&str, [TestName; 4]); 3] = [
    ("RS256", [Rsa2048Sha256, Rsa3072Sha256, Rsa4096Sha256, Rsa8192Sha256]),
    ("RS384", [Rsa2048Sha384, Rsa3072Sha384, Rsa4096Sha384, Rsa8192Sha384]),
    ("RS512", [Rsa2048Sha512, Rsa3072Sha512, Rsa4096Sha512, Rsa8192Sha512]),
];

/// Builds the key of a group as a user pool would publish it.
fn published(group: &TestGroup, algorithm: &str) -> JwkSet {
    let octets = |number: &[u8]| {
        let number = &number[number.iter().take_while(|octet| **octet == 0).count()..];
        URL_SAFE_NO_PAD.encode(number)
    };
    let (n, e) = (octets(&group.key.n), octets(&group.key.e));
    let key = json!({"kty": "RSA", "use": "sig", "alg": algorithm, "kid": "key", "n": n, "e": e});
    JwkSet::parse(json!({ "keys": [key] }).to_string().as_bytes()).unwrap()
}

#[test]
fn what_wycheproof_calls_valid_holds_and_nothing_else_does() {
    let (mut valid, mut invalid, mut weak_keys) = (0, 0, 0);
    for (algorithm, names) in SETS {
        for name in names {
            for group in TestSet::load(name).unwrap().test_groups {
                let set = published(&group, algorithm);
                let Some(key) = internals::key(&set, "key") else {
                    // Keys with an exponent of 3 are rejected, although their signatures are valid.
                    assert_eq!(set.dropped()[0].reason(), KeyRejection::Exponent, "{name:?}");
                    weak_keys += 1;
                    continue;
                };
                for test in group.tests {
                    // "Acceptable" means an encoding without the NULL of the parameters, but RFC 8017 §8.2.2 allows only one
                    // encoding.
                    let expected = test.result == TestResult::Valid;
                    let holds = internals::signature(key, &test.msg, &test.sig);
                    assert_eq!(holds, expected, "{name:?} {}: {}", test.tc_id, test.comment);
                    *if expected { &mut valid } else { &mut invalid } += 1;
                }
            }
        }
    }
    assert_eq!((valid, invalid, weak_keys), (84, 3_017, 5));
}
