//! Tests that keys are fetched on demand, by one fetch at a time, and within the budget.
//!
//! Attack ids: `src/docs/attacks.md`, section 6.
use std::time::Duration;

use cognito_authorizer::{AuthorizerLayer, RejectionKind as No, clock::ManualClock};
use http::StatusCode;

use crate::support::{
    keys::{self, Answer, ScriptedKeys},
    requests::{ask, reason, request, send},
    soon,
    tokens::*,
};

fn layer(keys: &ScriptedKeys, clock: &ManualClock) -> AuthorizerLayer {
    let authorizer = keys::builder(keys).clock(clock.clone()).fetch_timeout(Duration::from_secs(10)).build().unwrap();
    authorizer.layer().scopes(["pets/read"]).unwrap()
}

fn published(keys: &[&Key]) -> Answer {
    Answer::Document(jwk_set(keys.iter().copied()))
}

/// Uses several threads, so that a verdict and the end of a fetch can overlap.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_fetch_serves_everybody() {
    let (keys, clock) = (ScriptedKeys::new(), keys::clock());
    let layer = layer(&keys, &clock);
    keys.hold();
    let token = Token::access().sign();
    let waiting: Vec<_> = (0..500)
        .map(|_| {
            let (layer, token) = (layer.clone(), token.clone());
            tokio::spawn(async move { send(&layer, request("GET", "/", &[&token])).await.status })
        })
        .collect();
    soon(|| keys.fetches() > 0).await;
    keys.release();
    for answer in waiting {
        assert_eq!(answer.await.unwrap(), StatusCode::OK, "T-JWK-2");
    }
    assert_eq!(keys.fetches(), 1, "T-JWK-2");
    assert_eq!(reason(&layer, &token).await, None);
    assert_eq!(keys.fetches(), 1, "a known key needs no fetch");
}

/// Verdicts overlap the end of a fetch: a key that has just arrived must always be found.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_good_token_is_never_rejected_at_a_cold_start() {
    let token = Token::access().sign();
    for _ in 0..200 {
        let layer = layer(&ScriptedKeys::new(), &keys::clock());
        let requests: Vec<_> = (0..8).map(|_| ask(&layer, &token)).collect();
        for request in requests {
            assert_eq!(request.await.unwrap(), None);
        }
    }
}

/// An unsigned token can name either issuer form: fetches for one form must not use up the budget of the other.
#[tokio::test]
async fn one_form_of_the_issuer_does_not_cost_the_other() {
    let (keys, clock) = (ScriptedKeys::new(), keys::clock());
    let layer = layer(&keys, &clock);
    let other_form = ISSUER.replace("cognito-idp", "issuer-cognito-idp");
    keys.set(&other_form, Answer::Failure);
    let (good, forged) = (Token::access(), Token::access().with("iss", other_form.clone()).with_header("kid", "x"));
    assert_eq!(reason(&layer, &forged.sign()).await, Some(No::KeysUnavailable));
    assert_eq!(reason(&layer, &good.sign()).await, None, "at a cold start");
    keys.set(ISSUER, published(&[&ID_KEY, &NEXT_KEY]));
    clock.advance(10);
    assert_eq!(reason(&layer, &forged.sign()).await, Some(No::KeysUnavailable));
    assert_eq!(reason(&layer, &good.by(&NEXT_KEY).sign()).await, None, "after a rotation");
    keys.set(&other_form, published(&[&ID_KEY]));
    clock.advance(10);
    assert_eq!(reason(&layer, &forged.sign()).await, Some(No::UnknownKey));
    assert_eq!(reason(&layer, &Token::access().by(&NEXT_KEY).sign()).await, None, "each has keys of its own");
}

#[tokio::test]
async fn a_new_key_is_noticed_and_a_removed_one_is_not_trusted_any_more() {
    let (keys, clock) = (ScriptedKeys::new(), keys::clock());
    let layer = layer(&keys, &clock);
    let (old, new) = (Token::access().sign(), Token::access().by(&NEXT_KEY).sign());
    assert_eq!(reason(&layer, &old).await, None);
    keys.set(ISSUER, published(&[&ID_KEY, &NEXT_KEY]));
    clock.advance(10);
    assert_eq!(reason(&layer, &new).await, None, "T-JWK-5");
    assert_eq!(keys.fetches(), 2);
    assert_eq!(reason(&layer, &old).await, Some(No::UnknownKey), "T-JWK-5");
}

