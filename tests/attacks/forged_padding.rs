//! T-ALG-7: encodings that sloppy verifiers take for PKCS #1 v1.5, to the power of the private exponent.
//!
//! With a small public exponent an attacker finds such a signature without the private key (Bleichenbacher, 2006); so a key
//! with one is refused. Here the private key is at hand, and what is tried is that no encoding but one holds.

use aws_lc_rs::digest::{Algorithm, SHA1_FOR_LEGACY_USE_ONLY, SHA256, SHA384, SHA512, digest};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use cognito_authorizer::RejectionKind as No;
use serde_json::json;

use crate::{
    rows::{Row, builder, hold, layers, row},
    support::{
        keys::{Answer, ScriptedKeys},
        raw_rsa::RawKey,
        requests::{reason, scoped},
        tokens::*,
    },
};

/// RFC 8017 §9.2, note 1.
const SHA256_INFO: &[u8] =
    &[0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20];
const SHA384_INFO: &[u8] =
    &[0x30, 0x41, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x02, 0x05, 0x00, 0x04, 0x30];
const SHA512_INFO: &[u8] =
    &[0x30, 0x51, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x03, 0x05, 0x00, 0x04, 0x40];
const SHA1_INFO: &[u8] = &[0x30, 0x21, 0x30, 0x09, 0x06, 0x05, 0x2b, 0x0e, 0x03, 0x02, 0x1a, 0x05, 0x00, 0x04, 0x14];
/// The same as the first one without NULL, and with a parameter in its place that could hold anything.
const NO_NULL_INFO: &[u8] =
    &[0x30, 0x2f, 0x30, 0x0b, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x04, 0x20];
const LONG_LENGTH_INFO: &[u8] = &[
    0x30, 0x81, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04,
    0x20,
];

/// The first octets, `FF` as often as it takes, a zero, what stands then, and what follows it.
fn encoding(first: [u8; 2], padding: u8, info: &[u8], hash: &[u8], rest: &[u8]) -> Vec<u8> {
    let count = 256 - 3 - info.len() - hash.len() - rest.len();
    [&first[..], &vec![padding; count], &[0], info, hash, rest].concat()
}

/// Eight octets of padding, as few as there may be, and zeros, or more of it, at the end.
fn short(info: &[u8], hash: &[u8], filling: u8) -> Vec<u8> {
    let start = [&[0, 1][..], &[0xff; 8], &[0], info, hash].concat();
    [&start[..], &vec![filling; 256 - start.len()]].concat()
}

pub(crate) fn rows() -> Vec<Row> {
    let token = Token::access();
    let [header, claims] = [token.header_text(), token.claims_text()].map(|text| URL_SAFE_NO_PAD.encode(text));
    let input = format!("{header}.{claims}");
    let hash = |algorithm: &'static Algorithm| digest(algorithm, input.as_bytes()).as_ref().to_vec();
    let [sha1, sha256, sha384, sha512] = [&SHA1_FOR_LEGACY_USE_ONLY, &SHA256, &SHA384, &SHA512].map(hash);
    let good = encoding([0, 1], 0xff, SHA256_INFO, &sha256, &[]);
    let zero_in_the_padding = {
        let mut octets = good.clone();
        octets[20] = 0;
        octets
    };
    let with_parameter = {
        // A parameter of 16 octets instead of NULL.
        let mut info = SHA256_INFO.to_vec();
        (info[1], info[3]) = (0x41, 0x1d);
        info.splice(15..17, [0x04, 0x10].into_iter().chain([0xaa; 16]));
        info
    };
    let key = RawKey::from_pkcs8(&ACCESS_KEY.private());
    let encodings = [
        (good.clone(), None, "the one that holds"),
        (short(SHA256_INFO, &sha256, 0), Some(()), "zeros after the hash"),
        (short(SHA256_INFO, &sha256, 0xff), Some(()), "anything after the hash"),
        (encoding([0, 1], 0xff, SHA256_INFO, &sha256, &[0]), Some(()), "one octet after the hash"),
        (encoding([0, 1], 0xff, &with_parameter, &sha256, &[]), Some(()), "a parameter that holds anything"),
        (encoding([0, 1], 0xff, NO_NULL_INFO, &sha256, &[]), Some(()), "no parameter"),
        (encoding([0, 1], 0xff, LONG_LENGTH_INFO, &sha256, &[]), Some(()), "a length that is not DER"),
        (encoding([0, 1], 0xff, &[], &sha256, &[]), Some(()), "the hash alone"),
        (encoding([0, 1], 0xff, SHA1_INFO, &sha1, &[]), Some(()), "SHA-1"),
        (encoding([0, 1], 0xff, SHA384_INFO, &sha384, &[]), Some(()), "SHA-384"),
        (encoding([0, 1], 0xff, SHA512_INFO, &sha512, &[]), Some(()), "SHA-512"),
        (encoding([0, 1], 0xff, SHA256_INFO, &sha1, &[0; 12]), Some(()), "SHA-1 in the place of SHA-256"),
        (encoding([0, 2], 0xff, SHA256_INFO, &sha256, &[]), Some(()), "block type 2"),
        (encoding([0, 0], 0, SHA256_INFO, &sha256, &[]), Some(()), "block type 0"),
        (encoding([1, 1], 0xff, SHA256_INFO, &sha256, &[]), Some(()), "a first octet that is not zero"),
        (encoding([0, 1], 0x7f, SHA256_INFO, &sha256, &[]), Some(()), "another padding"),
        (zero_in_the_padding, Some(()), "a zero in the padding"),
    ];
    let modulus = key.modulus();
    encodings
        .into_iter()
        .filter(|(octets, ..)| *octets < modulus)
        .map(|(octets, is_forged, why)| {
            let token = format!("{input}.{}", URL_SAFE_NO_PAD.encode(key.power(&octets)));
            row(token, is_forged.map(|()| No::InvalidSignature), why)
        })
        .collect()
}

#[tokio::test]
async fn t_alg_7_no_encoding_holds_but_one() {
    let rows = rows();
    assert!(rows.len() >= 16, "{} of the encodings are smaller than n", rows.len());
    let genuine = Token::access().sign();
    assert_eq!(rows[0].0, genuine, "by hand as by the library");
    hold(&rows).await;

    // What makes a forgery feasible, an exponent of 3, is refused before there is a signature to look at.
    let mut jwk = ACCESS_KEY.jwk();
    jwk["e"] = json!("Aw");
    let keys = ScriptedKeys::new();
    keys.set(ISSUER, Answer::Document(json!({ "keys": [jwk] }).to_string()));
    let layer = scoped(&builder(&keys).build().unwrap());
    assert_eq!(reason(&layer, &genuine).await, Some(No::KeysUnavailable));
    assert_eq!(reason(&layers()[0], &genuine).await, None);
}
