//! What a local user pool knows, in memory or in a file: user pools, and what belongs to them.
//!
//! Values only: nothing here answers a request, reads a clock or makes a token.

mod app_client;

mod pool;

mod session;

mod settings;

mod user;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use self::app_client::{AppClientConfig, AppClientMistake};
pub(crate) use self::{
    app_client::{AppClient, PreventUserExistenceErrors, Secret},
    pool::{Group, Pool, ResourceServer, ScopeDescription},
    session::{Challenge, RefreshToken, Session},
    settings::PoolSettings,
    user::{User, UserStatus, attribute_objection, is_email, is_phone_number},
};

/// Every user pool, by its id.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Directory {
    user_pools: BTreeMap<String, Pool>,
}

impl Directory {
    pub(crate) fn pools(&self) -> impl Iterator<Item = &Pool> {
        self.user_pools.values()
    }

    pub(crate) fn pool(&self, id: &str) -> Option<&Pool> {
        self.user_pools.get(id)
    }

    pub(crate) fn pool_mut(&mut self, id: &str) -> Option<&mut Pool> {
        self.user_pools.get_mut(id)
    }

    pub(crate) fn insert(&mut self, pool: Pool) {
        self.user_pools.insert(pool.id.clone(), pool);
    }

    pub(crate) fn remove(&mut self, id: &str) -> Option<Pool> {
        self.user_pools.remove(id)
    }

    /// The app client with this id, and its user pool: ids are unique among all of them.
    pub(crate) fn app_client(&self, client_id: &str) -> Option<(&Pool, &AppClient)> {
        self.pools().find_map(|pool| Some((pool, pool.app_clients.get(client_id)?)))
    }

    /// The user pool that has this domain.
    pub(crate) fn domain(&self, domain: &str) -> Option<&Pool> {
        self.pools().find(|pool| pool.domain.as_deref() == Some(domain))
    }
}
