//! The reverse proxy: what the service receives, and what never reaches it.
use std::time::Duration;

use cognito_authorizer::serve::{Policy, Server, ServerError, ServerSettings, Upstream};
use tokio::io::AsyncWriteExt;

use crate::{
    fronts::{borrowed, requests},
    served::{Seen, Served},
    service,
    wire::{connect, exchange, read_until, request},
};

pub struct Proxied {
    pub served: Served,
    pub proxy: Server,
}

impl Proxied {
    pub async fn new(more: &str) -> Self {
        Self::with(more, |upstream| upstream).await
    }

    pub async fn with(more: &str, set: impl FnOnce(Upstream) -> Upstream) -> Self {
        let (served, service) = (Served::new(more).await, service::start().await);
        let upstream = set(Upstream::new(&format!("http://{service}")).unwrap());
        let proxy = proxy(&served, upstream).await;
        Self { served, proxy }
    }

    async fn send(&self, method: &str, target: &str, headers: &[(&str, &str)]) -> Answer {
        Answer::read(&exchange(self.proxy.address(), &request(method, target, headers)).await)
    }
}

async fn proxy(served: &Served, upstream: Upstream) -> Server {
    let listen = "127.0.0.1:0".parse().unwrap();
    let policy = Policy::new(&served.configuration).unwrap();
    Server::start_proxy(policy, &listen, upstream, ServerSettings::default()).await.unwrap()
}

/// A response, from its bytes.
#[derive(Debug)]
struct Answer {
    seen: Seen,
    /// Every line of the head.
    head: String,
}

impl Answer {
    fn read(text: &str) -> Self {
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or_else(|| panic!("{text:?}"));
        let mut lines = head.split("\r\n");
        let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
        let changing = ["date:", "content-length:", "x-amzn-requestid:", "x-amz-apigw-id:", "connection:"];
        let kept = lines.filter(|line| !changing.iter().any(|name| line.starts_with(name)));
        let mut headers: Vec<String> = kept.map(str::to_owned).collect();
        headers.sort_unstable();
        Self { seen: Seen { status, headers, body: body.to_owned() }, head: head.to_owned() }
    }

    fn told(&self, line: &str) -> bool {
        self.seen.body.lines().any(|own| own == line)
    }
}

/// The layer decides, and the response to a rejected request is the layer's.
#[tokio::test]
async fn every_request_is_decided_by_the_layer() {
    let proxied = Proxied::new("").await;
    let (mut passed, mut rejected) = (0, 0);
    for (method, target, headers) in requests(&proxied.served) {
        let headers = borrowed(&headers);
        let layer = proxied.served.layer(method, target, &headers).await;
        let answer = proxied.send(method, target, &headers).await;
        let what = format!("{method} {target} {headers:?}");
        if layer.body == "service" {
            passed += 1;
            assert!(answer.told(&format!("{method} {target} HTTP/1.1")), "{what}: {answer:?}");
        } else {
            rejected += 1;
            assert_eq!(answer.seen, layer, "{what}");
        }
    }
    assert!(passed > 8 && rejected > 30, "{passed} {rejected}");
}

/// `Connection` names headers that a proxy removes: not those that the layer sets.
#[tokio::test]
async fn a_client_cannot_remove_or_send_what_the_layer_sets() {
    let proxied = Proxied::new("").await;
    let token = proxied.served.token("pets/read");
    let names_claims =
        [("authorization", &*token), ("connection", "x-user, x-scope"), ("x-user", "admin"), ("x_user", "admin")];
    let answer = proxied.send("GET", "/pets", &names_claims).await;
    assert!(answer.told("x-user: client") && answer.told("x-scope: pets/read"), "{answer:?}");
    assert!(!answer.seen.body.contains("admin"), "{answer:?}");
    let open = proxied.send("GET", "/open", &[("x-user", "admin"), ("X-Scope", "all")]).await;
    assert!(
        open.seen.status == 200 && !open.seen.body.contains("admin") && !open.seen.body.contains("all"),
        "{open:?}"
    );
    // A header that is meant for the proxy is not a token.
    let hidden = proxied.send("GET", "/pets", &[("authorization", &token), ("connection", "authorization")]).await;
    assert_eq!(hidden.seen.status, 401);
}

