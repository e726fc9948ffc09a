//! What a REST API says about an unknown route if an `Authorization` header came along: it takes the
//! header for a SigV4 signature ([behaviour §2.1](crate::docs::behaviour)).

use base64::{Engine, engine::general_purpose::STANDARD};
use http::{HeaderMap, header::AUTHORIZATION};

use crate::jose::sha256;

/// The value of `x-amzn-errortype`.
pub(super) const ERROR_TYPE: &str = "IncompleteSignatureException";

/// The message, which names the header by its SHA-256; `None` if there is none, or one with an
/// equal-sign: what is said about that was not observed.
pub(super) fn message(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(AUTHORIZATION).filter(|value| !value.as_bytes().contains(&b'='))?;
    let hash = STANDARD.encode(sha256(value.as_bytes()));
    Some(format!(
        "Invalid key=value pair (missing equal-sign) in Authorization header (hashed with SHA-256 and encoded with \
         Base64): '{hash}'."
    ))
}
