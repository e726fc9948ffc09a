//! The configuration of a local user pool: its settings, resource servers, app clients, groups and users.

mod check;

use std::{
    collections::BTreeMap,
    fmt, fs,
    path::{Path, PathBuf},
};

use serde::Deserialize;

use super::{
    LocalUserPoolError, UserConfig,
    directory::{AppClientConfig, Group, PoolSettings, ResourceServer, ScopeDescription},
};

/// The configuration of a local user pool, with the names of the Cognito API.
///
/// The configuration file is JSON:
///
/// ```
/// # let json = r#"
/// {
///   "UserPoolId": "us-east-1_LocalPool",
///   "UserPool": {"UsernameAttributes": ["email"], "AutoVerifiedAttributes": ["email"]},
///   "ResourceServers": [{"Identifier": "pets", "Scopes": [{"ScopeName": "read"}, {"ScopeName": "write"}]}],
///   "AppClients": [
///     {
///       "ClientId": "petstore",
///       "ClientSecret": "not-a-secret",
///       "AllowedOAuthScopes": ["pets/read"],
///       "AccessTokenValidity": 1
///     },
///     {"ClientId": "page", "ExplicitAuthFlows": ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]}
///   ],
///   "Groups": [{"GroupName": "keepers", "Precedence": 1}],
///   "Users": [{"Username": "jane@example.com", "Password": "Not-a-secret-1", "Groups": ["keepers"]}],
///   "StateFile": "target/local-user-pool.json"
/// }
/// # "#;
/// # cognito_authorizer::local_user_pool::LocalUserPoolConfig::from_json(json).unwrap();
/// ```
///
/// `UserPool` takes the settings of `CreateUserPool` that change how a user pool behaves: names, policies and
/// attributes. `BaseUrl`, `AwsIssuer`, `AllowedOrigins` and `ConfirmationCode` correspond to the methods of these
/// names. Only `UserPoolId` is required; all other members default to Cognito's values. Some settings are available in
/// JSON only.
///
/// An app client that has a secret and custom scopes, but no `AllowedOAuthFlows`, gets the client credentials grant.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
pub struct LocalUserPoolConfig {
    pub(super) user_pool_id: String,
    #[serde(default, rename = "UserPool")]
    pub(super) settings: PoolSettings,
    #[serde(default)]
    pub(super) resource_servers: Vec<ResourceServer>,
    #[serde(default)]
    pub(super) app_clients: Vec<AppClientConfig>,
    #[serde(default)]
    groups: Vec<GroupConfig>,
    #[serde(default)]
    pub(super) users: Vec<UserConfig>,
    #[serde(default)]
    pub(super) domain: Option<String>,
    #[serde(default)]
    pub(super) base_url: Option<String>,
    #[serde(default)]
    pub(super) aws_issuer: bool,
    #[serde(default)]
    pub(super) allowed_origins: Vec<String>,
    #[serde(default)]
    pub(super) state_file: Option<PathBuf>,
    #[serde(default = "confirmation_code")]
    pub(super) confirmation_code: String,
    /// Further user pools of the same server; their settings of the server itself are not used.
    #[serde(skip)]
    pub(super) further: Vec<LocalUserPoolConfig>,
    /// Cannot be configured in JSON, only in code through `danger`.
    #[serde(skip)]
    pub(super) beyond_loopback: bool,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
struct GroupConfig {
    group_name: String,
    #[serde(default)]
    description: Option<String>,
    #[serde(default)]
    role_arn: Option<String>,
    #[serde(default)]
    precedence: Option<u64>,
}

impl LocalUserPoolConfig {
    /// Creates the configuration of an empty user pool with this id.
    pub fn new(user_pool_id: impl Into<String>) -> Self {
        Self {
            user_pool_id: user_pool_id.into(),
            settings: PoolSettings::default(),
            resource_servers: Vec::new(),
            app_clients: Vec::new(),
            groups: Vec::new(),
            users: Vec::new(),
            domain: None,
            further: Vec::new(),
            base_url: None,
            aws_issuer: false,
            allowed_origins: Vec::new(),
            state_file: None,
            confirmation_code: confirmation_code(),
            beyond_loopback: false,
        }
    }

