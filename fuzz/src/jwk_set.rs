//! A key of a JWK Set is used exactly if everything that it says of itself fits, and each is judged on its own.

use std::collections::BTreeMap;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use cognito_authorizer::{
    internals,
    keys::{JwkSet, Kid},
    limits::{MAX_JWK_SET_BYTES, MAX_JWK_SET_KEYS, MAX_KID_BYTES},
};
use serde_json::{Map, Value, value::RawValue};

use super::strict_json;

/// Input: a JWK Set document.
pub fn jwk_set(data: &[u8]) {
    let parsed = JwkSet::parse(data);
    let Ok(set) = &parsed else {
        let text = std::str::from_utf8(data).ok().filter(|text| text.len() <= MAX_JWK_SET_BYTES);
        let keys = text.and_then(strict_json::object).and_then(|mut object| object.remove("keys"));
        let is_acceptable = keys.as_ref().and_then(Value::as_array).is_some_and(|keys| keys.len() <= MAX_JWK_SET_KEYS);
        assert!(!is_acceptable, "refused: {}", parsed.unwrap_err());
        return;
    };
    assert!(data.len() <= MAX_JWK_SET_BYTES);
    let text = std::str::from_utf8(data).expect("JSON is UTF-8");
    let members = strict_json::members(text).expect("a JWK Set is an object");
    let keys: Vec<_> = members.iter().filter(|(name, _)| name == "keys").collect();
    let [(_, keys)] = &keys[..] else { panic!("`keys` stands {} times", keys.len()) };
    let keys: Vec<&RawValue> = serde_json::from_str(keys.get()).expect("`keys` is an array");
    assert!(keys.len() <= MAX_JWK_SET_KEYS);
    assert!(set.len() + set.dropped().len() <= keys.len());
    let mut places: Vec<usize> = set.dropped().iter().map(|dropped| dropped.index()).collect();
    places.sort_unstable();
    places.dedup();
    assert_eq!(places.len(), set.dropped().len(), "a key is dropped once");
    assert!(places.iter().all(|place| *place < keys.len()));

    let readings: Vec<Reading> = keys.iter().map(|key| Reading::of(key.get())).collect();
    let usable = || readings.iter().filter_map(|reading| reading.usable.as_ref());
    // Where a name stands twice in a key, readers disagree; nothing is expected then of what that key may be called.
    let is_doubtful = |kid: &str| readings.iter().any(|reading| reading.may_be_called(kid));
    let found = |kid: &str| Kid::parse(kid).and_then(|kid| set.find(kid));
    let mut expected = BTreeMap::new();
    for kid in readings.iter().flat_map(|reading| &reading.kids).filter(|kid| !is_doubtful(kid)) {
        let mut owners = usable().filter(|usable| usable.kid == *kid);
        let owner = owners.next().filter(|owner| owners.all(|other| other == *owner));
        let is = found(kid).map(|key| (key.algorithm().as_str(), internals::subject_public_key_info(key)));
        let der = owner.map(Usable::subject_public_key_info);
        let should_be = owner.zip(der.as_ref()).map(|(owner, der)| (&*owner.algorithm, &**der));
        assert_eq!(is, should_be, "`{kid}`, and not used are {:?}", set.dropped());
        expected.insert(kid, owner.is_some());
    }
    if !readings.iter().any(|reading| reading.is_doubtful) {
        assert_eq!(set.len(), expected.values().filter(|is_used| **is_used).count(), "a key of no name");
    }
}

/// A key of the document.
struct Reading {
    /// The texts that stand under `kid`.
    kids: Vec<String>,
    /// A name stands twice in it.
    is_doubtful: bool,
    usable: Option<Usable>,
}

