//! Section 8 of the attack list: programs that ask for a decision. More of it is in `tests/serve` and, with the real proxies, in
//! `tests/sidecar`.
use std::time::Duration;

use cognito_authorizer::{
    configuration::Configuration,
    local_user_pool::{LocalUserPool, LocalUserPoolConfig, TestToken},
    serve::{Listen, Policy, Server, ServerSettings, TrustedProxies, Upstream},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    time::timeout,
};

const FRONTS: [&str; 3] = ["/forward-auth", "/ask", "/answer"];

struct Asked {
    pool: LocalUserPool,
    policy: Policy,
    server: Server,
}

async fn asked() -> Asked {
    let pool = LocalUserPool::start(LocalUserPoolConfig::new("eu-west-1_Fronts"), "127.0.0.1:0".parse().unwrap());
    let pool = pool.await.unwrap();
    let text = format!(
        "[user_pools.pool]\nid = \"eu-west-1_Fronts\"\nissuer = \"{}\"\n[authorizers.pool]\ntype = \"COGNITO_USER_POOLS\"\n\
         user_pools = [\"pool\"]\n[authorizers.pool.claim_headers]\nx-user = \"sub\"\n[[routes]]\nroute = \"GET /open\"\n\
         authorization = \"NONE\"\n[[routes]]\nroute = \"ANY /pets\"\nscopes = [\"pets/read\"]\n",
        pool.issuer()
    );
    let policy = Policy::new(&Configuration::reader().read_toml(&text).unwrap()).unwrap();
    let listen = "127.0.0.1:0".parse().unwrap();
    let server = Server::start(policy.clone(), &listen, ServerSettings::default()).await.unwrap();
    Asked { pool, policy, server }
}

/// Sends these bytes, and returns the status and everything that came back.
async fn sent(server: &Server, bytes: &str) -> (u16, String) {
    let Listen::Tcp(address) = server.address() else { panic!("{}", server.address()) };
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(bytes.as_bytes()).await.unwrap();
    let mut received = Vec::new();
    timeout(Duration::from_secs(5), stream.read_to_end(&mut received)).await.unwrap().unwrap();
    let text = String::from_utf8(received).unwrap();
    (text.split(' ').nth(1).unwrap().parse().unwrap(), text)
}

fn question(front: &str, method: &str, uri: &str, more: &str) -> String {
    format!(
        "GET {front} HTTP/1.1\r\nhost: a\r\nconnection: close\r\nx-forwarded-method: {method}\r\nx-forwarded-uri: {uri}\r\n{more}\r\n"
    )
}

#[tokio::test]
async fn t_pth_4_a_fragment_is_not_a_path() {
    let asked = asked().await;
    // A proxy would send it to the service, which may take it for a part of the path.
    for front in FRONTS {
        for uri in ["/pets#/../open", "/open#/../pets", "/open#", "/open?a#&_method=DELETE", "#/open"] {
            let (status, _) = sent(&asked.server, &question(front, "GET", uri, "")).await;
            assert!([400, 403].contains(&status), "{front} {uri}: {status}");
        }
    }
    assert_eq!(
        sent(&asked.server, "GET /ext-authz/pets#/open HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n").await.0,
        401
    );
}

#[tokio::test]
async fn t_hdr_4_only_a_trusted_peer_describes_a_request() {
    let asked = asked().await;
    // Twice, or not at all: nothing passes, though the peer is trusted.
    for more in
        ["x-forwarded-uri: /open\r\n", "x-forwarded-method: GET\r\n", "x-forwarded-host: a\r\nx-forwarded-host: b\r\n"]
    {
        for (front, expected) in [("/forward-auth", 400), ("/ask", 403), ("/answer", 400)] {
            let (status, _) = sent(&asked.server, &question(front, "GET", "/open", more)).await;
            assert_eq!(status, expected, "{front} {more}");
        }
    }
    // What describes a request to a proxy describes none to the reverse proxy, which asks nobody.
    let service = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let upstream = Upstream::new(&format!("http://{}", service.local_addr().unwrap())).unwrap();
    let settings = ServerSettings::default().trusted_proxies(TrustedProxies::local());
    let proxy =
        Server::start_proxy(asked.policy.clone(), &"127.0.0.1:0".parse().unwrap(), upstream, settings).await.unwrap();
    for front in FRONTS {
        assert_eq!(sent(&proxy, &question(front, "GET", "/open", "")).await.0, 403, "{front} is a path of the service");
    }
    let described = "GET /pets HTTP/1.1\r\nhost: a\r\nconnection: close\r\nx-forwarded-method: GET\r\nx-forwarded-uri: /open\r\n\r\n";
    assert_eq!(sent(&proxy, described).await.0, 401);
}

