//! One fetch, from its request to its end.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    time::Duration,
};

use tokio::{
    task::spawn_blocking,
    time::{sleep, timeout},
};

use super::{
    KeyRequest, KeyResponse, KeySourceError, events::KeyEvents, issuer_keys::IssuerKeys, key_set::KeySet,
    refresh::Sequence,
};
use crate::{
    jose::JwkSet,
    limits::{LAST_KNOWN_GOOD_TIMEOUT, MAX_ETAG_BYTES},
};

/// A fetch under way. Dropping it marks the fetch as finished and wakes the waiters, even after a panic or a shutdown.
pub(super) struct Fetch {
    keys: Arc<IssuerKeys>,
    sequence: Sequence,
    /// Whether the end of the fetch was recorded.
    is_noted: bool,
}

/// The result of a successful fetch.
struct FetchOutcome {
    keys: KeySet,
    max_age: Option<Duration>,
}

impl Fetch {
    pub(super) fn new(keys: Arc<IssuerKeys>, sequence: Sequence) -> Self {
        Self { keys, sequence, is_noted: false }
    }

    pub(super) async fn run(mut self) {
        if !has_timers() {
            return self.fail(NO_TIMERS);
        }
        match self.fetch().await {
            Ok(FetchOutcome { keys, max_age }) => {
                let is_in_use = self.keys.fetched(self.sequence, keys.clone(), max_age);
                self.is_noted = true;
                // Requests do not wait for the file.
                self.keys.tell_ended(self.sequence);
                if is_in_use {
                    self.remember(keys).await;
                }
            }
            Err(reason) => {
                // Read before the failure is reported, so that waiting requests find the keys of the file.
                self.look_for_last_known_good().await;
                self.fail(&reason);
            }
        }
    }

    /// Ends the fetch without keys.
    pub(super) fn fail(mut self, reason: &str) {
        self.is_noted = true;
        self.keys.failed(self.sequence, reason);
    }

    /// Records the end of a fetch that did not report its result.
    fn note_end(&self) {
        if std::thread::panicking() {
            self.keys.failed(self.sequence, "the key source panicked");
        } else {
            self.keys.given_up(self.sequence);
        }
    }

    async fn fetch(&self) -> Result<FetchOutcome, String> {
        let keys = &self.keys;
        let turns = keys.turns();
        let turn = turns.next(!keys.was_fetched()).await;
        keys.begun(self.sequence);
        let known = keys.in_use().filter(|known| known.etag.is_some());
        let mut request = KeyRequest::new(&keys.issuer);
        request.etag = known.as_ref().and_then(|known| known.etag.clone());
        let begun = keys.settings.clock.monotonic();
        let answer = timeout(keys.settings.fetch_timeout, keys.source.fetch(request)).await;
        KeyEvents(&keys.issuer).fetch_took(keys.settings.clock.monotonic().saturating_sub(begun));
        drop(turn);
        keys.note_denial(matches!(&answer, Ok(Err(KeySourceError::Status(403 | 404)))));
        let response = match answer {
            Ok(Ok(response)) => response,
            Ok(Err(error)) => return Err(error.to_string()),
            Err(_) => return Err(format!("no answer within {:?}", keys.settings.fetch_timeout)),
        };
        let obtained = keys.settings.clock.now();
        match (response, known) {
            (KeyResponse::Document { body, etag, max_age }, _) => {
                let set = JwkSet::parse(&body).map_err(|error| error.to_string())?;
                if set.is_empty() {
                    KeyEvents(&keys.issuer).private(set.dropped());
                    return Err(format!("the JWK Set holds no usable key: {}", set.why_empty()));
                }
                let etag = etag.filter(|etag| etag.len() <= MAX_ETAG_BYTES);
                Ok(FetchOutcome { keys: KeySet { generation: 0, set, document: body, etag, obtained }, max_age })
            }
            // A 304 refers to the document whose `ETag` was sent, whatever keys are in use by now.
            (KeyResponse::NotModified { max_age }, Some(known)) => {
                Ok(FetchOutcome { keys: KeySet { obtained, ..KeySet::clone(&known) }, max_age })
            }
            (KeyResponse::NotModified { .. }, None) => {
                Err("the key source answered \"not modified\" to a request without an ETag".to_owned())
            }
        }
    }

    /// Writes keys to the last known good file.
    async fn remember(&self, keys: KeySet) {
        let Some(file) = self.keys.settings.last_known_good.clone() else { return };
        // One write at a time, and never an older set over a newer one.
        let mut written = self.keys.written.lock().await;
        if *written > self.sequence {
            return;
        }
        *written = self.sequence;
        let issuer = Arc::clone(&self.keys.issuer);
        let write = spawn_blocking(move || file.write(&issuer, &keys.document, keys.obtained));
        if let Ok(Err(error)) = write.await {
            KeyEvents(&self.keys.issuer).file(&error.to_string());
        }
    }

    /// Reads the keys from the last known good file if no keys are in use.
    async fn look_for_last_known_good(&self) {
        let Some(file) = self.keys.settings.last_known_good.clone() else { return };
        if self.keys.in_use().is_some() {
            return;
        }
        let (issuer, now) = (Arc::clone(&self.keys.issuer), self.keys.settings.clock.now());
        let hard_age = self.keys.settings.hard_age;
        let read = spawn_blocking(move || file.read(&issuer, now, hard_age));
        match timeout(LAST_KNOWN_GOOD_TIMEOUT, read).await {
            Ok(Ok(Ok(Some((keys, age))))) => self.keys.found(keys, age),
            Ok(Ok(Ok(None)) | Err(_)) => {}
            Ok(Ok(Err(error))) => KeyEvents(&self.keys.issuer).file(&error.to_string()),
            Err(_) => KeyEvents(&self.keys.issuer).file("the file cannot be read in time"),
        }
    }
}

/// The failure of a fetch on a runtime without timers.
const NO_TIMERS: &str = "the tokio runtime has no timers, which a fetch needs for its time-out: build the runtime with \
                         `enable_time()` or `enable_all()`";

/// Whether the runtime of this task has timers.
///
/// Tokio cannot be asked: it panics instead. So a fetch tries once before anything else, where a panic affects no
/// request.
fn has_timers() -> bool {
    catch_unwind(|| drop(sleep(Duration::ZERO))).is_ok()
}

impl Drop for Fetch {
    fn drop(&mut self) {
        if !self.is_noted {
            // A clock that panics does so again here, and a second panic would abort the process. The fetch then counts
            // as under way until it is overdue.
            drop(catch_unwind(AssertUnwindSafe(|| self.note_end())));
        }
        self.keys.tell_ended(self.sequence);
    }
}