#[tokio::test]
async fn unknown_keys_cause_few_fetches_and_cost_good_tokens_nothing() {
    let (keys, clock) = (ScriptedKeys::new(), keys::clock());
    let layer = layer(&keys, &clock);
    let good = Token::access().sign();
    assert_eq!(reason(&layer, &good).await, None);
    for round in 0..3 {
        for attempt in 0..200 {
            let kid = format!("random{round}-{attempt}");
            assert_eq!(reason(&layer, &Token::access().with_header("kid", kid).sign()).await, Some(No::UnknownKey));
        }
        assert_eq!(keys.fetches(), 2 + round, "T-JWK-1: the burst, and one for each cool-down that is over");
        assert_eq!(reason(&layer, &good).await, None);
        clock.advance(10);
    }
}

#[tokio::test]
async fn a_token_that_could_not_pass_fetches_nothing() {
    let (keys, clock) = (ScriptedKeys::new(), keys::clock());
    let layer = layer(&keys, &clock);
    for token in [
        "garbage".to_owned(),
        Token::access().with("iss", "https://evil.example").sign(),
        Token::access().with_header("alg", "none").sign(),
        Token::access().without_header("kid").sign(),
        Token::access().with_header("kid", "k".repeat(300)).sign(),
    ] {
        assert!(reason(&layer, &token).await.is_some());
    }
    assert_eq!(keys.fetches(), 0);
}

#[tokio::test]
async fn a_bad_answer_never_replaces_good_keys() {
    let (keys, clock) = (ScriptedKeys::new(), keys::clock());
    let layer = layer(&keys, &clock);
    let (good, unknown) = (Token::access().sign(), Token::access().by(&NEXT_KEY).sign());
    assert_eq!(reason(&layer, &good).await, None);
    for answer in [
        Answer::Failure,
        Answer::Panic,
        Answer::Document(String::new()),
        Answer::Document("<html></html>".to_owned()),
        Answer::Document(r#"{"keys":[]}"#.to_owned()),
        Answer::Document(r#"{"keys":[{"kty":"oct","kid":"a","k":"AAAA"}]}"#.to_owned()),
    ] {
        keys.set(ISSUER, answer.clone());
        clock.advance(30);
        assert_eq!(reason(&layer, &unknown).await, Some(No::UnknownKey), "T-JWK-3: {answer:?}");
        assert_eq!(reason(&layer, &good).await, None, "T-JWK-3: {answer:?}");
    }
    assert_eq!(keys.fetches(), 7, "each of them was asked for");
    keys.set(ISSUER, published(&[&ID_KEY, &ACCESS_KEY, &NEXT_KEY]));
    clock.advance(30);
    assert_eq!(reason(&layer, &unknown).await, None, "back to normal when the server is");
}

#[tokio::test]
async fn an_answer_that_never_comes_is_not_waited_for() {
    let keys = ScriptedKeys::new();
    keys.set(ISSUER, Answer::Never);
    let authorizer = keys::builder(&keys).fetch_timeout(Duration::from_millis(50)).build().unwrap();
    let layer = authorizer.layer().scopes(["pets/read"]).unwrap();
    assert_eq!(reason(&layer, &Token::access().sign()).await, Some(No::KeysUnavailable));
}

#[tokio::test]
async fn keys_never_had_answer_500_and_one_pool_does_not_cost_the_other() {
    let (keys, clock) = (ScriptedKeys::new(), keys::clock());
    let layer = layer(&keys, &clock);
    keys.set(ISSUER, Answer::Failure);
    let (token, other) = (Token::access().sign(), Token::access().with("iss", OTHER_ISSUER).by(&OTHER_POOL_KEY).sign());
    assert_eq!(reason(&layer, &token).await, Some(No::KeysUnavailable));
    assert_eq!(reason(&layer, &token).await, Some(No::KeysUnavailable), "at once, while it cools down");
    assert_eq!(keys.fetches(), 1);
    assert_eq!(reason(&layer, &other).await, None);
    keys.set(ISSUER, published(&[&ACCESS_KEY]));
    clock.advance(10);
    assert_eq!(reason(&layer, &token).await, None);
}

#[tokio::test]
async fn a_fetch_outlives_the_request_that_asked_for_it() {
    let (keys, clock) = (ScriptedKeys::new(), keys::clock());
    let layer = layer(&keys, &clock);
    let token = Token::access().sign();
    keys.hold();
    let asking = tokio::spawn({
        let (layer, token) = (layer.clone(), token.clone());
        async move { send(&layer, request("GET", "/", &[&token])).await.status }
    });
    soon(|| keys.fetches() > 0).await;
    asking.abort();
    assert!(asking.await.unwrap_err().is_cancelled());
    keys.release();
    let arrived = async {
        while reason(&layer, &token).await.is_some() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), arrived).await.unwrap();
    assert_eq!(keys.fetches(), 1, "the keys arrived by the first fetch");
}
