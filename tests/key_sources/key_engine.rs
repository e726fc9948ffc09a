//! Tests that the key cache cannot be starved, poisoned or slowed down by a misbehaving server, over real sockets and under
//! load.
//!
//! Attack ids: `src/docs/attacks.md`, section 6.
use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use cognito_authorizer::{
    Authorizer, RejectionKind as No,
    keys::{KeyFuture, KeyRequest, KeySource, KeyState},
    limits,
};

use crate::support::{
    keys::{self, Answer, ScriptedKeys},
    requests::{ask, reason, scoped},
    server::{Behaviour, Server, publishes, says},
    soon,
    tokens::*,
};

fn state(authorizer: &Authorizer) -> KeyState {
    authorizer.key_status()[0].state
}

/// T-JWK-2: ten thousand requests arrive before the keys are fetched.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn ten_thousand_at_a_cold_start() {
    let server = Server::start(publishes(&[&ID_KEY, &ACCESS_KEY])).await;
    let authorizer = server.builder(&keys::clock()).fetch_timeout(Duration::from_secs(20)).build().unwrap();
    let (layer, token) = (scoped(&authorizer), Token::access().sign());
    let requests: Vec<_> = (0..10_000).map(|_| ask(&layer, &token)).collect();
    for request in requests {
        assert_eq!(request.await.unwrap(), None);
    }
    assert_eq!(server.fetches(), 1);
}

/// T-JWK-5: every valid token passes while the keys are rotated repeatedly under load.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_rotation_under_load() {
    let (server, clock) = (Server::start(publishes(&[&ID_KEY, &ACCESS_KEY])).await, keys::clock());
    let authorizer = server.builder(&clock).fetch_timeout(Duration::from_secs(20)).build().unwrap();
    let layer = scoped(&authorizer);
    let (old, new) = (Token::access().sign(), Token::access().by(&NEXT_KEY).sign());
    assert_eq!(reason(&layer, &old).await, None);
    let (current, stop) = (Arc::new(Mutex::new(old.clone())), Arc::new(AtomicBool::new(false)));
    let passed: Vec<_> = (0..8).map(|_| Arc::new(AtomicUsize::new(0))).collect();
    let send = |passed: &Arc<AtomicUsize>| {
        let (layer, current) = (layer.clone(), Arc::clone(&current));
        let (stop, passed) = (Arc::clone(&stop), Arc::clone(passed));
        tokio::spawn(async move {
            while !stop.load(Ordering::SeqCst) {
                let token = current.lock().unwrap().clone();
                assert_eq!(reason(&layer, &token).await, None, "a good token was refused");
                passed.fetch_add(1, Ordering::SeqCst);
                tokio::task::yield_now().await;
            }
        })
    };
    let load: Vec<_> = passed.iter().map(send).collect();
    let counts = || passed.iter().map(|count| count.load(Ordering::SeqCst)).collect::<Vec<_>>();
    for round in 0..6 {
        let (next, removed, key) = if round % 2 == 0 { (&new, &old, &*NEXT_KEY) } else { (&old, &new, &*ACCESS_KEY) };
        clock.advance(30);
        // Both keys are published before the new key signs. The old key is removed after its last signature.
        server.becomes(publishes(&[&ID_KEY, &ACCESS_KEY, &NEXT_KEY]));
        next.clone_into(&mut current.lock().unwrap());
        // After two more requests, no client holds a token of the old key.
        let before = counts();
        soon(|| counts().iter().zip(&before).all(|(now, before)| *now >= before + 2)).await;
        server.becomes(publishes(&[&ID_KEY, key]));
        clock.advance(30);
        assert_eq!(reason(&layer, &Token::access().with_header("kid", "x").sign()).await, Some(No::UnknownKey));
        assert_eq!(reason(&layer, removed).await, Some(No::UnknownKey), "removed with the refresh that removed it");
    }
    stop.store(true, Ordering::SeqCst);
    for task in load {
        task.await.unwrap();
    }
}

/// T-JWK-1: while attackers use up the whole fetch budget, the old key still works, and a new key is fetched within one
/// cool-down.
#[tokio::test]
async fn a_rotation_under_a_flood() {
    let (server, clock) = (Server::start(publishes(&[&ACCESS_KEY])).await, keys::clock());
    let layer = scoped(&server.builder(&clock).fetch_timeout(Duration::from_secs(20)).build().unwrap());
    let (old, new) = (Token::access().sign(), Token::access().by(&NEXT_KEY).sign());
    assert_eq!(reason(&layer, &old).await, None);
    let flood = async |round: u64| {
        for number in 0..50 {
            let forged = Token::access().with_header("kid", format!("{round}-{number}")).sign();
            assert_eq!(reason(&layer, &forged).await, Some(No::UnknownKey));
        }
    };
    flood(0).await;
    server.becomes(publishes(&[&ACCESS_KEY, &NEXT_KEY]));
    for second in 1..=10 {
        clock.advance(1);
        flood(second).await;
        assert_eq!(reason(&layer, &old).await, None, "after {second} s");
    }
    assert_eq!(reason(&layer, &new).await, None, "noticed within the cool-down of 10 s");
    assert_eq!(server.fetches(), 3);
}

