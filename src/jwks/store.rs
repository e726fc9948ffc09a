//! The keys of every issuer of an authorizer, separate for each.

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

/// The keys of every issuer. Fetches that are under way end with it.
#[derive(Debug)]
pub(crate) struct KeyStore {
    /// In the order of [`Verifier::issuers`](crate::Verifier::issuers): ascending by name.
    issuers: Vec<Arc<Fetcher>>,
    user_pools: Vec<UserPoolKeys>,
}

/// Which keys vouched for a token: those of one issuer, from one change to the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct KeyOrigin {
    /// Among the issuers of the store.
    place: usize,
    generation: u64,
}

/// The issuers of a user pool, `cognito-idp` before `issuer-cognito-idp`. The keys of one are enough:
/// the second one answers 403 for a user pool that was not switched to it.
#[derive(Debug)]
struct UserPoolKeys {
    user_pool: UserPoolId,
    issuers: Vec<Arc<Fetcher>>,
}

impl KeyStore {
    pub(crate) fn new(sources: Vec<(Arc<Issuer>, Arc<dyn KeySource>)>, settings: &FetchSettings) -> Self {
        let turns = Turns::new(sources.len());
        sources.iter().for_each(|(issuer, _)| KeyEvents(issuer).register());
        let keys =
            |(issuer, source)| Arc::new(Fetcher::new(IssuerKeys::new(issuer, source, settings.clone(), turns.clone())));
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

    /// Fetches wait for these turns from now on, which other stores may share.
    pub(crate) fn share_turns(&self, turns: &Turns) {
        for keys in &self.issuers {
            keys.share_turns(turns);
        }
    }

    /// Whether the issuer's keys are at hand.
    pub(crate) fn has_keys(&self, issuer: &Issuer) -> bool {
        self.of(issuer).is_some_and(|keys| keys.in_use().is_some())
    }

    /// Whether the issuer's server has no keys of it, and never gave any.
    pub(crate) fn are_denied(&self, issuer: &Issuer) -> bool {
        self.of(issuer).is_some_and(|keys| keys.are_denied())
    }

    /// How often keys of the issuer were taken into use, also the same ones again.
    pub(crate) fn times_taken(&self, issuer: &Issuer) -> u64 {
        self.of(issuer).map(|keys| keys.times_taken()).unwrap_or_default()
    }

    /// A key, and where it came from.
    pub(crate) fn find_with_origin(&self, issuer: &Issuer, kid: Kid<'_>) -> Option<(Arc<PublicKey>, KeyOrigin)> {
        let place = self.place(issuer)?;
        let current = self.issuers.get(place)?.current();
        let keys = current.as_ref()?;
        let origin = KeyOrigin { place, generation: keys.generation };
        Some((Arc::clone(keys.set.find(kid)?), origin))
    }

    /// Whether the keys of this origin are still those in use. Asking counts as using them.
    pub(crate) fn is_current(&self, origin: KeyOrigin) -> bool {
        let keys = self.issuers.get(origin.place).map(|keys| keys.current());
        keys.is_some_and(|keys| keys.as_ref().is_some_and(|keys| keys.generation == origin.generation))
    }

    /// Has newer keys fetched, unless it is too early for that, or they have changed since `seen`.
    pub(crate) fn refresh(&self, issuer: &Issuer, seen: u64) -> Option<FetchEnd> {
        self.of(issuer)?.refresh(seen)
    }

    /// Whole seconds, at least one, until another fetch may start.
    pub(crate) fn retry_after(&self, issuer: &Issuer) -> u64 {
        let cool_down = self.of(issuer).map(|keys| keys.cool_down()).unwrap_or_default();
        cool_down.as_secs().saturating_add(u64::from(cool_down.subsec_nanos() > 0)).max(1)
    }

    pub(crate) fn status(&self) -> Vec<KeyStatus> {
        self.issuers.iter().map(|keys| keys.status()).collect()
    }

    /// Whether there are keys of every user pool. Asking counts as using them: where they are stale
    /// or missing a fetch is started, and nobody waits for it.
    pub(crate) fn is_ready(&self) -> bool {
        let unready = self.user_pools.iter().filter(|pool| {
            let has_keys = pool.has_keys();
            if !has_keys {
                pool.start_fetch();
            }
            !has_keys
        });
        // Counted, so that each is looked at.
        unready.count() == 0
    }

    /// Obtains the keys of every user pool, all at the same time: first of the usual issuers, then,
    /// where that failed, of the others.
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
    /// Looks at each of them, so that stale ones are fetched anew.
    fn has_keys(&self) -> bool {
        self.issuers.iter().filter(|keys| keys.current().is_some()).count() > 0
    }

    /// Starts a fetch of the usual issuer's keys, and of the other one's only where that has failed.
    fn start_fetch(&self) {
        for keys in &self.issuers {
            // Nobody waits for it, so it does not matter if it is too early.
            drop(keys.obtain());
            if keys.status().failure.is_none() {
                break;
            }
        }
    }

    /// Why there are no keys, as far as that is known.
    fn failure(&self) -> String {
        let failure = self.issuers.iter().find_map(|keys| keys.status().failure);
        failure.unwrap_or_else(|| "a fetch is under way, or it is too early for another one".to_owned())
    }
}

#[cfg(test)]
mod tests;
