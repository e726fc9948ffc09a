//! Keys that cannot be starved, poisoned or slow: the engine against a server that misbehaves, over
//! real sockets, under load.
//!
//! Attack ids: `src/docs/attacks.md`, section 6.
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "tests")]

mod support;

use std::{
    fs,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use cognito_authorizer::{
    Authorizer, AuthorizerLayer, KeyFuture, KeyRequest, KeySource, KeyState, ManualClock, RejectionKind as No, UserPool,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

use support::{
    keys::{self, ScriptedKeys},
    requests::{reason, request, send},
    tokens::*,
};

/// How the server behaves.
#[derive(Clone)]
enum Behaviour {
    /// Sends these bytes and closes.
    Says(Vec<u8>),
    /// A byte a second, for ever.
    Trickles,
    /// A body without end.
    Floods,
    /// Takes the request and says nothing.
    IsSilent,
    /// Closes the connection at once.
    HangsUp,
}

/// A server whose behaviour can be changed.
struct Server {
    behaviour: Arc<Mutex<Behaviour>>,
    fetches: Arc<AtomicUsize>,
    /// The last request, as text.
    request: Arc<Mutex<String>>,
    jwks_uri: String,
}

impl Server {
    async fn start(behaviour: Behaviour) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let jwks_uri = format!("http://{}/jwks.json", listener.local_addr().unwrap());
        let (behaviour, fetches) = (Arc::new(Mutex::new(behaviour)), Arc::new(AtomicUsize::new(0)));
        let request = Arc::new(Mutex::new(String::new()));
        let server = Self { behaviour, fetches, request, jwks_uri };
        let (behaviour, fetches) = (Arc::clone(&server.behaviour), Arc::clone(&server.fetches));
        let request = Arc::clone(&server.request);
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                fetches.fetch_add(1, Ordering::SeqCst);
                let behaviour = behaviour.lock().unwrap().clone();
                tokio::spawn(behave(behaviour, stream, Arc::clone(&request)));
            }
        });
        server
    }

    fn becomes(&self, behaviour: Behaviour) {
        *self.behaviour.lock().unwrap() = behaviour;
    }

    fn fetches(&self) -> usize {
        self.fetches.load(Ordering::SeqCst)
    }

    fn builder(&self, clock: &ManualClock) -> cognito_authorizer::AuthorizerBuilder {
        let user_pool = UserPool::parse(POOL_ID).unwrap().with_issuer(ISSUER).with_jwks_uri(&self.jwks_uri);
        let builder = Authorizer::builder().with_user_pool(user_pool).clock(clock.clone());
        builder.fetch_timeout(Duration::from_millis(300))
    }

    fn authorizer(&self, clock: &ManualClock) -> Authorizer {
        self.builder(clock).build().unwrap()
    }
}

