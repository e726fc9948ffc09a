//! Tests the built-in key source against misbehaving servers, over real sockets.
use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use cognito_authorizer::{
    Authorizer, AuthorizerLayer, BuildMistake, RejectionKind as No, UserPool,
    keys::{HttpsKeySource, KeyRequest, KeySource, KeySourceError},
    limits,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

use crate::support::{keys, requests::reason, tokens::*};

/// Starts a server that sends these bytes to each client, and counts the connections.
async fn server(answer: Vec<u8>) -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let connections = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&connections);
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            counted.fetch_add(1, Ordering::SeqCst);
            let answer = answer.clone();
            tokio::spawn(async move {
                let _ = stream.read(&mut [0; 4_096]).await;
                let _ = stream.write_all(&answer).await;
                // Keep the connection open: the client must not need its end.
                tokio::time::sleep(Duration::from_secs(5)).await;
            });
        }
    });
    (format!("http://{address}/jwks.json"), connections)
}

fn answer(status: &str, headers: &str, body: &str) -> Vec<u8> {
    format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\n{headers}\r\n{body}", body.len()).into_bytes()
}

fn layer(jwks_uri: &str) -> AuthorizerLayer {
    let user_pool = POOL_ID.parse::<UserPool>().unwrap().with_jwks_uri(jwks_uri);
    let authorizer = Authorizer::builder().user_pool(user_pool).clock(keys::clock());
    let authorizer = authorizer.fetch_timeout(Duration::from_millis(500)).build().unwrap();
    authorizer.layer().scopes(["pets/read"]).unwrap()
}

#[tokio::test]
async fn takes_a_jwk_set_and_nothing_else() {
    let set = jwk_set([&*ACCESS_KEY]);
    let (elsewhere, asked_elsewhere) = server(answer("200 OK", "", &set)).await;
    let redirect = format!("location: {elsewhere}\r\n");
    let too_long = format!("{}{set}", " ".repeat(limits::MAX_JWK_SET_BYTES));
    let chunked = format!("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n{:x}\r\n{set}\r\n0\r\n\r\n", set.len());
    let endless = format!("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nfffff\r\n{}", " ".repeat(0xffff));
    let cut_off = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{set}", set.len() + 1);
    let gzip = answer("200 OK", "content-encoding: gzip\r\n", "\u{1f}\u{8}");
    for (bytes, expected, why) in [
        (answer("200 OK", "content-type: application/json\r\n", &set), None, "as it should be"),
        (answer("200 OK", "content-type: text/html\r\n", &set), None, "whatever it calls itself"),
        (chunked.into_bytes(), None, "in chunks"),
        (answer("500 Internal Server Error", "", &set), Some(No::KeysUnavailable), "T-JWK-3: 500"),
        (answer("403 Forbidden", "", &set), Some(No::KeysUnavailable), "T-JWK-3: 403"),
        (answer("203 Non-Authoritative Information", "", &set), Some(No::KeysUnavailable), "200 only"),
        (answer("302 Found", &redirect, ""), Some(No::KeysUnavailable), "T-JWK-3: redirect"),
        (answer("307 Temporary Redirect", &redirect, ""), Some(No::KeysUnavailable), "T-JWK-3: redirect"),
        (answer("200 OK", "", "<html></html>"), Some(No::KeysUnavailable), "T-JWK-3: HTML"),
        (answer("200 OK", "", &too_long), Some(No::KeysUnavailable), "T-JWK-3: too long"),
        (endless.into_bytes(), Some(No::KeysUnavailable), "T-JWK-3: too long, and no length given"),
        (cut_off.into_bytes(), Some(No::KeysUnavailable), "T-JWK-3: half a body"),
        (gzip, Some(No::KeysUnavailable), "T-JWK-3: compressed, though nobody asked for it"),
        (b"SSH-2.0-OpenSSH_9.2\r\n".to_vec(), Some(No::KeysUnavailable), "not HTTP"),
        (Vec::new(), Some(No::KeysUnavailable), "T-JWK-3: silence"),
    ] {
        let (jwks_uri, asked) = server(bytes).await;
        assert_eq!(reason(&layer(&jwks_uri), &Token::access().sign()).await, expected, "{why}");
        assert_eq!(asked.load(Ordering::SeqCst), 1, "{why}");
    }
    assert_eq!(asked_elsewhere.load(Ordering::SeqCst), 0, "no redirect was followed");
}

/// The limit applies to the bytes read, not to the declared length: the server never stops sending.
#[tokio::test]
async fn stops_reading_at_the_bound() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let jwks_uri = format!("http://{}/jwks.json", listener.local_addr().unwrap());
    let sending = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let _ = stream.read(&mut [0; 4_096]).await;
        stream.write_all(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n").await.unwrap();
        let chunk = format!("1000\r\n{}\r\n", " ".repeat(0x1000));
        let mut sent = 0;
        while stream.write_all(chunk.as_bytes()).await.is_ok() {
            sent += chunk.len();
            assert!(sent < 64 << 20, "the reader goes on");
        }
    });
    let issuer = &POOL_ID.parse::<UserPool>().unwrap().with_jwks_uri(jwks_uri).issuers()[0];
    let source = HttpsKeySource::new().unwrap();
    let document = source.fetch(KeyRequest::new(issuer));
    let error = tokio::time::timeout(Duration::from_secs(10), document).await.unwrap().unwrap_err();
    assert!(matches!(error, KeySourceError::TooLong), "{error}");
    sending.await.unwrap();
}

#[tokio::test]
async fn no_server_is_a_rejection_too() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let refused = format!("http://{}/jwks.json", listener.local_addr().unwrap());
    drop(listener);
    for jwks_uri in [refused.as_str(), "https://127.0.0.1:1/jwks.json"] {
        assert_eq!(reason(&layer(jwks_uri), &Token::access().sign()).await, Some(No::KeysUnavailable));
    }
}

#[test]
fn an_address_that_is_not_to_be_trusted_is_a_build_error() {
    for jwks_uri in ["http://keys.example/jwks.json", "ftp://127.0.0.1/x", "keys.example", ""] {
        let user_pool = POOL_ID.parse::<UserPool>().unwrap().with_jwks_uri(jwks_uri);
        let error = Authorizer::builder().user_pool(user_pool).build().unwrap_err();
        assert!(matches!(error.mistakes(), [BuildMistake::UnsupportedIssuer { .. }]));
        assert!(error.to_string().contains(&format!("`{jwks_uri}`")), "{error}");
    }
}
