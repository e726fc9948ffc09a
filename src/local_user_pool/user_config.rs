//! The configuration of a user.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use serde::Deserialize;

use super::directory::Secret;

/// A confirmed user that a local user pool starts with.
///
/// ```
/// use cognito_authorizer::local_user_pool::{LocalUserPoolConfig, UserConfig};
///
/// let jane = UserConfig::new("janedoe", "Passw0rd!")
///     .attribute("email", "jane@example.com")
///     .group("admin");
/// let config = LocalUserPoolConfig::new("us-east-1_LocalPool").user(jane);
/// ```
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
pub struct UserConfig {
    pub(super) username: String,
    pub(super) password: Secret,
    #[serde(default)]
    user_attributes: Vec<Attribute>,
    #[serde(default)]
    pub(super) groups: BTreeSet<String>,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
struct Attribute {
    name: String,
    value: String,
}

impl UserConfig {
    /// Creates a user with this password, which must conform to the password policy of the user pool.
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

    /// Adds the user to a group, which is created if it does not exist.
    #[must_use]
    pub fn group(mut self, name: impl Into<String>) -> Self {
        self.groups.insert(name.into());
        self
    }

    pub(super) fn attributes(&self) -> BTreeMap<String, String> {
        self.user_attributes.iter().map(|attribute| (attribute.name.clone(), attribute.value.clone())).collect()
    }
}

impl fmt::Debug for UserConfig {
    /// Omits the user name, password and attributes.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UserConfig").field("groups", &self.groups).finish_non_exhaustive()
    }
}