/// A token arrives during a fetch that started before the token's key was published.
#[tokio::test]
async fn a_key_published_during_a_fetch_is_noticed() {
    let (keys, clock) = (ScriptedKeys::new(), keys::clock());
    let layer = scoped(&keys::builder(&keys).clock(clock).build().unwrap());
    keys.hold();
    let first = ask(&layer, &Token::access().sign());
    soon(|| keys.fetches() == 1).await;
    let late = ask(&layer, &Token::access().by(&NEXT_KEY).sign());
    tokio::task::yield_now().await;
    // The first fetch returns the set without the key; the second one returns it.
    keys.release_one();
    soon(|| keys.fetches() == 2).await;
    keys.set(ISSUER, Answer::Document(jwk_set([&*ACCESS_KEY, &*NEXT_KEY])));
    keys.release();
    assert_eq!((first.await.unwrap(), late.await.unwrap()), (None, None));
}

/// Tests the conditional request, and the cost of an unchanged document.
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

/// The length of a server's ETag is limited.
#[tokio::test]
async fn a_long_etag_is_not_kept() {
    for (length, is_kept) in [(limits::MAX_ETAG_BYTES, true), (limits::MAX_ETAG_BYTES + 1, false)] {
        let etag = format!("etag: {}\r\n", "e".repeat(length));
        let set = jwk_set([&*ACCESS_KEY]);
        let (server, clock) = (Server::start(says("200 OK", &etag, set.as_bytes())).await, keys::clock());
        let authorizer = server.authorizer(&clock);
        authorizer.hydrate().await.unwrap();
        clock.advance(3_600);
        assert!(authorizer.is_ready());
        soon(|| server.fetches() == 2 && state(&authorizer) == KeyState::Fresh).await;
        let request = server.request.lock().unwrap().to_lowercase();
        assert_eq!(request.contains("if-none-match"), is_kept, "{length} bytes");
    }
}

/// T-JWK-7: keys expire, readiness reports it, and the authorizer recovers by itself.
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

/// T-JWK-9: concurrent `hydrate` calls for two user pools while the keys of both are rotated.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn hydrating_during_a_rotation() {
    let keys = ScriptedKeys::new();
    let authorizer = keys::builder(&keys).fetch_timeout(Duration::from_secs(20)).build().unwrap();
    let hydrating: Vec<_> = (0..50)
        .map(|number| {
            let (authorizer, keys) = (authorizer.clone(), keys.clone());
            tokio::spawn(async move {
                if number % 10 == 0 {
                    keys.set(ISSUER, Answer::Document(jwk_set([&*ACCESS_KEY, &*NEXT_KEY])));
                    keys.set(OTHER_ISSUER, Answer::Document(jwk_set([&*OTHER_POOL_KEY, &*ID_KEY])));
                }
                authorizer.hydrate().await
            })
        })
        .collect();
    for one in hydrating {
        tokio::time::timeout(Duration::from_secs(10), one).await.expect("no deadlock").unwrap().unwrap();
    }
    assert!(authorizer.is_ready());
    assert_eq!(keys.fetches(), 2, "one for each user pool");
}

/// T-JWK-9: no task is left behind, and no request waits forever.
#[test]
fn shutdown_in_mid_fetch() {
    /// A key source that hangs a given number of times and then answers; it counts the running fetches.
    #[derive(Clone, Debug)]
    struct Hanging {
        under_way: Arc<AtomicUsize>,
        hangs: Arc<AtomicUsize>,
    }

    struct Dropped(Arc<AtomicUsize>);

    impl Drop for Dropped {
        fn drop(&mut self) {
            self.0.fetch_sub(1, Ordering::SeqCst);
        }
    }

    impl KeySource for Hanging {
        fn fetch(&self, _request: KeyRequest) -> KeyFuture {
            let hangs = self.hangs.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |hangs| hangs.checked_sub(1));
            self.under_way.fetch_add(1, Ordering::SeqCst);
            let _under_way = Dropped(Arc::clone(&self.under_way));
            Box::pin(async move {
                let _under_way = _under_way;
                if hangs.is_ok() {
                    std::future::pending::<()>().await;
                }
                Ok(Bytes::from(jwk_set([&*ACCESS_KEY])).into())
            })
        }
    }

    let under_way = Arc::new(AtomicUsize::new(0));
    let authorizer = || {
        let source = Hanging { under_way: Arc::clone(&under_way), hangs: Arc::new(AtomicUsize::new(1)) };
        let builder = Authorizer::for_user_pool(POOL_ID).key_source(source);
        builder.clock(keys::clock()).fetch_timeout(Duration::from_secs(30)).build().unwrap()
    };
    let runtime = || tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let token = Token::access().sign();

    // The authorizer is dropped first, together with the waiting request: its fetch ends too.
    let first = runtime();
    first.block_on(async {
        let layer = scoped(&authorizer());
        let waiting = ask(&layer, &token);
        soon(|| under_way.load(Ordering::SeqCst) == 1).await;
        waiting.abort();
        drop(layer);
        soon(|| under_way.load(Ordering::SeqCst) == 0).await;
    });
    drop(first);

    // The first runtime ends while a request on the second one waits for its fetch. That request then fetches by itself.
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
    assert_eq!(answer.expect("it was told that the fetch ended").unwrap(), None);
    drop((authorizer, layer));
    second.shutdown_timeout(Duration::from_secs(5));
}

/// Without a runtime no keys can be fetched: the request is rejected, without a panic.
#[test]
fn without_a_runtime() {
    let layer = scoped(&keys::builder(&ScriptedKeys::new()).build().unwrap());
    let token = Token::access().sign();
    let answer = std::pin::pin!(reason(&layer, &token));
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    assert_eq!(answer.poll(&mut context), std::task::Poll::Ready(Some(No::KeysUnavailable)));
}
