//! Section 8 of the attack list: the service and its process. More of it is in `tests/key_sources/faults.rs`.

use std::{
    convert::Infallible,
    pin::Pin,
    sync::atomic::Ordering,
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use cognito_authorizer::{
    Claims, RejectionKind as No, RouteTable,
    clock::{Clock, SystemClock, UnixTime},
    gateway_response::WhenKeysUnavailable,
    token::ExpectedTokenUse,
};
use http::{Request, Response};
use http_body::{Body, Frame};
use http_body_util::{BodyExt, Full};
use tower::{Layer, Service, ServiceExt, limit::ConcurrencyLimit, service_fn};

use crate::{
    rows::{builder, layers},
    support::{
        counting,
        keys::{self, Answer, ScriptedKeys},
        requests::{ask, reason, request, scoped, send},
        soon,
        strict::Strict,
        tokens::*,
    },
};

#[tokio::test]
async fn t_frn_2_a_panic_is_one_requests_failure() {
    let source = ScriptedKeys::new();
    source.set(ISSUER, Answer::Panic);
    let clock = keys::clock();
    let authorizer = builder(&source).clock(clock.clone()).build().unwrap();
    let layer = scoped(&authorizer);
    let token = Token::access().sign();
    for _ in 0..3 {
        assert_eq!(reason(&layer, &token).await, Some(No::KeysUnavailable), "the task that fetches panics");
        clock.advance(limits_back_off());
    }
    source.set(ISSUER, Answer::Document(jwk_set([&*ACCESS_KEY])));
    clock.advance(limits_back_off());
    assert_eq!(reason(&layer, &token).await, None, "no lock is poisoned");
    // The handler panics for one request, and answers the next one.
    let inner = service_fn(|request: Request<Full<Bytes>>| async move {
        assert_ne!(request.uri().path(), "/panic", "as told");
        Ok::<_, Infallible>(Response::new(Full::<Bytes>::from("fine")))
    });
    let service = layer.layer(inner);
    for _ in 0..3 {
        let panicking = tokio::spawn(service.clone().oneshot(request("GET", "/panic", &[&token])));
        assert!(panicking.await.unwrap_err().is_panic());
        let response = service.clone().oneshot(request("GET", "/", &[&token])).await.unwrap();
        assert_eq!(response.into_body().collect().await.unwrap().to_bytes(), "fine");
        assert_eq!(
            service.clone().oneshot(request("GET", "/panic", &["x"])).await.unwrap().status(),
            401,
            "not called"
        );
    }
}

fn limits_back_off() -> u64 {
    cognito_authorizer::limits::JWK_SET_LONGEST_BACK_OFF.as_secs()
}

#[tokio::test]
async fn t_frn_3_the_service_is_called_only_when_it_is_ready() {
    let (source, clock) = (ScriptedKeys::new(), keys::clock());
    let authorizer = builder(&source).clock(clock.clone()).build().unwrap();
    let inner = Strict::default();
    let calls = inner.calls();
    let token = Token::access().sign();
    let mut service = scoped(&authorizer).layer(inner.clone());
    for round in 1..4 {
        // The first one goes round by a fetch of keys.
        let response = service.ready().await.unwrap().call(request("GET", "/", &[&token])).await.unwrap();
        assert_eq!((response.status().as_u16(), calls.load(Ordering::SeqCst)), (200, round));
        let response = service.ready().await.unwrap().call(request("GET", "/", &["x"])).await.unwrap();
        assert_eq!((response.status().as_u16(), calls.load(Ordering::SeqCst)), (401, round));
    }
    // Whoever waits for keys holds no place of the service, and is judged again when he is called.
    let limited = scoped(&authorizer).layer(ConcurrencyLimit::new(inner, 1));
    source.set(ISSUER, Answer::Document(jwk_set([&*ACCESS_KEY, &*NEXT_KEY])));
    source.hold();
    clock.advance(10);
    let new = Token::access().by(&NEXT_KEY).sign();
    let waiting = tokio::spawn(limited.clone().oneshot(request("GET", "/", &[&new])));
    soon(|| source.fetches() > 1).await;
    let mut busy = limited.clone();
    tokio::time::timeout(Duration::from_secs(5), busy.ready()).await.expect("the place is free").unwrap();
    source.release();
    soon(|| authorizer.key_status()[0].generation == 2).await;
    tokio::time::sleep(Duration::from_millis(20)).await;
    clock.advance(EXPIRES_AT - NOW);
    drop(busy);
    let response = waiting.await.unwrap().unwrap();
    assert_eq!((response.status().as_u16(), calls.load(Ordering::SeqCst)), (401, 3), "it expired while it waited");
}

/// A body that comes in pieces, each when it is asked for.
struct Pieces(u32);

impl Body for Pieces {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.0 += 1;
        Poll::Ready(Some(Ok(Frame::data(Bytes::from(self.0.to_string())))))
    }
}

