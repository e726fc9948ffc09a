//! The keys that are at hand, and how newer ones get there.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use arc_swap::ArcSwapOption;
use tokio::{runtime::Handle, sync::watch, time::timeout};

use super::{
    KeyRequest, KeySource,
    refresh::{Action, Refresh},
};
use crate::{
    clock::Clock,
    decide::Keys,
    jose::{JwkSet, Kid, PublicKey},
    user_pool::Issuer,
};

/// The keys of every issuer of an authorizer, separate for each.
#[derive(Debug)]
pub(crate) struct KeyStore {
    /// In the order of [`Verifier::issuers`](crate::Verifier::issuers): ascending by name.
    issuers: Vec<Arc<IssuerKeys>>,
}

/// The keys of one issuer.
#[derive(Debug)]
struct IssuerKeys {
    issuer: Arc<Issuer>,
    source: Arc<dyn KeySource>,
    fetch_timeout: Duration,
    clock: Arc<dyn Clock>,
    /// Read without a lock by every request.
    current: ArcSwapOption<JwkSet>,
    refresh: Mutex<Refresh>,
    /// Counts the fetches that ended.
    ended: watch::Sender<u64>,
}

/// Tells when a fetch has ended, well or not.
#[derive(Debug)]
pub(crate) struct Refreshed {
    ended: watch::Receiver<u64>,
    at_most: Duration,
}

impl Refreshed {
    /// Waits for the end of the fetch. That is never further away than its time-out; the bound here
    /// is for a runtime that does not get round to it.
    pub(crate) async fn wait(mut self) {
        // Whether the fetch ended, the store is gone or it took too long: there is nothing to wait for.
        let _ = timeout(self.at_most, self.ended.changed()).await;
    }
}

impl KeyStore {
    pub(crate) fn new(
        issuers: &[Arc<Issuer>],
        source: Arc<dyn KeySource>,
        fetch_timeout: Duration,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let issuer_keys = |issuer: &Arc<Issuer>| {
            Arc::new(IssuerKeys {
                issuer: Arc::clone(issuer),
                source: Arc::clone(&source),
                fetch_timeout,
                clock: Arc::clone(&clock),
                current: ArcSwapOption::empty(),
                refresh: Mutex::default(),
                ended: watch::Sender::new(0),
            })
        };
        Self { issuers: issuers.iter().map(issuer_keys).collect() }
    }

    /// Whether the issuer's keys were ever obtained.
    pub(crate) fn has_keys(&self, issuer: &Issuer) -> bool {
        self.of(issuer).is_some_and(|keys| keys.current.load().is_some())
    }

    /// Has newer keys fetched, unless it is too early for that.
    pub(crate) fn refresh(&self, issuer: &Issuer) -> Option<Refreshed> {
        self.of(issuer)?.refresh()
    }

    fn of(&self, issuer: &Issuer) -> Option<&Arc<IssuerKeys>> {
        let found = self.issuers.binary_search_by(|keys| keys.issuer.name().cmp(issuer.name())).ok()?;
        self.issuers.get(found)
    }
}

impl Keys for KeyStore {
    fn find(&self, issuer: &Issuer, kid: Kid<'_>) -> Option<Arc<PublicKey>> {
        let current = self.of(issuer)?.current.load();
        current.as_ref()?.find(kid).cloned()
    }
}

impl IssuerKeys {
    fn refresh(self: &Arc<Self>) -> Option<Refreshed> {
        let Ok(runtime) = Handle::try_current() else {
            tracing::error!(issuer = self.issuer.name(), "keys are fetched on a tokio runtime, and there is none");
            return None;
        };
        let mut refresh = self.lock_refresh();
        let action = refresh.key_missed(self.clock.monotonic());
        // Subscribed under the lock, so that the end of the fetch cannot slip by.
        let ended = self.ended.subscribe();
        drop(refresh);
        match action {
            Action::CoolDown => return None,
            Action::Join => {}
            Action::Start => {
                // Made before the task is spawned: a runtime that shuts down drops it either way.
                let fetch = Fetch(Arc::clone(self));
                runtime.spawn(fetch.run());
            }
        }
        Some(Refreshed { ended, at_most: self.fetch_timeout.saturating_mul(2) })
    }

    /// A panic while the lock was held left nothing half done: each step is one assignment.
    fn lock_refresh(&self) -> MutexGuard<'_, Refresh> {
        self.refresh.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A fetch under way. However it ends, by panic or shutdown too, those who wait are told.
struct Fetch(Arc<IssuerKeys>);

impl Fetch {
    async fn run(self) {
        let keys = &self.0;
        let issuer = keys.issuer.name();
        let document = match timeout(keys.fetch_timeout, keys.source.fetch(KeyRequest::new(&keys.issuer))).await {
            Ok(Ok(document)) => document,
            Ok(Err(error)) => {
                tracing::warn!(issuer, error = chain(&error), "JWK Set not fetched");
                return;
            }
            Err(_) => {
                tracing::warn!(issuer, seconds = keys.fetch_timeout.as_secs_f32(), "JWK Set not fetched in time");
                return;
            }
        };
        let set = match JwkSet::parse(&document) {
            Ok(set) => set,
            Err(error) => {
                tracing::warn!(issuer, %error, "JWK Set not usable");
                return;
            }
        };
        for dropped in set.dropped() {
            tracing::warn!(issuer, index = dropped.index(), reason = %dropped.reason(), "key of the JWK Set dropped");
        }
        if set.is_empty() {
            tracing::warn!(issuer, "JWK Set without usable keys: not taken");
            return;
        }
        tracing::info!(issuer, keys = set.len(), "JWK Set fetched");
        keys.current.store(Some(Arc::new(set)));
    }
}

impl Drop for Fetch {
    fn drop(&mut self) {
        self.0.lock_refresh().fetch_ended(self.0.clock.monotonic());
        self.0.ended.send_modify(|count| *count = count.wrapping_add(1));
    }
}

/// An error and all that it comes from: mostly the last one says what to do.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text.push_str(": ");
        text.push_str(&error.to_string());
        source = error.source();
    }
    text
}