/// `tests/serve/grpc.rs` has the same over gRPC.
#[tokio::test]
async fn t_frn_1_half_a_question_is_no_permission() {
    let asked = asked().await;
    for (line, expected) in [
        ("GET /ext-authz HTTP/1.1", 403),
        ("GET /ext-authz? HTTP/1.1", 403),
        ("GET /ext-authzopen HTTP/1.1", 404),
        ("GET /ext-authz//open HTTP/1.1", 403),
        ("POST /ext-authz/open HTTP/1.1", 403),
    ] {
        let (status, _) = sent(&asked.server, &format!("{line}\r\nhost: a\r\nconnection: close\r\n\r\n")).await;
        assert!(status == expected || status == 400, "{line}: {status}");
    }
    // A part of the body, and then nothing: the answer does not wait for the rest.
    let part = "POST /ext-authz/pets HTTP/1.1\r\nhost: a\r\nconnection: close\r\ncontent-length: 100\r\n\r\npart";
    assert_eq!(sent(&asked.server, part).await.0, 401);
    // A question that is cut off disturbs no other one.
    let Listen::Tcp(address) = asked.server.address() else { panic!() };
    for cut in ["GET /forward-auth HTT", "GET /forward-auth HTTP/1.1\r\nx-forwarded-uri: /open\r\n"] {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(cut.as_bytes()).await.unwrap();
        drop(stream);
    }
    assert_eq!(sent(&asked.server, &question("/forward-auth", "GET", "/open", "")).await.0, 200);
}

#[tokio::test]
async fn t_frn_8_a_rejection_is_no_permission_whatever_its_status() {
    let asked = asked().await;
    let grpc = "content-type: application/grpc\r\n";
    let (status, text) = sent(&asked.server, &question("/forward-auth", "POST", "/pets", grpc)).await;
    assert!(status == 401 && text.contains("grpc-status: 16"), "{text}");
    let (status, _) = sent(&asked.server, &question("/ask", "POST", "/pets", grpc)).await;
    assert!([401, 403].contains(&status));
    let over_http = format!("POST /ext-authz/pets HTTP/1.1\r\nhost: a\r\nconnection: close\r\n{grpc}\r\n");
    assert_eq!(sent(&asked.server, &over_http).await.0, 401);
    let token = asked.pool.issue(&TestToken::access("client", ["pets/read"])).unwrap();
    let with_token = format!("{grpc}authorization: {token}\r\n");
    assert_eq!(sent(&asked.server, &question("/forward-auth", "POST", "/pets", &with_token)).await.0, 200);
}

#[tokio::test]
async fn t_frn_9_connection_removes_no_claim() {
    let asked = asked().await;
    let service = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let upstream = Upstream::new(&format!("http://{}", service.local_addr().unwrap())).unwrap();
    let received = tokio::spawn(async move {
        let (mut stream, _) = service.accept().await.unwrap();
        let mut head = vec![0; 8_192];
        let length = stream.read(&mut head).await.unwrap();
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await.unwrap();
        String::from_utf8_lossy(&head[..length]).into_owned()
    });
    let listen = "127.0.0.1:0".parse().unwrap();
    let proxy = Server::start_proxy(asked.policy.clone(), &listen, upstream, ServerSettings::default()).await.unwrap();
    let token = asked.pool.issue(&TestToken::access("client", ["pets/read"])).unwrap();
    let request = format!(
        "GET /pets HTTP/1.1\r\nhost: a\r\nauthorization: {token}\r\nx-user: admin\r\nconnection: close, x-user\r\n\r\n"
    );
    assert_eq!(sent(&proxy, &request).await.0, 200);
    let received = received.await.unwrap();
    assert!(received.contains("x-user: client\r\n") && !received.contains("admin"), "{received}");
}

/// The layer has this for services behind it (T-HDR-9); the reverse proxy is one.
#[tokio::test]
async fn t_frn_10_only_a_websocket_is_opened() {
    let asked = asked().await;
    let service = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let upstream = Upstream::new(&format!("http://{}", service.local_addr().unwrap())).unwrap();
    let received = tokio::spawn(async move {
        let mut heads = Vec::new();
        for _ in 0..2 {
            let (mut stream, _) = service.accept().await.unwrap();
            let mut head = vec![0; 8_192];
            let length = stream.read(&mut head).await.unwrap();
            stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").await.unwrap();
            heads.push(String::from_utf8_lossy(&head[..length]).to_lowercase());
        }
        heads
    });
    let listen = "127.0.0.1:0".parse().unwrap();
    let proxy = Server::start_proxy(asked.policy.clone(), &listen, upstream, ServerSettings::default()).await.unwrap();
    for protocol in ["h2c", "websocket, h2c"] {
        let request = format!(
            "GET /open HTTP/1.1\r\nhost: a\r\nconnection: close, Upgrade, HTTP2-Settings\r\nupgrade: {protocol}\r\nhttp2-settings: x\r\n\r\n"
        );
        assert_eq!(sent(&proxy, &request).await.0, 200);
    }
    for head in received.await.unwrap() {
        assert!(!head.contains("upgrade") && !head.contains("http2-settings"), "{head}");
    }
}

#[tokio::test]
async fn t_frn_11_a_name_like_a_claim_header_is_no_permission() {
    let asked = asked().await;
    for name in ["x_user", "X_User", "x.user", "x~user"] {
        for (front, expected) in [("/forward-auth", 400), ("/ask", 403), ("/answer", 400)] {
            let (status, _) =
                sent(&asked.server, &question(front, "GET", "/open", &format!("{name}: admin\r\n"))).await;
            assert_eq!(status, expected, "{front} {name}");
        }
    }
    // The name itself is replaced by every proxy.
    assert_eq!(sent(&asked.server, &question("/forward-auth", "GET", "/open", "x-user: admin\r\n")).await.0, 200);
}
