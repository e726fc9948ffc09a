//! The keys of every issuer of an authorizer, separate for each.

use std::sync::Arc;

use super::{
    HydrateError, KeySource, KeyStatus,
    issuer_keys::{IssuerKeys, KeySettings, Refreshed},
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
    issuers: Vec<Arc<IssuerKeys>>,
}

impl KeyStore {
    /// `source_of` says where an issuer's keys come from; `None` if it does not say so of every one.
    pub(crate) fn new(
        issuers: &[Arc<Issuer>],
        source_of: impl Fn(&Issuer) -> Option<Arc<dyn KeySource>>,
        settings: &KeySettings,
    ) -> Option<Self> {
        let keys = |issuer: &Arc<Issuer>| {
            Some(Arc::new(IssuerKeys::new(Arc::clone(issuer), source_of(issuer)?, settings.clone())))
        };
        Some(Self { issuers: issuers.iter().map(keys).collect::<Option<_>>()? })
    }

    /// Whether the issuer's keys are at hand.
    pub(crate) fn has_keys(&self, issuer: &Issuer) -> bool {
        self.of(issuer).is_some_and(|keys| keys.has_keys())
    }

    /// Has newer keys fetched, unless it is too early for that.
    pub(crate) fn refresh(&self, issuer: &Issuer) -> Option<Refreshed> {
        self.of(issuer)?.refresh()
    }

    /// Whole seconds, at least one, until another fetch may start.
    pub(crate) fn retry_after(&self, issuer: &Issuer) -> u64 {
        let cool_down = self.of(issuer).map(|keys| keys.cool_down()).unwrap_or_default();
        cool_down.as_secs().saturating_add(u64::from(cool_down.subsec_nanos() > 0)).max(1)
    }

    pub(crate) fn status(&self) -> Vec<KeyStatus> {
        self.issuers.iter().map(|keys| keys.status()).collect()
    }

    /// Obtains the keys of every user pool, all at the same time.
    pub(crate) async fn hydrate(&self) -> Result<(), HydrateError> {
        let mut user_pools: Vec<UserPoolId> = self.issuers.iter().map(|keys| keys.issuer.user_pool().clone()).collect();
        user_pools.sort_unstable_by(|a, b| a.as_str().cmp(b.as_str()));
        user_pools.dedup();
        let mut tasks = tokio::task::JoinSet::new();
        for user_pool in &user_pools {
            let of_pool = self.issuers.iter().filter(|keys| keys.issuer.user_pool() == user_pool);
            let of_pool: Vec<_> = of_pool.cloned().collect();
            let user_pool = user_pool.clone();
            tasks.spawn(async move { (hydrate_user_pool(&of_pool).await, user_pool) });
        }
        let mut missing = Vec::new();
        while let Some(ended) = tasks.join_next().await {
            match ended {
                Ok((true, _)) => {}
                Ok((false, user_pool)) => missing.push(user_pool),
                // Nothing in the task panics; if it did, nobody could say whose keys are there.
                Err(_) => missing.clone_from(&user_pools),
            }
        }
        HydrateError::unless_empty(missing)
    }

    fn of(&self, issuer: &Issuer) -> Option<&Arc<IssuerKeys>> {
        let found = self.issuers.binary_search_by(|keys| keys.issuer.name().cmp(issuer.name())).ok()?;
        self.issuers.get(found)
    }
}

impl Keys for KeyStore {
    fn find(&self, issuer: &Issuer, kid: Kid<'_>) -> Option<Arc<PublicKey>> {
        self.of(issuer)?.current().as_ref()?.set.find(kid).cloned()
    }
}

impl Drop for KeyStore {
    fn drop(&mut self) {
        for keys in &self.issuers {
            keys.shut_down();
        }
    }
}

/// Obtains the keys of one of the issuers, the usual one first. The other form of issuer answers 403
/// for a user pool that was not switched to it, so one is enough.
async fn hydrate_user_pool(issuers: &[Arc<IssuerKeys>]) -> bool {
    for keys in issuers {
        if keys.current().is_none()
            && let Some(refreshed) = keys.refresh()
        {
            refreshed.wait().await;
        }
        if keys.current().is_some() {
            return true;
        }
    }
    false
}
