//! Starts the fetches of one issuer's keys.

use std::{
    ops::Deref,
    ptr,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use arc_swap::Guard;
use tokio::{runtime::Handle, task::AbortHandle};

use super::{
    KeySource,
    fetch::Fetch,
    fetch_end::FetchEnd,
    issuer_keys::{FetchSettings, IssuerKeys, Missed},
    key_set::KeySet,
    refresh::Sequence,
};
use crate::user_pool::Issuer;

/// The keys of one issuer, with the task that fetches them. Dropping the fetcher aborts the fetch under way.
#[derive(Debug)]
pub(super) struct Fetcher {
    keys: Arc<IssuerKeys>,
    task: Mutex<Option<AbortHandle>>,
}

impl Fetcher {
    pub(super) fn new(keys: IssuerKeys) -> Self {
        Self { keys: Arc::new(keys), task: Mutex::new(None) }
    }

    /// Returns the keys in use. If it is time, this method starts a fetch in the background, or drops keys that are too
    /// old.
    #[inline]
    pub(super) fn current(&self) -> Guard<Option<Arc<KeySet>>> {
        let now = self.keys.settings.clock.monotonic();
        if self.keys.is_time_to_look(now) {
            self.look(now);
        }
        self.keys.current()
    }

    /// Starts a fetch, or joins the fetch under way.
    ///
    /// Returns `None` if no fetch can start yet, or if keys were put into use since `seen`: they may include the
    /// missing key.
    pub(super) fn refresh(&self, seen: u64) -> Option<FetchEnd> {
        let (sequence, is_joined) = match self.keys.missed(seen)? {
            Missed::Join(sequence) => (sequence, true),
            Missed::Start(sequence) if self.start(sequence) => (sequence, false),
            Missed::Start(_) => return None,
        };
        Some(FetchEnd { ended: self.keys.ends(), sequence, is_joined })
    }

    /// Starts a fetch, or joins the fetch under way, if no keys are cached and it is not too early.
    pub(super) fn obtain(&self) -> Option<FetchEnd> {
        // Read before `current`, so that keys that arrive in between are not fetched again.
        let seen = self.keys.times_taken();
        if self.current().is_some() {
            return None;
        }
        self.refresh(seen)
    }

    /// Whether these are the keys that would be fetched for this issuer, from this source, with these settings.
    pub(super) fn fetches_like(&self, issuer: &Issuer, source: &Arc<dyn KeySource>, settings: &FetchSettings) -> bool {
        let directory = |settings: &FetchSettings| {
            let persisted = settings.last_known_good.as_ref().filter(|_| source.is_persistable());
            persisted.map(|own| own.directory().to_owned())
        };
        *self.keys.issuer == *issuer
            && ptr::addr_eq(Arc::as_ptr(&self.keys.source), Arc::as_ptr(source))
            && self.keys.settings.fetch_timeout == settings.fetch_timeout
            && self.keys.settings.hard_age == settings.hard_age
            && directory(&self.keys.settings) == directory(settings)
    }

    fn look(&self, now: Duration) {
        // No request waits for this fetch, so the result of `start` does not matter.
        if let Some(sequence) = self.keys.look(now) {
            self.start(sequence);
        }
    }

    /// Starts a fetch if the caller is on a tokio runtime.
    fn start(&self, sequence: Sequence) -> bool {
        // Created before the task is spawned: wherever the fetch is dropped, it wakes the waiters.
        let fetch = Fetch::new(Arc::clone(&self.keys), sequence);
        let Ok(runtime) = Handle::try_current() else {
            fetch.fail(NO_RUNTIME);
            return false;
        };
        let task = runtime.spawn(fetch.run());
        *self.task.lock().unwrap_or_else(PoisonError::into_inner) = Some(task.abort_handle());
        true
    }
}

impl Deref for Fetcher {
    type Target = IssuerKeys;

    fn deref(&self) -> &IssuerKeys {
        &self.keys
    }
}

impl Drop for Fetcher {
    fn drop(&mut self) {
        if let Some(task) = self.task.get_mut().unwrap_or_else(PoisonError::into_inner).take() {
            task.abort();
        }
    }
}

/// The failure of a fetch outside of a tokio runtime.
const NO_RUNTIME: &str = "keys are fetched on a tokio runtime, but the caller is not on one: poll the request's \
                          future on a tokio runtime, or enter one with `Handle::enter`";
