//! What a local user pool starts with: its settings, resource servers, app clients, groups and users.

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

/// A user pool's configuration, in the words of the Cognito API.
///
/// In a file it is JSON:
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
/// `UserPool` has the settings of `CreateUserPool` that change what a user pool does: names, policies, attributes.
/// Besides, there are `BaseUrl`, `AwsIssuer`, `AllowedOrigins` and `ConfirmationCode`, as the methods of these names say.
/// Everything but `UserPoolId` may be left out, and then is as Cognito has it. Some of it can be said in JSON only.
///
/// An app client that has a secret and custom scopes, and of which `AllowedOAuthFlows` says nothing, has the client
/// credentials grant.
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
    pub(super) base_url: Option<String>,
    #[serde(default)]
    pub(super) aws_issuer: bool,
    #[serde(default)]
    pub(super) allowed_origins: Vec<String>,
    #[serde(default)]
    pub(super) state_file: Option<PathBuf>,
    #[serde(default = "confirmation_code")]
    pub(super) confirmation_code: String,
    /// Only code can say so, through `danger`.
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
    /// A user pool with this id and nothing in it.
    pub fn new(user_pool_id: impl Into<String>) -> Self {
        Self {
            user_pool_id: user_pool_id.into(),
            settings: PoolSettings::default(),
            resource_servers: Vec::new(),
            app_clients: Vec::new(),
            groups: Vec::new(),
            users: Vec::new(),
            base_url: None,
            aws_issuer: false,
            allowed_origins: Vec::new(),
            state_file: None,
            confirmation_code: confirmation_code(),
            beyond_loopback: false,
        }
    }

    /// Reads the configuration from a JSON text.
    ///
    /// # Errors
    ///
    /// [`LocalUserPoolError::Json`], with line and column.
    pub fn from_json(json: &str) -> Result<Self, LocalUserPoolError> {
        serde_json::from_str(json).map_err(|error| LocalUserPoolError::Json { path: None, reason: unquoted(&error) })
    }

    /// Reads the configuration from a JSON file.
    ///
    /// # Errors
    ///
    /// [`LocalUserPoolError::File`] or [`LocalUserPoolError::Json`].
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

    /// Adds a user. A user of that name who is in the state file is left unchanged.
    #[must_use]
    pub fn user(mut self, user: UserConfig) -> Self {
        self.users.push(user);
        self
    }

    /// Lets users sign up and in with an email address instead of a user name, as many user pools do: their user
    /// name is then a UUID.
    #[must_use]
    pub fn sign_in_with_email(mut self) -> Self {
        self.settings.username_attributes = vec!["email".to_owned()];
        self.settings.auto_verified_attributes = vec!["email".to_owned()];
        self
    }

    /// Keeps everything in this file, keys and users too, so that a restart loses nothing. There has to be a folder for
    /// it, in which `<file>.lock` and, while it is written, `<file>.new` stand beside it.
    ///
    /// What the configuration says of the user pool's settings, resource servers and app clients goes before what the
    /// file says; groups and users that are in the file stay as they are there. Issuers hold the address, so with a
    /// file give it a port, or say [`base_url`](Self::base_url) or [`aws_issuer`](Self::aws_issuer).
    ///
    /// The file holds private keys and client secrets, and of passwords a hash. On Unix it is for its owner alone: it is
    /// rejected if others may read it, or if it or its folder is another user's or others may write to the folder, as they
    /// may in `/tmp`.
    #[must_use]
    pub fn state_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.state_file = Some(path.into());
        self
    }

    /// By what it is reached, instead of `http://<address>`, such as `http://cognito:9229` among containers: issuers,
    /// [`domain`](super::LocalUserPool::domain) and the discovery document start with it.
    #[must_use]
    pub fn base_url(mut self, base_url: impl Into<String>) -> Self {
        self.base_url = Some(base_url.into());
        self
    }

    /// Writes the issuer of AWS into tokens, `https://cognito-idp.<region>.amazonaws.com/<user pool id>`, or the newer
    /// `https://issuer-cognito-idp.…` if `IssuerConfiguration` of the user pool has the type `UPDATED`: for services that
    /// take a user pool's id and nothing else. The id has to begin with an AWS region. They need the keys of this user pool in place of those of AWS, as
    /// [`UserPool::with_jwks_uri`](crate::UserPool::with_jwks_uri) gives them.
    #[must_use]
    pub fn aws_issuer(mut self) -> Self {
        self.aws_issuer = true;
        self
    }

    /// Accepts forms at `/oauth2/token` and `/oauth2/revoke` from pages of this origin in a browser, such as
    /// `http://localhost:3000`, and lets these pages read the answer. Forms of pages of other origins are rejected.
    #[must_use]
    pub fn allowed_origin(mut self, origin: impl Into<String>) -> Self {
        self.allowed_origins.push(origin.into());
        self
    }

    /// The code that confirms who signs up, since nothing is sent to anybody. `123456` unless something is said.
    #[must_use]
    pub fn confirmation_code(mut self, code: impl Into<String>) -> Self {
        self.confirmation_code = code.into();
        self
    }

    /// See [`dangerous().listen_beyond_loopback()`](crate::danger::Dangerous::listen_beyond_loopback).
    pub(crate) fn listen_beyond_loopback(self) -> Self {
        Self { beyond_loopback: true, ..self }
    }

    /// The groups, those that only a user names too.
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
    /// Without users and the confirmation code.
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
    /// The same, with the client credentials grant if it has what belongs to that and says nothing of grants.
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

/// What serde says, without the value that it quotes where one is of the wrong type.
fn unquoted(error: &serde_json::Error) -> String {
    let message = error.to_string();
    let quotes =
        ["invalid type: ", "invalid value: ", "unknown variant "].iter().any(|start| message.starts_with(start));
    match message.rfind("expected ").filter(|_| quotes) {
        Some(place) => message.get(place..).unwrap_or_default().to_owned(),
        None => message,
    }
}
