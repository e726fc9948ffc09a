//! The token cache stores only that a token was verified. Attacks on the cache are in `tests/attacks/token_cache.rs`.
use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use cognito_authorizer::{Authorizer, AuthorizerType, RejectionKind as No, limits, token::RawToken};

use crate::support::{
    keys::{self, Answer, ScriptedKeys},
    requests::{denied, reason, scoped},
    soon,
    tokens::*,
};

/// Returns the hits and misses so far.
fn looked_up(authorizer: &Authorizer) -> (u64, u64) {
    let status = authorizer.token_cache_status();
    (status.hits, status.misses)
}

#[tokio::test]
async fn the_second_sight_of_a_token_is_a_hit() {
    let authorizer = keys::authorizer();
    authorizer.hydrate().await.unwrap();
    let layer = scoped(&authorizer);
    let token = Token::access().sign();
    for (hits, misses) in [(0, 1), (1, 1), (2, 1), (3, 1), (4, 1)] {
        assert_eq!(reason(&layer, &token).await, None);
        assert_eq!(looked_up(&authorizer), (hits, misses));
    }
    // The same token after its scheme, and on another thread.
    assert_eq!(reason(&layer, &format!("Bearer {token}")).await, None);
    let other = layer.clone();
    let elsewhere = move || tokio::runtime::Runtime::new().unwrap().block_on(async { reason(&other, &token).await });
    assert_eq!(std::thread::spawn(elsewhere).join().unwrap(), None);
    assert_eq!(looked_up(&authorizer), (6, 1));
    assert_eq!(authorizer.token_cache_status().entries, 1);
}

/// T-CCH-2: a cached token also expires without a layer, and on an HTTP API with `iat`.
#[tokio::test]
async fn a_token_that_is_cached_expires_without_a_layer_too() {
    let clock = keys::clock();
    let builder = keys::builder(&ScriptedKeys::new()).clock(clock.clone()).authorizer_type(AuthorizerType::Jwt);
    let authorizer = builder.audience([CLIENT_ID]).build().unwrap();
    authorizer.hydrate().await.unwrap();
    let token = Token::access().with("iat", NOW).with("nbf", NOW - 10).sign();
    let verify = || denied(authorizer.verify(RawToken::new(&token)));
    for _ in 0..4 {
        assert_eq!(verify(), None);
    }
    for (now, expected) in [
        (EXPIRES_AT - 1, None),
        (EXPIRES_AT, Some(No::Expired)),
        (NOW - 1, Some(No::IssuedInFuture)),
        (NOW - 11, Some(No::NotYetValid)),
    ] {
        clock.set(cognito_authorizer::clock::UnixTime::from_secs(now));
        assert_eq!(verify(), expected, "{now}");
    }
    assert_eq!(looked_up(&authorizer), (7, 1));
}

/// After a change of keys that keeps the token's key, the token is verified once and cached again.
#[tokio::test]
async fn a_change_of_keys_costs_one_signature() {
    let (keys, clock) = (ScriptedKeys::new(), keys::clock());
    let authorizer = keys::builder(&keys).clock(clock.clone()).build().unwrap();
    authorizer.hydrate().await.unwrap();
    let layer = scoped(&authorizer);
    let token = Token::access().with("exp", NOW + 100_000).sign();
    for _ in 0..4 {
        assert_eq!(reason(&layer, &token).await, None);
    }
    keys.set(ISSUER, Answer::Document(jwk_set([&*ACCESS_KEY])));
    clock.advance(3_601);
    assert_eq!(reason(&layer, &token).await, None, "and the refresh starts");
    soon(|| authorizer.key_status().iter().any(|status| status.generation == 2)).await;
    let before = looked_up(&authorizer);
    for _ in 0..5 {
        assert_eq!(reason(&layer, &token).await, None);
    }
    assert_eq!(looked_up(&authorizer), (before.0 + 4, before.1 + 1));
}

/// T-JWK-7: a cached token is not accepted either once its keys are too old.
#[tokio::test]
async fn a_hit_does_not_outlive_the_trust_in_its_keys() {
    let (keys, clock) = (ScriptedKeys::new(), keys::clock());
    let authorizer = keys::builder(&keys).clock(clock.clone()).build().unwrap();
    authorizer.hydrate().await.unwrap();
    let layer = scoped(&authorizer);
    let token = Token::access().with("exp", NOW + 200_000).sign();
    for _ in 0..3 {
        assert_eq!(reason(&layer, &token).await, None);
    }
    keys.set(ISSUER, Answer::Failure);
    clock.advance(86_399);
    assert_eq!(reason(&layer, &token).await, None);
    clock.advance(1);
    assert_eq!(reason(&layer, &token).await, Some(No::KeysUnavailable));
}

#[tokio::test]
async fn long_tokens_are_not_kept() {
    let authorizer = keys::authorizer();
    authorizer.hydrate().await.unwrap();
    let layer = scoped(&authorizer);
    let token = Token::access().with("custom:x", "x".repeat(limits::MAX_CACHED_TOKEN_BYTES)).sign();
    for misses in 1..4 {
        assert_eq!(reason(&layer, &token).await, None);
        assert_eq!(looked_up(&authorizer), (0, misses));
    }
}

#[tokio::test]
async fn can_be_turned_off() {
    let authorizer = keys::builder(&ScriptedKeys::new()).token_cache_bytes(0).build().unwrap();
    authorizer.hydrate().await.unwrap();
    let token = Token::access().sign();
    for _ in 0..3 {
        assert_eq!(reason(&scoped(&authorizer), &token).await, None);
    }
    authorizer.flush_token_cache();
    assert_eq!(authorizer.token_cache_status(), Default::default());
}

/// The identity validation expression and the revocation check run on each hit.
#[tokio::test]
async fn a_hit_asks_what_is_not_about_the_signature() {
    let is_revoked = Arc::new(AtomicBool::new(false));
    let check = Arc::clone(&is_revoked);
    let pattern = "Bearer .*".parse::<cognito_authorizer::token::AudiencePattern>().unwrap();
    let authorizer = keys::builder(&ScriptedKeys::new())
        .audience_pattern(pattern.with_target(cognito_authorizer::token::PatternTarget::RawToken))
        .revocation_check(move |_| check.load(Ordering::SeqCst))
        .build()
        .unwrap();
    authorizer.hydrate().await.unwrap();
    let layer = scoped(&authorizer);
    let token = Token::access().sign();
    for _ in 0..3 {
        assert_eq!(reason(&layer, &format!("Bearer {token}")).await, None);
        assert_eq!(reason(&layer, &token).await, Some(No::TokenPatternMismatch));
    }
    is_revoked.store(true, Ordering::SeqCst);
    assert_eq!(reason(&layer, &format!("Bearer {token}")).await, Some(No::Revoked));
    assert_eq!(looked_up(&authorizer), (3, 1));
}
