//! The keys of every issuer of an authorizer, stored separately for each issuer.

use std::sync::Arc;

use super::{
    HydrateError, KeySource, KeyStatus,
    events::KeyEvents,
    fetch_end::FetchEnd,
    fetcher::Fetcher,
    issuer_keys::{FetchSettings, IssuerKeys},
    turns::Turns,
};
use crate::{
    decide::Keys,
    jose::{Kid, PublicKey},
    user_pool::{Issuer, UserPoolId},
};

/// The keys of every issuer of an authorizer. Dropping the store aborts the fetches under way.
#[derive(Debug)]
pub(crate) struct KeyStore {
    /// Ascending by name, the order of [`Verifier::issuers`](crate::Verifier::issuers).
    issuers: Vec<Arc<Fetcher>>,
    user_pools: Vec<UserPoolKeys>,
}

/// Identifies the keys that verified a token: an issuer, and the generation of its keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct KeyOrigin {
    /// The index of the issuer in the store.
    place: usize,
    generation: u64,
}

/// The issuers of a user pool, `cognito-idp` before `issuer-cognito-idp`.
///
/// The keys of one issuer are enough: the second issuer answers 403 for a user pool that was not switched to it.
#[derive(Debug)]
struct UserPoolKeys {
    user_pool: UserPoolId,
    issuers: Vec<Arc<Fetcher>>,
}

impl KeyStore {
    /// Creates the store. Issuers whose keys a previous store fetches in the same way share these keys with it, and wait for
    /// its turns until [`share_turns`](Self::share_turns).
    pub(crate) fn new(
        sources: Vec<(Arc<Issuer>, Arc<dyn KeySource>)>,
        settings: &FetchSettings,
        previous: &[&Self],
    ) -> Self {
        let turns = Turns::new(sources.len());
        let keys = |(issuer, source): (Arc<Issuer>, Arc<dyn KeySource>)| {
            let mut known = previous.iter().filter_map(|store| store.of(&issuer));
            if let Some(keys) = known.find(|keys| keys.fetches_like(&issuer, &source, settings)) {
                return Arc::clone(keys);
            }
            KeyEvents(&issuer).register();
            Arc::new(Fetcher::new(IssuerKeys::new(issuer, source, settings.clone(), turns.clone())))
        };
        let issuers: Vec<Arc<Fetcher>> = sources.into_iter().map(keys).collect();
        let mut ids: Vec<&UserPoolId> = issuers.iter().map(|keys| keys.issuer.user_pool()).collect();
        ids.sort_unstable_by_key(|id| id.as_str());
        ids.dedup();
        let of_user_pool = |id: &UserPoolId| UserPoolKeys {
            user_pool: id.clone(),
            issuers: issuers.iter().filter(|keys| keys.issuer.user_pool() == id).cloned().collect(),
        };
        let user_pools = ids.into_iter().map(of_user_pool).collect();
        Self { issuers, user_pools }
    }

    pub(crate) fn issuer_count(&self) -> usize {
        self.issuers.len()
    }

    /// Makes fetches wait for these turns from now on. Other stores may share the turns.
    pub(crate) fn share_turns(&self, turns: &Turns) {
        for keys in &self.issuers {
            keys.share_turns(turns);
        }
    }

    /// Whether keys of the issuer are cached.
    pub(crate) fn has_keys(&self, issuer: &Issuer) -> bool {
        self.of(issuer).is_some_and(|keys| keys.in_use().is_some())
    }

    /// Whether the server answered 403 or 404 for the issuer, and no keys were ever in use.
    pub(crate) fn are_denied(&self, issuer: &Issuer) -> bool {
        self.of(issuer).is_some_and(|keys| keys.are_denied())
    }

    /// Returns how often keys of the issuer were put into use, unchanged keys included.
    pub(crate) fn times_taken(&self, issuer: &Issuer) -> u64 {
        self.of(issuer).map(|keys| keys.times_taken()).unwrap_or_default()
    }

    /// Finds a key, and returns it with its origin.
    pub(crate) fn find_with_origin(&self, issuer: &Issuer, kid: Kid<'_>) -> Option<(Arc<PublicKey>, KeyOrigin)> {
        let place = self.place(issuer)?;
        let current = self.issuers.get(place)?.current();
        let keys = current.as_ref()?;
        let origin = KeyOrigin { place, generation: keys.generation };
        Some((Arc::clone(keys.set.find(kid)?), origin))
    }

