//! Rejections for gRPC clients, which do not read a body (gRPC over HTTP/2, "Trailers-Only").

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Response, header::CONTENT_TYPE};

use crate::decide::RejectionKind;

/// Returns the content type of the response to a gRPC call; `None` if the request is not a gRPC call.
pub(super) fn content_type(method: &Method, headers: &HeaderMap) -> Option<HeaderValue> {
    let sent = headers.get(CONTENT_TYPE).filter(|_| *method == Method::POST)?.as_bytes();
    let known = ["application/grpc", "application/grpc-web", "application/grpc-web-text"];
    let is_sent = |own: &&str| {
        sent.split_at_checked(own.len()).is_some_and(|(start, rest)| {
            start.eq_ignore_ascii_case(own.as_bytes()) && matches!(rest.first(), None | Some(b'+' | b';' | b' '))
        })
    };
    known.into_iter().find(is_sent).map(HeaderValue::from_static)
}

/// Creates the response: status 200, no body, and the gRPC status in the headers.
pub(super) fn response(kind: RejectionKind, message: Option<&str>, content_type: HeaderValue) -> Response<Bytes> {
    use RejectionKind as No;
    let status = match kind {
        No::AmbiguousPath | No::UnknownStage | No::NoRoute | No::UnsupportedAuthorization | No::InsufficientScope => {
            PERMISSION_DENIED
        }
        No::KeysUnavailable => UNAVAILABLE,
        _ => UNAUTHENTICATED,
    };
    let mut response = Response::new(Bytes::new());
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, content_type);
    headers.insert(HeaderName::from_static("grpc-status"), HeaderValue::from_static(status));
    // The messages are plain ASCII without `%`, so percent-encoding would change nothing.
    if let Some(message) = message.and_then(|message| HeaderValue::from_str(message).ok()) {
        headers.insert(HeaderName::from_static("grpc-message"), message);
    }
    response
}

/// `google.rpc.Code`
const PERMISSION_DENIED: &str = "7";
const UNAVAILABLE: &str = "14";
const UNAUTHENTICATED: &str = "16";