#[tokio::test]
async fn headers_of_a_connection_stay_on_it() {
    let proxied = Proxied::new("").await;
    let sent =
        [("keep-alive", "timeout=9"), ("te", "gzip"), ("proxy-authorization", "Basic x"), ("expect", "100-continue")];
    let answer = proxied.send("GET", "/open", &sent).await;
    for name in ["keep-alive", "te:", "proxy-authorization", "expect", "connection", "upgrade"] {
        assert!(!answer.seen.body.contains(name), "{name}: {answer:?}");
    }
    assert!(answer.told("host: service.example") && answer.told("x-forwarded-host: service.example"), "{answer:?}");
    assert!(answer.told("x-forwarded-for: 127.0.0.1") && answer.told("x-forwarded-proto: http"), "{answer:?}");
    assert!(answer.seen.body.contains("x-request-id: "), "{answer:?}");
    let private = proxied.send("GET", "/open", &[("x-do", "headers")]).await;
    assert_eq!(private.seen.headers, ["x-public: 2"]);
    // The target overrides the header, as RFC 9112 §3.2.2 says; the layer and the service see the same path.
    let absolute = proxied.send("GET", "http://other.example/open?a=1", &[]).await;
    assert!(absolute.told("GET /open?a=1 HTTP/1.1") && absolute.told("host: other.example"), "{absolute:?}");
    assert_eq!(proxied.send("CONNECT", "other.example:443", &[]).await.seen.status, 405);
}

/// Both ways, part by part: nothing waits for the end of a body.
#[tokio::test]
async fn bodies_stream() {
    let proxied = Proxied::new("").await;
    let token = proxied.served.token("pets/read");
    let mut stream = connect(proxied.proxy.address()).await;
    let head = format!(
        "POST /pets/7 HTTP/1.1\r\nhost: a\r\nauthorization: {token}\r\nx-do: stream\r\ntransfer-encoding: chunked\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    for part in ["one", "two"] {
        stream.write_all(format!("3\r\n{part}\r\n").as_bytes()).await.unwrap();
        read_until(&mut stream, &part.to_uppercase()).await;
    }
    stream.write_all(b"0\r\n\r\n").await.unwrap();
    read_until(&mut stream, "0\r\n\r\n").await;
}

#[tokio::test]
async fn a_protocol_is_changed_for_those_who_may() {
    let proxied = Proxied::new("").await;
    let token = proxied.served.token("pets/read");
    let upgrade = |token: &str| {
        format!(
            "GET /pets/7 HTTP/1.1\r\nhost: a\r\nauthorization: {token}\r\nconnection: Upgrade\r\nupgrade: websocket\r\n\
             x-do: upgrade\r\n\r\n"
        )
    };
    let mut stream = connect(proxied.proxy.address()).await;
    stream.write_all(upgrade(&token).as_bytes()).await.unwrap();
    let head = read_until(&mut stream, "\r\n\r\n").await;
    assert!(head.starts_with("HTTP/1.1 101 ") && head.contains("upgrade: websocket"), "{head}");
    stream.write_all(b"ping").await.unwrap();
    assert_eq!(read_until(&mut stream, "gnip").await, "gnip");
    let rejected = Answer::read(&exchange(proxied.proxy.address(), &upgrade("nonsense")).await);
    assert_eq!(rejected.seen.status, 401);
    // A service that changes the protocol by itself would speak to nobody.
    let unasked = proxied.send("GET", "/open", &[("x-do", "upgrade")]).await;
    assert_eq!(unasked.seen.status, 502, "{}", unasked.head);
}

