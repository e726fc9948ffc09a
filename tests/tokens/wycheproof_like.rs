//! Tests new RSA signatures, tokens and keys with the faults that Project Wycheproof tests. Each faulty case is rejected, and
//! its valid original is accepted.
//!
//! `tests/tokens/wycheproof.rs` tests Wycheproof's own signatures. No package contains its JWS and JWK cases, so this file
//! makes equivalent ones.
use std::{collections::HashMap, sync::LazyLock};

use aws_lc_rs::{
    digest::{self, digest},
    rand::SystemRandom,
    signature::{RSA_PKCS1_SHA256, RSA_PSS_SHA256, RSA_PSS_SHA384, RsaEncoding},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use cognito_authorizer::{
    Authorizer, AuthorizerType, RejectionKind as No, Verdict, Verifier, clock::UnixTime, keys::JwkSet, token::RawToken,
};
use num_bigint::BigUint;
use serde_json::json;

use crate::support::{
    raw_rsa::RawKey,
    tokens::{ISSUER, NOW, POOL_ID, Token},
};

pub(super) static KEY: LazyLock<RawKey> = LazyLock::new(RawKey::generate);

/// An algorithm, its hash, and the last octet of the hash's object identifier (RFC 8017 §9.2, note 1).
pub(super) struct Hash {
    algorithm: &'static str,
    digest: &'static digest::Algorithm,
    oid: u8,
}

pub(super) const HASHES: [Hash; 3] = [
    Hash { algorithm: "RS256", digest: &digest::SHA256, oid: 1 },
    Hash { algorithm: "RS384", digest: &digest::SHA384, oid: 2 },
    Hash { algorithm: "RS512", digest: &digest::SHA512, oid: 3 },
];

impl Hash {
    fn of(&self, message: &[u8]) -> Vec<u8> {
        digest(self.digest, message).as_ref().to_vec()
    }

    fn oid(&self) -> Vec<u8> {
        nist(self.oid)
    }
}

/// Encodes the object identifier 2.16.840.1.101.3.4.2.`last`.
fn nist(last: u8) -> Vec<u8> {
    vec![0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, last]
}

pub(super) fn base64url(octets: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(octets)
}

/// Builds the signing input of a valid access token.
pub(super) fn signing_input(algorithm: &str, jti: u64) -> String {
    let header = json!({"kid": algorithm, "alg": algorithm}).to_string();
    let claims = Token::access().with("jti", jti.to_string()).claims_text();
    format!("{}.{}", base64url(header), base64url(claims))
}

/// Returns why a token is rejected, by the rules of an HTTP API, which accepts all three algorithms.
pub(super) fn refusal_of(token: &str) -> Option<No> {
    static VERIFIER: LazyLock<Verifier> = LazyLock::new(|| {
        let builder = Authorizer::for_user_pool(POOL_ID).authorizer_type(AuthorizerType::Jwt);
        builder.any_app_client(true).build_verifier().unwrap()
    });
    static KEYS: LazyLock<HashMap<String, JwkSet>> = LazyLock::new(|| {
        let keys = HASHES.map(|hash| KEY.jwk(hash.algorithm, hash.algorithm));
        let set = JwkSet::parse(json!({ "keys": keys }).to_string().as_bytes()).unwrap();
        HashMap::from([(ISSUER.to_owned(), set)])
    });
    match VERIFIER.verify(RawToken::new(token), &*KEYS, UnixTime::from_secs(NOW)) {
        Verdict::Allow(_) => None,
        Verdict::Deny(rejection) => Some(rejection.kind()),
        Verdict::NeedKeys(_) => Some(No::UnknownKey),
    }
}

pub(super) fn refusal(signing_input: &str, signature: &[u8]) -> Option<No> {
    refusal_of(&format!("{signing_input}.{}", base64url(signature)))
}

/// Encodes a DER value with a one-octet length.
fn der(tag: u8, content: &[u8]) -> Vec<u8> {
    with_length(tag, &[u8::try_from(content.len()).unwrap()], content)
}

fn with_length(tag: u8, length: &[u8], content: &[u8]) -> Vec<u8> {
    [&[tag], length, content].concat()
}

type Spoil = fn(u8, &[u8]) -> Vec<u8>;

/// The values of a `DigestInfo` (RFC 8017 §9.2), in their order.
const PLACES: [&str; 5] = ["digestInfo", "digestAlgorithm", "algorithm", "parameters", "digest"];

/// Encodes a `DigestInfo` with one value changed.
fn digest_info(oid: &[u8], digest: &[u8], place: usize, spoil: Spoil) -> Vec<u8> {
    let write = |own: usize, tag, content: &[u8]| if own == place { spoil(tag, content) } else { der(tag, content) };
    let algorithm = write(1, 0x30, &[write(2, 0x06, oid), write(3, 0x05, &[])].concat());
    write(0, 0x30, &[algorithm, write(4, 0x04, digest)].concat())
}

/// Adds octets to the content of a value.
fn longer(tag: u8, before: &[u8], content: &[u8], after: &[u8]) -> Vec<u8> {
    der(tag, &[before, content, after].concat())
}

fn changed(tag: u8, content: &[u8], place: usize) -> Vec<u8> {
    let mut content = content.to_vec();
    if let Some(octet) = content.get_mut(place) {
        *octet ^= 0x02;
    }
    der(tag, &content)
}

/// Every wrong encoding of a value of a `DigestInfo`, and BER where DER is required.
const SPOILS: &[(&str, Spoil)] = &[
    ("the length in long form", |tag, content| with_length(tag, &[0x81, length(content)], content)),
    ("the length with a leading zero", |tag, content| with_length(tag, &[0x82, 0, length(content)], content)),
    ("the length one too much", |tag, content| with_length(tag, &[length(content) + 1], content)),
    ("the length one too little", |tag, content| with_length(tag, &[length(content).wrapping_sub(1) & 0x7f], content)),
    ("the length past 32 bits", |tag, content| with_length(tag, &[0x85, 1, 0, 0, 0, length(content)], content)),
    ("the length past 64 bits", |tag, content| {
        with_length(tag, &[0x89, 1, 0, 0, 0, 0, 0, 0, 0, length(content)], content)
    }),
    ("a length of 2^31 - 1", |tag, content| with_length(tag, &[0x84, 0x7f, 0xff, 0xff, 0xff], content)),
    ("a length of 2^31", |tag, content| with_length(tag, &[0x84, 0x80, 0, 0, 0], content)),
    ("a length of 2^32 - 1", |tag, content| with_length(tag, &[0x84, 0xff, 0xff, 0xff, 0xff], content)),
    ("a length of 2^40 - 1", |tag, content| with_length(tag, &[0x85, 0xff, 0xff, 0xff, 0xff, 0xff], content)),
    ("a length of 2^64 - 1", |tag, content| with_length(tag, &[&[0x88][..], &[0xff; 8]].concat(), content)),
    ("a length of ff", |tag, content| with_length(tag, &[0xff], content)),
    ("an indefinite length without an end", |tag, content| with_length(tag, &[0x80], content)),
    ("an indefinite length", |tag, content| with_length(tag, &[0x80], &[content, &[0, 0]].concat())),
    ("an indefinite length with half an end", |tag, content| with_length(tag, &[0x80], &[content, &[0]].concat())),
    ("an indefinite length with a value more", |tag, content| {
        with_length(tag, &[0x80], &[content, &[5, 0, 0, 0]].concat())
    }),
    ("an indefinite length with an end that holds something", |tag, content| {
        with_length(tag, &[0x80], &[content, &[0, 2, 5, 0]].concat())
    }),
    ("not there", |_, _| Vec::new()),
    ("a tag alone", |tag, _| vec![tag]),
    ("a tag and half a length", |tag, content| with_length(tag, &[0x81], content)),
    ("zeros more at the end", |tag, content| longer(tag, &[], content, &[0, 0])),
    ("zeros more at the start", |tag, content| longer(tag, &[0, 0], content, &[])),
    ("zeros behind it", |tag, content| [der(tag, content), vec![0, 0]].concat()),
    ("a NULL more at the end", |tag, content| longer(tag, &[], content, &[5, 0])),
    ("garbage at the start", |tag, content| longer(tag, &[0x49, 0x81, 0x77], content, &[])),
    ("garbage at the end", |tag, content| longer(tag, &[], content, &[0xde, 0xad, 0xbe, 0xef])),
    ("garbage before it", |tag, content| [vec![0x25, 0], der(tag, content)].concat()),
    ("garbage behind it", |tag, content| [der(tag, content), vec![0xde, 0xad]].concat()),
    ("an undefined tag before it", |tag, content| [vec![0xaa, 0, 0xbb, 0, 0xcd, 0], der(tag, content)].concat()),
    ("within an undefined tag", |tag, content| der(0xaa, &der(tag, content))),
    ("composed", |tag, content| {
        let (front, back) = content.split_at(content.len() / 2);
        der(tag | 0x20, &[der(tag, front), der(tag, back)].concat())
    }),
    ("composed, with an indefinite length", |tag, content| {
        with_length(tag | 0x20, &[0x80], &[der(tag, content), vec![0, 0]].concat())
    }),
    ("composed of another tag", |_, content| with_length(0x38, &[0x80], &[der(0x31, content), vec![0, 0]].concat())),
    ("a NULL with something in it", |_, _| vec![5, 1, 0]),
    ("a tag of 00", |_, content| der(0, content)),
    ("a tag of ff", |_, content| der(0xff, content)),
    ("the next tag", |tag, content| der(tag + 1, content)),
    ("a tag of the context", |tag, content| der(tag | 0x80, content)),
    ("a tag of 2e", |_, content| der(0x2e, content)),
    ("empty, or not", |tag, content| der(tag, if content.is_empty() { &[0] } else { &[] })),
    ("the first octet another, or one more", |tag, content| {
        if content.is_empty() { der(tag, &[1]) } else { changed(tag, content, 0) }
    }),
    ("the last octet another, or two more", |tag, content| {
        if content.is_empty() { der(tag, &[1, 2]) } else { changed(tag, content, content.len() - 1) }
    }),
    ("the first octet cut off, or the whole", |tag, content| content.get(1..).map_or(vec![], |rest| der(tag, rest))),
    ("the last octet cut off, or the whole", |tag, content| {
        content.split_last().map_or(vec![], |(_, rest)| der(tag, rest))
    }),
    ("an empty sequence before", |tag, content| longer(tag, &[0x30, 0], content, &[])),
    ("an empty sequence behind", |tag, content| longer(tag, &[], content, &[0x30, 0])),
    ("a high tag number behind", |tag, content| longer(tag, &[], content, &[0xbf, 0x7f, 0])),
    ("a NULL with an explicit tag behind", |tag, content| longer(tag, &[], content, &[0xa0, 2, 5, 0])),
    ("a NULL with an implicit tag behind", |tag, content| longer(tag, &[], content, &[0xa0, 0])),
    ("twice", |tag, content| [der(tag, content), der(tag, content)].concat()),
    ("within a sequence", |tag, content| der(0x30, &der(tag, content))),
];

fn length(content: &[u8]) -> u8 {
    u8::try_from(content.len()).unwrap()
}

#[test]
fn what_they_are_made_from_is_good() {
    for hash in &HASHES {
        let input = signing_input(hash.algorithm, 0);
        let info = digest_info(&hash.oid(), &hash.of(input.as_bytes()), 0, der);
        assert_eq!(refusal(&input, &KEY.power(&KEY.padded(&info))), None, "{}", hash.algorithm);
    }
}

/// RFC 8017 §8.2.2 compares the complete encoding, and does not parse it.
#[test]
fn there_is_one_encoding_of_a_digest() {
    let mut tried = 0;
    for hash in &HASHES {
        let input = signing_input(hash.algorithm, 0);
        let digest = hash.of(input.as_bytes());
        let good = digest_info(&hash.oid(), &digest, 0, der);
        for (place, name) in PLACES.iter().enumerate() {
            for (how, spoil) in SPOILS {
                let info = digest_info(&hash.oid(), &digest, place, *spoil);
                assert_ne!(info, good, "{name}: {how}: nothing is spoiled");
                let refused = refusal(&input, &KEY.power(&KEY.padded(&info)));
                assert_eq!(refused, Some(No::InvalidSignature), "{} {name}: {how}", hash.algorithm);
                tried += 1;
            }
        }
    }
    assert_eq!(tried, 3 * 5 * 51);
}

/// The object identifiers of other hashes, with an implementation where one exists.
#[test]
fn there_is_one_hash_for_an_algorithm() {
    let others: [(&str, Vec<u8>, Option<&digest::Algorithm>); 14] = [
        ("MD5", vec![0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x02, 0x05], None),
        ("RIPEMD-160", vec![0x2b, 0x24, 0x03, 0x02, 0x01], None),
        ("SHA-1", vec![0x2b, 0x0e, 0x03, 0x02, 0x1a], Some(&digest::SHA1_FOR_LEGACY_USE_ONLY)),
        ("SHA-224", nist(4), Some(&digest::SHA224)),
        ("SHA-256", nist(1), Some(&digest::SHA256)),
        ("SHA-384", nist(2), Some(&digest::SHA384)),
        ("SHA-512", nist(3), Some(&digest::SHA512)),
        ("SHA-512/224", nist(5), None),
        ("SHA-512/256", nist(6), Some(&digest::SHA512_256)),
        ("SHA3-224", nist(7), None),
        ("SHA3-256", nist(8), Some(&digest::SHA3_256)),
        ("SHA3-384", nist(9), Some(&digest::SHA3_384)),
        ("SHA3-512", nist(10), Some(&digest::SHA3_512)),
        ("sha256WithRSAEncryption", vec![0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0b], None),
    ];
    for hash in &HASHES {
        let input = signing_input(hash.algorithm, 0);
        let own = hash.of(input.as_bytes());
        for (name, oid, algorithm) in &others {
            if *oid == hash.oid() {
                continue;
            }
            let theirs = algorithm.map(|algorithm| digest(algorithm, input.as_bytes()).as_ref().to_vec());
            let mut infos = vec![digest_info(oid, &own, 0, der)];
            for theirs in theirs.iter() {
                infos.push(digest_info(oid, theirs, 0, der));
                infos.push(digest_info(&hash.oid(), theirs, 0, der));
            }
            for info in infos {
                let refused = refusal(&input, &KEY.power(&KEY.padded(&info)));
                assert_eq!(refused, Some(No::InvalidSignature), "{} {name}", hash.algorithm);
            }
        }
    }
}

/// The octets around the digest (RFC 8017 §9.2, steps 4 and 5).
#[test]
fn there_is_one_padding() {
    let hash = &HASHES[0];
    let input = signing_input(hash.algorithm, 0);
    let digest = hash.of(input.as_bytes());
    let info = digest_info(&hash.oid(), &digest, 0, der);
    let size = KEY.size();
    let good = KEY.padded(&info);
    let fill = size - 3 - info.len();
    let with = |place: usize, octet: u8| {
        let mut block = good.clone();
        block[place] = octet;
        block
    };
    // Fills the block to the length of the modulus: these octets first, then garbage or zeros.
    let front = |start: Vec<u8>, garbage: u8| {
        let mut block = start;
        block.resize(size, garbage);
        block
    };
    let start = |fill: usize| [&[0, 1][..], &vec![0xff; fill], &[0], &info].concat();
    // Fills the block to the length of the modulus: zeros first, then these octets.
    let back = |end: Vec<u8>| [vec![0; size - end.len()], end].concat();
    let mut blocks = vec![
        ("type 00", with(1, 0)),
        ("type 02, which is for encryption", with(1, 2)),
        ("type 03", with(1, 3)),
        ("a first octet of 01", with(0, 1)),
        ("the first octet of the fill", with(2, 0xfe)),
        ("an octet of the fill", with(fill / 2, 0xee)),
        ("a zero in the fill", with(fill / 2, 0)),
        ("the last octet of the fill", with(fill + 1, 0x7f)),
        ("a zero for the last octet of the fill", with(fill + 1, 0)),
        ("a separator of 01", with(fill + 2, 1)),
        ("no separator", with(fill + 2, 0xff)),
        ("another last octet", with(size - 1, good[size - 1] ^ 1)),
        ("type 00 and zeros for fill", back(info.clone())),
        ("no fill, and zeros behind", front(start(0), 0)),
        ("no fill, and garbage behind", front(start(0), 0xa5)),
        ("no fill, and zeros in front", back(start(0))),
        ("seven octets of fill, and garbage behind", front(start(7), 0xa5)),
        ("eight octets of fill, and garbage behind", front(start(8), 0xa5)),
        ("eight octets of fill, and zeros in front", back(start(8))),
        ("one octet of fill less, and garbage behind", front(start(fill - 1), 0xa5)),
        ("one octet of fill less, and a zero behind", front(start(fill - 1), 0)),
        ("one octet of fill less, and a zero in front", back(start(fill - 1))),
        ("the digest at the front", front([&[0][..], &info].concat(), 0)),
        ("the digest without its name", KEY.padded(&digest)),
        ("the digest in an octet string without a name", KEY.padded(&der(4, &digest))),
        ("the digest of the digest", KEY.padded(&digest_info(&hash.oid(), &hash.of(&digest), 0, der))),
        ("the message for its digest", KEY.padded(&digest_info(&hash.oid(), &input.as_bytes()[..32], 0, der))),
        ("nothing", KEY.padded(&[])),
        ("the parameters left out", KEY.padded(&digest_info(&hash.oid(), &digest, 3, |_, _| Vec::new()))),
    ];
    let mut all_fill = vec![0xff; size];
    all_fill[..2].copy_from_slice(&[0, 1]);
    blocks.push(("fill and nothing else", all_fill));
    for (how, block) in blocks {
        assert_eq!(block.len(), size, "{how}");
        assert_ne!(block, good, "{how}: nothing is spoiled");
        assert_eq!(refusal(&input, &KEY.power(&block)), Some(No::InvalidSignature), "{how}");
    }
    assert_eq!(refusal(&input, &KEY.power(&good)), None);
}

/// RFC 8017 §8.2.2, steps 1 and 2: a signature has the length of the modulus, and is less than the modulus.
#[test]
fn a_signature_is_one_number() {
    let hash = &HASHES[0];
    let (input, signature) = (0..)
        .map(|jti| {
            let input = signing_input(hash.algorithm, jti);
            let signature = signed(&RSA_PKCS1_SHA256, &input);
            (input, signature)
        })
        .find(|(_, signature)| signature[0] == 0)
        .unwrap();
    assert_eq!(refusal(&input, &signature), None, "a leading zero of its own");
    let (n, one) = (&KEY.n, BigUint::from(1_u8));
    let number = BigUint::from_bytes_be(&signature);
    let octets = |number: BigUint| KEY.octets(&number);
    for (how, spoiled) in [
        ("its leading zero left out", signature[1..].to_vec()),
        ("a zero in front", [&[0], &signature[..]].concat()),
        ("two zeros in front", [&[0, 0], &signature[..]].concat()),
        ("a zero behind", [&signature[..], &[0]].concat()),
        ("an octet cut off", signature[..signature.len() - 1].to_vec()),
        ("half of it", signature[..signature.len() / 2].to_vec()),
        ("twice", signature.repeat(2)),
        ("reversed", signature.iter().rev().copied().collect()),
        ("its digest", hash.of(input.as_bytes())),
        ("the modulus more", octets(&number + n)),
        ("twice the modulus more", (&number + n * 2_u8).to_bytes_be()),
        ("the modulus less it", octets(n - &number)),
        ("0", octets(BigUint::ZERO)),
        ("0 in one octet", vec![0]),
        ("1", octets(one.clone())),
        ("1 in one octet", vec![1]),
        ("2", octets(BigUint::from(2_u8))),
        ("the modulus less one", octets(n - &one)),
        ("the modulus", octets(n.clone())),
        ("the modulus and one", octets(n + &one)),
        ("-1", vec![0xff; KEY.size()]),
        ("the encoding itself", KEY.padded(&digest_info(&hash.oid(), &hash.of(input.as_bytes()), 0, der))),
        ("by RSASSA-PSS with SHA-256", signed(&RSA_PSS_SHA256, &input)),
        ("by RSASSA-PSS with SHA-384", signed(&RSA_PSS_SHA384, &input)),
        ("of another token", signed(&RSA_PKCS1_SHA256, &signing_input(hash.algorithm, u64::MAX))),
        ("as long as any that is read", vec![0; 1_024]),
    ] {
        assert_eq!(refusal(&input, &spoiled), Some(No::InvalidSignature), "{how}");
    }
    assert_eq!(refusal(&input, &[]), Some(No::MalformedToken), "empty");
    assert_eq!(refusal(&input, &[0; 1_025]), Some(No::MalformedSignature), "longer than any that is read");
}

pub(super) fn signed(encoding: &'static dyn RsaEncoding, input: &str) -> Vec<u8> {
    let mut signature = vec![0; KEY.size()];
    KEY.pair.sign(encoding, &SystemRandom::new(), input.as_bytes(), &mut signature).unwrap();
    signature
}

/// Returns whether a token is accepted by the rules of a REST API.
pub(super) fn accepts(set: JwkSet, token: &str) -> bool {
    let verifier = Authorizer::for_user_pool(POOL_ID).build_verifier().unwrap();
    let keys = HashMap::from([(ISSUER.to_owned(), set)]);
    matches!(verifier.verify(RawToken::new(token), &keys, UnixTime::from_secs(NOW)), Verdict::Allow(_))
}