#[tokio::test]
async fn t_frn_4_a_response_that_has_begun_goes_on() {
    let clock = keys::clock();
    let layer = scoped(&builder(&ScriptedKeys::new()).clock(clock.clone()).build().unwrap());
    let inner = service_fn(|_: Request<Full<Bytes>>| async { Ok::<_, Infallible>(Response::new(Pieces(0))) });
    let token = Token::access().sign();
    let response = layer.layer(inner).oneshot(request("GET", "/", &[&token])).await.unwrap();
    let mut body = response.into_body();
    for (now, expected) in [(NOW, "1"), (EXPIRES_AT, "2"), (EXPIRES_AT + 100_000, "3")] {
        clock.set(UnixTime::from_secs(now));
        let piece = body.frame().await.unwrap().unwrap().into_data();
        assert_eq!(piece.unwrap(), expected, "the service can tell by `Claims::expires_at` when to end it");
    }
    assert_eq!(reason(&layer, &token).await, Some(No::Expired), "a new one does not begin");
}

/// A verifier holds no secret: keys are public, and a token is compared as a whole. What is left is that a refusal says
/// the same, and allocates the same, wherever a forgery is wrong. Times are printed; they are too noisy to be asserted.
#[tokio::test]
async fn t_frn_5_a_rejection_does_not_tell_how_near_it_was() {
    let authorizer = builder(&ScriptedKeys::new()).build().unwrap();
    authorizer.hydrate().await.unwrap();
    let layer = scoped(&authorizer);
    let good = Token::access().sign();
    for _ in 0..4 {
        assert_eq!(reason(&layer, &good).await, None, "it is remembered");
    }
    let start = good.rfind('.').unwrap() + 1;
    let spoiled = |place: usize| {
        let mut other = good.clone().into_bytes();
        other[place] = if other[place] == b'B' { b'C' } else { b'B' };
        String::from_utf8(other).unwrap()
    };
    let clock = SystemClock::new();
    let mut answers = Vec::new();
    for place in [start, start + 1, start + 100, good.len() - 12, good.len() - 2] {
        let token = spoiled(place);
        let ask = || authorizer.verify(cognito_authorizer::token::RawToken::new(&token));
        let allocations = counting::allocations(ask);
        let mut times: Vec<Duration> = (0..200)
            .map(|_| {
                let begun = clock.monotonic();
                let _ = ask();
                clock.monotonic() - begun
            })
            .collect();
        times.sort_unstable();
        println!("character {place} of the signature: {allocations} allocations, {:?}", times[100]);
        let answer = send(&layer, request("GET", "/", &[&token])).await;
        assert_eq!(answer.reason, Some(No::InvalidSignature));
        answers.push((allocations, answer.status, answer.body));
    }
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
    // Whether a key exists is published, and the caller is told no more than that he is not let in.
    for token in [
        Token::access().by(&NEXT_KEY).sign(),
        Token::access().with_header("kid", ID_KEY.kid).sign(),
        Token::access().with("iss", OTHER_ISSUER).sign(),
        Token::access().with("client_id", "other").with("scope", "x").sign(),
        "x".to_owned(),
    ] {
        let answer = send(&layer, request("GET", "/", &[&token])).await;
        answer.assert_is_gateway_response(No::InvalidSignature);
    }
}