#[tokio::test]
async fn bodies_and_waits_are_limited() {
    let limited = |upstream: Upstream| upstream.max_body_bytes(10).timeout(Duration::from_millis(300));
    let proxied = Proxied::with("", limited).await;
    let token = proxied.served.token("pets/read");
    let post = |more: &str, body: &str| {
        format!(
            "POST /pets/7 HTTP/1.1\r\nhost: a\r\nconnection: close\r\nauthorization: {token}\r\n{more}\r\n\r\n{body}"
        )
    };
    let small = exchange(proxied.proxy.address(), &post("content-length: 10", "0123456789")).await;
    assert!(small.starts_with("HTTP/1.1 200 ") && small.contains("0123456789"), "{small}");
    let large = exchange(proxied.proxy.address(), &post("content-length: 11", "0123456789a")).await;
    assert!(large.starts_with("HTTP/1.1 413 "), "{large}");
    let chunks = "b\r\n0123456789a\r\n0\r\n\r\n";
    let chunked = exchange(proxied.proxy.address(), &post("transfer-encoding: chunked", chunks)).await;
    assert!(chunked.starts_with("HTTP/1.1 413 "), "{chunked}");
    // Without a token, no limit is learned.
    let anonymous =
        exchange(proxied.proxy.address(), &post("content-length: 11", "0123456789a").replace(&token, "")).await;
    assert!(anonymous.starts_with("HTTP/1.1 401 "), "{anonymous}");
    for does in ["hang", "slow"] {
        assert_eq!(proxied.send("GET", "/open", &[("x-do", does)]).await.seen.status, 504, "{does}");
    }
    let gone = proxy(&proxied.served, Upstream::new("http://127.0.0.1:9").unwrap()).await;
    let answer = exchange(gone.address(), &request("GET", "/open", &[])).await;
    assert!(answer.starts_with("HTTP/1.1 502 ") && answer.ends_with("{\"message\":\"Bad Gateway\"}"), "{answer}");
}

/// Whatever the service answers was decided about: it never sees a request that the proxy took for a body.
#[tokio::test]
async fn a_request_cannot_hide_another_one() {
    let proxied = Proxied::new("").await;
    let token = proxied.served.token("pets/read");
    let hidden = "GET /pets HTTP/1.1\r\nhost: a\r\n\r\n";
    let length = hidden.len();
    for (framing, body, is_read) in [
        (format!("content-length: {length}"), hidden.to_owned(), true),
        ("transfer-encoding: chunked".to_owned(), format!("{length:x}\r\n{hidden}\r\n0\r\n\r\n"), true),
        ("transfer-encoding: chunked".to_owned(), format!("0\r\n\r\n{hidden}"), true),
        (format!("content-length: {length}\r\ntransfer-encoding: chunked"), format!("0\r\n\r\n{hidden}"), false),
        (format!("transfer-encoding: chunked\r\ncontent-length: {length}"), format!("0\r\n\r\n{hidden}"), false),
        (format!("content-length: 0\r\ncontent-length: {length}"), hidden.to_owned(), false),
        ("transfer-encoding: chunked, identity".to_owned(), hidden.to_owned(), false),
        ("content-length: +5".to_owned(), hidden.to_owned(), false),
    ] {
        let head = format!("POST /pets/7 HTTP/1.1\r\nhost: a\r\nauthorization: {token}\r\n{framing}\r\n\r\n");
        let answer = exchange(proxied.proxy.address(), &format!("{head}{body}")).await;
        assert!(!answer.contains("x-user: \n") && !answer.contains("GET /pets HTTP/1.1\nhost"), "{framing}: {answer}");
        assert!(!is_read || answer.contains("POST /pets/7 HTTP/1.1\n"), "{framing}: {answer}");
    }
}

#[tokio::test]
async fn a_preflight_with_a_body_is_none() {
    let proxied = Proxied::new("[cors]\norigins = [\"https://app.example\"]\n").await;
    let preflight = [("origin", "https://app.example"), ("access-control-request-method", "GET")];
    let own = proxied.send("OPTIONS", "/pets", &preflight).await;
    assert_eq!((own.seen.status, own.seen.header("access-control-allow-origin")), (204, Some("https://app.example")));
    let chunked = [&preflight[..], &[("transfer-encoding", "chunked")]].concat();
    let sent = format!("{}0\r\n\r\n", request("OPTIONS", "/pets", &chunked));
    let answer = exchange(proxied.proxy.address(), &sent).await;
    assert!(answer.starts_with("HTTP/1.1 403 "), "{answer}");
}

#[test]
fn wrong_addresses_of_services_are_named() {
    for (address, reason) in [
        ("127.0.0.1:80", "expected a URL"),
        ("ftp://a", "expected `http://`, `https://` or `h2c://`"),
        ("http://a/path", "it has a path"),
        ("http://a/?q=1", "it has a path"),
        ("http://user:pass@a/", "it has credentials"),
        ("http://a b", "it is not a URL"),
    ] {
        let error: ServerError = Upstream::new(address).unwrap_err();
        assert!(error.to_string().contains(reason) && !error.to_string().contains("pass@"), "{address}: {error}");
    }
}
