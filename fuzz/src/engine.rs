//! An authorizer with a clock and a key source that do as they are told, on a runtime of its own.

use std::{
    future::pending,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use cognito_authorizer::{
    Authorizer, AuthorizerBuilder, AuthorizerLayer, Clock, KeyFuture, KeyRequest, KeyResponse, KeySource,
    KeySourceError, ManualClock, UserPool,
};
use tokio::runtime::Runtime;

use super::tokens::{ISSUER, POOL_ID, now};

/// What the key source answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    Document(String),
    NotModified,
    Failure,
    Never,
}

/// A key source that counts.
#[derive(Clone, Debug)]
pub struct Source(Arc<State>);

#[derive(Debug)]
struct State {
    answer: Mutex<Answer>,
    /// What it has answered, and when.
    answered: Mutex<Vec<(Duration, Answer)>>,
    under_way: AtomicUsize,
    clock: ManualClock,
}

impl Source {
    fn new(clock: ManualClock) -> Self {
        let (answer, answered) = (Mutex::new(Answer::Failure), Mutex::default());
        Self(Arc::new(State { answer, answered, under_way: AtomicUsize::new(0), clock }))
    }

    pub fn set(&self, answer: Answer) {
        *self.0.answer.lock().unwrap() = answer;
    }

    /// Takes what it has answered since it was last asked.
    pub fn take_answered(&self) -> Vec<(Duration, Answer)> {
        std::mem::take(&mut self.0.answered.lock().unwrap())
    }
}

/// Counts down however a fetch ends.
struct UnderWay(Arc<State>);

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.under_way.fetch_sub(1, Ordering::SeqCst);
    }
}

impl KeySource for Source {
    fn fetch(&self, request: KeyRequest) -> KeyFuture {
        let state = Arc::clone(&self.0);
        assert_eq!(state.under_way.fetch_add(1, Ordering::SeqCst), 0, "two fetches are under way");
        let under_way = UnderWay(Arc::clone(&state));
        let answer = state.answer.lock().unwrap().clone();
        state.answered.lock().unwrap().push((state.clock.monotonic(), answer.clone()));
        assert!(answer != Answer::NotModified || request.jwks_uri.starts_with(ISSUER));
        Box::pin(async move {
            let _under_way = under_way;
            match answer {
                Answer::Document(document) => {
                    let etag = Some(document.len().to_string());
                    Ok(KeyResponse::document(Bytes::from(document), etag, None))
                }
                Answer::NotModified => Ok(KeyResponse::not_modified(None)),
                Answer::Failure => Err(KeySourceError::Status(503)),
                Answer::Never => pending().await,
            }
        })
    }
}

/// All of it together.
pub struct Engine {
    pub authorizer: Authorizer,
    pub layer: AuthorizerLayer,
    pub clock: ManualClock,
    pub source: Source,
    pub runtime: Runtime,
}

impl Engine {
    /// One for one issuer, with these settings besides.
    pub fn new(settings: impl FnOnce(AuthorizerBuilder) -> AuthorizerBuilder) -> Self {
        let clock = ManualClock::new(now());
        let source = Source::new(clock.clone());
        let user_pool = UserPool::parse(POOL_ID).unwrap().with_issuer(ISSUER);
        let builder = Authorizer::builder().with_user_pool(user_pool).clock(clock.clone()).key_source(source.clone());
        let authorizer = settings(builder).build().unwrap();
        let layer = authorizer.authorization_scopes(["pets/read"]).unwrap();
        // Time that nobody waits in passes at once.
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        Self { authorizer, layer, clock, source, runtime }
    }

    /// Does something, and lets the fetches that it has started come to their end.
    pub fn run<T>(&self, then: impl Future<Output = T>) -> T {
        self.runtime.block_on(async {
            let output = then.await;
            // One turn starts a fetch, and the next ends it, unless it is one that never does.
            tokio::task::yield_now().await;
            tokio::task::yield_now().await;
            while self.source.0.under_way.load(Ordering::SeqCst) > 0 {
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
            tokio::task::yield_now().await;
            output
        })
    }
}
