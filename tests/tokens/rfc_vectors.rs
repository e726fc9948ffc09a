//! Tests the examples of the RFCs: supported signatures are valid, all others are rejected, and the keys are parsed.
//!
//! RFC 7515 appendix A and RFC 7520 §4 (signatures), RFC 7517 appendices A to C, RFC 7520 §3 and RFC 7638 §3.1 (keys), RFC 7519
//! appendix A.1 and RFC 7797 §4.2 (not tokens here). No example has the claims of Cognito. So the tests verify each signature
//! alone, and check why the complete verifier rejects the token.
use std::collections::HashMap;

use cognito_authorizer::{
    Authorizer, RejectionKind as No, Verdict,
    clock::UnixTime,
    internals,
    keys::{JwkSet, KeyRejection},
    token::RawToken,
};
use serde_json::{Value, json};

use crate::support::tokens::{ISSUER, POOL_ID};

/// A time before the `exp` of the examples, 2011-03-22T18:43:00Z.
const THEN: UnixTime = UnixTime::from_secs(1_300_819_379);

/// The id of the key of RFC 7520 §3.3 and §3.4, which made the signatures in §4.1 and §4.2.
const BILBO: &str = "bilbo.baggins@hobbiton.example";

fn rsa(kid: &str, n: &str, others: Value) -> Value {
    let mut jwk = json!({"kty": "RSA", "kid": kid, "n": n, "e": "AQAB"});
    jwk.as_object_mut().unwrap().extend(others.as_object().unwrap().clone());
    jwk
}

fn set(keys: &[Value]) -> JwkSet {
    JwkSet::parse(json!({ "keys": keys }).to_string().as_bytes()).unwrap()
}

/// Returns whether the signature of a token is valid, without checking the claims.
fn holds(set: &JwkSet, kid: &str, token: &str) -> bool {
    let [header, payload, signature] = internals::split(token.as_bytes()).unwrap();
    let signing_input = [header, b".", payload].concat();
    internals::signature(internals::key(set, kid).unwrap(), &signing_input, &internals::decode(signature).unwrap())
}

/// Returns why the complete verifier rejects a token, with all example keys cached.
fn refusal(token: &str) -> No {
    let keys = set(&[
        rsa("a", RFC_7515_A_2_N, json!({})),
        rsa(BILBO, RFC_7520_3_3_N, json!({"use": "sig"})),
        json!({"kty": "oct", "kid": "oct", "k": RFC_7515_A_1_K}),
    ]);
    let verifier = Authorizer::for_user_pool(POOL_ID).build_verifier().unwrap();
    match verifier.verify(RawToken::new(token), &HashMap::from([(ISSUER.to_owned(), keys)]), THEN) {
        Verdict::Deny(rejection) => rejection.kind(),
        other => panic!("{token}: {other:?}"),
    }
}

#[test]
fn verifies_the_signatures_made_with_rs256() {
    for (token, n, kid, why) in
        [(RFC_7515_A_2, RFC_7515_A_2_N, "a", "RFC 7515 A.2"), (RFC_7520_4_1, RFC_7520_3_3_N, BILBO, "RFC 7520 §4.1")]
    {
        let keys = set(&[rsa(kid, n, json!({}))]);
        assert!(holds(&keys, kid, token), "{why}");
        let [header, _, signature]: [&str; 3] = token.split('.').collect::<Vec<_>>().try_into().unwrap();
        let other = [header, "e30", signature].join(".");
        assert!(!holds(&keys, kid, &other), "{why}: another payload");
        let of_other = set(&[rsa(kid, if kid == "a" { RFC_7520_3_3_N } else { RFC_7515_A_2_N }, json!({}))]);
        assert!(!holds(&of_other, kid, token), "{why}: another key");
        for algorithm in ["RS384", "RS512"] {
            let keys = set(&[rsa(kid, n, json!({"alg": algorithm}))]);
            assert!(!holds(&keys, kid, token), "{why}: {algorithm}");
        }
    }
}

/// The RSA key is right, but the signature scheme is not.
#[test]
fn a_signature_made_with_ps384_does_not_hold() {
    for algorithm in ["RS256", "RS384", "RS512"] {
        let keys = set(&[rsa(BILBO, RFC_7520_3_3_N, json!({"alg": algorithm}))]);
        assert!(!holds(&keys, BILBO, RFC_7520_4_2), "{algorithm}");
    }
}

