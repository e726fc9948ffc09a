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
    decide::{Keys, NeedKeys},
    jose::{JwkSet, PublicKey},
    user_pool::UserPool,
};

/// The keys of every user pool of an authorizer, apart for each.
#[derive(Debug)]
pub(crate) struct KeyStore {
    pools: Vec<Arc<PoolKeys>>,
}

/// The keys of one user pool.
#[derive(Debug)]
struct PoolKeys {
    user_pool: UserPool,
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
pub(crate) struct Refreshed(watch::Receiver<u64>);

impl Refreshed {
    /// Waits for the end of the fetch, which is never further away than its time-out.
    pub(crate) async fn wait(mut self) {
        // An error says that the store is gone, and then there is nothing to wait for.
        let _ = self.0.changed().await;
    }
}

impl KeyStore {
    pub(crate) fn new(
        user_pools: &[UserPool],
        source: Arc<dyn KeySource>,
        fetch_timeout: Duration,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let pool_keys = |user_pool: &UserPool| {
            Arc::new(PoolKeys {
                user_pool: user_pool.clone(),
                source: Arc::clone(&source),
                fetch_timeout,
                clock: Arc::clone(&clock),
                current: ArcSwapOption::empty(),
                refresh: Mutex::default(),
                ended: watch::Sender::new(0),
            })
        };
        Self { pools: user_pools.iter().map(pool_keys).collect() }
    }

    /// Whether the user pool's keys were ever obtained.
    pub(crate) fn has_keys(&self, user_pool: usize) -> bool {
        self.pools.get(user_pool).is_some_and(|pool| pool.current.load().is_some())
    }

    /// Has newer keys fetched, unless it is too early for that.
    pub(crate) fn refresh(&self, need: NeedKeys) -> Option<Refreshed> {
        self.pools.get(need.user_pool)?.refresh(need.issuer)
    }
}

impl Keys for KeyStore {
    fn find(&self, user_pool: usize, key_id: &str) -> Option<Arc<PublicKey>> {
        let current = self.pools.get(user_pool)?.current.load();
        current.as_ref()?.find(key_id).cloned()
    }
}

impl PoolKeys {
    fn refresh(self: &Arc<Self>, issuer: usize) -> Option<Refreshed> {
        let Ok(runtime) = Handle::try_current() else {
            tracing::error!(user_pool = %self.user_pool.id(), "keys are fetched on a tokio runtime, and there is none");
            return None;
        };
        let mut refresh = self.lock_refresh();
        let action = refresh.key_missed(self.clock.monotonic());
        // Subscribed under the lock, so that the end of the fetch cannot slip by.
        let refreshed = Refreshed(self.ended.subscribe());
        drop(refresh);
        match action {
            Action::CoolDown => return None,
            Action::Join => {}
            Action::Start => {
                // Made before the task is spawned: a runtime that shuts down drops it either way.
                let fetch = Fetch(Arc::clone(self));
                runtime.spawn(async move { fetch.run(issuer).await });
            }
        }
        Some(refreshed)
    }

    /// A panic while the lock was held left nothing half done: each step is one assignment.
    fn lock_refresh(&self) -> MutexGuard<'_, Refresh> {
        self.refresh.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A fetch under way. However it ends, by panic or shutdown too, those who wait are told.
struct Fetch(Arc<PoolKeys>);

impl Fetch {
    async fn run(self, issuer: usize) {
        let pool = &self.0;
        let user_pool = pool.user_pool.id();
        let Some(issuer) = pool.user_pool.issuers().get(issuer) else { return };
        let request = KeyRequest { user_pool: user_pool.clone(), jwks_uri: issuer.jwks_uri().to_owned() };
        let document = match timeout(pool.fetch_timeout, pool.source.fetch(request)).await {
            Ok(Ok(document)) => document,
            Ok(Err(error)) => {
                tracing::warn!(%user_pool, jwks_uri = issuer.jwks_uri(), %error, "JWK Set not fetched");
                return;
            }
            Err(_) => {
                let seconds = pool.fetch_timeout.as_secs_f32();
                tracing::warn!(%user_pool, jwks_uri = issuer.jwks_uri(), seconds, "JWK Set not fetched in time");
                return;
            }
        };
        let set = match JwkSet::parse(&document) {
            Ok(set) => set,
            Err(error) => {
                tracing::warn!(%user_pool, jwks_uri = issuer.jwks_uri(), %error, "JWK Set not usable");
                return;
            }
        };
        for dropped in set.dropped() {
            tracing::warn!(%user_pool, index = dropped.index(), reason = %dropped.reason(), "key of the JWK Set dropped");
        }
        if set.is_empty() {
            tracing::warn!(%user_pool, jwks_uri = issuer.jwks_uri(), "JWK Set without usable keys: not taken");
            return;
        }
        tracing::info!(%user_pool, keys = set.len(), "JWK Set fetched");
        pool.current.store(Some(Arc::new(set)));
    }
}

impl Drop for Fetch {
    fn drop(&mut self) {
        self.0.lock_refresh().fetch_ended(self.0.clock.monotonic());
        self.0.ended.send_modify(|count| *count = count.wrapping_add(1));
    }
}