#[tokio::test]
async fn t_frn_6_an_outage_of_one_user_pool_is_not_the_others() {
    let source = ScriptedKeys::new();
    source.set(ISSUER, Answer::Failure);
    let clock = keys::clock();
    let authorizer = keys::builder(&source).clock(clock.clone()).fetch_timeout(Duration::from_secs(30));
    let authorizer = authorizer.when_keys_unavailable(WhenKeysUnavailable::ServiceUnavailable).build().unwrap();
    let layer = scoped(&authorizer);
    let other = Token::access().with("iss", OTHER_ISSUER).by(&OTHER_POOL_KEY).sign();
    for _ in 0..3 {
        let answer = send(&layer, request("GET", "/", &[&Token::access().sign()])).await;
        assert_eq!((answer.status.as_u16(), answer.reason), (503, Some(No::KeysUnavailable)));
        assert!(answer.headers.contains_key("retry-after"));
        assert_eq!(reason(&layer, &other).await, None);
        assert_eq!(reason(&layer, "x").await, Some(No::MalformedToken));
        clock.advance(40);
    }
    assert!(!authorizer.is_ready());
    // The keys of one form of an issuer are enough: whoever names the other one, which the user pool was not switched to,
    // makes no error of the server out of it.
    let healthy = ScriptedKeys::new();
    let switched = ISSUER.replace("cognito-idp", "issuer-cognito-idp");
    let pool = scoped(&keys::builder(&healthy).clock(clock.clone()).build().unwrap());
    let named = Token::access().with("iss", &*switched).sign();
    healthy.set(&switched, Answer::Forbidden);
    assert_eq!(reason(&pool, &named).await, Some(No::KeysUnavailable), "the user pool has none yet");
    assert_eq!(reason(&pool, &Token::access().sign()).await, None);
    assert_eq!(reason(&pool, &named).await, Some(No::UnknownKey));
    // Where it was switched, and that host is in trouble, it is an outage.
    healthy.set(&switched, Answer::Failure);
    clock.advance(40);
    assert_eq!(reason(&pool, &named).await, Some(No::KeysUnavailable));
    healthy.set(&switched, Answer::Document(jwk_set([&*ACCESS_KEY])));
    clock.advance(40);
    assert_eq!(reason(&pool, &named).await, None);
    // Nor does a fetch that hangs keep anybody else waiting.
    source.set(ISSUER, Answer::Never);
    clock.advance(40);
    let waiting = ask(&layer, &Token::access().with_header("kid", "new").sign());
    soon(|| source.fetches() > 4).await;
    let others = async {
        for _ in 0..50 {
            assert_eq!(reason(&layer, &other).await, None);
        }
    };
    tokio::time::timeout(Duration::from_secs(15), others).await.expect("at once");
    waiting.abort();
}

#[tokio::test]
async fn t_frn_7_a_bad_token_is_never_anonymous() {
    let routes = RouteTable::builder().open("GET /open").scopes("GET /pets", ["pets/read"]).guarded("GET /me");
    let authorizer = builder(&ScriptedKeys::new()).token_use(ExpectedTokenUse::Either).build().unwrap();
    let layer = authorizer.layer().routes(routes.build().unwrap()).unwrap();
    let good = Token::access().sign();
    let bad = [
        ("x".to_owned(), No::MalformedToken),
        (String::new(), No::EmptyToken),
        (Token::access().with("exp", NOW).sign(), No::Expired),
        (Token::access().by(&OTHER_POOL_KEY).sign(), No::InvalidSignature),
        (Token::access().with_header("alg", "none").sign(), No::UnsupportedAlgorithm),
    ];
    let optional = service_fn(|request: Request<Full<Bytes>>| async move {
        let claims = request.extensions().get::<Claims>().map_or("nobody", Claims::subject).to_owned();
        Ok::<_, Infallible>(Response::new(Full::<Bytes>::from(claims)))
    });
    let ask = async |path: &str, values: &[&str]| {
        let response = layer.layer(optional).oneshot(request("GET", path, values)).await.unwrap();
        let status = response.status().as_u16();
        (status, String::from_utf8(response.into_body().collect().await.unwrap().to_bytes().to_vec()).unwrap())
    };
    for path in ["/pets", "/me"] {
        assert_eq!(ask(path, &[&good]).await, (200, CLIENT_ID.to_owned()));
        assert_eq!(ask(path, &[]).await.0, 401);
        for (token, expected) in &bad {
            assert_eq!(ask(path, &[token]).await.0, 401, "{expected:?}");
            assert_eq!(send(&layer, request("GET", path, &[token])).await.reason, Some(*expected));
        }
    }
    // An open route looks at no token, a good one neither: everybody is nobody there.
    for (token, _) in bad.iter().chain([&(good, No::MissingToken)]) {
        assert_eq!(ask("/open", &[token]).await, (200, "nobody".to_owned()));
    }
    for layer in layers() {
        assert_eq!(reason(&layer, "x").await, Some(No::MalformedToken));
    }
}