impl Reading {
    fn of(key: &str) -> Self {
        let members = strict_json::members(key);
        let object = strict_json::object(key);
        let kids = members.iter().flatten().filter(|(name, _)| name == "kid");
        let kids = kids.filter_map(|(_, kid)| serde_json::from_str(kid.get()).ok()).collect();
        let is_doubtful = members.is_some() && object.is_none();
        Self { kids, is_doubtful, usable: object.as_ref().and_then(Usable::of) }
    }

    fn may_be_called(&self, kid: &str) -> bool {
        self.is_doubtful && self.kids.iter().any(|own| own == kid)
    }
}

/// What is wanted of a key, read a second time.
#[derive(PartialEq)]
struct Usable {
    kid: String,
    algorithm: String,
    modulus: Vec<u8>,
    exponent: Vec<u8>,
}

impl Usable {
    fn of(key: &Map<String, Value>) -> Option<Self> {
        let text = |name: &str| key.get(name).and_then(Value::as_str);
        let kid = text("kid").filter(|kid| (1..=MAX_KID_BYTES).contains(&kid.len()))?;
        let is_absent = |name: &str| key.get(name).is_none_or(Value::is_null);
        let operations = key.get("key_ops").and_then(Value::as_array);
        let is_for_verifying = operations.is_some_and(|all| all.iter().any(|operation| operation == "verify"));
        let is_list = |operations: &Vec<Value>| operations.iter().all(Value::is_string);
        let algorithm = if is_absent("alg") { "RS256" } else { text("alg")? };
        // Members of another type make it no JWK at all.
        let others = ["x5u", "x5t", "x5t#S256"].iter().all(|name| is_absent(name) || text(name).is_some());
        let chain = key.get("x5c").and_then(Value::as_array);
        // RFC 7518 §6.2.2, §6.3.2 and §6.4.1
        let is_public = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"].iter().all(|name| !key.contains_key(*name));
        let holds = is_public
            && text("kty") == Some("RSA")
            && (is_absent("use") || text("use") == Some("sig"))
            && (is_absent("key_ops") || is_for_verifying && operations.is_some_and(is_list))
            && ["RS256", "RS384", "RS512"].contains(&algorithm)
            && others
            && (is_absent("x5c") || chain.is_some_and(is_list));
        let modulus = URL_SAFE_NO_PAD.decode(text("n")?).ok()?;
        let exponent = URL_SAFE_NO_PAD.decode(text("e")?).ok()?;
        let bits = (modulus.len() * 8).checked_sub(modulus.first()?.leading_zeros() as usize)?;
        let number = exponent.iter().fold(0_u128, |number, byte| number << 8 | u128::from(*byte));
        let is_sound = modulus[0] != 0 && modulus.last()? % 2 == 1 && (2_048..=8_192).contains(&bits);
        let is_exponent = exponent.first() != Some(&0)
            && exponent.len() <= 5
            && number % 2 == 1
            && (65_537..1 << 33).contains(&number);
        (holds && is_sound && is_exponent).then(|| Self {
            kid: kid.to_owned(),
            algorithm: algorithm.to_owned(),
            modulus,
            exponent,
        })
    }

    /// RFC 5280 §4.1, RFC 8017 §A.1.
    fn subject_public_key_info(&self) -> Vec<u8> {
        // rsaEncryption, and NULL for its parameters.
        const RSA: [u8; 15] =
            [0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00];
        let integer = |bytes: &[u8]| {
            let sign: &[u8] = if bytes[0] < 0x80 { &[] } else { &[0] };
            der(0x02, &[sign, bytes])
        };
        let key = der(0x30, &[&integer(&self.modulus), &integer(&self.exponent)]);
        der(0x30, &[&RSA, &der(0x03, &[&[0], &key])])
    }
}

/// DER of what is shorter than 64 KiB.
fn der(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let content = parts.concat();
    let [high, low] = (content.len() as u16).to_be_bytes();
    let length: &[u8] = match (high, low) {
        (0, ..0x80) => &[low],
        (0, _) => &[0x81, low],
        _ => &[0x82, high, low],
    };
    [&[tag], length, &content].concat()
}
