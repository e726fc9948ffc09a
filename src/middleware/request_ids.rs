//! The ids of a rejected request, in API Gateway's format: a UUID, and fifteen characters of base64 with one of padding
//! ([behaviour §2.1](crate::docs::behaviour)). The ids are random and carry no information; nothing relies on them
//! being hard to guess.

use base64::{Engine, engine::general_purpose::STANDARD};
use http::HeaderValue;
use uuid::{Builder, fmt::Hyphenated};

use crate::gateway_response::RequestIds;

/// Creates random ids.
pub(crate) fn random() -> RequestIds {
    let mut uuid = [0; 16];
    let mut extended = [0; 11];
    fastrand::fill(&mut uuid);
    fastrand::fill(&mut extended);
    let uuid = Builder::from_random_bytes(uuid).into_uuid();
    let mut text = [0; 16];
    // Eleven bytes encode to fifteen characters and one of padding.
    let length = STANDARD.encode_slice(extended, &mut text).unwrap_or_default();
    RequestIds {
        request_id: value(uuid.hyphenated().encode_lower(&mut [0; Hyphenated::LENGTH]).as_bytes()),
        extended_request_id: value(text.get(..length).unwrap_or_default()),
    }
}

/// Converts an id to a header value. Both ids are ASCII, which every header accepts.
fn value(text: &[u8]) -> HeaderValue {
    HeaderValue::from_bytes(text).unwrap_or(HeaderValue::from_static(""))
}
