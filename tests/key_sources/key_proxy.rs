//! Tests key fetches through proxies and broken connections, over real sockets.
use std::{
    process::Command,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use cognito_authorizer::{Authorizer, RejectionKind as No, UserPool, keys::HttpsKeySource};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

use crate::support::{
    keys,
    requests::{reason, scoped},
    server::{Server, publishes},
    tokens::*,
};

/// A password that must not appear in any output.
const CANARY: &str = "canary-7f3a";

/// Starts a proxy that records its requests and forwards nothing.
async fn proxy() -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let asked = Arc::new(Mutex::new(Vec::new()));
    let noted = Arc::clone(&asked);
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut buffer = [0; 4_096];
            let length = stream.read(&mut buffer).await.unwrap();
            noted.lock().unwrap().push(String::from_utf8_lossy(&buffer[..length]).into_owned());
            let _ = stream.write_all(b"HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n").await;
        }
    });
    (address, asked)
}

#[tokio::test]
async fn keys_are_fetched_through_the_proxy_that_is_set() {
    let (address, asked) = proxy().await;
    let proxy = format!("http://user:{CANARY}@{address}");
    let builder = Authorizer::for_user_pool(POOL_ID).clock(keys::clock()).proxy(&proxy);
    let mut shown = format!("{builder:?} {:?}", HttpsKeySource::through_proxy(&proxy).unwrap());
    let authorizer = builder.build().unwrap();
    assert_eq!(reason(&scoped(&authorizer), &Token::access().sign()).await, Some(No::KeysUnavailable));
    let asked = asked.lock().unwrap();
    assert!(asked[0].starts_with("CONNECT cognito-idp.eu-west-1.amazonaws.com:443 HTTP/1.1\r\n"), "{asked:?}");
    // user:canary-7f3a
    assert!(asked[0].to_lowercase().contains("proxy-authorization: basic "), "{asked:?}");
    assert!(asked[0].contains("dXNlcjpjYW5hcnktN2YzYQ=="), "{asked:?}");
    shown += &format!("{authorizer:?} {:?}", authorizer.key_status());
    assert!(!shown.contains(CANARY) && !shown.contains("dXNlcjpjYW5hcnktN2YzYQ"), "{shown}");
}

/// A proxy could answer a plain HTTP request with its own keys.
#[tokio::test]
async fn plain_http_does_not_go_through_the_proxy() {
    let (address, asked) = proxy().await;
    let server = Server::start(publishes(&[&ACCESS_KEY])).await;
    let builder = server.builder(&keys::clock()).proxy(&format!("http://{address}"));
    assert_eq!(reason(&scoped(&builder.build().unwrap()), &Token::access().sign()).await, None);
    assert_eq!((server.fetches(), asked.lock().unwrap().len()), (1, 0));
}

#[test]
fn an_address_that_is_not_one_of_a_proxy_is_an_error_that_does_not_repeat_it() {
    for proxy in ["", "proxy:3128", "socks5://proxy:1080", "ftp://proxy", "file:///etc/passwd", "http://"] {
        let error = HttpsKeySource::through_proxy(proxy).unwrap_err();
        assert!(error.to_string().starts_with("the address of the proxy cannot be used"), "{proxy}: {error}");
    }
    let error = HttpsKeySource::through_proxy(&format!("socks5://user:{CANARY}@proxy:1080")).unwrap_err();
    assert!(!format!("{error} {error:?}").contains(CANARY), "{error:?}");
}

/// Runs only as the child process of the next test, with a proxy in its environment.
#[tokio::test]
async fn fetches_without_a_proxy() {
    let server = Server::start(publishes(&[&ACCESS_KEY])).await;
    let authorizer = server.authorizer(&keys::clock());
    assert_eq!(reason(&scoped(&authorizer), &Token::access().sign()).await, None);
    assert_eq!(server.fetches(), 1);
    // HTTPS does not use the proxy either: nothing listens at the address, so the connection fails directly.
    let user_pool = POOL_ID.parse::<UserPool>().unwrap().with_jwks_uri("https://127.0.0.1:1/jwks.json");
    let authorizer = Authorizer::builder().user_pool(user_pool).clock(keys::clock()).build().unwrap();
    assert_eq!(reason(&scoped(&authorizer), &Token::access().sign()).await, Some(No::KeysUnavailable));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn proxies_of_the_environment_are_ignored() {
    let (address, asked) = proxy().await;
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.args(["--exact", "key_proxy::fetches_without_a_proxy"]);
    for name in ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"] {
        child.env(name, format!("http://{address}"));
    }
    child.env_remove("NO_PROXY").env_remove("no_proxy").env_remove("REQUEST_METHOD");
    let output = tokio::task::spawn_blocking(move || child.output()).await.unwrap().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && text.contains("1 passed"), "{text}");
    assert_eq!(*asked.lock().unwrap(), Vec::<String>::new());
}

/// Starts a server that closes its first connections, and sends this answer to the others.
async fn server(closes: usize, answer: &str) -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let jwks_uri = format!("http://{}/jwks.json", listener.local_addr().unwrap());
    let (connections, answer) = (Arc::new(AtomicUsize::new(0)), answer.to_owned());
    let counted = Arc::clone(&connections);
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let number = counted.fetch_add(1, Ordering::SeqCst);
            let _ = stream.read(&mut [0; 4_096]).await;
            if number >= closes {
                let _ = stream.write_all(answer.as_bytes()).await;
            }
        }
    });
    (jwks_uri, connections)
}

#[tokio::test]
async fn a_broken_connection_is_tried_once_more_and_an_answer_never() {
    let set = jwk_set([&*ACCESS_KEY]);
    let good = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{set}", set.len());
    let cut_off = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{set}", set.len() + 1);
    let failure = "HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\n\r\n";
    for (closes, answer, expected, connections, why) in [
        (0, &*good, None, 1, "it holds"),
        (1, &good, None, 2, "it broke once"),
        (2, &good, Some(No::KeysUnavailable), 2, "it broke twice"),
        (0, failure, Some(No::KeysUnavailable), 1, "a status"),
        (1, failure, Some(No::KeysUnavailable), 2, "a status after all"),
        (0, &cut_off, Some(No::KeysUnavailable), 1, "a status, and half a body"),
        (0, "SSH-2.0-OpenSSH_9.2\r\n", Some(No::KeysUnavailable), 1, "not HTTP"),
    ] {
        let (jwks_uri, asked) = server(closes, answer).await;
        let user_pool = POOL_ID.parse::<UserPool>().unwrap().with_jwks_uri(jwks_uri);
        let authorizer = Authorizer::builder().user_pool(user_pool).clock(keys::clock()).build().unwrap();
        assert_eq!(reason(&scoped(&authorizer), &Token::access().sign()).await, expected, "{why}");
        assert_eq!(asked.load(Ordering::SeqCst), connections, "{why}");
    }
}
