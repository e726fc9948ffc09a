//! The error of a REST API for an unknown route if the request has an `Authorization` header: the API parses the header
//! as a SigV4 signature ([behaviour §2.1](crate::docs::behaviour)).

use base64::{Engine, engine::general_purpose::STANDARD};
use http::{HeaderMap, header::AUTHORIZATION};

use crate::jose::sha256;

/// The value of `x-amzn-errortype`.
pub(super) const ERROR_TYPE: &str = "IncompleteSignatureException";

/// Returns the message, which contains the SHA-256 of the header.
///
/// The result is `None` without such a header, or if its value contains an equal-sign: API Gateway's message for that
/// case was not observed.
pub(super) fn message(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(AUTHORIZATION).filter(|value| !value.as_bytes().contains(&b'='))?;
    let hash = STANDARD.encode(sha256(value.as_bytes()));
    Some(format!(
        "Invalid key=value pair (missing equal-sign) in Authorization header (hashed with SHA-256 and encoded with \
         Base64): '{hash}'."
    ))
}
