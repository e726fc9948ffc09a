//! Tests that failures stay isolated: panics in plugged-in code, clocks that jump, oversized input, slow clients, and all of
//! them at once.
//!
//! Attack ids: `src/docs/attacks.md`, T-FRN-2, T-CLM-6, T-PAR-1, T-JWK-1 and T-JWK-3.
use std::{
    convert::Infallible,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use cognito_authorizer::{
    Authorizer, AuthorizerBuilder, AuthorizerLayer, RejectionKind as No,
    clock::{Clock, UnixTime},
    gateway_response::GatewayResponses,
    keys::{HydrateError, KeyFuture, KeyRequest, KeySource, KeyState},
    limits,
};
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use tokio::sync::Mutex;
use tower::{Layer, ServiceExt, service_fn};

use crate::support::{
    guarded::{self, Client, get},
    hostile_load,
    keys::{self, Answer, ScriptedKeys},
    requests::{Answer as Answered, reason, request, scoped, send},
    resident_memory, soon,
    tokens::*,
};

/// Returns a builder of an authorizer for one user pool.
fn builder(source: impl KeySource) -> AuthorizerBuilder {
    Authorizer::for_user_pool(POOL_ID).key_source(source).clock(keys::clock())
}

/// Sends a request on its own task. Returns `None` if the task panics.
async fn try_send(layer: &AuthorizerLayer, token: &str) -> Option<Answered> {
    let (layer, request) = (layer.clone(), request("GET", "/", &[token]));
    tokio::spawn(async move { send(&layer, request).await }).await.ok()
}

/// Tests the whole path through sockets: a panic closes the connection of its request, and no other.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_panic_in_the_handler_closes_one_connection() {
    let inner = service_fn(|request: Request<Incoming>| async move {
        assert_ne!(request.uri().path(), "/panic", "as told");
        guarded::subject(request).await
    });
    let address = guarded::serve(scoped(&builder(ScriptedKeys::new()).build().unwrap()).layer(inner)).await;
    let token = Token::access().sign();
    let good = get("/", &[("authorization", &token)]);
    let right = Some((200, CLIENT_ID.to_owned()));
    let mut other = Client::connect(address).await;
    for _ in 0..20 {
        let mut client = Client::connect(address).await;
        assert_eq!(client.ask(&good).await, right);
        assert_eq!(client.ask(&get("/panic", &[("authorization", &token)])).await, None);
        assert_eq!(Client::connect(address).await.ask(&get("/panic", &[])).await.map(|(status, _)| status), Some(401));
        assert_eq!(other.ask(&good).await, right);
    }
}

/// A key source that panics in `fetch` or in the future it returns.
#[derive(Debug)]
struct Panicking {
    in_future: bool,
    is_over: Arc<AtomicBool>,
}

impl KeySource for Panicking {
    fn fetch(&self, _: KeyRequest) -> KeyFuture {
        let (is_over, in_future) = (self.is_over.load(Ordering::SeqCst), self.in_future);
        assert!(is_over || in_future, "as told");
        Box::pin(async move {
            tokio::task::yield_now().await;
            assert!(is_over, "as told");
            Ok(Bytes::from(jwk_set([&*ACCESS_KEY])).into())
        })
    }
}

#[tokio::test]
async fn a_panic_in_a_key_source_is_a_fetch_that_failed() {
    for in_future in [false, true] {
        let (is_over, clock) = (Arc::new(AtomicBool::new(false)), keys::clock());
        let source = Panicking { in_future, is_over: Arc::clone(&is_over) };
        let settings = builder(source).clock(clock.clone()).fetch_timeout(Duration::from_secs(20));
        let authorizer = settings.build().unwrap();
        let (layer, token) = (scoped(&authorizer), Token::access().sign());
        for _ in 0..5 {
            let asked = tokio::time::timeout(Duration::from_secs(10), reason(&layer, &token)).await;
            assert_eq!(asked.expect("nobody waits for what has ended"), Some(No::KeysUnavailable));
            let failure = authorizer.key_status()[0].failure.clone();
            assert_eq!(failure.as_deref(), Some("the key source panicked"));
            let error: HydrateError = authorizer.hydrate().await.unwrap_err();
            assert!(error.to_string().contains(POOL_ID) && !authorizer.is_ready());
            clock.advance(40);
        }
        is_over.store(true, Ordering::SeqCst);
        assert_eq!((reason(&layer, &token).await, authorizer.is_ready()), (None, true));
    }
}