#[test]
fn the_whole_verifier_rejects_each_example_for_its_reason() {
    for (token, expected, why) in [
        (RFC_7515_A_1, No::UnsupportedAlgorithm, "RFC 7515 A.1: HS256"),
        (RFC_7515_A_2, No::UnknownIssuer, "RFC 7515 A.2: RS256, of an issuer `joe`"),
        (RFC_7515_A_3, No::UnsupportedAlgorithm, "RFC 7515 A.3: ES256"),
        (RFC_7515_A_4, No::MalformedClaims, "RFC 7515 A.4: ES512, over a text that is no claim set"),
        (RFC_7515_A_5, No::MalformedToken, "RFC 7515 A.5, RFC 7519 §6.1: unsecured, so without signature"),
        (RFC_7520_4_1, No::MalformedClaims, "RFC 7520 §4.1: RS256, over a text that is no claim set"),
        (RFC_7520_4_2, No::MalformedClaims, "RFC 7520 §4.2: PS384, likewise"),
        (RFC_7520_4_3, No::MalformedClaims, "RFC 7520 §4.3: ES512, likewise"),
        (RFC_7520_4_4, No::MalformedClaims, "RFC 7520 §4.4: HS256, likewise"),
        (RFC_7519_A_1, No::MalformedToken, "RFC 7519 A.1: an encrypted JWT has five parts"),
        (RFC_7797_4_2, No::MalformedToken, "RFC 7797 §4.2: a detached payload that is not encoded"),
    ] {
        assert_eq!(refusal(token), expected, "{why}");
    }
    // The header alone is enough to reject each token.
    let claims = RFC_7515_A_2.split('.').nth(1).unwrap();
    for (token, why) in
        [(RFC_7515_A_4, "ES512"), (RFC_7520_4_2, "PS384"), (RFC_7520_4_3, "ES512"), (RFC_7520_4_4, "HS256")]
    {
        let parts: Vec<&str> = token.split('.').collect();
        let token = [parts[0], claims, parts[2]].join(".");
        assert_eq!(refusal(&token), No::UnsupportedAlgorithm, "{why}");
    }
    let unsecured = format!("{RFC_7515_A_5}AA");
    assert_eq!(refusal(&unsecured), No::UnsupportedAlgorithm, "RFC 7515 A.5, with something for a signature");
    let extended = format!("{RFC_7797_4_2_HEADER}.{claims}.AA");
    assert_eq!(refusal(&extended), No::UnsupportedExtension, "RFC 7797 §4.2, with a payload that is encoded");
}

/// RFC 7515 A.6 and A.7: the JSON serializations are not accepted as tokens.
#[test]
fn a_json_serialization_is_not_a_token() {
    let [protected, payload, signature]: [&str; 3] = RFC_7515_A_2.split('.').collect::<Vec<_>>().try_into().unwrap();
    let one = json!({"protected": protected, "header": {"kid": "2010-12-29"}, "signature": signature});
    let general = json!({"payload": payload, "signatures": [one]});
    let mut flattened = one;
    flattened["payload"] = json!(payload);
    for (token, why) in [(general, "A.6"), (flattened, "A.7")] {
        assert_eq!(refusal(&token.to_string()), No::MalformedToken, "{why}");
    }
}

