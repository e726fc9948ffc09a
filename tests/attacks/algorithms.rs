//! Section 1 of the attack list: algorithm and key selection.

use std::net::TcpListener;

use aws_lc_rs::{
    hmac,
    signature::{RSA_PKCS1_SHA384, RSA_PKCS1_SHA512, RSA_PSS_SHA256},
};
use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use cognito_authorizer::{
    AuthorizerLayer, RejectionKind as No,
    keys::{JwkSet, KeyRejection},
};
use serde_json::{Value, json};

use crate::{
    rows::{Row, builder, hold, http_builder, layers, row},
    support::{
        keys::{self, Answer, ScriptedKeys},
        requests::{reason, request, scoped, send},
        server::{Server, publishes},
        tokens::*,
    },
};

pub(crate) fn rows() -> Vec<Row> {
    let parts = [no_signature(), public_key_as_secret(), other_padding(), ecdsa(), signature_lengths()];
    parts.into_iter().flatten().chain(key_headers()).chain(extensions()).chain(other_serializations()).collect()
}

/// A token whose signature is made otherwise.
fn signed(token: &Token, sign: impl FnOnce(&str) -> Vec<u8>) -> String {
    let signing_input = signing_input(token);
    format!("{signing_input}.{}", URL_SAFE_NO_PAD.encode(sign(&signing_input)))
}

fn signing_input(token: &Token) -> String {
    let [header, claims] = [token.header_text(), token.claims_text()].map(|text| URL_SAFE_NO_PAD.encode(text));
    format!("{header}.{claims}")
}

fn access_as(algorithm: impl Into<Value>) -> Token {
    Token::access().with_header("alg", algorithm)
}

/// A layer whose user pool publishes this.
fn publishing(document: &str) -> AuthorizerLayer {
    scoped(&builder(&source(document)).build().unwrap())
}

fn source(document: &str) -> ScriptedKeys {
    let keys = ScriptedKeys::new();
    keys.set(ISSUER, Answer::Document(document.to_owned()));
    keys
}

/// The access key as it is published, with one member that is other than it was.
fn jwk_with(name: &str, value: impl Into<Value>) -> Value {
    let mut jwk = ACCESS_KEY.jwk();
    jwk[name] = value.into();
    jwk
}

fn keys_document(keys: &[Value]) -> String {
    json!({ "keys": keys }).to_string()
}

/// Each is signed with the right key: nothing but `alg` is wrong.
fn no_signature() -> Vec<Row> {
    let names = ["none", "None", "nOnE", "NONE", "", "none ", "rs256", "RS256 ", "HS256", "RS1", "RS257"];
    let others = [json!(null), json!(0), json!(true), json!(["RS256"]), json!({"alg": "RS256"})];
    let algorithms = names.into_iter().map(Value::from).chain(others);
    let mut rows: Vec<Row> = algorithms
        .map(|algorithm| row(access_as(algorithm.clone()).sign(), No::UnsupportedAlgorithm, format!("alg {algorithm}")))
        .collect();
    rows.push(row(Token::access().without_header("alg").sign(), No::UnsupportedAlgorithm, "no alg"));
    for algorithm in ["none", "RS256"] {
        let unsigned = format!("{}.", signing_input(&access_as(algorithm)));
        rows.push(row(&*unsigned, No::MalformedToken, format!("{algorithm} and an empty signature")));
        rows.push(row(unsigned.trim_end_matches('.'), No::MalformedToken, format!("{algorithm} and no signature")));
    }
    rows
}

#[tokio::test]
async fn t_alg_1_no_signature_is_not_a_signature() {
    hold(&no_signature()).await;
}

