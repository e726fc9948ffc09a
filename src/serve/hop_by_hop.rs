//! The headers that are meant for one connection alone
//! ([RFC 9110 §7.6.1](https://www.rfc-editor.org/rfc/rfc9110#section-7.6.1)).
//!
//! They are removed from a request *before* it is decided about, so that `Connection: x-user` cannot remove a claim header
//! afterwards, and the service gets what the layer has seen.

use http::{
    HeaderMap, HeaderName, HeaderValue,
    header::{CONNECTION, COOKIE, EXPECT, PROXY_AUTHENTICATE, PROXY_AUTHORIZATION, TE, TRAILER, UPGRADE},
};

/// Removes the headers of a connection, and those that `Connection` names. `Transfer-Encoding` stays, because it tells the
/// layer that there is a body. Returns whether the connection is to become a WebSocket, the only change of protocol that is
/// passed on: after another one, such as to `h2c`, further requests would reach the service unseen.
pub(super) fn remove(headers: &mut HeaderMap) -> bool {
    let named: Vec<HeaderName> = options(headers).filter_map(|name| name.parse().ok()).collect();
    let mut protocols = headers.get_all(UPGRADE).iter();
    let is_websocket = named.contains(&UPGRADE)
        && protocols.next().is_some_and(|own| own.as_bytes().trim_ascii().eq_ignore_ascii_case(WEBSOCKET.as_bytes()))
        && protocols.next().is_none();
    let takes_trailers = headers.get_all(TE).iter().any(|value| has_token(value, "trailers"));
    for name in named {
        headers.remove(name);
    }
    for name in [CONNECTION, PROXY_AUTHENTICATE, PROXY_AUTHORIZATION, TE, TRAILER, UPGRADE, EXPECT] {
        headers.remove(name);
    }
    for name in ["keep-alive", "proxy-connection", "http2-settings"] {
        headers.remove(name);
    }
    // gRPC servers require it, and it means the same on the next connection.
    if takes_trailers {
        headers.insert(TE, HeaderValue::from_static("trailers"));
    }
    is_websocket
}

/// Asks for a WebSocket on the next connection.
pub(super) fn ask_for_websocket(headers: &mut HeaderMap) {
    headers.insert(CONNECTION, HeaderValue::from_static("upgrade"));
    headers.insert(UPGRADE, HeaderValue::from_static(WEBSOCKET));
}

const WEBSOCKET: &str = "websocket";

/// Joins the cookies that HTTP/2 may split
/// ([RFC 9113 §8.2.3](https://www.rfc-editor.org/rfc/rfc9113#section-8.2.3)).
pub(super) fn join_cookies(headers: &mut HeaderMap) {
    if headers.get_all(COOKIE).iter().nth(1).is_none() {
        return;
    }
    let parts: Vec<&[u8]> = headers.get_all(COOKIE).iter().map(HeaderValue::as_bytes).collect();
    // A joined value of valid values is valid.
    if let Ok(joined) = HeaderValue::from_bytes(&parts.join(&b"; "[..])) {
        headers.insert(COOKIE, joined);
    }
}

fn options(headers: &HeaderMap) -> impl Iterator<Item = &str> {
    let values = headers.get_all(CONNECTION).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).map(str::trim).filter(|name| !name.is_empty())
}

fn has_token(value: &HeaderValue, token: &str) -> bool {
    let value = value.to_str().unwrap_or_default();
    value.split(',').any(|own| own.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case(token))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let pair = |(name, value): &(&'static str, &'static str)| {
            (HeaderName::from_static(name), HeaderValue::from_static(value))
        };
        pairs.iter().map(pair).collect()
    }

    #[test]
    fn headers_of_the_connection_are_removed() {
        let mut own = headers(&[
            ("connection", "close, X-User"),
            ("connection", "x-other"),
            ("x-user", "admin"),
            ("x-other", "1"),
            ("keep-alive", "timeout=5"),
            ("proxy-authorization", "Basic x"),
            ("te", "gzip, trailers;q=0.5"),
            ("upgrade", "websocket"),
            ("x-kept", "1"),
        ]);
        // Without `Connection: upgrade`, nothing is asked for.
        assert!(!remove(&mut own));
        assert_eq!(own, headers(&[("te", "trailers"), ("x-kept", "1")]));
    }

    #[test]
    fn only_a_websocket_is_asked_for() {
        for (upgrade, is_websocket) in [
            (&["websocket"][..], true),
            (&["WebSocket"], true),
            (&["h2c"], false),
            (&["websocket, h2c"], false),
            (&["websocket", "h2c"], false),
            (&["h2c", "websocket"], false),
            (&["TLS/1.0"], false),
            (&[], false),
        ] {
            let mut own = headers(&[("connection", "keep-alive, Upgrade")]);
            upgrade.iter().for_each(|own_value| {
                own.append(UPGRADE, HeaderValue::from_static(own_value));
            });
            assert_eq!(remove(&mut own), is_websocket, "{upgrade:?}");
            assert!(own.is_empty());
        }
    }

    #[test]
    fn cookies_are_joined() {
        let mut own = headers(&[("cookie", "a=1"), ("cookie", "b=2"), ("x", "1")]);
        join_cookies(&mut own);
        assert_eq!(own, headers(&[("cookie", "a=1; b=2"), ("x", "1")]));
    }
}