    /// Parses the configuration from JSON text.
    ///
    /// # Errors
    ///
    /// Returns [`LocalUserPoolError::Json`], with line and column.
    pub fn from_json(json: &str) -> Result<Self, LocalUserPoolError> {
        serde_json::from_str(json).map_err(|error| LocalUserPoolError::Json { path: None, reason: unquoted(&error) })
    }

    /// Reads the configuration from a JSON file.
    ///
    /// # Errors
    ///
    /// Returns [`LocalUserPoolError::File`] or [`LocalUserPoolError::Json`].
    pub fn from_file(path: impl AsRef<Path>) -> Result<Self, LocalUserPoolError> {
        let path = path.as_ref();
        let json =
            fs::read_to_string(path).map_err(|reason| LocalUserPoolError::File { path: path.to_owned(), reason })?;
        let malformed = |error| LocalUserPoolError::Json { path: Some(path.to_owned()), reason: unquoted(&error) };
        serde_json::from_str(&json).map_err(malformed)
    }

    /// Adds a resource server with these custom scopes.
    #[must_use]
    pub fn resource_server<I>(mut self, identifier: impl Into<String>, scopes: I) -> Self
    where
        I: IntoIterator<Item: Into<String>>,
    {
        let scope = |name: I::Item| ScopeDescription { scope_name: name.into(), scope_description: String::new() };
        let (identifier, scopes) = (identifier.into(), scopes.into_iter().map(scope).collect());
        self.resource_servers.push(ResourceServer { name: identifier.clone(), identifier, scopes });
        self
    }

    /// Adds an app client.
    #[must_use]
    pub fn app_client(mut self, app_client: AppClientConfig) -> Self {
        self.app_clients.push(app_client);
        self
    }

    /// Adds a user. If the state file contains a user with this name, that user is left unchanged.
    #[must_use]
    pub fn user(mut self, user: UserConfig) -> Self {
        self.users.push(user);
        self
    }

    /// Sets the prefix of the user pool's domain. The token endpoint is at [`domain`](super::LocalUserPool::domain), whatever
    /// the prefix.
    #[must_use]
    pub fn domain(mut self, prefix: impl Into<String>) -> Self {
        self.domain = Some(prefix.into());
        self
    }

    /// Serves a further user pool at the same address.
    ///
    /// The address, the state file, the confirmation code and the allowed origins are those of `self`.
    #[must_use]
    pub fn further_user_pool(mut self, user_pool: Self) -> Self {
        self.further.push(user_pool);
        self
    }

    /// Returns this configuration and those of the further user pools.
    pub(super) fn all(&self) -> impl Iterator<Item = &Self> {
        std::iter::once(self).chain(&self.further)
    }

    /// Lets users sign up and sign in with an email address instead of a user name. Their user name is then a UUID.
    #[must_use]
    pub fn sign_in_with_email(mut self) -> Self {
        self.settings.username_attributes = vec!["email".to_owned()];
        self.settings.auto_verified_attributes = vec!["email".to_owned()];
        self
    }

    /// Stores the whole state in this file, including keys and users, so that a restart loses nothing. The folder must
    /// exist; `<file>.lock` and, during a write, `<file>.new` are created next to the file.
    ///
    /// The configured settings, resource servers and app clients override those in the file; groups and users in the
    /// file stay unchanged. Issuers contain the address, so combine a state file with a fixed port,
    /// [`base_url`](Self::base_url) or [`aws_issuer`](Self::aws_issuer).
    ///
    /// The file contains private keys, client secrets and password hashes. On Unix, only its owner may have access. The
    /// file is rejected if other users can read it, if another user owns the file or its folder, or if other users can
    /// write to the folder (as in `/tmp`).
    #[must_use]
    pub fn state_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.state_file = Some(path.into());
        self
    }

