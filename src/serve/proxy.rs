//! The reverse proxy: the layer in front of one service.
//!
//! The crates for reverse proxies remove the headers that `Connection` names after the service's own layers have run, or parse
//! the target into a URL, which changes the path. Here, the request that is decided about is the request that is sent.

use std::{
    convert::Infallible,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use http::{
    HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode, Version, header::HOST, request::Parts,
};
use http_body_util::BodyExt;
use hyper::{body::Incoming, upgrade::OnUpgrade};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tower::{Layer, ServiceExt, service_fn};

use super::{
    access_log::{Log, Passed, REQUEST_ID},
    hop_by_hop,
    peer::TrustedProxies,
    policy::SharedPolicy,
    reply,
    running::{Body, Peer, boxed},
    upstream::{Upstream, UpstreamError},
};
use crate::{claims::Claims, header_name::reads_alike, limits::SERVE_TUNNEL_TIMEOUT, middleware::request_ids};

const FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
const FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");

/// Everything that answering needs.
#[derive(Clone, Debug)]
pub(super) struct Proxy {
    pub(super) policy: SharedPolicy,
    pub(super) upstream: Upstream,
    pub(super) trusted: TrustedProxies,
    pub(super) log: Log,
}

impl Proxy {
    /// Answers a request: by the service, if it may pass.
    pub(super) async fn answer(self: Arc<Self>, peer: Peer, request: Request<Incoming>) -> Response<Body> {
        // A tunnel to anywhere is not what is protected.
        if request.method() == Method::CONNECT {
            return boxed(reply::message(StatusCode::METHOD_NOT_ALLOWED));
        }
        // RFC 9112 §3.2: more than one host is an error. A host has no user.
        let has_user = request.uri().authority().is_some_and(|authority| authority.as_str().contains('@'));
        if has_user || request.headers().get_all(HOST).iter().nth(1).is_some() {
            return boxed(reply::message(StatusCode::BAD_REQUEST));
        }
        let policy = self.policy.load_full();
        let (mut head, body) = request.into_parts();
        let is_websocket = hop_by_hop::remove(&mut head.headers);
        let is_trusted = self.trusted.trusts(peer.address);
        describe(
            &mut head,
            &Connection { address: peer.address, is_tls: peer.is_tls, is_trusted },
            self.upstream.host(),
        );
        let request_id = head.headers.get(REQUEST_ID).cloned();
        let begun = self.log.begin(&policy, &head);
        let (proxy, slot) = (Arc::clone(&self), peer);
        let service = policy.layer().layer(service_fn(move |request| {
            let (proxy, slot) = (Arc::clone(&proxy), slot.clone());
            async move { Ok::<_, Infallible>(proxy.forward(slot, is_websocket, request).await) }
        }));
        let response = match service.oneshot(Request::from_parts(head, body)).await {
            Ok(response) => response.map(BodyExt::boxed_unsync),
            Err(never) => match never {},
        };
        let request_id = request_id.as_ref().and_then(|id| id.to_str().ok());
        self.log.end(begun, "proxy", request_id, &response);
        response
    }

    /// Sends a request that passed the layer.
    async fn forward(&self, peer: Peer, is_websocket: bool, mut request: Request<Incoming>) -> Response<Body> {
        let passed = Passed(request.extensions().get::<Claims>().cloned());
        let is_websocket = is_websocket && self.upstream.can_upgrade() && request.version() == Version::HTTP_11;
        let client = is_websocket.then(|| {
            hop_by_hop::ask_for_websocket(request.headers_mut());
            hyper::upgrade::on(&mut request)
        });
        let mut response = match self.upstream.send(request).await {
            Ok(response) => response,
            Err(error) => return failed(&error, passed),
        };
        let is_accepted = hop_by_hop::remove(response.headers_mut());
        if response.status() == StatusCode::SWITCHING_PROTOCOLS {
            let Some(client) = client.filter(|_| is_accepted) else {
                tracing::warn!("the service changed the protocol, which the client had not asked for");
                return boxed(reply::message(StatusCode::BAD_GATEWAY));
            };
            hop_by_hop::ask_for_websocket(response.headers_mut());
            tunnel(client, hyper::upgrade::on(&mut response), peer);
        }
        *response.version_mut() = Version::HTTP_11;
        response.extensions_mut().insert(passed);
        response.map(|body| body.map_err(Into::into).boxed_unsync())
    }
}

/// What the service is told about a connection.
#[derive(Clone, Copy, Debug)]
struct Connection {
    address: Option<SocketAddr>,
    is_tls: bool,
    is_trusted: bool,
}

/// Sets the headers that describe the connection to the service. What a client says about itself is not believed.
/// `host` is for requests without a `Host`.
fn describe(head: &mut Parts, connection: &Connection, host: Option<HeaderValue>) {
    let headers = &mut head.headers;
    hop_by_hop::join_cookies(headers);
    // The target's host overrides the header (RFC 9112 §3.2.2), and is the only one with HTTP/2.
    let of_target = head.uri.authority().and_then(|authority| HeaderValue::from_str(authority.as_str()).ok());
    if let Some(host) = of_target.or_else(|| host.filter(|_| !headers.contains_key(HOST))) {
        headers.insert(HOST, host);
    }
    if !connection.is_trusted {
        let names: Vec<HeaderName> = headers.keys().filter(|name| describes_a_client(name.as_str())).cloned().collect();
        for name in names {
            headers.remove(name);
        }
    }
    if let Some(address) = connection.address {
        append(headers, FOR, &address.ip().to_canonical().to_string());
    }
    let proto = HeaderValue::from_static(if connection.is_tls { "https" } else { "http" });
    headers.entry(PROTO).or_insert(proto);
    if let Some(host) = headers.get(HOST).cloned() {
        headers.entry(FORWARDED_HOST).or_insert(host);
    }
    headers.entry(REQUEST_ID).or_insert_with(|| request_ids::random().request_id);
}

/// Whether a service may read this header as something that a proxy says about the client, `_` and `.` for `-` included.
fn describes_a_client(name: &str) -> bool {
    let starts = |prefix: &str| name.get(..prefix.len()).is_some_and(|start| reads_alike(prefix, start.as_bytes()));
    starts("x-forwarded-")
        || ["forwarded", "x-real-ip", "x-request-id"].iter().any(|own| reads_alike(own, name.as_bytes()))
}

fn failed(error: &UpstreamError, passed: Passed) -> Response<Body> {
    tracing::warn!(%error, "a request that passed has no response");
    let mut response = reply::message(error.status());
    response.extensions_mut().insert(passed);
    boxed(response)
}

/// Adds a value to a list in a header, as one value.
fn append(headers: &mut HeaderMap, name: HeaderName, value: &str) {
    let mut parts: Vec<String> =
        headers.get_all(&name).iter().map(|own| String::from_utf8_lossy(own.as_bytes()).into_owned()).collect();
    parts.push(value.to_owned());
    if let Ok(joined) = HeaderValue::from_str(&parts.join(", ")) {
        headers.insert(name, joined);
    }
}

/// Copies both ways until one end closes, or nothing moves. The connection keeps its place until then.
fn tunnel(client: OnUpgrade, service: OnUpgrade, peer: Peer) {
    tokio::spawn(async move {
        if let (Ok(client), Ok(service)) = tokio::join!(client, service) {
            let moved = AtomicU64::new(0);
            let (from_client, to_client) = tokio::io::split(TokioIo::new(client));
            let (from_service, to_service) = tokio::io::split(TokioIo::new(service));
            // Each ends with the other: a half that is closed ends a WebSocket.
            tokio::select! {
                () = copy(from_client, to_service, &moved) => {}
                () = copy(from_service, to_client, &moved) => {}
                () = stands_still(&moved) => {}
            }
        }
        drop(peer);
    });
}

/// Copies until the end, or until one end breaks.
async fn copy(mut from: impl AsyncRead + Unpin, mut to: impl AsyncWrite + Unpin, moved: &AtomicU64) {
    let mut part = vec![0; 16_384];
    while let Ok(length @ 1..) = from.read(&mut part).await {
        if to.write_all(part.get(..length).unwrap_or_default()).await.is_err() || to.flush().await.is_err() {
            break;
        }
        moved.fetch_add(1, Ordering::Relaxed);
    }
    // The other end learns that there is no more.
    drop(to.shutdown().await);
}

/// Waits until nothing has moved for too long.
async fn stands_still(moved: &AtomicU64) {
    let mut seen = 0;
    loop {
        tokio::time::sleep(SERVE_TUNNEL_TIMEOUT).await;
        let now = moved.load(Ordering::Relaxed);
        if now == seen {
            return;
        }
        seen = now;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the headers of a request after `describe`, in order.
    fn described(sent: &[(&str, &str)], is_trusted: bool) -> Vec<String> {
        let request = sent.iter().fold(Request::get("/"), |request, (name, value)| request.header(*name, *value));
        let (mut head, ()) = request.body(()).unwrap().into_parts();
        let connection = Connection { address: Some("192.0.2.7:5".parse().unwrap()), is_tls: true, is_trusted };
        describe(&mut head, &connection, Some(HeaderValue::from_static("upstream")));
        let shown = head.headers.iter().filter(|(name, value)| **name != REQUEST_ID || value.len() != 36);
        let mut shown: Vec<String> =
            shown.map(|(name, value)| format!("{name}: {}", value.to_str().unwrap())).collect();
        shown.sort();
        shown
    }

    #[test]
    fn only_trusted_proxies_say_who_the_client_is() {
        let sent = [
            ("host", "service.example"),
            ("x-forwarded-for", "203.0.113.9"),
            ("x-forwarded-for", "10.0.0.1"),
            ("x-forwarded-proto", "http"),
            ("x-forwarded-host", "shown.example"),
            ("forwarded", "for=203.0.113.9"),
            ("x-request-id", "own"),
        ];
        let imitated =
            [("host", "service.example"), ("x_forwarded_for", "1"), ("x-forwarded_proto", "1"), ("x-real-ip", "1")];
        let unknown = [
            "host: service.example",
            "x-forwarded-for: 192.0.2.7",
            "x-forwarded-host: service.example",
            "x-forwarded-proto: https",
        ];
        assert_eq!(described(&sent, false), unknown);
        assert_eq!(described(&imitated, false), unknown);
        let trusted = [
            "forwarded: for=203.0.113.9",
            "host: service.example",
            "x-forwarded-for: 203.0.113.9, 10.0.0.1, 192.0.2.7",
            "x-forwarded-host: shown.example",
            "x-forwarded-proto: http",
            "x-request-id: own",
        ];
        assert_eq!(described(&sent, true), trusted);
        assert_eq!(described(&[], false)[0], "host: upstream");
    }
}
