//! Tests the local user pool as a test kit: tokens made to order, key rotation, outages and a clock, over real sockets.
use std::{sync::Arc, time::Duration};

use cognito_authorizer::{
    Authorizer, AuthorizerLayer, RejectionKind as No,
    claims::TokenUse,
    clock::{ManualClock, UnixTime},
    local_user_pool::{AppClientConfig, KeyRotation, LocalUserPool, LocalUserPoolConfig, Outage, TestToken},
};
use serde_json::{Value, json};

use crate::support::{
    requests::{reason, request, scoped, send},
    tokens::NOW,
};

async fn pool(clock: &Arc<ManualClock>) -> LocalUserPool {
    let client = AppClientConfig::new("petstore", "not-a-secret").allowed_scopes(["pets/read"]);
    let config = LocalUserPoolConfig::new("eu-west-1_TestKit").resource_server("pets", ["read"]).app_client(client);
    LocalUserPool::start_with_clock(config, "127.0.0.1:0".parse().unwrap(), Arc::clone(clock)).await.unwrap()
}

fn clock() -> Arc<ManualClock> {
    Arc::new(ManualClock::new(UnixTime::from_secs(NOW)))
}

fn authorizer(pool: &LocalUserPool, clock: &Arc<ManualClock>) -> Authorizer {
    Authorizer::builder().user_pool(pool.user_pool()).clock(Arc::clone(clock)).build().unwrap()
}

fn access() -> TestToken {
    TestToken::access("petstore", ["pets/read"])
}

#[tokio::test]
async fn each_wrong_token_is_rejected_for_its_own_reason() {
    let clock = clock();
    let pool = pool(&clock).await;
    let layer = scoped(&authorizer(&pool, &clock));
    for (token, expected) in [
        (access(), None),
        (access().expires_in(1), None),
        (access().claim("exp", NOW + 1).claim("custom:x", json!({"a": [1]})), None),
        (access().expires_in(0), Some(No::Expired)),
        (access().expires_in(-1), Some(No::Expired)),
        (access().without_claim("exp"), Some(No::MissingExpiry)),
        (access().claim("exp", "soon"), Some(No::MissingExpiry)),
        (access().claim("nbf", NOW + 1), Some(No::NotYetValid)),
        (access().without_claim("sub"), Some(No::MissingSubject)),
        (access().claim("iss", "https://idp.example"), Some(No::UnknownIssuer)),
        (access().claim("scope", "pets/write"), Some(No::InsufficientScope)),
        (TestToken::access("petstore", ["pets/write", "pets/list"]), Some(No::InsufficientScope)),
        (TestToken::user_access("petstore", "janedoe"), Some(No::InsufficientScope)),
        (TestToken::user_access("petstore", "janedoe").claim("scope", "openid pets/read"), None),
        (TestToken::id("petstore", "janedoe"), Some(No::WrongTokenUse)),
        (access().header("kid", "another"), Some(No::UnknownKey)),
        (access().without_header("kid"), Some(No::MissingKid)),
        (access().header("alg", "none"), Some(No::UnsupportedAlgorithm)),
        (access().header("crit", json!(["exp"])), Some(No::UnsupportedExtension)),
        (access().by_unpublished_key(), Some(No::UnknownKey)),
        (access().with_wrong_signature(), Some(No::InvalidSignature)),
    ] {
        assert_eq!(reason(&layer, &pool.issue(&token).unwrap()).await, expected, "{token:?}");
    }
}