    /// Sets the URL that clients use instead of `http://<address>`, such as `http://cognito:9229` between containers.
    /// Issuers, [`domain`](super::LocalUserPool::domain) and the discovery document start with this URL.
    #[must_use]
    pub fn base_url(mut self, base_url: impl Into<String>) -> Self {
        self.base_url = Some(base_url.into());
        self
    }

    /// Uses the AWS issuer in tokens, for services that can be configured with a user pool id only.
    ///
    /// The issuer is `https://cognito-idp.<region>.amazonaws.com/<user pool id>`, or the newer
    /// `https://issuer-cognito-idp.…` if the user pool's `IssuerConfiguration` has the type `UPDATED`. The id must
    /// begin with an AWS region. Such a service must use the keys of this user pool instead of those of AWS; see
    /// [`UserPool::with_jwks_uri`](crate::UserPool::with_jwks_uri).
    #[must_use]
    pub fn aws_issuer(mut self) -> Self {
        self.aws_issuer = true;
        self
    }

    /// Accepts forms at `/oauth2/token` and `/oauth2/revoke` from browser pages of this origin, such as
    /// `http://localhost:3000`, and lets these pages read the response. Forms from pages of other origins are rejected.
    #[must_use]
    pub fn allowed_origin(mut self, origin: impl Into<String>) -> Self {
        self.allowed_origins.push(origin.into());
        self
    }

    /// Sets the code that confirms a sign-up, since no message is sent to users. The default is `123456`.
    #[must_use]
    pub fn confirmation_code(mut self, code: impl Into<String>) -> Self {
        self.confirmation_code = code.into();
        self
    }

    /// See [`dangerous().listen_beyond_loopback()`](crate::danger::Dangerous::listen_beyond_loopback).
    pub(crate) fn listen_beyond_loopback(self) -> Self {
        Self { beyond_loopback: true, ..self }
    }

    /// Returns the configured groups, including groups that only a user names.
    pub(super) fn groups(&self, now: u64) -> BTreeMap<String, Group> {
        let named = |group_name: &String| Group { group_name: group_name.clone(), created_at: now, ..Group::default() };
        let of_users = self.users.iter().flat_map(|user| &user.groups).map(|name| (name.clone(), named(name)));
        let own = self.groups.iter().map(|group| {
            let (description, role_arn) = (group.description.clone(), group.role_arn.clone());
            let precedence = group.precedence;
            (group.group_name.clone(), Group { description, role_arn, precedence, ..named(&group.group_name) })
        });
        of_users.chain(own).collect()
    }
}

impl fmt::Debug for LocalUserPoolConfig {
    /// Omits the users and the confirmation code.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LocalUserPoolConfig")
            .field("user_pool_id", &self.user_pool_id)
            .field("settings", &self.settings)
            .field("resource_servers", &self.resource_servers)
            .field("app_clients", &self.app_clients)
            .field("base_url", &self.base_url)
            .field("state_file", &self.state_file)
            .finish_non_exhaustive()
    }
}

impl AppClientConfig {
    /// Returns a copy that has the client credentials grant if it has a secret and scopes, and `AllowedOAuthFlows` is
    /// not set.
    pub(super) fn with_grant(&self) -> Self {
        let mut app_client = self.clone();
        let is_machine = app_client.client_secret.is_some() && !app_client.allowed_scopes.is_empty();
        if is_machine && app_client.allowed_flows.is_none() {
            app_client.allowed_flows = Some(vec!["client_credentials".to_owned()]);
        }
        app_client.uses_oauth.get_or_insert(app_client.allowed_flows.is_some());
        app_client
    }
}

fn confirmation_code() -> String {
    "123456".to_owned()
}

/// Returns serde's message without the value that serde quotes in type errors.
fn unquoted(error: &serde_json::Error) -> String {
    let message = error.to_string();
    let quotes =
        ["invalid type: ", "invalid value: ", "unknown variant "].iter().any(|start| message.starts_with(start));
    match message.rfind("expected ").filter(|_| quotes) {
        Some(place) => message.get(place..).unwrap_or_default().to_owned(),
        None => message,
    }
}