/// The public key, in every form in which somebody may have fed it to a HMAC, and what people use by mistake.
fn public_key_as_secret() -> Vec<Row> {
    let [spki, pkcs1] = ACCESS_KEY.public();
    let pem = |label: &str, der: &[u8]| {
        let text = STANDARD.encode(der);
        let lines: Vec<&str> = (0..text.len()).step_by(64).map(|at| &text[at..text.len().min(at + 64)]).collect();
        format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"))
    };
    let (jwk, pem) = (ACCESS_KEY.jwk(), pem("PUBLIC KEY", &spki));
    let modulus = jwk["n"].as_str().unwrap().to_owned();
    let secrets: Vec<(Vec<u8>, &str)> = vec![
        (pem.clone().into(), "PEM"),
        (pem.trim_end().into(), "PEM without its last line break"),
        (format!("  {pem}").into(), "PEM after spaces"),
        (format!("\n{pem}").into(), "PEM after a line break"),
        (format!("Bag Attributes\n{pem}").into(), "PEM after a text"),
        (pem.replace('\n', "\r\n").into(), "PEM with CRLF"),
        (pem.replace("PUBLIC KEY", "RSA PUBLIC KEY").into(), "PEM of another label"),
        (spki, "DER"),
        (pkcs1, "DER of PKCS #1"),
        (jwk.to_string().into(), "JWK"),
        (jwk_set([&*ACCESS_KEY]).into(), "JWK Set"),
        (modulus.clone().into(), "n as text"),
        (URL_SAFE_NO_PAD.decode(modulus).unwrap(), "n"),
        (ACCESS_KEY.kid.into(), "kid"),
        (Vec::new(), "nothing"),
    ];
    let macs = [("HS256", hmac::HMAC_SHA256), ("HS384", hmac::HMAC_SHA384), ("HS512", hmac::HMAC_SHA512)];
    let mut rows = Vec::new();
    for (secret, form) in &secrets {
        for (algorithm, mac) in macs {
            let sign = |input: &str| hmac::sign(&hmac::Key::new(mac, secret), input.as_bytes()).as_ref().to_vec();
            let why = format!("{algorithm} with the public key as {form}");
            rows.push(row(signed(&access_as(algorithm), sign), No::UnsupportedAlgorithm, why));
            let why = format!("the same, and it says RS256: {form}");
            rows.push(row(signed(&Token::access(), sign), No::InvalidSignature, why));
        }
    }
    rows
}

#[tokio::test]
async fn t_alg_2_the_public_key_is_not_an_hmac_secret() {
    hold(&public_key_as_secret()).await;
}

/// The signatures are genuine: made by the right key, for the algorithm that the header names.
#[tokio::test]
async fn t_alg_3_a_key_is_used_with_its_own_algorithm() {
    let access = Token::access();
    let sha384 = |token: &Token| signature_by(token, &RSA_PKCS1_SHA384);
    let sha512 = |token: &Token| signature_by(token, &RSA_PKCS1_SHA512);
    for layer in layers() {
        for token in [sha384(&access_as("RS384")), sha512(&access_as("RS512"))] {
            assert_eq!(reason(&layer, &token).await, Some(No::UnsupportedAlgorithm), "a REST API takes RS256 alone");
        }
        for token in [sha384(&access), sha512(&access)] {
            assert_eq!(reason(&layer, &token).await, Some(No::InvalidSignature), "it says RS256");
        }
    }
    // A key that is published for another algorithm is not used with it on a REST API.
    let all = jwk_set([&*ACCESS_KEY, &*RS384_KEY, &*RS512_KEY]);
    let (rest, http) = (publishing(&all), http_builder(&source(&all)).build().unwrap());
    let http = scoped(&http);
    for key in [&RS384_KEY, &RS512_KEY] {
        let token = access.clone().by(key);
        assert_eq!(reason(&rest, &token.sign()).await, Some(No::UnsupportedAlgorithm), "{}", key.algorithm);
        assert_eq!(reason_of_http(&http, &token.sign()).await, None, "an HTTP API takes {}", key.algorithm);
        let as_rs256 = token.with_header("alg", "RS256");
        for layer in [&rest, &http] {
            let reason = send(layer, request("GET", "/", &[&as_rs256.sign()])).await.reason;
            assert_eq!(reason, Some(No::UnsupportedAlgorithm), "a key for {} and RS256", key.algorithm);
        }
    }
    // On an HTTP API too a key has one algorithm, also one that is published without.
    let mut unsaid = ACCESS_KEY.jwk();
    unsaid.as_object_mut().unwrap().remove("alg");
    for published in [ACCESS_KEY.jwk(), unsaid] {
        let http = scoped(&http_builder(&source(&keys_document(&[published]))).build().unwrap());
        assert_eq!(reason_of_http(&http, &access.sign()).await, None);
        for token in [sha384(&access_as("RS384")), sha512(&access_as("RS512")), access_as("RS512").sign()] {
            assert_eq!(reason_of_http(&http, &token).await, Some(No::UnsupportedAlgorithm));
        }
    }
}

fn signature_by(token: &Token, encoding: &'static dyn aws_lc_rs::signature::RsaEncoding) -> String {
    let signing_input = signing_input(token);
    format!("{signing_input}.{}", ACCESS_KEY.sign_by(encoding, &signing_input))
}

async fn reason_of_http(layer: &AuthorizerLayer, token: &str) -> Option<No> {
    send(layer, request("GET", "/", &[token])).await.reason
}

