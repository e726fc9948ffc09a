//! The origin of a form that a browser sends, to prevent cross-site requests.
//!
//! A browser sends a form without a CORS preflight (Fetch §3.2.2, "CORS-safelisted"), and the addresses of the user
//! pool are easy to guess. Browsers state the origin of a form in `Origin` (RFC 6454 §7) and in `Sec-Fetch-Site` (Fetch
//! Metadata §2.3). Other clients send neither header.

use bytes::Bytes;
use http::{
    HeaderMap, HeaderValue, Response, StatusCode,
    header::{ACCESS_CONTROL_ALLOW_ORIGIN, ORIGIN, VARY},
};
use serde_json::json;

use super::{response, token::to_json};

/// The origin of a form.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum FormOrigin<'a> {
    /// Not sent by a browser, or sent by a page of the user pool itself.
    Own,
    /// A page whose origin is configured.
    Allowed(&'a HeaderValue),
    Other,
}

impl<'a> FormOrigin<'a> {
    /// Classifies a request. `host` is the host of the request; the caller has verified that it means this machine.
    pub(super) fn of(headers: &'a HeaderMap, host: &str, base_url: &str, allowed: &[String]) -> Self {
        let is_own_site = headers.get_all(SEC_FETCH_SITE).iter().all(|site| site == "same-origin" || site == "none");
        let mut origins = headers.get_all(ORIGIN).iter();
        match (origins.next(), origins.next()) {
            (None, _) if is_own_site => Self::Own,
            (Some(origin), None) if allowed.iter().any(|own| own == origin) => Self::Allowed(origin),
            (Some(origin), None) if is_own_site && is_own(origin, host, base_url) => Self::Own,
            _ => Self::Other,
        }
    }

    /// Adds the CORS headers that let a page of an allowed origin read the response.
    pub(super) fn shown(&self, mut response: Response<Bytes>) -> Response<Bytes> {
        if let Self::Allowed(origin) = self {
            response.headers_mut().insert(ACCESS_CONTROL_ALLOW_ORIGIN, (*origin).clone());
            response.headers_mut().insert(VARY, HeaderValue::from_static("Origin"));
        }
        response
    }
}

/// Returns the response to a form of another origin.
pub(super) fn rejection() -> Response<Bytes> {
    let description = "the form was sent by a page of another origin: name the origin in AllowedOrigins to accept it";
    let body = json!({ "error": "invalid_request", "error_description": description });
    response::json(StatusCode::FORBIDDEN, to_json(&body).into())
}

/// Whether a text is an origin as browsers write it: scheme, host and perhaps a port.
pub(super) fn is_origin(text: &str) -> bool {
    let host = text.strip_prefix("http://").or_else(|| text.strip_prefix("https://")).unwrap_or_default();
    let is_written = |byte: u8| byte.is_ascii_graphic() && !byte.is_ascii_uppercase() && !b"/?#@*".contains(&byte);
    !host.is_empty() && !host.starts_with(':') && host.bytes().all(is_written)
}

/// Whether the origin is the host of the request or the origin of the base URL.
fn is_own(origin: &HeaderValue, host: &str, base_url: &str) -> bool {
    let of_base_url = base_url.split('/').take(3).collect::<Vec<_>>().join("/");
    let origin = origin.as_bytes();
    [format!("http://{host}"), of_base_url].iter().any(|own| own.as_bytes().eq_ignore_ascii_case(origin))
}

const SEC_FETCH_SITE: &str = "sec-fetch-site";