async fn behave(behaviour: Behaviour, mut stream: TcpStream, request: Arc<Mutex<String>>) {
    if matches!(behaviour, Behaviour::HangsUp) {
        return;
    }
    let mut buffer = [0; 4_096];
    let length = stream.read(&mut buffer).await.unwrap_or(0);
    *request.lock().unwrap() = String::from_utf8_lossy(&buffer[..length]).into_owned();
    let head = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
    match behaviour {
        Behaviour::Says(bytes) => drop(stream.write_all(&bytes).await),
        Behaviour::Trickles => {
            let _ = stream.write_all(head).await;
            while stream.write_all(b"1\r\n{\r\n").await.is_ok() {
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
        }
        Behaviour::Floods => {
            let chunk = format!("10000\r\n{}\r\n", " ".repeat(0x10000));
            let _ = stream.write_all(head).await;
            for _ in 0..16_384 {
                if stream.write_all(chunk.as_bytes()).await.is_err() {
                    break;
                }
            }
        }
        Behaviour::IsSilent => tokio::time::sleep(Duration::from_secs(60)).await,
        Behaviour::HangsUp => {}
    }
}

fn says(status: &str, headers: &str, body: &[u8]) -> Behaviour {
    let head = format!("HTTP/1.1 {status}\r\nconnection: close\r\ncontent-length: {}\r\n{headers}\r\n", body.len());
    Behaviour::Says([head.as_bytes(), body].concat())
}

fn publishes(keys: &[&Key]) -> Behaviour {
    says("200 OK", "", jwk_set(keys.iter().copied()).as_bytes())
}

fn scoped(authorizer: &Authorizer) -> AuthorizerLayer {
    authorizer.authorization_scopes(["pets/read"]).unwrap()
}

fn state(authorizer: &Authorizer) -> KeyState {
    authorizer.key_status()[0].state
}

/// Resident memory of this process, in bytes.
fn resident() -> usize {
    let pages = fs::read_to_string("/proc/self/statm").unwrap();
    pages.split(' ').nth(1).unwrap().parse::<usize>().unwrap() * 4_096
}

async fn soon(mut is_so: impl FnMut() -> bool) {
    let wait = async {
        while !is_so() {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), wait).await.expect("it did not come to pass");
}

/// T-JWK-1: a million tokens with random kids, and what they cost.
#[tokio::test]
async fn a_million_random_kids() {
    let (keys, clock) = (ScriptedKeys::new(), keys::clock());
    let authorizer = keys::builder(&keys).clock(clock.clone()).build().unwrap();
    let layer = scoped(&authorizer);
    let good = Token::access().sign();
    assert_eq!(reason(&layer, &good).await, None);
    let (_, rest) = good.split_once('.').unwrap();
    let mut memory = 0;
    for number in 0..1_000_000_u32 {
        let header = format!(r#"{{"kid":"{number:08x}{:08x}","alg":"RS256"}}"#, number.wrapping_mul(2_654_435_761));
        let token = format!("{}.{rest}", URL_SAFE_NO_PAD.encode(header));
        if number % 50_000 == 0 {
            // Twenty seconds pass in all.
            clock.advance(1);
            assert_eq!(send(&layer, request("GET", "/", &[&token])).await.reason, Some(No::UnknownKey));
            assert_eq!(reason(&layer, &good).await, None, "good tokens pass all the while");
        } else {
            assert!(support::requests::is_refused(&layer, &token).await);
        }
        if number == 100_000 {
            memory = resident();
        }
    }
    assert!(
        keys.fetches() <= 1 + 1 + 20 / 10,
        "the first, the rest of the burst, one for each cool-down: {}",
        keys.fetches()
    );
    let grown = resident().saturating_sub(memory);
    assert!(grown < 4 << 20, "memory grew by {grown} bytes over 900,000 tokens");
}

/// T-JWK-2: ten thousand requests while there are no keys.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn ten_thousand_at_a_cold_start() {
    let server = Server::start(publishes(&[&ID_KEY, &ACCESS_KEY])).await;
    let authorizer = server.builder(&keys::clock()).fetch_timeout(Duration::from_secs(20)).build().unwrap();
    let (layer, token) = (scoped(&authorizer), Token::access().sign());
    let requests: Vec<_> = (0..10_000)
        .map(|_| {
            let (layer, token) = (layer.clone(), token.clone());
            tokio::spawn(async move { reason(&layer, &token).await })
        })
        .collect();
    for request in requests {
        assert_eq!(request.await.unwrap(), None);
    }
    assert_eq!(server.fetches(), 1);
}

/// T-JWK-3: whatever the server does, the keys at hand stay, time and memory are bounded, and all is
/// well again when the server is.
#[tokio::test]
async fn outlives_whatever_the_server_does() {
    let good_set = jwk_set([&*ID_KEY, &*ACCESS_KEY]);
    let (server, clock) = (Server::start(publishes(&[&ID_KEY, &ACCESS_KEY])).await, keys::clock());
    let elsewhere = Server::start(publishes(&[&NEXT_KEY])).await;
    let authorizer = server.authorizer(&clock);
    let layer = scoped(&authorizer);
    let lasting = Token::access().with("exp", EXPIRES_AT + 100_000);
    let (good, unknown) = (lasting.clone().sign(), lasting.by(&NEXT_KEY).sign());
    assert_eq!(reason(&layer, &good).await, None);
    // A gigabyte of zeros, compressed.
    let bomb = [&[0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3][..], &[0; 100_000]].concat();
    let redirect = format!("location: {}\r\n", elsewhere.jwks_uri);
    let half =
        format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{}", good_set.len(), &good_set[..good_set.len() / 2]);
    let before = resident();
    for (behaviour, why) in [
        (says("500 Internal Server Error", "", good_set.as_bytes()), "500"),
        (says("403 Forbidden", "", b"<html></html>"), "403"),
        (says("304 Not Modified", "", b""), "304, though no ETag was sent"),
        (says("200 OK", "content-type: text/html\r\n", b"<html></html>"), "HTML"),
        (says("200 OK", "", br#"{"keys":[]}"#), "no keys"),
        (says("200 OK", "", br#"{"keys":[{"kty":"oct","kid":"a","k":"AAAA"}]}"#), "no usable keys"),
        (says("200 OK", "content-encoding: gzip\r\n", &bomb), "a compressed bomb"),
        (says("302 Found", &redirect, b""), "a redirect"),
        (Behaviour::Says(half.into_bytes()), "half a body"),
        (Behaviour::Trickles, "a byte a second"),
        (Behaviour::Floods, "a gigabyte"),
        (Behaviour::IsSilent, "silence"),
        (Behaviour::HangsUp, "a refused connection"),
    ] {
        server.becomes(behaviour);
        let fetches = server.fetches();
        clock.advance(40);
        let answer = tokio::time::timeout(Duration::from_secs(3), reason(&layer, &unknown)).await;
        assert_eq!(answer.expect("the wait is bounded"), Some(No::UnknownKey), "{why}");
        assert_eq!(server.fetches(), fetches + 1, "{why}");
        assert_eq!(reason(&layer, &good).await, None, "{why}");
        assert!(authorizer.is_ready(), "{why}");
    }
    let grown = resident().saturating_sub(before);
    assert!(grown < 16 << 20, "memory grew by {grown} bytes");
    assert_eq!(elsewhere.fetches(), 0, "no redirect was followed");

    clock.advance(3_600);
    assert_eq!(state(&authorizer), KeyState::Stale);
    server.becomes(publishes(&[&ID_KEY, &ACCESS_KEY]));
    assert_eq!(reason(&layer, &good).await, None, "stale keys are used");
    soon(|| state(&authorizer) == KeyState::Fresh).await;
}

/// T-JWK-5: every good token passes while the keys are exchanged, again and again, under load.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_rotation_under_load() {
    let (server, clock) = (Server::start(publishes(&[&ID_KEY, &ACCESS_KEY])).await, keys::clock());
    let authorizer = server.builder(&clock).fetch_timeout(Duration::from_secs(20)).build().unwrap();
    let layer = scoped(&authorizer);
    let (old, new) = (Token::access().sign(), Token::access().by(&NEXT_KEY).sign());
    assert_eq!(reason(&layer, &old).await, None);
    let (current, stop) = (Arc::new(Mutex::new(old.clone())), Arc::new(AtomicBool::new(false)));
    let load: Vec<_> = (0..8)
        .map(|_| {
            let (layer, current, stop) = (layer.clone(), Arc::clone(&current), Arc::clone(&stop));
            tokio::spawn(async move {
                let mut passed = 0;
                while !stop.load(Ordering::SeqCst) {
                    let token = current.lock().unwrap().clone();
                    assert_eq!(reason(&layer, &token).await, None, "a good token was refused");
                    passed += 1;
                    tokio::task::yield_now().await;
                }
                passed
            })
        })
        .collect();
    for round in 0..6 {
        let (next, removed, key) = if round % 2 == 0 { (&new, &old, &*NEXT_KEY) } else { (&old, &new, &*ACCESS_KEY) };
        clock.advance(30);
        // Both are published before the new one signs; the old one is removed after it last did.
        server.becomes(publishes(&[&ID_KEY, &ACCESS_KEY, &NEXT_KEY]));
        next.clone_into(&mut current.lock().unwrap());
        tokio::time::sleep(Duration::from_millis(30)).await;
        server.becomes(publishes(&[&ID_KEY, key]));
        clock.advance(30);
        assert_eq!(reason(&layer, &Token::access().with_header("kid", "x").sign()).await, Some(No::UnknownKey));
        assert_eq!(reason(&layer, removed).await, Some(No::UnknownKey), "removed with the refresh that removed it");
    }
    stop.store(true, Ordering::SeqCst);
    for task in load {
        assert!(task.await.unwrap() > 10);
    }
}

/// A token that comes while a fetch is under way that was asked for before its key was published.
#[tokio::test]
async fn a_key_published_during_a_fetch_is_noticed() {
    let (keys, clock) = (ScriptedKeys::new(), keys::clock());
    let layer = scoped(&keys::builder(&keys).clock(clock).build().unwrap());
    keys.hold();
    let ask = |token: String| {
        let layer = layer.clone();
        tokio::spawn(async move { reason(&layer, &token).await })
    };
    let first = ask(Token::access().sign());
    soon(|| keys.fetches() == 1).await;
    let late = ask(Token::access().by(&NEXT_KEY).sign());
    tokio::task::yield_now().await;
    // The first fetch brings the set without the key; the second one brings it.
    keys.release_one();
    soon(|| keys.fetches() == 2).await;
    keys.set(ISSUER, support::keys::Answer::Document(jwk_set([&*ACCESS_KEY, &*NEXT_KEY])));
    keys.release();
    assert_eq!((first.await.unwrap(), late.await.unwrap()), (None, None));
}

/// What is asked for, and what an unchanged document costs.
#[tokio::test]
async fn asks_only_whether_the_document_has_changed() {
    let set = jwk_set([&*ID_KEY, &*ACCESS_KEY]);
    let headers = "etag: \"v1\"\r\ncache-control: public, max-age=600\r\n";
    let (server, clock) = (Server::start(says("200 OK", headers, set.as_bytes())).await, keys::clock());
    let authorizer = server.authorizer(&clock);
    let (layer, token) = (scoped(&authorizer), Token::access().sign());
    assert_eq!(reason(&layer, &token).await, None);
    assert!(!server.request.lock().unwrap().to_lowercase().contains("if-none-match"));
    assert!(!server.request.lock().unwrap().to_lowercase().contains("accept-encoding"));
    clock.advance(599);
    assert_eq!((reason(&layer, &token).await, state(&authorizer)), (None, KeyState::Fresh));
    clock.advance(1);
    assert_eq!(state(&authorizer), KeyState::Stale, "`max-age` is honoured");
    server.becomes(says("304 Not Modified", "cache-control: max-age=300\r\n", b""));
    assert_eq!(reason(&layer, &token).await, None, "nobody waits");
    soon(|| state(&authorizer) == KeyState::Fresh).await;
    assert!(server.request.lock().unwrap().to_lowercase().contains("if-none-match: \"v1\""));
    assert_eq!((server.fetches(), authorizer.key_status()[0].generation), (2, 1), "no new generation");
    clock.advance(300);
    server.becomes(says("200 OK", "etag: \"v2\"\r\n", jwk_set([&*ACCESS_KEY]).as_bytes()));
    assert_eq!(reason(&layer, &token).await, None);
    soon(|| authorizer.key_status()[0].generation == 2).await;
    assert_eq!(authorizer.key_status()[0].keys, 1);
}

/// T-JWK-7: keys are not trusted for ever, readiness says so, and all heals by itself.
#[tokio::test]
async fn keys_too_old_are_not_trusted() {
    let (server, clock) = (Server::start(publishes(&[&ACCESS_KEY])).await, keys::clock());
    let authorizer = server.builder(&clock).build().unwrap();
    let layer = scoped(&authorizer);
    let token = Token::access().with("exp", EXPIRES_AT + 1_000_000).sign();
    assert!(!authorizer.is_ready(), "nothing was fetched yet");
    assert_eq!(authorizer.key_status()[0].state, KeyState::Missing);
    assert_eq!(reason(&layer, &token).await, None);
    assert!(authorizer.is_ready());
    server.becomes(Behaviour::HangsUp);
    clock.advance(86_399);
    assert_eq!(reason(&layer, &token).await, None, "a day's outage is not noticed");
    assert_eq!(authorizer.key_status()[0].age, Some(Duration::from_secs(86_399)));
    clock.advance(1);
    assert!(!authorizer.is_ready(), "even if nobody asks");
    assert_eq!(reason(&layer, &token).await, Some(No::KeysUnavailable));
    server.becomes(publishes(&[&ACCESS_KEY]));
    clock.advance(40);
    assert_eq!(reason(&layer, &token).await, None);
    assert!(authorizer.is_ready());
}

/// T-JWK-9: nothing is left behind, and nobody waits for ever.
#[test]
fn shutdown_in_mid_fetch() {
    /// Never answers, and tells when it is dropped.
    #[derive(Clone, Debug)]
    struct Hanging(Arc<AtomicUsize>);

    struct Dropped(Arc<AtomicUsize>);

    impl Drop for Dropped {
        fn drop(&mut self) {
            self.0.fetch_sub(1, Ordering::SeqCst);
        }
    }

    impl KeySource for Hanging {
        fn fetch(&self, _request: KeyRequest) -> KeyFuture {
            self.0.fetch_add(1, Ordering::SeqCst);
            let dropped = Dropped(Arc::clone(&self.0));
            Box::pin(async move {
                std::future::pending::<()>().await;
                drop(dropped);
                unreachable!()
            })
        }
    }

    let under_way = Arc::new(AtomicUsize::new(0));
    let authorizer = || {
        let builder = Authorizer::for_user_pool(POOL_ID).unwrap().key_source(Hanging(Arc::clone(&under_way)));
        builder.clock(keys::clock()).fetch_timeout(Duration::from_secs(30)).build().unwrap()
    };
    let runtime = || tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let token = Token::access().sign();

    // The authorizer goes first, with the request that waits: its fetch ends with it.
    let first = runtime();
    first.block_on(async {
        let layer = scoped(&authorizer());
        let waiting = tokio::spawn({
            let (layer, token) = (layer.clone(), token.clone());
            async move { reason(&layer, &token).await }
        });
        soon(|| under_way.load(Ordering::SeqCst) == 1).await;
        waiting.abort();
        drop(layer);
        soon(|| under_way.load(Ordering::SeqCst) == 0).await;
    });
    drop(first);

    // The runtime goes first, while another one waits for the keys.
    let (first, second) = (runtime(), runtime());
    let authorizer = authorizer();
    let layer = scoped(&authorizer);
    let ask = || {
        let (layer, token) = (layer.clone(), token.clone());
        async move { reason(&layer, &token).await }
    };
    first.spawn(ask());
    second.block_on(soon(|| under_way.load(Ordering::SeqCst) == 1));
    let waiting = second.spawn(ask());
    second.block_on(async { tokio::time::sleep(Duration::from_millis(50)).await });
    first.shutdown_background();
    let answer = second.block_on(async { tokio::time::timeout(Duration::from_secs(20), waiting).await });
    assert_eq!(answer.expect("it was told that the fetch ended").unwrap(), Some(No::KeysUnavailable));
    drop((authorizer, layer));
    second.shutdown_timeout(Duration::from_secs(5));
}
