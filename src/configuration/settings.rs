//! The settings of a configuration after reading: plain values, by the names of the file.

use std::{fmt, path::PathBuf, sync::Arc};

use tracing::Level;

use crate::{
    address::RedactedUrl,
    authorizer::AuthorizerSettings,
    decide::VerifierSettings,
    gateway_response::Cors,
    route::{InnerRouter, MockResponse, RouteAuthorization, RouteKey, TableSettings},
    user_pool::UserPool,
};

/// All settings of a configuration.
#[derive(Clone, Debug)]
pub(super) struct Settings {
    pub(super) user_pools: Vec<UserPoolSettings>,
    /// The first authorizer answers requests that no route covers.
    pub(super) authorizers: Vec<NamedAuthorizer>,
    pub(super) routes: Vec<NamedRoute>,
    pub(super) route_table: TableSettings,
    /// The settings that all authorizers share: gateway responses, keys, token cache.
    pub(super) shared: AuthorizerSettings,
    pub(super) proxy: Option<ProxyAddress>,
    pub(super) danger: DangerSettings,
    pub(super) cors: Option<Cors>,
}

/// A user pool, by its name in the file.
#[derive(Clone, Debug)]
pub(super) struct UserPoolSettings {
    pub(super) name: String,
    pub(super) user_pool: UserPool,
    pub(super) jwks_file: Option<PathBuf>,
    /// The full names of all custom scopes, if the resource servers are known.
    pub(super) scopes: Option<Arc<[String]>>,
}

/// An authorizer, by its name in the file.
#[derive(Clone, Debug)]
pub(super) struct NamedAuthorizer {
    pub(super) name: String,
    /// The names of its user pools.
    pub(super) user_pools: Vec<String>,
    /// The settings without the user pools and the shared settings.
    pub(super) settings: AuthorizerSettings,
}

/// A route, and the name of its authorizer.
#[derive(Clone, Debug)]
pub(super) struct NamedRoute {
    pub(super) route: RouteKey,
    pub(super) authorization: RouteAuthorization,
    pub(super) authorizer: Option<String>,
    /// The response of an open route that the layer answers.
    pub(super) mock_response: Option<MockResponse>,
}

/// The address of a proxy, which may contain a password. `Debug` does not show the password.
#[derive(Clone)]
pub(super) struct ProxyAddress(pub(super) String);

impl fmt::Debug for ProxyAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        RedactedUrl(&self.0).fmt(f)
    }
}

/// The settings that weaken a check.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct DangerSettings {
    pub(super) plain_http: bool,
    pub(super) paths_as_sent: bool,
    pub(super) shadow: bool,
}

impl Default for Settings {
    fn default() -> Self {
        // The inner service of a configuration is often a proxy, or a service in another language.
        let route_table =
            TableSettings { inner_router: InnerRouter::AnyOrder, ignores_case: true, ..TableSettings::default() };
        Self {
            user_pools: Vec::new(),
            authorizers: Vec::new(),
            routes: Vec::new(),
            route_table,
            shared: AuthorizerSettings::default(),
            proxy: None,
            danger: DangerSettings::default(),
            cors: None,
        }
    }
}

impl Settings {
    pub(super) fn user_pool(&self, name: &str) -> Option<&UserPoolSettings> {
        self.user_pools.iter().find(|own| own.name == name)
    }

    /// Returns the user pools of an authorizer.
    pub(super) fn user_pools_of(&self, own: &NamedAuthorizer) -> impl Iterator<Item = &UserPoolSettings> {
        own.user_pools.iter().filter_map(|name| self.user_pool(name))
    }

    /// Returns all settings of an authorizer, including the shared ones.
    pub(super) fn settings_of(&self, own: &NamedAuthorizer) -> AuthorizerSettings {
        let (own_settings, shared) = (own.settings.clone(), self.shared.clone());
        AuthorizerSettings {
            verifier: VerifierSettings {
                user_pools: self.user_pools_of(own).map(|own| own.user_pool.clone()).collect(),
                ..own_settings.verifier
            },
            fetch_timeout: shared.fetch_timeout,
            max_key_age: shared.max_key_age,
            last_known_good_directory: shared.last_known_good_directory,
            token_cache_bytes: shared.token_cache_bytes,
            gateway_responses: shared.gateway_responses,
            ..own_settings
        }
    }
}

/// The levels of events, by name.
pub(super) const LEVELS: [(&str, Level); 5] = [
    ("error", Level::ERROR),
    ("warn", Level::WARN),
    ("info", Level::INFO),
    ("debug", Level::DEBUG),
    ("trace", Level::TRACE),
];
