//! A JOSE header is read as `serde_json` reads it, or refused.

use cognito_authorizer::internals;
use serde_json::Value;

use super::strict_json;

/// Input: the JSON of a JOSE header.
pub fn jose_header(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let read = internals::jose_header_members(text);
    let expected = strict_json::object(text);
    let (Some((algorithm, kid, changes_reading)), Some(object)) = (&read, &expected) else {
        assert!(read.is_none(), "accepted what is no object, or holds a name twice");
        let is_acceptable = expected.as_ref().and_then(strict_json::keeps_bounds);
        assert_ne!(is_acceptable, Some(true), "refused an object that is in order");
        return;
    };
    assert_ne!(strict_json::keeps_bounds(object), Some(false), "accepted an object beyond the bounds");
    let member = |name: &str| object.get(name).and_then(Value::as_str);
    assert_eq!(algorithm.as_deref(), member("alg"));
    assert_eq!(kid.as_deref(), member("kid"));
    assert_eq!(*changes_reading, ["crit", "b64", "zip"].iter().any(|name| object.contains_key(*name)));
    assert!(internals::jose_header(text));
}