/// PSS and PKCS #1 v1.5 signatures of one key.
fn other_padding() -> Vec<Row> {
    vec![
        row(signature_by(&Token::access(), &RSA_PSS_SHA256), No::InvalidSignature, "PSS, and it says RS256"),
        row(signature_by(&access_as("PS256"), &RSA_PSS_SHA256), No::UnsupportedAlgorithm, "PS256"),
        row(access_as("PS256").sign(), No::UnsupportedAlgorithm, "PKCS #1 v1.5, and it says PS256"),
        row(access_as("PS512").sign(), No::UnsupportedAlgorithm, "PS512"),
    ]
}

#[tokio::test]
async fn t_alg_4_one_padding_is_not_the_other() {
    hold(&other_padding()).await;
    let layer = publishing(&keys_document(&[jwk_with("alg", "PS256"), ID_KEY.jwk()]));
    for token in [signature_by(&access_as("PS256"), &RSA_PSS_SHA256), Token::access().sign()] {
        assert!(reason(&layer, &token).await.is_some(), "a key for PS256 is not used at all");
    }
}

/// ECDSA signatures that broken verifiers take for good, of which none is ever looked at.
fn ecdsa() -> Vec<Row> {
    let order = "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551";
    let order: Vec<u8> = (0..64).step_by(2).map(|at| u8::from_str_radix(&order[at..at + 2], 16).unwrap()).collect();
    let signatures = [
        (vec![0; 64], "r = s = 0"),
        ([&order[..], &order].concat(), "r = s = n"),
        (vec![0x30, 6, 2, 1, 0, 2, 1, 0], "DER"),
        (vec![1; 63], "an odd length"),
        (vec![1; 65], "a byte more"),
        (vec![0xff; 132], "as long as one of ES512"),
    ];
    let mut rows = Vec::new();
    for (signature, what) in signatures {
        for algorithm in ["ES256", "ES384", "ES512", "ES256K", "EdDSA"] {
            let token = signed(&access_as(algorithm), |_| signature.clone());
            rows.push(row(token, No::UnsupportedAlgorithm, format!("{algorithm}: {what}")));
        }
        rows.push(row(signed(&Token::access(), |_| signature), No::InvalidSignature, format!("RS256: {what}")));
    }
    rows
}

#[tokio::test]
async fn t_alg_5_ecdsa_is_not_accepted_at_all() {
    hold(&ecdsa()).await;
    let ec = json!({
        "kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig", "kid": ACCESS_KEY.kid,
        "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
    });
    let layer = publishing(&keys_document(&[ec, ID_KEY.jwk()]));
    assert_eq!(reason(&layer, &signed(&access_as("ES256"), |_| vec![0; 64])).await, Some(No::UnsupportedAlgorithm));
    assert_eq!(reason(&layer, &Token::access().sign()).await, Some(No::UnknownKey), "the key was left out");
}

fn signature_lengths() -> Vec<Row> {
    let token = Token::access().sign();
    let (signing_input, text) = token.rsplit_once('.').unwrap();
    let signature = URL_SAFE_NO_PAD.decode(text).unwrap();
    let with = |octets: &[u8]| format!("{signing_input}.{}", URL_SAFE_NO_PAD.encode(octets));
    let modulus = URL_SAFE_NO_PAD.decode(ACCESS_KEY.jwk()["n"].as_str().unwrap()).unwrap();
    vec![
        row(with(&signature), None, "as it was made"),
        row(with(&signature[1..]), No::InvalidSignature, "255 octets"),
        row(with(&signature[..255]), No::InvalidSignature, "255 octets"),
        row(with(&[&[0], &signature[..]].concat()), No::InvalidSignature, "a zero in front"),
        row(with(&[&signature[..], &[0]].concat()), No::InvalidSignature, "a zero behind"),
        row(with(&[0]), No::InvalidSignature, "one octet"),
        row(with(&[0; 256]), No::InvalidSignature, "zero"),
        row(with(&[&[0; 255][..], &[1]].concat()), No::InvalidSignature, "one"),
        row(with(&modulus), No::InvalidSignature, "n"),
        row(with(&[0xff; 256]), No::InvalidSignature, "more than n"),
        row(with(&[0xff; 1_024]), No::InvalidSignature, "the longest that there is"),
        row(with(&[0xff; 1_025]), No::MalformedSignature, "longer than that"),
        row(format!("{signing_input}."), No::MalformedToken, "none"),
    ]
}

/// Odd, with its first and its last bit set: what is wrong with it is its size.
fn modulus(bits: usize) -> String {
    URL_SAFE_NO_PAD.encode([&[0xc3][..], &vec![0x5a; bits / 8 - 2], &[0xa7]].concat())
}

