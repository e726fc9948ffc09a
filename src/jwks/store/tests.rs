use std::{future::pending, time::Duration};

use super::*;
use crate::{
    clock::ManualClock,
    jwks::{FixedKeySource, KeyFuture, KeyRequest},
    limits::MAX_WAITING_REQUESTS,
    time::UnixTime,
    user_pool::UserPool,
};

const POOL_ID: &str = "eu-west-1_Ab129faBb";

/// Never answers.
#[derive(Debug)]
struct Silent;

impl KeySource for Silent {
    fn fetch(&self, _request: KeyRequest) -> KeyFuture {
        Box::pin(pending())
    }
}

fn settings() -> FetchSettings {
    FetchSettings {
        fetch_timeout: Duration::from_secs(1),
        hard_age: Duration::from_secs(86_400),
        last_known_good: None,
        clock: Arc::new(ManualClock::new(UnixTime::from_secs(1_700_000_000))),
    }
}

fn issuer(user_pool: &str) -> Arc<Issuer> {
    Arc::new(user_pool.parse::<UserPool>().unwrap().issuers().remove(0))
}

fn store(source: impl KeySource) -> (KeyStore, Arc<Issuer>) {
    let issuer = issuer(POOL_ID);
    (KeyStore::new(vec![(Arc::clone(&issuer), Arc::new(source))], &settings(), &[]), issuer)
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

/// A verdict that was made before a fetch ended must not start another one after it.
#[test]
fn does_not_fetch_for_a_verdict_that_keys_have_overtaken() {
    let set = crate::jose::tests::set_of_one_key();
    let (store, issuer) = store(FixedKeySource::new().with_jwk_set(POOL_ID, set).unwrap());
    runtime().block_on(async {
        let seen = store.times_taken(&issuer);
        store.refresh(&issuer, seen).expect("no keys yet").wait().await;
        assert!(store.has_keys(&issuer));
        assert!(store.refresh(&issuer, seen).is_none(), "the keys have changed since");
        let seen = store.times_taken(&issuer);
        assert!(store.refresh(&issuer, seen).is_some(), "these are the ones that it looked at");
    });
}

#[test]
fn bounds_those_who_wait() {
    let (store, issuer) = store(Silent);
    let _runtime = runtime();
    let _entered = _runtime.enter();
    let waiting: Vec<_> = (0..MAX_WAITING_REQUESTS).map(|_| store.refresh(&issuer, 0).expect("a place")).collect();
    assert!(store.refresh(&issuer, 0).is_none(), "no place is left");
    drop(waiting);
    assert!(store.refresh(&issuer, 0).is_some());
}

/// A configuration that is rejected in the end must not have changed anything for the one in use.
#[test]
fn shared_keys_change_their_turns_only_when_they_are_told() {
    let (settings, source): (_, Arc<dyn KeySource>) = (settings(), Arc::new(Silent));
    let few = KeyStore::new(vec![(issuer(POOL_ID), Arc::clone(&source))], &settings, &[]);
    let ids = (0..100).map(|number| format!("eu-west-1_Other{number:03}"));
    let sources = ids.chain([POOL_ID.to_owned()]).map(|id| (issuer(&id), Arc::clone(&source)));
    let many = KeyStore::new(sources.collect(), &settings, &[&few]);
    let rounds = || few.issuers.first().unwrap().turns().rounds();
    assert_eq!(rounds(), 1);
    many.share_turns(&Turns::new(many.issuer_count()));
    assert!(rounds() > 1, "the two stores share the keys");
}
