//! base64url is read strictly: one text has one meaning, and no other text has it.

use base64::{
    Engine,
    alphabet::URL_SAFE,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use cognito_authorizer::internals;

/// Input: a text. Compared with the plain engine of the `base64` crate.
pub fn base64url(data: &[u8]) {
    let strict = GeneralPurposeConfig::new()
        .with_encode_padding(false)
        .with_decode_allow_trailing_bits(false)
        .with_decode_padding_mode(DecodePaddingMode::RequireNone);
    let engine = GeneralPurpose::new(&URL_SAFE, strict);
    let expected = engine.decode(data).ok();
    let decoded = internals::decode(data);
    assert_eq!(decoded, expected);
    let length = decoded.as_ref().map_or(data.len(), Vec::len);
    // A buffer that is too small, one that fits, and one that leaves room.
    for size in [length.saturating_sub(1), length, length + 1, length + 64] {
        let mut buffer = vec![0xa5; size];
        let fitting = decoded.as_deref().filter(|decoded| decoded.len() <= size);
        assert_eq!(internals::decode_into(data, &mut buffer), fitting, "a buffer of {size} bytes for {length}");
    }
    if let Some(decoded) = decoded {
        assert_eq!(engine.encode(decoded).as_bytes(), data, "two texts mean the same");
    }
    // Whatever the bytes are: their text is read, and padded or with a blank behind it is not.
    let text = engine.encode(data);
    assert_eq!(internals::decode(text.as_bytes()).as_deref(), Some(data));
    for spoilt in [format!("{text}="), format!("{text}\n"), format!(" {text}"), format!("{text}+")] {
        assert_eq!(internals::decode(spoilt.as_bytes()), None, "{spoilt:?}");
    }
}
