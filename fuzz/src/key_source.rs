//! A key source that answers as it is told, at once or when it is let, and remembers what it did.

use std::{
    collections::HashMap,
    future::pending,
    hash::{DefaultHasher, Hash, Hasher},
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use bytes::Bytes;
use cognito_authorizer::{
    clock::{Clock, ManualClock},
    keys::{KeyFuture, KeyRequest, KeyResponse, KeySource, KeySourceError},
    limits::JWK_SET_FETCH_TIMEOUT,
};
use tokio::sync::oneshot;

use super::tokens::ISSUERS;

/// What the server of a user pool answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    Document(String),
    NotModified,
    Failure,
    Never,
}

/// Something that happened to a fetch, and when.
#[derive(Debug)]
pub struct Event {
    pub user_pool: usize,
    /// From 1, in the order in which fetches of all user pools began.
    pub number: u64,
    pub at: Duration,
    /// How it ended; `None` for its beginning.
    pub ended: Option<Ended>,
}

#[derive(Debug)]
pub struct Ended {
    pub answer: Answer,
    pub max_age: Option<Duration>,
    /// The document that it asked about.
    pub known: Option<String>,
}

/// Clones share everything.
#[derive(Clone, Debug)]
pub struct Source(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    answers: [Answer; 2],
    max_age: Option<Duration>,
    holds: bool,
    fetches: u64,
    under_way: Vec<UnderWay>,
    events: Vec<Event>,
    documents: HashMap<String, String>,
    clock: ManualClock,
}

#[derive(Debug)]
struct UnderWay {
    user_pool: usize,
    number: u64,
    since: Duration,
    /// Lets a fetch go on that is held.
    go_on: Option<oneshot::Sender<()>>,
}

impl Source {
    /// Its servers have no keys.
    pub fn new(clock: ManualClock) -> Self {
        let state = State {
            answers: [Answer::Failure, Answer::Failure],
            max_age: None,
            holds: false,
            fetches: 0,
            under_way: Vec::new(),
            events: Vec::new(),
            documents: HashMap::new(),
            clock,
        };
        Self(Arc::new(Mutex::new(state)))
    }

    /// What the server of a user pool answers to those who ask from now on.
    pub fn set(&self, user_pool: usize, answer: Answer) {
        self.state().answers[user_pool] = answer;
    }

    /// How long it says that its answers are fresh.
    pub fn set_max_age(&self, max_age: Option<Duration>) {
        self.state().max_age = max_age;
    }

    /// Whether fetches that begin from now on are held until they are let go.
    pub fn set_holds(&self, holds: bool) {
        self.state().holds = holds;
    }

    /// Lets the first or the last fetch go that is held.
    pub fn let_go(&self, is_first: bool) {
        let mut state = self.state();
        let mut held = state.under_way.iter_mut().filter(|fetch| fetch.go_on.is_some());
        let chosen = if is_first { held.next() } else { held.next_back() };
        if let Some(go_on) = chosen.and_then(|fetch| fetch.go_on.take()) {
            let _ = go_on.send(());
        }
    }

    /// Whether a fetch of a user pool's keys is under way.
    pub fn is_asked(&self, user_pool: usize) -> bool {
        self.state().under_way.iter().any(|fetch| fetch.user_pool == user_pool)
    }

    /// Takes what has happened since it was last asked.
    pub fn take_events(&self) -> Vec<Event> {
        std::mem::take(&mut self.state().events)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }
}

impl KeySource for Source {
    fn fetch(&self, request: KeyRequest) -> KeyFuture {
        let mut state = self.state();
        let user_pool = ISSUERS.iter().position(|issuer| request.jwks_uri.starts_with(issuer)).expect("an issuer");
        let since = state.clock.monotonic();
        state.fetches += 1;
        let number = state.fetches;
        let mut others = state.under_way.iter().filter(|other| other.user_pool == user_pool);
        // One that takes longer than any may is given up, though it does not know yet. A panic here ends the fetch alone, and
        // is noticed by the lock that is poisoned.
        let is_alone = others.all(|other| since - other.since >= JWK_SET_FETCH_TIMEOUT);
        assert!(is_alone, "two fetches are under way: {:?}", state.under_way);
        let (go_on, held) = oneshot::channel();
        let (go_on, held) = if state.holds { (Some(go_on), Some(held)) } else { (None, None) };
        state.under_way.push(UnderWay { user_pool, number, since, go_on });
        state.events.push(Event { user_pool, number, at: since, ended: None });
        let known = request.etag.map(|etag| state.documents[&etag].clone());
        let (answer, max_age) = (state.answers[user_pool].clone(), state.max_age);
        let etag = match &answer {
            Answer::Document(document) => Some(etag(document)),
            _ => None,
        };
        if let (Some(etag), Answer::Document(document)) = (&etag, &answer) {
            state.documents.insert(etag.clone(), document.clone());
        }
        drop(state);
        let ended = Ended { answer: Answer::Failure, max_age, known };
        let mut fetch = Fetch { source: self.clone(), user_pool, number, ended: Some(ended) };
        Box::pin(async move {
            if let Some(held) = held {
                let _ = held.await;
            }
            if answer == Answer::Never {
                pending::<()>().await;
            }
            fetch.answers(answer.clone());
            match answer {
                Answer::Document(document) => Ok(KeyResponse::document(Bytes::from(document), etag, max_age)),
                Answer::NotModified => Ok(KeyResponse::not_modified(max_age)),
                Answer::Failure | Answer::Never => Err(KeySourceError::Status(503)),
            }
        })
    }
}

/// A fetch under way; however it ends, that is noted. Without an answer it is a failure.
struct Fetch {
    source: Source,
    user_pool: usize,
    number: u64,
    ended: Option<Ended>,
}

impl Fetch {
    fn answers(&mut self, answer: Answer) {
        self.ended = self.ended.take().map(|ended| Ended { answer, ..ended });
    }
}

impl Drop for Fetch {
    fn drop(&mut self) {
        let mut state = self.source.state();
        state.under_way.retain(|fetch| fetch.number != self.number);
        let at = state.clock.monotonic();
        state.events.push(Event { user_pool: self.user_pool, number: self.number, at, ended: self.ended.take() });
    }
}

fn etag(document: &str) -> String {
    let mut hasher = DefaultHasher::new();
    document.hash(&mut hasher);
    hasher.finish().to_string()
}
