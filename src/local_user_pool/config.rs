//! What a local user pool holds: resource servers, custom scopes and app clients.

use std::{fmt, fs, io, net::SocketAddr, path::Path, path::PathBuf};

use serde::{Deserialize, Deserializer, de::Error};

use crate::{
    scope::{Scope, ScopeError},
    user_pool::{AppClientId, UserPoolError, UserPoolId},
};

/// A user pool's configuration, in the words of the Cognito API.
///
/// In a file it is JSON:
///
/// ```
/// # let json = r#"
/// {
///   "UserPoolId": "us-east-1_LocalPool",
///   "ResourceServers": [{"Identifier": "pets", "Scopes": [{"ScopeName": "read"}, {"ScopeName": "write"}]}],
///   "AppClients": [
///     {
///       "ClientId": "petstore",
///       "ClientSecret": "not-a-secret",
///       "AllowedOAuthScopes": ["pets/read"],
///       "AccessTokenValidity": 1
///     }
///   ]
/// }
/// # "#;
/// # cognito_authorizer::local_user_pool::LocalUserPoolConfig::from_json(json).unwrap();
/// ```
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
pub struct LocalUserPoolConfig {
    pub(super) user_pool_id: String,
    #[serde(default)]
    resource_servers: Vec<ResourceServerConfig>,
    #[serde(default)]
    app_clients: Vec<AppClientConfig>,
}

/// A resource server: an identifier, and the custom scopes that belong to it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
struct ResourceServerConfig {
    identifier: String,
    scopes: Vec<ScopeConfig>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
struct ScopeConfig {
    scope_name: String,
    #[serde(default)]
    #[allow(dead_code, reason = "an AWS configuration has it, and nothing depends on what it says")]
    scope_description: String,
}

/// An app client for the client credentials grant.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
pub struct AppClientConfig {
    pub(super) client_id: String,
    /// Without one, an app client is public, and gets no token.
    #[serde(default)]
    pub(super) client_secret: Option<Secret>,
    #[serde(rename = "AllowedOAuthScopes")]
    pub(super) allowed_scopes: Vec<String>,
    /// In hours, as the Cognito API has it unless told otherwise.
    #[serde(default = "one")]
    access_token_validity: u64,
}

/// A client secret. `Debug` does not show it, and no error does.
#[derive(Clone)]
pub(super) struct Secret(pub(super) String);

impl LocalUserPoolConfig {
    /// A user pool with this id and nothing in it.
    pub fn new(user_pool_id: impl Into<String>) -> Self {
        Self { user_pool_id: user_pool_id.into(), resource_servers: Vec::new(), app_clients: Vec::new() }
    }

    /// Reads the configuration from a JSON text.
    ///
    /// # Errors
    ///
    /// [`LocalUserPoolError::Json`], with line and column.
    pub fn from_json(json: &str) -> Result<Self, LocalUserPoolError> {
        serde_json::from_str(json).map_err(|source| LocalUserPoolError::Json { path: None, source })
    }

    /// Reads the configuration from a JSON file.
    ///
    /// # Errors
    ///
    /// [`LocalUserPoolError::File`] or [`LocalUserPoolError::Json`].
    pub fn from_file(path: impl AsRef<Path>) -> Result<Self, LocalUserPoolError> {
        let path = path.as_ref();
        let json =
            fs::read_to_string(path).map_err(|source| LocalUserPoolError::File { path: path.to_owned(), source })?;
        serde_json::from_str(&json).map_err(|source| LocalUserPoolError::Json { path: Some(path.to_owned()), source })
    }

    /// Adds a resource server with these custom scopes.
    #[must_use]
    pub fn resource_server<I>(mut self, identifier: impl Into<String>, scopes: I) -> Self
    where
        I: IntoIterator<Item: Into<String>>,
    {
        let scope = |name: I::Item| ScopeConfig { scope_name: name.into(), scope_description: String::new() };
        let scopes = scopes.into_iter().map(scope).collect();
        self.resource_servers.push(ResourceServerConfig { identifier: identifier.into(), scopes });
        self
    }

    /// Adds an app client.
    #[must_use]
    pub fn app_client(mut self, app_client: AppClientConfig) -> Self {
        self.app_clients.push(app_client);
        self
    }

    pub(super) fn find_app_client(&self, client_id: &str) -> Option<&AppClientConfig> {
        self.app_clients.iter().find(|app_client| app_client.client_id == client_id)
    }

    /// Every custom scope by its full name.
    pub(super) fn scopes(&self) -> impl Iterator<Item = String> {
        self.resource_servers
            .iter()
            .flat_map(|server| server.scopes.iter().map(|scope| format!("{}/{}", server.identifier, scope.scope_name)))
    }

