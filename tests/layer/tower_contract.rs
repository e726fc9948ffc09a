//! The middleware keeps tower's contract with any inner service and any body.
use std::{
    collections::{HashSet, VecDeque},
    convert::Infallible,
    pin::Pin,
    sync::{Mutex, atomic::Ordering},
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use cognito_authorizer::{
    Authorizer, AuthorizerBuilder, AuthorizerLayer, Authorizers, BuildError, Claims, Rejection, RejectionKind,
    RouteKey, RouteTable, Verdict, Verifier,
    api_definition::{ApiDefinition, ApiDefinitionError, ApiDefinitionReader},
    claims::{ClaimError, ScopeError, TokenUse},
    configuration::{Configuration, ConfigurationError, ConfigurationReader},
    extract::MissingLayer,
    gateway_response::{CorsError, GatewayResponses, GatewayResponsesError},
    keys::{
        FixedKeySource, FixedKeySourceError, HttpsKeySource, HttpsKeySourceError, HydrateError, JwkSet, JwkSetError,
        KeySourceError, KeyStatus,
    },
    local_user_pool::{LocalUserPool, LocalUserPoolError},
    middleware::{Admission, AuthorizerService, ResponseFuture},
    request_context::{ClaimHeaders, ClaimHeadersError},
    route::{MatchedRoute, RouteKeyError, RouteTableBuilder, RouteTableError},
    token::{AudiencePatternError, IdentitySourceError},
    user_pool::UserPoolError,
    verifier::VerifierMistake,
};
use http::{Request, Response, StatusCode};
use http_body::{Body, Frame};
use http_body_util::{BodyExt, Full};
use tower::{Layer, Service, ServiceExt, limit::ConcurrencyLimit, service_fn};

use crate::support::{
    keys::{self, ScriptedKeys},
    strict::Strict,
    tokens::*,
};

fn request<B: Default>(token: &str) -> Request<B> {
    Request::builder().uri("/").header("authorization", token).body(B::default()).unwrap()
}

/// T-FRN-3: with a cached key, and while the request waits for a key fetch.
#[tokio::test]
async fn calls_only_the_instance_that_was_ready() {
    let inner = Strict::default();
    let calls = inner.calls();
    let mut service = keys::authorizer().layer().scopes(["pets/read"]).unwrap().layer(inner);
    let token = Token::access().sign();
    for round in 1..=3 {
        let response = service.ready().await.unwrap().call(request::<Full<Bytes>>(&token)).await.unwrap();
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(calls.load(Ordering::SeqCst), round, "the first round fetches keys, the others have them");
    }
}

#[tokio::test]
async fn a_rejected_request_never_reaches_the_service() {
    let inner = Strict::default();
    let calls = inner.calls();
    let mut service = keys::authorizer().layer().scopes(["pets/read"]).unwrap().layer(inner);
    for token in ["", "garbage", &Token::access().by(&NEXT_KEY).sign(), &Token::id().sign()] {
        let response = service.ready().await.unwrap().call(request::<Full<Bytes>>(token)).await.unwrap();
        assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
    }
    assert_eq!(calls.load(Ordering::SeqCst), 0);
}

/// The layer never uses the request's body, so the body can be of any type, even one that is not an HTTP body.
#[tokio::test]
async fn works_with_any_body() {
    struct NoBody;

    /// A body whose data is not `Bytes`.
    #[derive(Debug)]
    struct Deque(Option<VecDeque<u8>>);

    #[derive(Debug)]
    struct Chunk(VecDeque<u8>);

    impl From<Bytes> for Chunk {
        fn from(bytes: Bytes) -> Self {
            Self(bytes.into_iter().collect())
        }
    }

    impl bytes::Buf for Chunk {
        fn remaining(&self) -> usize {
            self.0.len()
        }
        fn chunk(&self) -> &[u8] {
            self.0.as_slices().0
        }
        fn advance(&mut self, count: usize) {
            self.0.drain(..count);
        }
    }

    impl Body for Deque {
        type Data = Chunk;
        type Error = Infallible;

        fn poll_frame(
            mut self: Pin<&mut Self>,
            _cx: &mut Context<'_>,
        ) -> Poll<Option<Result<Frame<Chunk>, Infallible>>> {
            Poll::Ready(self.0.take().map(|data| Ok(Frame::data(Chunk(data)))))
        }
    }

    let layer = keys::authorizer().layer().scopes(["pets/read"]).unwrap();
    let inner = service_fn(|_: Request<NoBody>| async {
        Ok::<_, Infallible>(Response::new(Deque(Some(b"inner".to_vec().into()))))
    });
    let service = layer.layer(inner);
    for (token, expected) in [(&*Token::access().sign(), "inner"), ("x", r#"{"message":"Unauthorized"}"#)] {
        let request = Request::builder().header("authorization", token).body(NoBody).unwrap();
        let response = service.clone().oneshot(request).await.unwrap();
        assert_eq!(response.into_body().collect().await.unwrap().to_bytes(), expected);
    }
}

/// A server sets `content-length` from the body's size hint.
#[tokio::test]
async fn a_rejection_tells_its_length() {
    let service = keys::authorizer().layer().layer(Strict::default());
    let response = service.oneshot(request::<Full<Bytes>>("x")).await.unwrap();
    assert_eq!(response.body().size_hint().exact(), Some(26));
    assert!(!response.body().is_end_stream());
}

#[tokio::test]
async fn errors_of_the_service_pass_through() {
    let inner = service_fn(|_: Request<Full<Bytes>>| async { Err::<Response<Full<Bytes>>, _>("the service's own") });
    let service = keys::authorizer().layer().scopes(["pets/read"]).unwrap().layer(inner);
    assert_eq!(service.oneshot(request(&Token::access().sign())).await.unwrap_err(), "the service's own");
}

#[tokio::test]
async fn the_service_sees_the_claims_and_the_caller_sees_the_rejection() {
    let inner = service_fn(|request: Request<Full<Bytes>>| async move {
        let claims = request.extensions().get::<Claims>().unwrap();
        assert_eq!(claims.subject(), SUBJECT);
        assert_eq!(claims.user_pool().as_str(), POOL_ID);
        assert_eq!((claims.issuer(), claims.client_id()), (ISSUER, Some(CLIENT_ID)));
        assert_eq!(claims.token_use(), Some(TokenUse::Access));
        assert_eq!((claims.scope(), claims.expires_at().as_secs()), ("x/y pets/read", EXPIRES_AT));
        assert_eq!(claims.username(), Some("janedoe"));
        assert_eq!(claims.groups().collect::<Vec<_>>(), ["admin", "a,b"]);
        assert_eq!(claims.audience().count(), 0);
        assert_eq!(claims.get::<u64>("auth_time"), Ok(Some(ISSUED_AT)));
        assert_eq!(claims.get::<String>("custom:url"), Ok(Some("https://a/b".to_owned())));
        assert_eq!(claims.get::<String>("absent"), Ok(None));
        let error = claims.get::<u64>("username").unwrap_err().to_string();
        assert_eq!(error, "the claim `username` is not of the requested type");
        assert!(claims.deserialize::<serde_json::Value>().unwrap().get("version").is_some());
        assert!(request.headers().contains_key("authorization"), "1.1.12: handed on unchanged");
        Ok::<_, Infallible>(Response::new(Full::<Bytes>::from("ok")))
    });
    let service = keys::authorizer().layer().scopes(["pets/read"]).unwrap().layer(inner);
    let token = Token::user_access().with("scope", "x/y pets/read").with("custom:url", "https://a/b").sign();
    let response = service.clone().oneshot(request(&token)).await.unwrap();
    assert!(response.extensions().get::<Rejection>().is_none());

    let response = service.oneshot(request("")).await.unwrap();
    assert_eq!(response.extensions().get::<Rejection>().unwrap().kind(), RejectionKind::EmptyToken);
}

/// Outer layers that respond by themselves need a default response body.
#[tokio::test]
async fn cors_and_time_outs_fit_outside() {
    let cors = tower_http::cors::CorsLayer::permissive();
    let time_out =
        tower_http::timeout::TimeoutLayer::with_status_code(StatusCode::REQUEST_TIMEOUT, Duration::from_secs(5));
    let service = cors.layer(time_out.layer(keys::authorizer().layer().layer(Strict::default())));
    let response = service.oneshot(request::<Full<Bytes>>("x")).await.unwrap();
    assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(
        response.headers()["access-control-allow-origin"],
        "*",
        "2.4.1: by a layer outside, a browser can read it"
    );
}

/// A request that waits for keys must not take capacity of the inner service from requests that may pass.
#[tokio::test]
async fn a_request_that_waits_for_keys_reserves_nothing() {
    let keys = ScriptedKeys::new();
    let layer = keys::builder(&keys).build().unwrap().layer().scopes(["pets/read"]).unwrap();
    let service = layer.layer(ConcurrencyLimit::new(Strict::default(), 1));
    keys.hold();
    let forged = Token::access().with_header("kid", "forged").sign();
    let waiting = tokio::spawn(service.clone().oneshot(request::<Full<Bytes>>(&forged)));
    crate::support::soon(|| keys.fetches() > 0).await;
    tokio::time::timeout(Duration::from_secs(5), service.clone().ready()).await.expect("the place is free").unwrap();
    keys.release();
    assert_eq!(waiting.await.unwrap().unwrap().status(), StatusCode::UNAUTHORIZED);
    let good = service.oneshot(request::<Full<Bytes>>(&Token::access().sign())).await.unwrap();
    assert_eq!(good.status(), StatusCode::OK);
}

/// A request that waited for keys, and then for the service, is authorized at the time of the call.
#[tokio::test]
async fn a_request_that_waited_is_judged_again() {
    let (keys, clock) = (ScriptedKeys::new(), keys::clock());
    let authorizer = keys::builder(&keys).clock(clock.clone()).build().unwrap();
    let inner = Strict::default();
    let calls = inner.calls();
    let service = crate::support::requests::scoped(&authorizer).layer(ConcurrencyLimit::new(inner, 1));
    keys.hold();
    let waiting = tokio::spawn(service.clone().oneshot(request::<Full<Bytes>>(&Token::access().sign())));
    crate::support::soon(|| keys.fetches() > 0).await;
    let mut busy = service.clone();
    busy.ready().await.unwrap();
    keys.release();
    crate::support::soon(|| authorizer.is_ready()).await;
    // The request has its keys now, and waits for the service.
    tokio::time::sleep(Duration::from_millis(50)).await;
    clock.advance(EXPIRES_AT - NOW);
    drop(busy);
    let response = waiting.await.unwrap().unwrap();
    let rejection = response.extensions().get::<Rejection>().map(|rejection| rejection.kind());
    assert_eq!((rejection, calls.load(Ordering::SeqCst)), (Some(RejectionKind::Expired), 0));
}

/// A revocation check may have a side effect: this one accepts each `jti` once.
#[tokio::test]
async fn the_revocation_check_is_asked_once_for_a_request_that_waited() {
    let (keys, seen) = (ScriptedKeys::new(), Mutex::new(HashSet::new()));
    let builder = keys::builder(&keys).revocation_check(move |claims| {
        let id = claims.jwt_id().expect("the token has a `jti`").to_owned();
        !seen.lock().unwrap().insert(id)
    });
    let layer = crate::support::requests::scoped(&builder.build().unwrap());
    let token = Token::access().sign();
    assert_eq!(crate::support::requests::reason(&layer, &token).await, None, "the first use, after a wait for keys");
    assert_eq!(keys.fetches(), 1);
    assert_eq!(crate::support::requests::reason(&layer, &token).await, Some(RejectionKind::Revoked), "the second use");
}

#[tokio::test]
async fn two_layers_both_have_to_allow() {
    let authorizer = keys::authorizer();
    let reader = authorizer.layer().scopes(["pets/read"]).unwrap();
    let admin = authorizer.layer().scopes(["pets/admin"]).unwrap();
    let service = reader.layer(admin.layer(Strict::default()));
    let (one, both) = (Token::access().sign(), Token::access().with("scope", "pets/admin pets/read").sign());
    for (token, expected) in [(one, StatusCode::UNAUTHORIZED), (both, StatusCode::OK)] {
        let response = service.clone().oneshot(request::<Full<Bytes>>(&token)).await.unwrap();
        assert_eq!(response.status(), expected, "T-PTH-9");
    }
}

/// An extractor for claims without a layer is a mistake in the service.
#[tokio::test]
async fn the_extractor_answers_500_where_no_layer_is() {
    use axum::{Router, routing::get};

    let handler = |claims: Claims| async move { claims.subject().to_owned() };
    let optional = |claims: Option<Claims>| async move { claims.is_some().to_string() };
    let layer = keys::authorizer().layer().scopes(["pets/read"]).unwrap();
    let app = Router::new()
        .route("/guarded", get(handler).route_layer(layer))
        .route("/forgotten", get(handler))
        .route("/optional", get(optional));
    let token = Token::access().sign();
    for (path, token, status, body) in [
        ("/guarded", &*token, 200, CLIENT_ID),
        ("/guarded", "x", 401, r#"{"message":"Unauthorized"}"#),
        (
            "/forgotten",
            &*token,
            500,
            "no `Claims` in the request: put an authorizer's layer in front of this handler, or take `Option<Claims>` on an open route",
        ),
        ("/optional", &*token, 200, "false"),
        ("/elsewhere", &*token, 404, ""),
    ] {
        let request = Request::builder().uri(path).header("authorization", token).body(axum::body::Body::empty());
        let response = app.clone().oneshot(request.unwrap()).await.unwrap();
        assert_eq!(response.status().as_u16(), status, "{path}");
        assert_eq!(response.into_body().collect().await.unwrap().to_bytes(), body, "{path}");
    }
}

#[tokio::test]
async fn another_header_can_hold_the_token() {
    let keys = ScriptedKeys::new();
    let authorizer = keys::builder(&keys).identity_source("method.request.header.X-Token").build().unwrap();
    let service = authorizer.layer().scopes(["pets/read"]).unwrap().layer(Strict::default());
    let token = Token::access().sign();
    for (header, expected) in [("authorization", StatusCode::UNAUTHORIZED), ("x-token", StatusCode::OK)] {
        let request = Request::builder().header(header, &token).body(Full::<Bytes>::default()).unwrap();
        assert_eq!(service.clone().oneshot(request).await.unwrap().status(), expected, "1.1.3: {header}");
    }
    assert_eq!(keys.fetches(), 1);
}

/// A service may keep these types in its state, move them to a task, or return them as boxed errors.
#[test]
fn everything_can_be_shared_between_threads() {
    fn is_shared<T: Send + Sync + 'static>() {}
    fn is_sent<T: Send + 'static>() {}
    fn is_error<T: std::error::Error + Send + Sync + 'static>() {}

    is_shared::<Authorizer>();
    is_shared::<AuthorizerBuilder>();
    is_shared::<Authorizers>();
    is_shared::<Admission>();
    is_shared::<MatchedRoute>();
    is_shared::<AuthorizerLayer>();
    is_shared::<AuthorizerService<Strict>>();
    is_shared::<Verifier>();
    is_shared::<Verdict<Claims>>();
    is_shared::<Claims>();
    is_shared::<Rejection>();
    is_shared::<RouteTable>();
    is_shared::<RouteTableBuilder>();
    is_shared::<GatewayResponses>();
    is_shared::<ClaimHeaders>();
    is_shared::<JwkSet>();
    is_shared::<FixedKeySource>();
    is_shared::<HttpsKeySource>();
    is_shared::<KeyStatus>();
    is_shared::<ApiDefinition>();
    is_shared::<ApiDefinitionReader>();
    is_shared::<Configuration>();
    is_shared::<ConfigurationReader>();
    is_shared::<LocalUserPool>();

    is_error::<AudiencePatternError>();
    is_error::<ApiDefinitionError>();
    is_error::<BuildError>();
    is_error::<ClaimError>();
    is_error::<ClaimHeadersError>();
    is_error::<ConfigurationError>();
    is_error::<CorsError>();
    is_error::<FixedKeySourceError>();
    is_error::<GatewayResponsesError>();
    is_error::<HttpsKeySourceError>();
    is_error::<HydrateError>();
    is_error::<IdentitySourceError>();
    is_error::<JwkSetError>();
    is_error::<KeySourceError>();
    is_error::<LocalUserPoolError>();
    is_error::<MissingLayer>();
    is_error::<RouteKeyError>();
    is_error::<RouteTableError>();
    is_error::<ScopeError>();
    is_error::<UserPoolError>();
    is_error::<VerifierMistake>();

    // The future is `Send` if the service and the request are.
    is_sent::<ResponseFuture<Strict, Full<Bytes>>>();
    fn future_is_sent<F: Future + Send>(_: F) {}
    future_is_sent(keys::authorizer().hydrate());
    let (layer, head) = (keys::authorizer().layer(), request::<()>("").into_parts().0);
    future_is_sent(layer.check(&head));
    let named = Authorizers::new([("one", keys::authorizer())]).unwrap();
    future_is_sent(named.hydrate());
}

/// `main` prints the error that it returns with `Debug`.
#[test]
fn errors_show_their_text_where_main_returns_them() {
    let error: Box<dyn std::error::Error> = Authorizer::for_user_pool("foo").build().unwrap_err().into();
    assert_eq!(
        format!("{error:?}"),
        "`foo` is not a user pool id: expected <region>_<id>, such as eu-west-1_Ab129faBb"
    );
    let error: Box<dyn std::error::Error> = RouteTable::builder().open("get /").open("/x").build().unwrap_err().into();
    assert_eq!(
        format!("{error:?}"),
        "`get /` is not a route key: `get` is not a method here: use ANY, DELETE, GET, HEAD, OPTIONS, PATCH, POST or PUT, in \
         capitals\n`/x` is not a route key: expected `<METHOD> /<path>` or `$default`, such as `GET /pets/{id}`"
    );
    let error = "GET /\u{1b}[2J".parse::<RouteKey>().unwrap_err();
    assert!(error.to_string().contains('\u{1b}') && format!("{error:?}").contains("/\\u{1b}[2J"), "{error:?}");
}