#[tokio::test]
async fn t_alg_6_signatures_and_keys_have_the_right_size() {
    hold(&signature_lengths()).await;
    let n = ACCESS_KEY.jwk()["n"].as_str().unwrap().to_owned();
    let octets = URL_SAFE_NO_PAD.decode(&n).unwrap();
    let (mut even, led) = (octets.clone(), [&[0], &octets[..]].concat());
    even[255] -= 1;
    for (name, value, expected) in [
        ("e", "AQ".to_owned(), KeyRejection::Exponent),
        ("e", "Aw".to_owned(), KeyRejection::Exponent),
        ("e", "Eg".to_owned(), KeyRejection::Exponent),
        ("e", "AQAA".to_owned(), KeyRejection::Exponent),
        ("e", "AQAC".to_owned(), KeyRejection::Exponent),
        ("e", "AAEAAQ".to_owned(), KeyRejection::Exponent),
        ("e", "_______w".to_owned(), KeyRejection::Exponent),
        ("n", modulus(1_024), KeyRejection::ModulusSize),
        ("n", modulus(2_040), KeyRejection::ModulusSize),
        ("n", modulus(8_200), KeyRejection::ModulusSize),
        ("n", modulus(16_384), KeyRejection::ModulusSize),
        ("n", URL_SAFE_NO_PAD.encode(even), KeyRejection::Modulus),
        ("n", URL_SAFE_NO_PAD.encode(led), KeyRejection::Modulus),
        ("n", format!("{n}="), KeyRejection::Modulus),
        ("n", String::new(), KeyRejection::Modulus),
        ("e", String::new(), KeyRejection::Exponent),
    ] {
        let document = keys_document(&[jwk_with(name, value.clone()), ID_KEY.jwk()]);
        let dropped = JwkSet::parse(document.as_bytes()).unwrap();
        assert_eq!(dropped.dropped().iter().map(|key| key.reason()).collect::<Vec<_>>(), [expected], "{name} {value}");
        assert_eq!(reason(&publishing(&document), &Token::access().sign()).await, Some(No::UnknownKey), "{name}");
    }
}

/// Headers that name a key, or hold one: an attacker's, who signs with it.
fn key_headers() -> Vec<Row> {
    key_headers_at("https://attacker.example")
}

fn key_headers_at(attacker: &str) -> Vec<Row> {
    let certificate = STANDARD.encode(&NEXT_KEY.public()[0]);
    let mut rows = Vec::new();
    for (name, value) in [
        ("jwk", NEXT_KEY.jwk()),
        ("jku", json!(format!("{attacker}/jwks.json"))),
        ("x5u", json!(format!("{attacker}/cert.pem"))),
        ("x5c", json!([certificate])),
        ("x5t", json!("AAAA")),
        ("x5t#S256", json!("AAAA")),
        ("iss", json!(attacker)),
    ] {
        let by = |key: &'static Key, kid: &str| {
            let token = Token::access().by(key).with_header("kid", kid).with_header(name, value.clone());
            // The key of the header under the name of the user pool's, or under its own.
            token.sign()
        };
        rows.push(row(by(&NEXT_KEY, ACCESS_KEY.kid), No::InvalidSignature, format!("{name} and a kid that is known")));
        rows.push(row(by(&NEXT_KEY, NEXT_KEY.kid), No::UnknownKey, format!("{name} and its own kid")));
        rows.push(row(by(&ACCESS_KEY, ACCESS_KEY.kid), None, format!("{name} is ignored")));
    }
    rows
}

#[tokio::test]
async fn t_alg_8_keys_that_a_token_brings_along_are_never_fetched() {
    hold(&key_headers()).await;
    // Over sockets, with a key source that does fetch: the attacker's server must see nothing.
    let attacker = TcpListener::bind("127.0.0.1:0").unwrap();
    attacker.set_nonblocking(true).unwrap();
    let url = format!("http://{}", attacker.local_addr().unwrap());
    let server = Server::start(publishes(&[&ID_KEY, &ACCESS_KEY])).await;
    let clock = keys::clock();
    let layer = scoped(&server.authorizer(&clock));
    for Row(token, expected, why) in key_headers_at(&url) {
        clock.advance(10);
        assert_eq!(reason(&layer, &token).await, expected, "{why}");
    }
    assert!(server.fetches() > 5, "the user pool's own server is asked");
    let seen = attacker.accept().map(drop);
    assert_eq!(seen.unwrap_err().kind(), std::io::ErrorKind::WouldBlock, "somebody connected");
    // And it would have been seen.
    let _connection = std::net::TcpStream::connect(attacker.local_addr().unwrap()).unwrap();
    assert!(attacker.accept().is_ok());
}