/// A request whose closure panics gets no response, and does not pass.
#[tokio::test]
async fn a_panic_in_a_renderer_is_one_requests_failure() {
    let responses = GatewayResponses::builder().render_with(|refusal, response| {
        assert_ne!(refusal.kind(), No::Expired, "as told");
        response
    });
    let settings = builder(ScriptedKeys::new()).gateway_responses(responses.build().unwrap());
    let layer = scoped(&settings.build().unwrap());
    let (good, expired) = (Token::access().sign(), Token::access().with("exp", NOW).sign());
    for _ in 0..5 {
        assert!(try_send(&layer, &expired).await.is_none());
        assert_eq!(try_send(&layer, &good).await.unwrap().reason, None);
        assert_eq!(try_send(&layer, "x").await.unwrap().reason, Some(No::MalformedToken));
    }
}

#[tokio::test]
async fn a_panic_in_a_revocation_check_lets_no_request_pass() {
    let calls = Arc::new(AtomicUsize::new(0));
    let inner_calls = Arc::clone(&calls);
    let inner = service_fn(move |_: Request<Full<Bytes>>| {
        inner_calls.fetch_add(1, Ordering::SeqCst);
        async { Ok::<_, Infallible>(Response::new(Full::<Bytes>::default())) }
    });
    let settings = builder(ScriptedKeys::new()).revocation_check(|claims| {
        assert_ne!(claims.jwt_id(), Some("panic"), "as told");
        claims.jwt_id() == Some("revoked")
    });
    let service = scoped(&settings.build().unwrap()).layer(inner);
    for round in 1..=5 {
        // The first time the token is verified; in later rounds it is cached.
        for (id, expected) in [("panic", None), ("revoked", Some(401)), ("good", Some(200))] {
            let token = Token::access().with("jti", id).sign();
            let request = request("GET", "/", &[&token]);
            let answer = tokio::spawn(service.clone().oneshot(request)).await.ok();
            assert_eq!(answer.map(|answer| answer.unwrap().status().as_u16()), expected, "{id}");
        }
        assert_eq!(calls.load(Ordering::SeqCst), round);
    }
}

/// A clock that panics when the test tells it to.
#[derive(Clone, Debug, Default)]
struct BrokenClock(Arc<Faults>);

#[derive(Debug, Default)]
struct Faults {
    now: AtomicBool,
    monotonic: AtomicBool,
    elapsed: AtomicU64,
}

impl BrokenClock {
    fn breaks(&self, now: bool, monotonic: bool) {
        self.0.now.store(now, Ordering::SeqCst);
        self.0.monotonic.store(monotonic, Ordering::SeqCst);
    }

    fn advance(&self, seconds: u64) {
        self.0.elapsed.fetch_add(seconds, Ordering::SeqCst);
    }
}

impl Clock for BrokenClock {
    fn now(&self) -> UnixTime {
        assert!(!self.0.now.load(Ordering::SeqCst), "as told");
        UnixTime::from_secs(NOW + self.0.elapsed.load(Ordering::SeqCst))
    }

    fn monotonic(&self) -> Duration {
        assert!(!self.0.monotonic.load(Ordering::SeqCst), "as told");
        Duration::from_secs(self.0.elapsed.load(Ordering::SeqCst))
    }
}

#[tokio::test]
async fn a_panic_in_a_clock_lets_no_request_pass_and_poisons_nothing() {
    let token = Token::access().with("exp", NOW + 1_000_000).sign();
    for (now, monotonic) in [(true, false), (false, true), (true, true)] {
        let (source, clock) = (ScriptedKeys::new(), BrokenClock::default());
        let authorizer = builder(source.clone()).clock(clock.clone()).build().unwrap();
        let layer = scoped(&authorizer);
        // Before the keys are fetched, while they are fresh, and when they are stale.
        for advance in [0, 0, limits::JWK_SET_SOFT_AGE.as_secs(), limits::JWK_SET_HARD_AGE.as_secs()] {
            clock.advance(advance);
            clock.breaks(now, monotonic);
            for token in [&token, &Token::access().by(&NEXT_KEY).sign()] {
                let answer = try_send(&layer, token).await;
                assert!(answer.is_none_or(|answer| answer.reason.is_some()), "{now} {monotonic}: it was let in");
            }
            clock.breaks(false, false);
            // A fetch that the clock broke is given up after its time limit.
            clock.advance(40);
            assert_eq!(try_send(&layer, &token).await.unwrap().reason, None, "{now} {monotonic} after {advance}");
        }
    }
}

