//! What a flood of tokens, or of bytes from the key server, costs: time and memory are bounded.
//!
//! Attack ids: `src/docs/attacks.md`, section 6.
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "tests")]

mod support;

use std::{io::Write, sync::LazyLock, time::Duration};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use cognito_authorizer::{
    Authorizer, RejectionKind as No,
    keys::{HttpsKeySource, KeyState},
};
use flate2::{Compression, write::GzEncoder};
use tokio::sync::Mutex;

use support::{
    keys::{self, ScriptedKeys},
    requests::{is_refused, reason, request, scoped, send},
    resident_memory,
    server::{Behaviour, Server, publishes, says},
    soon,
    tokens::*,
};

fn state(authorizer: &Authorizer) -> KeyState {
    authorizer.key_status()[0].state
}

/// T-JWK-1: tokens with random kids, and what they cost.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn forty_thousand_random_kids() {
    random_kids(40_000).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes a minute: .ci/run"]
async fn a_million_random_kids() {
    random_kids(1_000_000).await;
}

/// In each of twenty seconds a twentieth of them, by two tasks at once.
async fn random_kids(count: u32) {
    let _alone = ALONE.lock().await;
    let (keys, clock) = (ScriptedKeys::new(), keys::clock());
    let authorizer = keys::builder(&keys).clock(clock.clone()).build().unwrap();
    let layer = scoped(&authorizer);
    let good = Token::access().sign();
    assert_eq!(reason(&layer, &good).await, None);
    let share = count / 20 / 2;
    let mut memory = 0;
    for second in 0..20 {
        clock.advance(1);
        let halves = [2 * second, 2 * second + 1].map(|part| {
            let (layer, good) = (layer.clone(), good.clone());
            tokio::spawn(async move {
                let (_, rest) = good.split_once('.').unwrap();
                for number in part * share..(part + 1) * share {
                    let hash = number.wrapping_mul(2_654_435_761);
                    let header = format!(r#"{{"kid":"{number:08x}{hash:08x}","alg":"RS256"}}"#);
                    let token = format!("{}.{rest}", URL_SAFE_NO_PAD.encode(header));
                    if number % share == 0 {
                        let answer = send(&layer, request("GET", "/", &[&token])).await;
                        assert_eq!(answer.reason, Some(No::UnknownKey));
                        assert_eq!(reason(&layer, &good).await, None, "good tokens pass all the while");
                    } else {
                        assert!(is_refused(&layer, &token).await);
                    }
                }
            })
        });
        for half in halves {
            half.await.unwrap();
        }
        if second == 1 {
            memory = resident_memory();
        }
    }
    assert!(
        keys.fetches() <= 1 + 1 + 20 / 10,
        "the first, the rest of the burst, one for each cool-down: {}",
        keys.fetches()
    );
    let grown = resident_memory().saturating_sub(memory);
    assert!(grown < 4 << 20, "memory grew by {grown} bytes over the last nine tenths of the tokens");
}

/// T-JWK-3: whatever the server does, the keys at hand stay, time and memory are bounded, and all is
/// well again when the server is.
#[tokio::test]
async fn outlives_whatever_the_server_does() {
    let _alone = ALONE.lock().await;
    let good_set = jwk_set([&*ID_KEY, &*ACCESS_KEY]);
    let (server, clock) = (Server::start(publishes(&[&ID_KEY, &ACCESS_KEY])).await, keys::clock());
    let elsewhere = Server::start(publishes(&[&NEXT_KEY])).await;
    let authorizer = server.authorizer(&clock);
    let layer = scoped(&authorizer);
    let lasting = Token::access().with("exp", EXPIRES_AT + 100_000);
    let (good, unknown) = (lasting.clone().sign(), lasting.by(&NEXT_KEY).sign());
    assert_eq!(reason(&layer, &good).await, None);
    let redirect = format!("location: {}\r\n", elsewhere.jwks_uri);
    let half =
        format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{}", good_set.len(), &good_set[..good_set.len() / 2]);
    LazyLock::force(&BOMB);
    let before = resident_memory();
    for (behaviour, why) in [
        (says("500 Internal Server Error", "", good_set.as_bytes()), "500"),
        (says("403 Forbidden", "", b"<html></html>"), "403"),
        (says("304 Not Modified", "", b""), "304, though no ETag was sent"),
        (says("200 OK", "content-type: text/html\r\n", b"<html></html>"), "HTML"),
        (says("200 OK", "", br#"{"keys":[]}"#), "no keys"),
        (says("200 OK", "", br#"{"keys":[{"kty":"oct","kid":"a","k":"AAAA"}]}"#), "no usable keys"),
        (says("200 OK", "content-encoding: gzip\r\n", &BOMB), "a compressed bomb"),
        (says("302 Found", &redirect, b""), "a redirect"),
        (Behaviour::Says(half.into_bytes()), "half a body"),
        (Behaviour::Trickles, "a byte a second"),
        (Behaviour::Floods, "a gigabyte"),
        (Behaviour::IsSilent, "silence"),
        (Behaviour::HangsUp, "a connection that is closed at once"),
    ] {
        server.becomes(behaviour);
        let fetches = server.fetches();
        clock.advance(40);
        let answer = tokio::time::timeout(Duration::from_secs(3), reason(&layer, &unknown)).await;
        assert_eq!(answer.expect("the wait is bounded"), Some(No::UnknownKey), "{why}");
        // A connection that breaks before an answer is tried once more.
        let connections = if why == "a connection that is closed at once" { 2 } else { 1 };
        assert_eq!(server.fetches(), fetches + connections, "{why}");
        assert_eq!(reason(&layer, &good).await, None, "{why}");
        assert!(authorizer.is_ready(), "{why}");
    }
    let grown = resident_memory().saturating_sub(before);
    assert!(grown < 16 << 20, "memory grew by {grown} bytes");
    assert_eq!(elsewhere.fetches(), 0, "no redirect was followed");

    clock.advance(3_600);
    assert_eq!(state(&authorizer), KeyState::Stale);
    server.becomes(publishes(&[&ID_KEY, &ACCESS_KEY]));
    assert_eq!(reason(&layer, &good).await, None, "stale keys are used");
    soon(|| state(&authorizer) == KeyState::Fresh).await;
}

/// T-JWK-3: the server is not there any more.
#[tokio::test]
async fn outlives_a_refused_connection() {
    let (mut server, clock) = (Server::start(publishes(&[&ACCESS_KEY])).await, keys::clock());
    let authorizer = server.authorizer(&clock);
    let layer = scoped(&authorizer);
    let lasting = Token::access().with("exp", EXPIRES_AT + 100_000);
    assert_eq!(reason(&layer, &lasting.sign()).await, None);
    server.stop().await;
    clock.advance(3_600);
    assert_eq!(reason(&layer, &lasting.clone().by(&NEXT_KEY).sign()).await, Some(No::UnknownKey));
    assert_eq!((reason(&layer, &lasting.sign()).await, state(&authorizer)), (None, KeyState::Stale));
    let failure = authorizer.key_status()[0].failure.clone().unwrap();
    assert!(failure.to_lowercase().contains("connection refused"), "it says what is wrong: {failure}");
}

/// A client of the caller's may decompress and follow redirects: the bounds hold all the same.
#[tokio::test]
async fn a_clients_settings_do_not_lift_the_bounds() {
    let _alone = ALONE.lock().await;
    let elsewhere = Server::start(publishes(&[&ACCESS_KEY])).await;
    let redirect = format!("location: {}\r\n", elsewhere.jwks_uri);
    let client = || reqwest::Client::builder().gzip(true).build().unwrap();
    LazyLock::force(&BOMB);
    let before = resident_memory();
    for (behaviour, failure) in [
        (says("200 OK", "content-encoding: gzip\r\n", &BOMB), "longer than 150000 bytes"),
        (says("302 Found", &redirect, b""), "redirect"),
    ] {
        let server = Server::start(behaviour).await;
        let source = HttpsKeySource::with_client(client());
        let authorizer = server.builder(&keys::clock()).fetch_timeout(Duration::from_secs(20)).key_source(source);
        let authorizer = authorizer.build().unwrap();
        let error = authorizer.hydrate().await.unwrap_err().to_string();
        assert!(error.contains(failure), "{error}");
    }
    let grown = resident_memory().saturating_sub(before);
    assert!(grown < 16 << 20, "memory grew by {grown} bytes");
}

/// A gigabyte of blanks, compressed to a few megabytes.
static BOMB: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    for _ in 0..1_024 {
        encoder.write_all(&[b' '; 1 << 20]).unwrap();
    }
    encoder.finish().unwrap()
});

/// One test at a time: they look at the memory of the process.
static ALONE: Mutex<()> = Mutex::const_new(());