fn extensions() -> Vec<Row> {
    let mut rows = Vec::new();
    for (name, value) in [
        ("crit", json!(["unknown"])),
        ("crit", json!(["exp"])),
        ("crit", json!(["b64"])),
        ("crit", json!(["exp", "exp"])),
        ("crit", json!([])),
        ("crit", json!("exp")),
        ("crit", json!(null)),
        ("crit", json!({})),
        ("b64", json!(false)),
        ("b64", json!(true)),
    ] {
        let token = Token::access().with_header(name, value.clone());
        rows.push(row(token.sign(), No::UnsupportedExtension, format!("{name} {value}")));
    }
    let both = Token::access().with_header("crit", json!(["b64"])).with_header("b64", false);
    rows.push(row(both.sign(), No::UnsupportedExtension, "b64 as it is written"));
    let header = Token::access().header_text();
    let twice = header.replacen('{', r#"{"crit":[],"cr\u0069t":["exp"],"#, 1);
    let token = Token::access().sign_texts(&twice, &Token::access().claims_text());
    rows.push(row(token, No::MalformedHeader, "crit twice"));
    rows
}

#[tokio::test]
async fn t_alg_9_no_extension_is_understood() {
    hold(&extensions()).await;
}

#[tokio::test]
async fn t_alg_10_an_empty_key_is_not_a_key() {
    let empty = |input: &str| hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, b""), input.as_bytes()).as_ref().to_vec();
    let (rsa, mac) = (Token::access().sign(), signed(&access_as("HS256"), empty));
    let oct = |secret: &str| json!({"kty": "oct", "kid": ACCESS_KEY.kid, "alg": "HS256", "k": secret});
    let no_numbers = json!({"kty": "RSA", "kid": ACCESS_KEY.kid, "alg": "RS256", "n": "", "e": ""});
    for (document, why) in [
        (keys_document(&[]), "an empty set"),
        (keys_document(&[oct("")]), "an empty secret"),
        (keys_document(&[oct("AAAA")]), "a secret"),
        (keys_document(&[no_numbers]), "an empty key"),
        (keys_document(&[json!({})]), "no members"),
        (keys_document(&[json!(null)]), "null"),
        ("{}".to_owned(), "no keys"),
        (String::new(), "no document"),
    ] {
        assert_eq!(reason(&publishing(&document), &rsa).await, Some(No::KeysUnavailable), "{why}");
        assert_eq!(reason(&publishing(&document), &mac).await, Some(No::UnsupportedAlgorithm), "{why}");
    }
    let beside = publishing(&keys_document(&[oct(""), ID_KEY.jwk()]));
    assert_eq!(reason(&beside, &rsa).await, Some(No::UnknownKey), "a secret beside a key");
    assert_eq!(reason(&beside, &mac).await, Some(No::UnsupportedAlgorithm), "a secret beside a key");
}

fn other_serializations() -> Vec<Row> {
    let token = Token::access().sign();
    let parts: Vec<&str> = token.split('.').collect();
    let (header, payload, signature) = (parts[0], parts[1], parts[2]);
    let nested = Token::access().with_header("cty", "JWT");
    let nested = nested.sign_texts(&nested.header_text(), &token);
    vec![
        row(format!("{header}.a.b.{payload}.{signature}"), No::MalformedToken, "five parts, as a JWE has"),
        row(Token::access().with_header("zip", "DEF").sign(), No::UnsupportedExtension, "zip"),
        row(
            Token::access().with_header("enc", "A128GCM").with_header("alg", "dir").sign(),
            No::UnsupportedAlgorithm,
            "a JWE header",
        ),
        row(nested, No::MalformedClaims, "a token in a token"),
        row(
            json!({"payload": payload, "signatures": [{"protected": header, "signature": signature}]}).to_string(),
            No::MalformedToken,
            "the general JSON Serialization",
        ),
        row(
            json!({"payload": payload, "protected": header, "signature": signature}).to_string(),
            No::MalformedToken,
            "the flattened JSON Serialization",
        ),
        row(format!(r#"{{"payload":"{token}"}}"#), No::MalformedHeader, "the same with three parts"),
        row(format!("{token}~"), No::MalformedSignature, "a selective disclosure"),
    ]
}

#[tokio::test]
async fn t_alg_11_only_the_compact_serialization_is_read() {
    hold(&other_serializations()).await;
}