/// The clock fails during a fetch. The fetch's task panics at its end, and must not affect other tasks.
#[tokio::test]
async fn a_clock_that_breaks_during_a_fetch_does_not_end_the_process() {
    let token = Token::access().sign();
    for (now, monotonic) in [(true, false), (false, true), (true, true)] {
        for answer in [Answer::Document(jwk_set([&*ACCESS_KEY])), Answer::Failure, Answer::Panic] {
            let (source, clock) = (ScriptedKeys::new(), BrokenClock::default());
            source.set(ISSUER, answer.clone());
            let settings = builder(source.clone()).clock(clock.clone()).fetch_timeout(Duration::from_secs(20));
            let layer = scoped(&settings.build().unwrap());
            source.hold();
            let waiting = crate::support::requests::ask(&layer, &token);
            soon(|| source.fetches() == 1).await;
            clock.breaks(now, monotonic);
            source.release();
            let waited = tokio::time::timeout(Duration::from_secs(10), waiting).await.expect("whoever waits is told");
            assert!(waited.is_err() || waited.is_ok_and(|reason| reason.is_some()), "{now} {monotonic} {answer:?}");
            clock.breaks(false, false);
            source.set(ISSUER, Answer::Document(jwk_set([&*ACCESS_KEY])));
            clock.advance(40);
            assert_eq!(reason(&layer, &token).await, None, "{now} {monotonic} {answer:?}: it recovers");
        }
    }
}

/// The wall clock steps. Waiting uses the monotonic clock, which may fail too.
#[tokio::test]
async fn a_clock_that_steps_neither_opens_nor_starves() {
    let (source, clock) = (ScriptedKeys::new(), keys::clock());
    let authorizer = builder(source.clone()).clock(clock.clone()).build().unwrap();
    let layer = scoped(&authorizer);
    let token = Token::access().sign();
    for (now, expected) in [
        (NOW, None),
        (0, None),
        (EXPIRES_AT, Some(No::Expired)),
        (NOW, None),
        (u64::MAX, Some(No::Expired)),
        (NOW - 100_000_000, None),
        (EXPIRES_AT - 1, None),
    ] {
        clock.set(UnixTime::from_secs(now));
        assert_eq!(reason(&layer, &token).await, expected, "{now}");
        assert_eq!((authorizer.key_status()[0].state, source.fetches()), (KeyState::Fresh, 1), "{now}");
    }
    // T-JWK-8 covers keys of unknown age, which come from a last known good file: they are not used forever.
    let unknown = Token::access().by(&NEXT_KEY).sign();
    for step in [10, 1_000_000] {
        clock.set(UnixTime::from_secs(NOW + step));
        let _ = reason(&layer, &unknown).await;
    }
    assert_eq!(source.fetches(), 2, "the budget goes by the other clock");
    // A monotonic clock that goes backwards.
    let clock = BrokenClock::default();
    let (source, token) = (ScriptedKeys::new(), Token::access().with("exp", NOW + 1_000_000).sign());
    let layer = scoped(&builder(source.clone()).clock(clock.clone()).build().unwrap());
    for elapsed in [1_000, 0, 500, 100_000, 0, 100_001] {
        clock.0.elapsed.store(elapsed, Ordering::SeqCst);
        assert_eq!(reason(&layer, &token).await, None, "at {elapsed}");
        assert!(reason(&layer, &unknown).await.is_some());
    }
    assert!(source.fetches() < 12, "{}", source.fetches());
}