    /// The user pool id, if nothing is wrong with any of it.
    pub(super) fn check(&self) -> Result<UserPoolId, LocalUserPoolError> {
        let user_pool_id = UserPoolId::parse(&self.user_pool_id)?;
        let scopes: Vec<String> = self.scopes().collect();
        for scope in &scopes {
            Scope::parse(scope)?;
        }
        for app_client in &self.app_clients {
            let client_id = || app_client.client_id.clone();
            AppClientId::parse(&app_client.client_id)?;
            if self.app_clients.iter().filter(|other| other.client_id == app_client.client_id).count() > 1 {
                return Err(LocalUserPoolError::RepeatedAppClient { client_id: client_id() });
            }
            if app_client.allowed_scopes.is_empty() {
                return Err(LocalUserPoolError::NoScopes { client_id: client_id() });
            }
            if let Some(scope) = app_client.allowed_scopes.iter().find(|scope| !scopes.contains(scope)) {
                return Err(LocalUserPoolError::UnknownScope { client_id: client_id(), scope: scope.clone() });
            }
            if !(1..=24).contains(&app_client.access_token_validity) {
                return Err(LocalUserPoolError::Validity { client_id: client_id() });
            }
            if app_client.client_secret.as_ref().is_some_and(|secret| secret.0.is_empty()) {
                return Err(LocalUserPoolError::EmptySecret { client_id: client_id() });
            }
        }
        Ok(user_pool_id)
    }
}

impl AppClientConfig {
    /// An app client whose access tokens are valid for an hour.
    pub fn new(client_id: impl Into<String>, client_secret: impl Into<String>) -> Self {
        Self {
            client_id: client_id.into(),
            client_secret: Some(Secret(client_secret.into())),
            allowed_scopes: Vec::new(),
            access_token_validity: one(),
        }
    }

    /// Allows these custom scopes, by their full names.
    #[must_use]
    pub fn allowed_scopes(mut self, scopes: impl IntoIterator<Item: Into<String>>) -> Self {
        self.allowed_scopes = scopes.into_iter().map(Into::into).collect();
        self
    }

    /// Makes access tokens valid for this many hours, 1 to 24.
    #[must_use]
    pub fn access_token_validity(mut self, hours: u64) -> Self {
        self.access_token_validity = hours;
        self
    }

    /// Lifetime of an access token in seconds.
    pub(super) fn access_token_seconds(&self) -> u64 {
        self.access_token_validity * 3_600
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // The usual error would show the value that is not a string.
        String::deserialize(deserializer).map(Self).map_err(|_| D::Error::custom("a client secret is a string"))
    }
}

/// Why a local user pool cannot be started.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LocalUserPoolError {
    /// The address does not belong to this machine alone.
    #[error("`{address}` is not a loopback address: a local user pool listens on 127.0.0.1 or [::1]")]
    NotLoopback {
        /// The address.
        address: SocketAddr,
    },
    /// The address cannot be bound.
    #[error("cannot listen on `{address}`: {source}")]
    Bind {
        /// The address.
        address: SocketAddr,
        /// What the system says.
        source: io::Error,
    },
    /// The configuration file cannot be read.
    #[error("cannot read `{}`: {source}", .path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The configuration is not what it should be.
    #[error("the configuration of the local user pool{} is malformed: {source}", .path.as_ref().map(|path| format!(" in `{}`", path.display())).unwrap_or_default())]
    Json {
        /// The file, if it is in one.
        path: Option<PathBuf>,
        /// What is wrong, and where.
        source: serde_json::Error,
    },
    /// The user pool id or an app client id.
    #[error(transparent)]
    UserPool(#[from] UserPoolError),
    /// A resource server's identifier and a scope's name do not make a scope.
    #[error(transparent)]
    Scope(#[from] ScopeError),
    /// Two app clients have one id.
    #[error("the app client `{client_id}` is configured twice: keep one")]
    RepeatedAppClient {
        /// The app client.
        client_id: String,
    },
    /// Cognito does not let an app client have the client credentials grant without a custom scope.
    #[error("the app client `{client_id}` has no scope: allow it at least one custom scope")]
    NoScopes {
        /// The app client.
        client_id: String,
    },
    /// No resource server defines the scope.
    #[error("the app client `{client_id}` is allowed the scope `{scope}`, which no resource server defines")]
    UnknownScope {
        /// The app client.
        client_id: String,
        /// The scope.
        scope: String,
    },
    /// A lifetime that Cognito does not allow.
    #[error("the access tokens of app client `{client_id}` have to be valid for 1 to 24 hours")]
    Validity {
        /// The app client.
        client_id: String,
    },
    /// An empty secret would let anybody in.
    #[error("the secret of app client `{client_id}` is empty: give it one, or leave it out")]
    EmptySecret {
        /// The app client.
        client_id: String,
    },
    /// The cryptographic library failed.
    #[error("no RSA key could be made or used")]
    Key,
}

fn one() -> u64 {
    1
}
