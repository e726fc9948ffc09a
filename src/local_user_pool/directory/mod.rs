//! The data of a local user pool, in memory or in a file: user pools and their items.
//!
//! These modules contain data only: they do not respond to requests, read a clock or issue tokens.

mod app_client;

mod app_client_mistake;

mod auth_flows;

pub(super) mod limits;

mod pool;

mod refresh_tokens;

mod schema;

mod schema_attribute;

mod settings;

mod sign_in;

mod sign_ins;

mod standard_attributes;

mod user;

mod users;

use std::{collections::BTreeMap, sync::Arc};

use serde::{Deserialize, Serialize};

pub use self::{app_client::AppClientConfig, app_client_mistake::AppClientMistake};
pub(crate) use self::{
    app_client::{AppClient, Secret},
    pool::{Group, Pool, ResourceServer, ScopeDescription},
    schema::{full_schema, is_kept},
    schema_attribute::SchemaAttribute,
    settings::{DeletionProtection, PoolSettings},
    sign_in::{Challenge, RefreshTokenState, SignIn},
    user::{User, UserStatus, is_true, verified},
    users::UserMistake,
};

/// All user pools by id. A clone shares the user pools that it does not change.
#[derive(Clone, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
pub(crate) struct Directory {
    #[serde(with = "shared")]
    user_pools: BTreeMap<String, Arc<Pool>>,
}

impl Directory {
    pub(crate) fn pools(&self) -> impl ExactSizeIterator<Item = &Pool> {
        self.user_pools.values().map(|pool| &**pool)
    }

    pub(crate) fn pool(&self, id: &str) -> Option<&Pool> {
        self.user_pools.get(id).map(|pool| &**pool)
    }

    pub(crate) fn pool_mut(&mut self, id: &str) -> Option<&mut Pool> {
        self.user_pools.get_mut(id).map(Arc::make_mut)
    }

    pub(crate) fn insert(&mut self, pool: Pool) {
        self.user_pools.insert(pool.id.clone(), Arc::new(pool));
    }

    pub(crate) fn remove(&mut self, id: &str) -> Option<Arc<Pool>> {
        self.user_pools.remove(id)
    }

    /// Returns the app client with this id, and its user pool. Ids are unique among all user pools.
    pub(crate) fn app_client(&self, client_id: &str) -> Option<(&Pool, &AppClient)> {
        self.pools().find_map(|pool| Some((pool, pool.app_clients.get(client_id)?)))
    }

    /// Returns the user pool that has this domain.
    pub(crate) fn domain(&self, domain: &str) -> Option<&Pool> {
        self.pools().find(|pool| pool.domain.as_deref() == Some(domain))
    }
}

/// Serializes a map of shared values like a map of plain values.
mod shared {
    use std::{collections::BTreeMap, sync::Arc};

    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(super) fn serialize<T: Serialize, S: Serializer>(
        map: &BTreeMap<String, Arc<T>>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_map(map.iter().map(|(key, value)| (key, &**value)))
    }

    pub(super) fn deserialize<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<BTreeMap<String, Arc<T>>, D::Error> {
        let map = BTreeMap::<String, T>::deserialize(deserializer)?;
        Ok(map.into_iter().map(|(key, value)| (key, Arc::new(value))).collect())
    }
}