/// Oversized bodies from a custom key source, and oversized headers that a custom server accepts.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sizes_that_no_memory_holds_are_not_held() {
    let _alone = ALONE.lock().await;
    let good = jwk_set([&*ACCESS_KEY]);
    let spaces = format!("{}{good}", " ".repeat(200_000_000));
    let nested = format!(r#"{{"keys":{}"#, "[".repeat(140_000));
    let strings = format!(r#"{{"keys":["{}"]}}"#, "a".repeat(140_000));
    let keys_of_nothing = format!(r#"{{"keys":[{}0]}}"#, "0,".repeat(70_000));
    let members = format!(r#"{{{}"keys":[]}}"#, r#""a":0,"#.repeat(20_000));
    let before = resident_memory();
    for (document, why) in [
        (spaces, "two hundred megabytes"),
        (nested, "nested 140,000 deep"),
        (strings, "a long string"),
        (keys_of_nothing, "70,000 keys"),
        (members, "20,000 members"),
    ] {
        let source = ScriptedKeys::new();
        source.set(ISSUER, Answer::Document(document));
        let layer = scoped(&builder(source).build().unwrap());
        let answer = reason(&layer, &Token::access().sign()).await;
        assert_eq!(answer, Some(No::KeysUnavailable), "{why}");
    }
    let layer = scoped(&builder(ScriptedKeys::new()).build().unwrap());
    for length in [20_000, 1_000_000, 50_000_000] {
        assert_eq!(reason(&layer, &"a".repeat(length)).await, Some(No::TokenTooLong));
        let twice = ["a".repeat(length), "b".repeat(length)];
        let answer = send(&layer, request("GET", "/", &[&twice[0], &twice[1]])).await;
        assert_eq!(answer.reason, Some(No::RepeatedToken));
    }
    // Over a socket the server has its own limit, and continues to serve.
    let address = guarded::serve(layer.layer(service_fn(guarded::subject))).await;
    for _ in 0..4 {
        let endless = get("/", &[("authorization", &"a".repeat(20_000_000))]);
        let answer = Client::connect(address).await.ask(&endless).await;
        assert!(answer.is_none_or(|(status, _)| status == 431));
    }
    let token = Token::access().sign();
    let answer = Client::connect(address).await.ask(&get("/", &[("authorization", &token)])).await;
    assert_eq!(answer, Some((200, CLIENT_ID.to_owned())));
    let grown = resident_memory().saturating_sub(before);
    assert!(grown < 64 << 20, "{grown} bytes are still held");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn slow_callers_hold_up_no_other() {
    let inner = service_fn(|request: Request<Incoming>| async move {
        let body = request.into_body().collect().await.map(|body| body.to_bytes().len()).unwrap_or_default();
        Ok::<_, Infallible>(Response::new(Full::<Bytes>::from(body.to_string())))
    });
    let address = guarded::serve(scoped(&builder(ScriptedKeys::new()).build().unwrap()).layer(inner)).await;
    let token = Token::access().sign();
    let good = get("/", &[("authorization", &token)]);
    let bounded = |client: Client, request: Vec<u8>| async move {
        let mut client = client;
        let answer = tokio::time::timeout(Duration::from_secs(5), client.ask(&request)).await;
        answer.expect("at once")
    };
    // Two hundred clients send a header byte by byte, and never finish it.
    let is_over = Arc::new(AtomicBool::new(false));
    let slow: Vec<_> = (0..200)
        .map(|_| {
            let (is_over, head) = (Arc::clone(&is_over), good[..good.len() - 4].to_vec());
            tokio::spawn(async move {
                let mut client = Client::connect(address).await;
                for byte in head.chunks(1) {
                    if is_over.load(Ordering::SeqCst) || client.write(byte).await.is_err() {
                        break;
                    }
                    tokio::time::sleep(Duration::from_millis(2)).await;
                }
            })
        })
        .collect();
    for _ in 0..50 {
        assert_eq!(bounded(Client::connect(address).await, good.clone()).await, Some((200, "0".to_owned())));
    }
    is_over.store(true, Ordering::SeqCst);
    for task in slow {
        task.await.unwrap();
    }
    // A rejection does not wait for the body, and an accepted request waits only for its own body.
    let with_body = |token: &str| {
        format!("POST / HTTP/1.1\r\nhost: localhost\r\nauthorization: {token}\r\ncontent-length: 1000000\r\n\r\nxx")
    };
    let refused = bounded(Client::connect(address).await, with_body("x").into_bytes()).await;
    assert_eq!(refused, Some((401, r#"{"message":"Unauthorized"}"#.to_owned())));
    let mut slow = Client::connect(address).await;
    slow.write(with_body(&token).as_bytes()).await.unwrap();
    assert_eq!(bounded(Client::connect(address).await, good.clone()).await, Some((200, "0".to_owned())));
    let nothing = tokio::time::timeout(Duration::from_millis(100), slow.answer()).await;
    assert!(nothing.is_err(), "its body has not come");
    slow.write(&vec![b'x'; 999_998]).await.unwrap();
    assert_eq!(slow.answer().await, Some((200, "1000000".to_owned())));
    // A client that disconnects in mid-request leaves nothing behind.
    for end in [1, 20, good.len() - 2] {
        let mut client = Client::connect(address).await;
        client.write(&good[..end]).await.unwrap();
        drop(client);
    }
    assert_eq!(bounded(Client::connect(address).await, good).await, Some((200, "0".to_owned())));
}

/// The short form of `benches/hostile_load.rs`: no verdict is wrong, and the memory does not grow.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_seconds_of_hostile_load() {
    let _alone = ALONE.lock().await;
    let outcome = hostile_load::run(Duration::from_millis(400), Duration::from_secs(2)).await;
    assert_eq!(outcome.wrong.0, 0, "{:#?}", outcome.wrong.1);
    assert!(outcome.answered.0 > 50 && outcome.answered.1 > 50, "{:?}", outcome.answered);
    assert!(outcome.grown < 16 << 20, "memory grew by {} bytes", outcome.grown);
    assert!(outcome.fetches <= 4, "two user pools, the rest of a burst: {}", outcome.fetches);
    println!(
        "{:?} answered; among good ones: {}; among hostile ones: {}",
        outcome.answered, outcome.times.0, outcome.times.1
    );
}

/// Runs one test at a time, because the tests measure the memory of the process.
static ALONE: Mutex<()> = Mutex::const_new(());