/// Behaviour §7.2, claim by claim.
#[tokio::test]
async fn tokens_hold_the_claims_of_cognito() {
    let clock = clock();
    let pool = pool(&clock).await;
    let authorizer = authorizer(&pool, &clock);
    authorizer.hydrate().await.unwrap();
    let of = |token: TestToken| {
        let token = pool.issue(&token).unwrap();
        match authorizer.verify(cognito_authorizer::token::RawToken::new(&token)) {
            cognito_authorizer::Verdict::Allow(claims) => claims,
            other => panic!("{other:?}"),
        }
    };
    let names = |token: TestToken| of(token).deserialize::<serde_json::Map<String, Value>>().unwrap();
    let keys = |token: TestToken| names(token).keys().cloned().collect::<Vec<_>>().join(" ");
    assert_eq!(keys(access()), "auth_time client_id exp iat iss jti scope sub token_use version");
    assert_eq!(
        keys(TestToken::user_access("petstore", "janedoe")),
        "auth_time client_id event_id exp iat iss jti origin_jti scope sub token_use username"
    );
    assert_eq!(
        keys(TestToken::id("petstore", "janedoe")),
        "aud auth_time cognito:username event_id exp iat iss jti origin_jti sub token_use"
    );
    let machine = of(access());
    assert_eq!((machine.subject(), machine.client_id(), machine.username()), ("petstore", Some("petstore"), None));
    let (user, id) = (of(TestToken::user_access("petstore", "janedoe")), of(TestToken::id("petstore", "janedoe")));
    assert_eq!((user.token_use(), id.token_use()), (Some(TokenUse::Access), Some(TokenUse::Id)));
    assert_eq!((user.username(), id.username()), (Some("janedoe"), Some("janedoe")));
    assert_eq!(user.subject(), id.subject(), "one user");
    assert_ne!(user.subject(), of(TestToken::id("petstore", "johndoe")).subject(), "another one");
    let (one, two) = (of(TestToken::id("petstore", "tester1")), of(TestToken::id("petstore", "testera")));
    assert_ne!(one.subject(), two.subject());
    assert_eq!((user.issued_at(), user.expires_at().as_secs()), (Some(UnixTime::from_secs(NOW)), NOW + 3_600));
}

#[tokio::test]
async fn keys_rotate_with_overlap_and_at_once() {
    let clock = clock();
    let pool = pool(&clock).await;
    let layer = scoped(&authorizer(&pool, &clock));
    let issue = || pool.issue(&access()).unwrap();
    let first = issue();
    assert_eq!(reason(&layer, &first).await, None);
    pool.rotate_keys(KeyRotation::WithOverlap).await.unwrap();
    let second = issue();
    assert_eq!(reason(&layer, &second).await, None, "noticed by its new key");
    assert_eq!(reason(&layer, &first).await, None, "the key before is still published");
    clock.advance(20);
    pool.rotate_keys(KeyRotation::AtOnce).await.unwrap();
    assert_eq!(reason(&layer, &issue()).await, None);
    for token in [first, second] {
        assert_eq!(reason(&layer, &token).await, Some(No::UnknownKey), "its key is gone");
    }
}

#[tokio::test]
async fn outages_are_outlived_with_keys_and_answered_without() {
    for outage in [Outage::Refuse, Outage::Hang, Outage::InternalServerError, Outage::Garbage] {
        let clock = clock();
        let pool = pool(&clock).await;
        let token = pool.issue(&access()).unwrap();
        let with_keys = scoped(&authorizer(&pool, &clock));
        assert_eq!(reason(&with_keys, &token).await, None);
        pool.set_outage(Some(outage));
        assert_eq!(reason(&with_keys, &token).await, None, "{outage:?}");
        let builder = Authorizer::builder().user_pool(pool.user_pool()).clock(Arc::clone(&clock));
        let without = scoped(&builder.fetch_timeout(Duration::from_millis(300)).build().unwrap());
        assert_eq!(reason(&without, &token).await, Some(No::KeysUnavailable), "{outage:?}");
        pool.set_outage(None);
        clock.advance(60);
        assert_eq!(reason(&without, &token).await, None, "{outage:?} is over");
    }
}

#[tokio::test]
async fn one_clock_for_both() {
    let clock = clock();
    let pool = pool(&clock).await;
    let layer: AuthorizerLayer = authorizer(&pool, &clock).layer();
    let token = pool.issue(&TestToken::id("petstore", "janedoe").expires_in(60)).unwrap();
    clock.advance(59);
    assert_eq!(send(&layer, request("GET", "/", &[&token])).await.status, 200);
    clock.advance(1);
    assert_eq!(reason(&layer, &token).await, Some(No::Expired));
    assert_eq!(reason(&layer, &pool.issue(&TestToken::id("petstore", "janedoe")).unwrap()).await, None);
}
