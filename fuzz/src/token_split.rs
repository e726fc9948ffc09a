//! A token is three parts, none of them empty, with two dots between them.

use cognito_authorizer::internals;

/// Input: a token. Compared with a split at every dot.
pub fn token_split(data: &[u8]) {
    let parts: Vec<&[u8]> = data.split(|byte| *byte == b'.').collect();
    let expected = match *parts {
        [header, payload, signature] if ![header, payload, signature].contains(&&b""[..]) => {
            Some([header, payload, signature])
        }
        _ => None,
    };
    let split = internals::split(data);
    assert_eq!(split, expected);
    if let Some([header, payload, signature]) = split {
        assert_eq!([header, payload, signature].join(&b'.'), data, "nothing is lost, and nothing is added");
    }
}
