//! A key of a JWK Set is used exactly if everything that it says of itself fits, and each is judged on its own.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use cognito_authorizer::{
    JwkSet, Kid,
    limits::{MAX_JWK_SET_BYTES, MAX_JWK_SET_KEYS, MAX_KID_BYTES},
};
use serde_json::{Map, Value};

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
    let keys: Vec<&serde_json::value::RawValue> = serde_json::from_str(keys.get()).expect("`keys` is an array");
    assert!(keys.len() <= MAX_JWK_SET_KEYS);
    assert!(set.len() + set.dropped().len() <= keys.len());
    let mut places: Vec<usize> = set.dropped().iter().map(|dropped| dropped.index()).collect();
    places.sort_unstable();
    places.dedup();
    assert_eq!(places.len(), set.dropped().len(), "a key is dropped once");
    assert!(places.iter().all(|place| *place < keys.len()));

    // Where a name stands twice in a key, readers disagree; nothing is expected of it then but that it spoils no other.
    let strict: Vec<Option<Map<String, Value>>> = keys.iter().map(|key| strict_json::object(key.get())).collect();
    let usable: Vec<Option<Usable>> = strict.iter().map(|key| key.as_ref().and_then(Usable::of)).collect();
    let is_doubtful = strict.iter().any(|key| key.is_none());
    for (place, own) in usable.iter().enumerate() {
        let Some(own) = own else { continue };
        let others = usable.iter().flatten().filter(|other| other.kid == own.kid);
        let is_alone = others.clone().all(|other| other == own);
        let found = Kid::parse(&own.kid).and_then(|kid| set.find(kid));
        assert!(found.is_none() || is_alone, "a key of two that share a name");
        if is_alone && !is_doubtful {
            let found = found.unwrap_or_else(|| panic!("key {place} was dropped: {:?}", set.dropped()));
            assert_eq!(found.algorithm().name(), own.algorithm);
        }
    }
    if !is_doubtful {
        let mut kids: Vec<&str> = usable.iter().flatten().map(|key| &*key.kid).collect();
        kids.sort_unstable();
        kids.dedup();
        assert!(set.len() <= kids.len(), "a key that should not be there");
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
        let holds = text("kty") == Some("RSA")
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
}
