//! A key source that the test controls.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use bytes::Bytes;
use cognito_authorizer::{
    Authorizer, AuthorizerBuilder,
    clock::{ManualClock, UnixTime},
    keys::{KeyFuture, KeyRequest, KeySource, KeySourceError},
};
use tokio::sync::Semaphore;

use super::tokens::{ACCESS_KEY, ID_KEY, ISSUER, NOW, OTHER_ISSUER, OTHER_POOL_ID, OTHER_POOL_KEY, POOL_ID, jwk_set};

/// Returns one document for each issuer, and counts the fetches. Clones share their state.
#[derive(Clone, Debug)]
pub struct ScriptedKeys(Arc<State>);

#[derive(Debug)]
struct State {
    documents: Mutex<HashMap<String, Answer>>,
    fetches: AtomicUsize,
    /// A fetch acquires a permit before it answers.
    gate: Semaphore,
}

#[derive(Clone, Debug)]
pub enum Answer {
    Document(String),
    Failure,
    /// The server does not have keys at this address.
    Forbidden,
    Panic,
    Never,
}

impl ScriptedKeys {
    /// Creates a source with the keys of both user pools, under the usual form of their issuers.
    pub fn new() -> Self {
        let state = State {
            documents: Mutex::default(),
            fetches: AtomicUsize::new(0),
            gate: Semaphore::new(Semaphore::MAX_PERMITS),
        };
        let keys = Self(Arc::new(state));
        keys.set(ISSUER, Answer::Document(jwk_set([&*ID_KEY, &*ACCESS_KEY])));
        keys.set(OTHER_ISSUER, Answer::Document(jwk_set([&*OTHER_POOL_KEY])));
        keys
    }

    pub fn set(&self, issuer: &str, answer: Answer) {
        self.0.documents.lock().unwrap().insert(format!("{issuer}/.well-known/jwks.json"), answer);
    }

    pub fn fetches(&self) -> usize {
        self.0.fetches.load(Ordering::SeqCst)
    }

    /// Blocks every answer until it is released.
    pub fn hold(&self) {
        self.0.gate.forget_permits(Semaphore::MAX_PERMITS);
    }

    pub fn release_one(&self) {
        self.0.gate.add_permits(1);
    }

    pub fn release(&self) {
        self.0.gate.add_permits(1_000);
    }
}

impl KeySource for ScriptedKeys {
    fn fetch(&self, request: KeyRequest) -> KeyFuture {
        let state = Arc::clone(&self.0);
        state.fetches.fetch_add(1, Ordering::SeqCst);
        Box::pin(async move {
            state.gate.acquire().await.unwrap().forget();
            let answer = state.documents.lock().unwrap().get(&request.jwks_uri).cloned();
            match answer.unwrap_or(Answer::Failure) {
                Answer::Document(document) => Ok(Bytes::from(document).into()),
                Answer::Failure => Err(KeySourceError::Status(503)),
                Answer::Forbidden => Err(KeySourceError::Status(403)),
                Answer::Panic => panic!("as told"),
                Answer::Never => std::future::pending().await,
            }
        })
    }
}

pub fn clock() -> ManualClock {
    ManualClock::new(UnixTime::from_secs(NOW))
}

/// Returns a builder of an authorizer for both user pools at [`NOW`].
pub fn builder(keys: &ScriptedKeys) -> AuthorizerBuilder {
    let builder = Authorizer::for_user_pool(POOL_ID).user_pool(OTHER_POOL_ID);
    builder.key_source(keys.clone()).clock(clock())
}

pub fn authorizer() -> Authorizer {
    builder(&ScriptedKeys::new()).build().unwrap()
}
