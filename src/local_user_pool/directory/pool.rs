//! A user pool: its settings, app clients, resource servers, groups and users.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{AppClient, Challenge, PoolSettings, SignIn, User};
use crate::local_user_pool::keys::SigningKeys;

/// A user pool.
#[derive(Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
pub(crate) struct Pool {
    pub(crate) id: String,
    pub(crate) settings: PoolSettings,
    /// Settings without effect; they are returned unchanged.
    pub(crate) others: Map<String, Value>,
    pub(crate) keys: SigningKeys,
    /// The prefix of the user pool's domain.
    pub(crate) domain: Option<String>,
    pub(crate) resource_servers: BTreeMap<String, ResourceServer>,
    pub(crate) app_clients: BTreeMap<String, AppClient>,
    pub(crate) groups: BTreeMap<String, Group>,
    /// By user name, in lower case if names are not case-sensitive.
    pub(super) users: BTreeMap<String, User>,
    /// By the fingerprint of the first refresh token.
    pub(super) sign_ins: BTreeMap<String, SignIn>,
    /// By the fingerprint of the `Session` value.
    pub(super) challenges: BTreeMap<String, Challenge>,
    /// The number of the last sign-in or challenge.
    pub(super) counted: u64,
    pub(crate) created_at: u64,
    #[serde(default)]
    pub(crate) last_modified: u64,
}

/// A resource server: an identifier, and the custom scopes that belong to it.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
pub(crate) struct ResourceServer {
    pub(crate) identifier: String,
    #[serde(default)]
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) scopes: Vec<ScopeDescription>,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
pub(crate) struct ScopeDescription {
    pub(crate) scope_name: String,
    #[serde(default)]
    pub(crate) scope_description: String,
}

impl ResourceServer {
    /// Returns the custom scopes by their full names.
    pub(crate) fn full_names(&self) -> impl Iterator<Item = String> {
        self.scopes.iter().map(|scope| format!("{}/{}", self.identifier, scope.scope_name))
    }
}

/// A group of users.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
pub(crate) struct Group {
    pub(crate) group_name: String,
    pub(crate) description: Option<String>,
    pub(crate) role_arn: Option<String>,
    pub(crate) precedence: Option<u64>,
    pub(crate) created_at: u64,
}

impl Pool {
    /// Creates an empty user pool.
    pub(crate) fn new(id: String, settings: PoolSettings, now: u64) -> Self {
        Self {
            id,
            settings,
            others: Map::new(),
            keys: SigningKeys::default(),
            domain: None,
            resource_servers: BTreeMap::new(),
            app_clients: BTreeMap::new(),
            groups: BTreeMap::new(),
            users: BTreeMap::new(),
            sign_ins: BTreeMap::new(),
            challenges: BTreeMap::new(),
            counted: 0,
            created_at: now,
            last_modified: now,
        }
    }

    /// Returns all custom scopes by their full names.
    pub(crate) fn scopes(&self) -> Vec<String> {
        self.resource_servers.values().flat_map(ResourceServer::full_names).collect()
    }

    /// Removes an app client with its sign-ins and challenges.
    pub(crate) fn remove_app_client(&mut self, client_id: &str) -> Option<AppClient> {
        let removed = self.app_clients.remove(client_id)?;
        self.sign_ins.retain(|_, sign_in| sign_in.client_id != client_id);
        self.challenges.retain(|_, challenge| challenge.client_id != client_id);
        Some(removed)
    }

    /// Removes a group, and removes all users from it.
    pub(crate) fn remove_group(&mut self, name: &str) -> Option<Group> {
        let removed = self.groups.remove(name)?;
        self.users.values_mut().for_each(|user| {
            user.groups.remove(name);
        });
        Some(removed)
    }
}