    /// Whether the keys of this origin are still in use. This call counts as using the keys.
    pub(crate) fn is_current(&self, origin: KeyOrigin) -> bool {
        let keys = self.issuers.get(origin.place).map(|keys| keys.current());
        keys.is_some_and(|keys| keys.as_ref().is_some_and(|keys| keys.generation == origin.generation))
    }

    /// Starts or joins a fetch of newer keys, unless it is too early, or the keys have changed since `seen`.
    pub(crate) fn refresh(&self, issuer: &Issuer, seen: u64) -> Option<FetchEnd> {
        self.of(issuer)?.refresh(seen)
    }

    /// Returns the whole seconds, at least one, until another fetch may start.
    pub(crate) fn retry_after(&self, issuer: &Issuer) -> u64 {
        let cool_down = self.of(issuer).map(|keys| keys.cool_down()).unwrap_or_default();
        cool_down.as_secs().saturating_add(u64::from(cool_down.subsec_nanos() > 0)).max(1)
    }

    pub(crate) fn status(&self) -> Vec<KeyStatus> {
        self.issuers.iter().map(|keys| keys.status()).collect()
    }

    /// Whether keys of every user pool are cached. This call counts as using the keys: it starts a fetch for stale or
    /// missing keys, and does not wait for the fetch.
    pub(crate) fn is_ready(&self) -> bool {
        let unready = self.user_pools.iter().filter(|pool| {
            let has_keys = pool.has_keys();
            if !has_keys {
                pool.start_fetch();
            }
            !has_keys
        });
        // `any` would stop at the first user pool, but each one must be checked.
        unready.count() == 0
    }

    /// Fetches the keys of every user pool concurrently: first from the first issuer of each pool, then, where that
    /// failed, from the second one.
    pub(crate) async fn hydrate(&self) -> Result<(), HydrateError> {
        for form in 0.. {
            let missing: Vec<_> = self.user_pools.iter().filter(|pool| !pool.has_keys()).collect();
            if missing.iter().all(|pool| pool.issuers.len() <= form) {
                break;
            }
            let issuers = missing.iter().filter_map(|pool| pool.issuers.get(form));
            let fetches: Vec<FetchEnd> = issuers.filter_map(|keys| keys.obtain()).collect();
            for fetch in fetches {
                fetch.wait().await;
            }
        }
        let missing = self.user_pools.iter().filter(|pool| !pool.has_keys());
        HydrateError::unless_empty(missing.map(|pool| (pool.user_pool.clone(), pool.failure())).collect())
    }

    fn of(&self, issuer: &Issuer) -> Option<&Arc<Fetcher>> {
        self.issuers.get(self.place(issuer)?)
    }

    fn place(&self, issuer: &Issuer) -> Option<usize> {
        self.issuers.binary_search_by(|keys| keys.issuer.name().cmp(issuer.name())).ok()
    }
}

impl Keys for KeyStore {
    fn find(&self, issuer: &Issuer, kid: Kid<'_>) -> Option<Arc<PublicKey>> {
        self.of(issuer)?.current().as_ref()?.set.find(kid).cloned()
    }
}

impl UserPoolKeys {
    /// Whether any issuer has keys. Checks each issuer, so that stale keys are fetched again.
    fn has_keys(&self) -> bool {
        self.issuers.iter().filter(|keys| keys.current().is_some()).count() > 0
    }

    /// Starts a fetch from the first issuer, and from the second one only if the first one has failed.
    fn start_fetch(&self) {
        for keys in &self.issuers {
            // No caller waits for this fetch, so it does not matter if it is too early.
            drop(keys.obtain());
            if keys.status().failure.is_none() {
                break;
            }
        }
    }

    /// Returns why there are no keys, if known.
    fn failure(&self) -> String {
        let failure = self.issuers.iter().find_map(|keys| keys.status().failure);
        failure.unwrap_or_else(|| "a fetch is under way, or it is too early for another one".to_owned())
    }
}

#[cfg(test)]
mod tests;
