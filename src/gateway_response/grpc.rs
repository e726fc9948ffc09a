//! Refusals for gRPC callers, who understand no body (gRPC over HTTP/2, "Trailers-Only").

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Response, header::CONTENT_TYPE};

use crate::decide::RejectionKind;

/// The content type of the answer to a gRPC call; `None` if the request is none.
pub(super) fn content_type(headers: &HeaderMap) -> Option<HeaderValue> {
    let sent = headers.get(CONTENT_TYPE)?.as_bytes();
    // The longer names first: each begins with the next.
    let known = ["application/grpc-web-text", "application/grpc-web", "application/grpc"];
    let own = known
        .into_iter()
        .find(|own| sent.get(..own.len()).is_some_and(|start| start.eq_ignore_ascii_case(own.as_bytes())))?;
    Some(HeaderValue::from_static(own))
}

/// The answer: status 200, no body, and the gRPC status among the headers.
pub(super) fn response(
    kind: RejectionKind,
    message: Option<&'static str>,
    content_type: HeaderValue,
) -> Response<Bytes> {
    use RejectionKind as No;
    let status = match kind {
        No::AmbiguousPath | No::UnknownStage | No::NoRoute | No::InsufficientScope => PERMISSION_DENIED,
        No::KeysUnavailable => UNAVAILABLE,
        _ => UNAUTHENTICATED,
    };
    let mut response = Response::new(Bytes::new());
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, content_type);
    headers.insert(HeaderName::from_static("grpc-status"), HeaderValue::from_static(status));
    if let Some(message) = message {
        headers.insert(HeaderName::from_static("grpc-message"), HeaderValue::from_static(message));
    }
    response
}

/// `google.rpc.Code`
const PERMISSION_DENIED: &str = "7";
const UNAVAILABLE: &str = "14";
const UNAUTHENTICATED: &str = "16";
