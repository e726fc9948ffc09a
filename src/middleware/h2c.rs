//! Detects an upgrade to HTTP/2 without TLS, which the inner service must not see.
//!
//! After such an upgrade, the caller sends further requests on the connection. If the inner service is a proxy, these
//! requests would reach the proxied server without passing the layer. RFC 9113 §3.1 made the upgrade obsolete, and a
//! server may ignore it. The layer therefore forwards the request as HTTP/1.1, because some clients, such as Java's
//! `HttpClient`, ask for the upgrade with each first request.

use http::{HeaderMap, HeaderName, HeaderValue, header::UPGRADE};

/// RFC 7540 §3.2.1
static UPGRADE_HEADERS: [HeaderName; 2] = [UPGRADE, HeaderName::from_static("http2-settings")];

/// Returns the headers that ask for the upgrade; usually none.
pub(super) fn upgrade_headers(headers: &HeaderMap) -> &'static [HeaderName] {
    let is_h2c = |protocol: &[u8]| protocol.trim_ascii().eq_ignore_ascii_case(b"h2c");
    let asks = |value: &HeaderValue| value.as_bytes().split(|byte| *byte == b',').any(is_h2c);
    if headers.get_all(UPGRADE).iter().any(asks) { &UPGRADE_HEADERS } else { &[] }
}