#[test]
fn reads_the_keys_of_the_examples() {
    let private = json!({"d": "Eq5x", "p": "4BzE", "q": "uQPE", "dp": "BwKf", "dq": "h_96", "qi": "IYd7"});
    let usable = [
        (rsa("2011-04-29", RFC_7517_A_1_N, json!({"alg": "RS256"})), "RFC 7517 A.1, RFC 7638 §3.1"),
        (
            rsa("1b94c", RFC_7517_B_N, json!({"use": "sig", "x5c": ["MIIDQjCCAiqg"]})),
            "RFC 7517 B: `x5c` is not looked at",
        ),
        (rsa(BILBO, RFC_7520_3_3_N, json!({"use": "sig"})), "RFC 7520 §3.3"),
        (rsa("a", RFC_7515_A_2_N, json!({})), "RFC 7515 A.2"),
    ];
    for (key, why) in &usable {
        let keys = set(std::slice::from_ref(key));
        assert_eq!((keys.len(), keys.dropped().len()), (1, 0), "{why}");
    }
    assert_eq!(set(&usable.map(|(key, _)| key)).len(), 4, "all together");
    let elliptic = json!({
        "kty": "EC", "crv": "P-256", "kid": "1", "use": "enc",
        "x": "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4", "y": "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM",
    });
    let edwards =
        json!({"kty": "OKP", "crv": "Ed25519", "kid": "1", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"});
    for (key, expected, why) in [
        (elliptic, KeyRejection::KeyType, "RFC 7517 A.1"),
        (rsa("a", RFC_7515_A_2_N, private), KeyRejection::Private, "RFC 7517 A.2, RFC 7520 §3.4; behaviour §10.82"),
        (json!({"kty": "oct", "alg": "A128KW", "k": "GawgguFyGrWKav7AX4VKUg"}), KeyRejection::Private, "RFC 7517 A.3"),
        (
            json!({"kty": "oct", "kid": "HMAC", "k": RFC_7515_A_1_K}),
            KeyRejection::Private,
            "RFC 7517 A.3, RFC 7515 A.1",
        ),
        (rsa("juliet@capulet.lit", RFC_7517_C_1_N, json!({"use": "enc"})), KeyRejection::Use, "RFC 7517 C.1"),
        (edwards, KeyRejection::KeyType, "RFC 8037 A.2"),
    ] {
        let keys = set(&[key]);
        assert_eq!((keys.len(), keys.dropped()[0].reason()), (0, expected), "{why}");
    }
}

/// HMAC.
const RFC_7515_A_1: &str = "\
    eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGx\
    lLmNvbS9pc19yb290Ijp0cnVlfQ.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

/// The secret of RFC 7515 A.1.
const RFC_7515_A_1_K: &str = "\
    AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow";

/// RSASSA-PKCS1-v1_5.
const RFC_7515_A_2: &str = "\
    eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp\
    0cnVlfQ.cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9\
    uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383\
    LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVm\
    tVrBp0igcN_IoypGlUPQGe77Rw";

/// The modulus of the key of RFC 7515 A.2.
const RFC_7515_A_2_N: &str = "\
    ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZ\
    S-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2\
    R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcD\
    TW9gb54h4FRWyuXpoQ";

/// ECDSA with P-256.
const RFC_7515_A_3: &str = "\
    eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp\
    0cnVlfQ.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";

/// ECDSA with P-521.
const RFC_7515_A_4: &str = "\
    eyJhbGciOiJFUzUxMiJ9.UGF5bG9hZA.AdwMgeerwtHoh-l192l60hp9wAHZFVJbLfD_UxMi70cwnZOYaRI1bKPWROc-mZZqwqT2SI-KGDKB\
    34XO0aw_7XdtAG8GaSwFKdCAPZgoXD2YBJZCPEX3xKpRwcdOO8KpEHwJjyqOgzDO7iKvU8vcnwNrmxYbSW9ERBXukOXolLzeO_Jn";

/// Unsecured.
const RFC_7515_A_5: &str = "\
    eyJhbGciOiJub25lIn0.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0\
    cnVlfQ.";

/// RSASSA-PKCS1-v1_5.
const RFC_7520_4_1: &str = "\
    eyJhbGciOiJSUzI1NiIsImtpZCI6ImJpbGJvLmJhZ2dpbnNAaG9iYml0b24uZXhhbXBsZSJ9.SXTigJlzIGEgZGFuZ2Vyb3VzIGJ1c2luZXN\
    zLCBGcm9kbywgZ29pbmcgb3V0IHlvdXIgZG9vci4gWW91IHN0ZXAgb250byB0aGUgcm9hZCwgYW5kIGlmIHlvdSBkb24ndCBrZWVwIHlvdXI\
    gZmVldCwgdGhlcmXigJlzIG5vIGtub3dpbmcgd2hlcmUgeW91IG1pZ2h0IGJlIHN3ZXB0IG9mZiB0by4.MRjdkly7_-oTPTS3AXP41iQIGKa\
    80A0ZmTuV5MEaHoxnW2e5CZ5NlKtainoFmKZopdHM1O2U4mwzJdQx996ivp83xuglII7PNDi84wnB-BDkoBwA78185hX-Es4JIwmDLJK3lfW\
    Ra-XtL0RnltuYv746iYTh_qHRD68BNt1uSNCrUCTJDt5aAE6x8wW1Kt9eRo4QPocSadnHXFxnt8Is9UzpERV0ePPQdLuW3IS_de3xyIrDaLG\
    djluPxUAhb6L2aXic1U12podGU0KLUQSE_oI-ZnmKJ3F4uOZDnd6QZWJushZ41Axf_fcIe8u9ipH84ogoree7vjbU5y18kDquDg";

/// The modulus of the key of §4.1 and §4.2.
const RFC_7520_3_3_N: &str = "\
    n4EPtAOCc9AlkeQHPzHStgAbgs7bTZLwUBZdR8_KuKPEHLd4rHVTeT-O-XV2jRojdNhxJWTDvNd7nqQ0VEiZQHz_AJmSCpMaJMRBSFKrKb2w\
    qVwGU_NsYOYL-QtiWN2lbzcEe6XC0dApr5ydQLrHqkHHig3RBordaZ6Aj-oBHqFEHYpPe7Tpe-OfVfHd1E6cS6M1FZcD1NNLYD5lFHpPI9bT\
    wJlsde3uhGqC0ZCuEHg8lhzwOHrtIQbS0FVbb9k3-tVTU4fg_3L_vniUFAKwuCLqKnS2BYwdq_mzSnbLY7h_qixoR7jig3__kRhuaxwUkRz5\
    iaiQkqgc5gHdrNP5zw";

/// RSASSA-PSS.
const RFC_7520_4_2: &str = "\
    eyJhbGciOiJQUzM4NCIsImtpZCI6ImJpbGJvLmJhZ2dpbnNAaG9iYml0b24uZXhhbXBsZSJ9.SXTigJlzIGEgZGFuZ2Vyb3VzIGJ1c2luZXN\
    zLCBGcm9kbywgZ29pbmcgb3V0IHlvdXIgZG9vci4gWW91IHN0ZXAgb250byB0aGUgcm9hZCwgYW5kIGlmIHlvdSBkb24ndCBrZWVwIHlvdXI\
    gZmVldCwgdGhlcmXigJlzIG5vIGtub3dpbmcgd2hlcmUgeW91IG1pZ2h0IGJlIHN3ZXB0IG9mZiB0by4.cu22eBqkYDKgIlTpzDXGvaFfz6W\
    Goz7fUDcfT0kkOy42miAh2qyBzk1xEsnk2IpN6-tPid6VrklHkqsGqDqHCdP6O8TTB5dDDItllVo6_1OLPpcbUrhiUSMxbbXUvdvWXzg-UD8\
    biiReQFlfz28zGWVsdiNAUf8ZnyPEgVFn442ZdNqiVJRmBqrYRXe8P_ijQ7p8Vdz0TTrxUeT3lm8d9shnr2lfJT8ImUjvAA2Xez2Mlp8cBE5\
    awDzT0qI0n6uiP1aCN_2_jLAeQTlqRHtfa64QQSUmFAAjVKPbByi7xho0uTOcbH510a6GYmJUAfmWjwZ6oD4ifKo8DYM-X72Eaw";

/// ECDSA with P-521.
const RFC_7520_4_3: &str = "\
    eyJhbGciOiJFUzUxMiIsImtpZCI6ImJpbGJvLmJhZ2dpbnNAaG9iYml0b24uZXhhbXBsZSJ9.SXTigJlzIGEgZGFuZ2Vyb3VzIGJ1c2luZXN\
    zLCBGcm9kbywgZ29pbmcgb3V0IHlvdXIgZG9vci4gWW91IHN0ZXAgb250byB0aGUgcm9hZCwgYW5kIGlmIHlvdSBkb24ndCBrZWVwIHlvdXI\
    gZmVldCwgdGhlcmXigJlzIG5vIGtub3dpbmcgd2hlcmUgeW91IG1pZ2h0IGJlIHN3ZXB0IG9mZiB0by4.AE_R_YZCChjn4791jSQCrdPZCNY\
    qHXCTZH0-JZGYNlaAjP2kqaluUIIUnC9qvbu9Plon7KRTzoNEuT4Va2cmL1eJAQy3mtPBu_u_sDDyYjnAMDxXPn7XrT0lw-kvAD890jl8e2p\
    uQens_IEKBpHABlsbEPX6sFY8OcGDqoRuBomu9xQ2";

/// HMAC.
const RFC_7520_4_4: &str = "\
    eyJhbGciOiJIUzI1NiIsImtpZCI6IjAxOGMwYWU1LTRkOWItNDcxYi1iZmQ2LWVlZjMxNGJjNzAzNyJ9.SXTigJlzIGEgZGFuZ2Vyb3VzIGJ\
    1c2luZXNzLCBGcm9kbywgZ29pbmcgb3V0IHlvdXIgZG9vci4gWW91IHN0ZXAgb250byB0aGUgcm9hZCwgYW5kIGlmIHlvdSBkb24ndCBrZWV\
    wIHlvdXIgZmVldCwgdGhlcmXigJlzIG5vIGtub3dpbmcgd2hlcmUgeW91IG1pZ2h0IGJlIHN3ZXB0IG9mZiB0by4.s0h6KThzkfBBBkLspW1\
    h84VsJZFTsPPqMDA7g1Md7p0";

/// The modulus of the second key of RFC 7517 A.1.
const RFC_7517_A_1_N: &str = "\
    0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3\
    oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdA\
    ZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-\
    kEgU8awapJzKnqDKgw";

/// The modulus of the key with a certificate.
const RFC_7517_B_N: &str = "\
    vrjOfz9Ccdgx5nQudyhdoR17V-IubWMeOZCwX_jj0hgAsz2J_pqYW08PLbK_PdiVGKPrqzmDIsLI7sA25VEnHU1uCLNwBuUiCO11_-7dYbsr\
    4iJmG0Qu2j8DsVyT1azpJC_NG84Ty5KKthuCaPod7iI7w0LK9orSMhBEwwZDCxTWq4aYWAchc8t-emd9qOvWtVMDC2BXksRngh6X5bUYLy6A\
    yHKvj-nUy1wgzjYQDwHMTplCoLtU-o-8SNnZ1tmRoGE9uJkBLdh5gFENabWnU5m1ZqZPdwS-qo-meMvVfJb6jJVWRpl2SUtCnYG2C32qvbWb\
    jZ_jBPD5eunqsIo1vQ";

/// The modulus of the key that is encrypted.
const RFC_7517_C_1_N: &str = "\
    t6Q8PWSi1dkJj9hTP8hNYFlvadM7DflW9mWepOJhJ66w7nyoK1gPNqFMSQRyO125Gp-TEkodhWr0iujjHVx7BcV0llS4w5ACGgPrcAd6ZcSR\
    0-Iqom-QFcNP8Sjg086MwoqQU_LYywlAGZ21WSdS_PERyGFiNnj3QQlO8Yns5jCtLCRwLHL0Pb1fEv45AuRIuUfVcPySBWYnDyGxvjYGDSM-\
    AqWS9zIQ2ZilgT-GqUmipg0XOC0Cc20rgLe2ymLHjpHciCKVAbY5-L32-lSeZO-Os6U15_aXrk9Gw8cPUaX1_I8sLGuSiVdt3C_Fn2PZ3Z8i\
    744FPFGGcG1qs2Wz-Q";

/// An encrypted JWT.
const RFC_7519_A_1: &str = "\
    eyJhbGciOiJSU0ExXzUiLCJlbmMiOiJBMTI4Q0JDLUhTMjU2In0.QR1Owv2ug2WyPBnbQrRARTeEk9kDO2w8qDcjiHnSJflSdv1iNqhWXaKH\
    4MqAkQtMoNfABIPJaZm0HaA415sv3aeuBWnD8J-Ui7Ah6cWafs3ZwwFKDFUUsWHSK-IPKxLGTkND09XyjORj_CHAgOPJ-Sd8ONQRnJvWn_hX\
    V1BNMHzUjPyYwEsRhDhzjAD26imasOTsgruobpYGoQcXUwFDn7moXPRfDE8-NoQX7N7ZYMmpUDkR-Cx9obNGwJQ3nM52YCitxoQVPzjbl7WB\
    uB7AohdBoZOdZ24WlN1lVIeh8v1K4krB8xgKvRU8kgFrEn_a1rZgN5TiysnmzTROF869lQ.AxY8DCtDaGlsbGljb3RoZQ.MKOle7UQrG6nSx\
    TLX6Mqwt0orbHvAKeWnDYvpIAeZ72deHxz3roJDXQyhxx0wKaMHDjUEOKIwrtkHthpqEanSBNYHZgmNOV7sln1Eu9g3J8.fiK51VwhsxJ-si\
    BMR-YFiA";

/// `{"alg":"HS256","b64":false,"crit":["b64"]}`
const RFC_7797_4_2_HEADER: &str = "eyJhbGciOiJIUzI1NiIsImI2NCI6ZmFsc2UsImNyaXQiOlsiYjY0Il19";

/// The token of RFC 7797 §4.2, with a detached payload.
const RFC_7797_4_2: &str = "\
    eyJhbGciOiJIUzI1NiIsImI2NCI6ZmFsc2UsImNyaXQiOlsiYjY0Il19..A5dxf2s96_n5FLueVuW1Z_vh161FwXZC4YLPff6dmDY";
