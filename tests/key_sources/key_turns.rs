//! Tests the limit on concurrent fetches over all issuers.
use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use cognito_authorizer::{
    Authorizer, AuthorizerBuilder, Authorizers, RejectionKind as No, UserPool,
    keys::{KeyFuture, KeyRequest, KeySource},
    limits::MAX_CONCURRENT_FETCHES,
};
use tokio::time::{sleep, timeout};

use crate::support::{
    keys,
    requests::{ask, reason, scoped},
    tokens::*,
};

/// A key source that answers after a delay, and counts its fetches.
#[derive(Clone, Debug)]
struct Slow {
    takes: Duration,
    under_way: Arc<AtomicUsize>,
    most: Arc<AtomicUsize>,
    fetches: Arc<AtomicUsize>,
}

impl Slow {
    fn new(takes: Duration) -> Self {
        Self { takes, under_way: Arc::default(), most: Arc::default(), fetches: Arc::default() }
    }
}

impl KeySource for Slow {
    fn fetch(&self, _: KeyRequest) -> KeyFuture {
        let source = self.clone();
        source.fetches.fetch_add(1, Ordering::SeqCst);
        let under_way = source.under_way.fetch_add(1, Ordering::SeqCst) + 1;
        source.most.fetch_max(under_way, Ordering::SeqCst);
        Box::pin(async move {
            sleep(source.takes).await;
            source.under_way.fetch_sub(1, Ordering::SeqCst);
            Ok(Bytes::from(jwk_set([&*ACCESS_KEY])).into())
        })
    }
}

/// Returns a builder of an authorizer for this many user pools, with one issuer each.
fn builder(user_pools: usize, source: &Slow) -> AuthorizerBuilder {
    let user_pool = |number: usize| {
        let id = format!("eu-west-1_Pool{number}");
        id.parse::<UserPool>().unwrap().with_issuer(format!("https://idp.example/{id}"))
    };
    let builder = Authorizer::builder().key_source(source.clone()).clock(keys::clock());
    (0..user_pools).map(user_pool).fold(builder, AuthorizerBuilder::user_pool)
}

/// T-JWK-11.
#[tokio::test(start_paused = true)]
async fn fetches_of_many_issuers_take_turns() {
    assert_eq!(MAX_CONCURRENT_FETCHES, 32);
    let source = Slow::new(Duration::from_millis(200));
    let authorizer = builder(100, &source).build().unwrap();
    authorizer.hydrate().await.unwrap();
    assert!(authorizer.is_ready(), "none of them is lost");
    assert_eq!((source.most.load(Ordering::SeqCst), source.fetches.load(Ordering::SeqCst)), (32, 100));
}

/// The last fetch waits for three others of 200 ms, which is longer than the fetch timeout.
#[tokio::test(start_paused = true)]
async fn the_time_of_a_fetch_begins_with_its_turn() {
    let source = Slow::new(Duration::from_millis(200));
    let authorizer = builder(100, &source).fetch_timeout(Duration::from_millis(300)).build().unwrap();
    authorizer.hydrate().await.unwrap();
    assert_eq!(source.fetches.load(Ordering::SeqCst), 100);
}

/// A fetch that times out, or whose authorizer was dropped, frees its slot.
#[tokio::test(start_paused = true)]
async fn a_fetch_that_fails_gives_its_turn_away() {
    let source = Slow::new(Duration::from_secs(3_600));
    let authorizer = builder(100, &source).fetch_timeout(Duration::from_millis(300)).build().unwrap();
    assert_eq!(authorizer.hydrate().await.unwrap_err().user_pools().count(), 100);
    assert_eq!(source.fetches.load(Ordering::SeqCst), 100);
}

/// Ten authorizers with ten user pools each share one limit.
#[tokio::test(start_paused = true)]
async fn authorizers_that_are_used_together_share_the_turns() {
    let source = Slow::new(Duration::from_millis(200));
    let named = (0..10).map(|number| (format!("a{number}"), builder(10, &source).build().unwrap()));
    let authorizers = Authorizers::new(named).unwrap();
    let hydrating = authorizers.iter().map(|(_, authorizer)| authorizer.clone());
    let hydrating: Vec<_> =
        hydrating.map(|authorizer| tokio::spawn(async move { authorizer.hydrate().await })).collect();
    for hydrated in hydrating {
        hydrated.await.unwrap().unwrap();
    }
    assert_eq!((source.most.load(Ordering::SeqCst), source.fetches.load(Ordering::SeqCst)), (32, 100));
}

/// A flood of unknown key ids for a hundred user pools, and the first request for another user pool.
#[tokio::test(start_paused = true)]
async fn a_first_request_does_not_wait_behind_made_up_key_ids() {
    let source = Slow::new(Duration::from_millis(200));
    let layer = scoped(&builder(101, &source).build().unwrap());
    let token = |pool: usize| Token::access().with("iss", format!("https://idp.example/eu-west-1_Pool{pool}"));
    let made_up = async |kid: &str| {
        let asked: Vec<_> =
            (0..100).map(|pool| ask(&layer, &token(pool).with_header("kid", format!("{kid}{pool}")).sign())).collect();
        while source.under_way.load(Ordering::SeqCst) < 24 {
            sleep(Duration::from_millis(1)).await;
        }
        asked
    };
    for asked in made_up("first").await {
        assert_eq!(asked.await.unwrap(), Some(No::UnknownKey));
    }
    let asked = made_up("second").await;
    let token = token(100).sign();
    let first = timeout(Duration::from_millis(400), reason(&layer, &token));
    assert_eq!(first.await, Ok(None), "it waits for its own fetch alone");
    assert!(source.fetches.load(Ordering::SeqCst) <= 101 + 2 * 24, "the others still wait for their turn");
    for asked in asked {
        assert_eq!(asked.await.unwrap(), Some(No::UnknownKey));
    }
}
