//! What a local user pool starts with: its settings, resource servers, app clients, groups and users.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use serde::Deserialize;

use super::{
    LocalUserPoolError,
    directory::{AppClientConfig, Group, PoolSettings, ResourceServer, ScopeDescription, Secret, attribute_objection},
};
use crate::{
    scope::Scope,
    user_pool::{AppClientId, UserPoolId},
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
/// An app client that has a secret and custom scopes, and of which `AllowedOAuthFlows` says nothing, has the client
/// credentials grant.
#[derive(Clone, Debug, Deserialize)]
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

/// A user who is there from the start, confirmed.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
pub struct UserConfig {
    pub(super) username: String,
    pub(super) password: Secret,
    #[serde(default)]
    user_attributes: Vec<Attribute>,
    #[serde(default)]
    pub(super) groups: BTreeSet<String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
struct Attribute {
    name: String,
    value: String,
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

    /// Adds a user. Who is in the state file already stays as he is there.
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

    /// Keeps everything in this file, keys and users too, so that a restart loses nothing. What the configuration
    /// says of app clients, resource servers and settings goes before what the file says.
    ///
    /// The file is for its owner alone: it holds private keys and client secrets, and of passwords a hash.
    #[must_use]
    pub fn state_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.state_file = Some(path.into());
        self
    }

    /// What issuers and the domain start with, instead of `http://<address>`: for services that reach the user pool
    /// by another name, or that are set up for an issuer of AWS
    /// (`https://cognito-idp.us-east-1.amazonaws.com`) and take their keys from
    /// [`UserPool::with_jwks_uri`](crate::UserPool::with_jwks_uri).
    #[must_use]
    pub fn base_url(mut self, base_url: impl Into<String>) -> Self {
        self.base_url = Some(base_url.into());
        self
    }

    /// The code that confirms who signs up, since nothing is sent to anybody. `123456` unless something is said.
    #[must_use]
    pub fn confirmation_code(mut self, code: impl Into<String>) -> Self {
        self.confirmation_code = code.into();
        self
    }

    /// See [`danger::listen_beyond_loopback`](crate::danger::listen_beyond_loopback).
    pub(crate) fn listen_beyond_loopback(self) -> Self {
        Self { beyond_loopback: true, ..self }
    }

    /// The groups, those that only a user names too.
    pub(super) fn groups(&self, now: u64) -> BTreeMap<String, Group> {
        let named = |group_name: &String| Group {
            group_name: group_name.clone(),
            created_at: now,
            last_modified: now,
            ..Group::default()
        };
        let of_users = self.users.iter().flat_map(|user| &user.groups).map(|name| (name.clone(), named(name)));
        let own = self.groups.iter().map(|group| {
            let (description, role_arn) = (group.description.clone(), group.role_arn.clone());
            let precedence = group.precedence;
            (group.group_name.clone(), Group { description, role_arn, precedence, ..named(&group.group_name) })
        });
        of_users.chain(own).collect()
    }

    /// The user pool id, if nothing is wrong with any of it.
    pub(super) fn check(&self) -> Result<UserPoolId, LocalUserPoolError> {
        let user_pool_id = UserPoolId::parse(&self.user_pool_id)?;
        if let Some(reason) = self.settings.objection() {
            return Err(LocalUserPoolError::Settings { reason: reason.to_owned() });
        }
        if let Some(base_url) = self.base_url.as_ref().filter(|base_url| !is_base_url(base_url)) {
            return Err(LocalUserPoolError::BaseUrl { base_url: base_url.clone() });
        }
        let scopes: Vec<String> = self.resource_servers.iter().flat_map(ResourceServer::full_names).collect();
        for scope in &scopes {
            Scope::parse(scope)?;
        }
        for app_client in &self.app_clients {
            let client_id = app_client.client_id.clone();
            AppClientId::parse(&client_id)?;
            if self.app_clients.iter().filter(|other| other.client_id == client_id).count() > 1 {
                return Err(LocalUserPoolError::RepeatedAppClient { client_id });
            }
            if let Some(mistake) = app_client.with_grant().mistake(&scopes) {
                return Err(LocalUserPoolError::AppClient { client_id, mistake });
            }
        }
        for user in &self.users {
            if let Some(reason) = user.objection(&self.settings) {
                return Err(LocalUserPoolError::User { username: user.username.clone(), reason });
            }
        }
        Ok(user_pool_id)
    }
}

impl UserConfig {
    /// A user with this password, which has to conform to the policy of the user pool.
    pub fn new(username: impl Into<String>, password: impl Into<String>) -> Self {
        Self {
            username: username.into(),
            password: Secret(password.into()),
            user_attributes: Vec::new(),
            groups: BTreeSet::new(),
        }
    }

    /// Gives the user an attribute, such as `email`.
    #[must_use]
    pub fn attribute(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.user_attributes.push(Attribute { name: name.into(), value: value.into() });
        self
    }

    /// Puts the user into a group, which is made if it is not there.
    #[must_use]
    pub fn group(mut self, name: impl Into<String>) -> Self {
        self.groups.insert(name.into());
        self
    }

    pub(super) fn attributes(&self) -> BTreeMap<String, String> {
        self.user_attributes.iter().map(|attribute| (attribute.name.clone(), attribute.value.clone())).collect()
    }

    fn objection(&self, settings: &PoolSettings) -> Option<String> {
        if self.username.is_empty() || self.username.len() > 128 {
            return Some("a user name has 1 to 128 characters".to_owned());
        }
        if let Some(objection) = settings.policies.password_policy.objection(&self.password.0) {
            return Some(objection.to_owned());
        }
        let attributes = self.user_attributes.iter();
        attributes
            .clone()
            .find_map(|attribute| attribute_objection(&attribute.name, &attribute.value, settings.custom_attributes()))
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

fn is_base_url(text: &str) -> bool {
    let rest = text.strip_prefix("http://").or_else(|| text.strip_prefix("https://")).unwrap_or_default();
    !rest.is_empty()
        && !rest.ends_with('/')
        && rest.bytes().all(|byte| byte.is_ascii_graphic() && !b"?#@".contains(&byte))
}
