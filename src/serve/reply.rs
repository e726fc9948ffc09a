//! Responses to proxies.

use bytes::Bytes;
use http::{
    HeaderMap, HeaderName, HeaderValue, Response, StatusCode,
    header::{CONTENT_LENGTH, CONTENT_TYPE, RETRY_AFTER},
};

use super::{access_log::Passed, policy::Policy};
use crate::middleware::Admission;

/// The header by which Envoy removes headers of the request.
const TO_REMOVE: &str = "x-envoy-auth-headers-to-remove";

/// Lets a request pass: 200, with every claim header of the configuration. A header without a claim is empty, so that the
/// proxy replaces what the client sent.
pub(super) fn pass(policy: &Policy, admission: Option<&Admission>) -> Response<Bytes> {
    let mut response = empty(StatusCode::OK);
    let set = admission.map(Admission::set_headers);
    for name in policy.claim_headers() {
        let value = set.and_then(|set| set.get(name)).cloned();
        response.headers_mut().insert(name, value.unwrap_or(HeaderValue::from_static("")));
    }
    response.extensions_mut().insert(Passed(admission.and_then(Admission::claims).cloned()));
    response
}

/// The same for Envoy over HTTP, which can also remove headers.
pub(super) fn pass_with_removed(policy: &Policy, admission: &Admission) -> Response<Bytes> {
    let mut response = pass(policy, Some(admission));
    let mut names: Vec<&str> = removed(policy, admission).map(|name| name.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    // Names of headers are header values too.
    if let Some(names) = HeaderValue::from_str(&names.join(",")).ok().filter(|names| !names.is_empty()) {
        response.headers_mut().insert(TO_REMOVE, names);
    }
    response
}

/// Returns the headers that the service must not get: the token, unless the service receives it, names that imitate claim
/// headers, and claim headers without a claim.
pub(super) fn removed<'a>(policy: &'a Policy, admission: &'a Admission) -> impl Iterator<Item = &'a HeaderName> {
    let set = admission.set_headers();
    let without_value = policy.claim_headers().iter().filter(|name| !set.contains_key(*name));
    admission.removed_headers().iter().filter(|name| !set.contains_key(*name)).chain(without_value)
}

/// Changes the status of a rejection, if the proxy would take it for a permission: that of a gRPC call is 200, and a gateway
/// response can have any status. The client reads the new one as its `grpc-status`
/// (gRPC, "HTTP to gRPC Status Code Mapping").
pub(super) fn no_permission(mut response: Response<Bytes>) -> Response<Bytes> {
    if response.status().is_success() {
        let grpc_status = response.headers().get("grpc-status").map(HeaderValue::as_bytes);
        *response.status_mut() = match grpc_status {
            Some(b"16") => StatusCode::UNAUTHORIZED,
            Some(b"14") => StatusCode::SERVICE_UNAVAILABLE,
            _ => StatusCode::FORBIDDEN,
        };
    }
    response
}

/// Changes the only status that Envoy takes for a permission: an answer of the layer itself loses its body.
pub(super) fn other_than_ok(mut response: Response<Bytes>) -> Response<Bytes> {
    if response.status() == StatusCode::OK {
        *response.status_mut() = StatusCode::NO_CONTENT;
        *response.body_mut() = Bytes::new();
        for name in [CONTENT_LENGTH, CONTENT_TYPE] {
            response.headers_mut().remove(name);
        }
    }
    response
}

/// A response without a body.
pub(super) fn empty(status: StatusCode) -> Response<Bytes> {
    let mut response = Response::new(Bytes::new());
    *response.status_mut() = status;
    response
}

/// A response with the name of its status, in the form of a gateway response.
pub(super) fn message(status: StatusCode) -> Response<Bytes> {
    let name = status.canonical_reason().unwrap_or_default();
    let mut response = Response::new(Bytes::from(format!("{{\"message\":\"{name}\"}}")));
    *response.status_mut() = status;
    let headers: &mut HeaderMap = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// Tells the client to ask again.
pub(super) fn try_again() -> Response<Bytes> {
    let mut response = message(StatusCode::SERVICE_UNAVAILABLE);
    response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("1"));
    response
}
