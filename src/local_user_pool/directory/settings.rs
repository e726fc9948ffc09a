//! The settings of a user pool.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::local_user_pool::password::PasswordPolicy;

/// The settings that change what a user pool does, in the words of `CreateUserPool`.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields, rename_all = "PascalCase")]
pub(crate) struct PoolSettings {
    pub(crate) pool_name: String,
    pub(crate) policies: Policies,
    pub(crate) username_attributes: Vec<String>,
    pub(crate) alias_attributes: Vec<String>,
    pub(crate) auto_verified_attributes: Vec<String>,
    pub(crate) username_configuration: UsernameConfiguration,
    pub(crate) admin_create_user_config: AdminCreateUserConfig,
    pub(crate) schema: Vec<SchemaAttribute>,
}

impl PoolSettings {
    /// The names of the members, among those of a request.
    pub(crate) const MEMBERS: [&str; 8] = [
        "PoolName",
        "Policies",
        "UsernameAttributes",
        "AliasAttributes",
        "AutoVerifiedAttributes",
        "UsernameConfiguration",
        "AdminCreateUserConfig",
        "Schema",
    ];

    /// What is wrong with them, if anything is.
    pub(crate) fn objection(&self) -> Option<&'static str> {
        let is_of = |allowed: &[&str], names: &[String]| names.iter().all(|name| allowed.contains(&&**name));
        let contacts = ["email", "phone_number"];
        let rules = [
            (
                self.policies.password_policy.holds(),
                "Policies.PasswordPolicy: MinimumLength is 6 to 99, TemporaryPasswordValidityDays 0 to 365",
            ),
            (is_of(&contacts, &self.username_attributes), "UsernameAttributes are email and phone_number"),
            (is_of(&contacts, &self.auto_verified_attributes), "AutoVerifiedAttributes are email and phone_number"),
            (
                is_of(&["email", "phone_number", "preferred_username"], &self.alias_attributes),
                "AliasAttributes are email, phone_number and preferred_username",
            ),
            (
                self.username_attributes.is_empty() || self.alias_attributes.is_empty(),
                "Only one of the aliasAttributes or usernameAttributes can be set in a user pool.",
            ),
        ];
        rules.into_iter().find_map(|(holds, objection)| (!holds).then_some(objection))
    }

    /// The names of the custom attributes, without `custom:`.
    pub(crate) fn custom_attributes(&self) -> impl Iterator<Item = &str> {
        self.schema.iter().map(|attribute| attribute.name.strip_prefix("custom:").unwrap_or(&attribute.name))
    }
}

#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default, rename_all = "PascalCase")]
pub(crate) struct Policies {
    pub(crate) password_policy: PasswordPolicy,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct UsernameConfiguration {
    pub(crate) case_sensitive: bool,
}

impl Default for UsernameConfiguration {
    fn default() -> Self {
        Self { case_sensitive: true }
    }
}

#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default, rename_all = "PascalCase")]
pub(crate) struct AdminCreateUserConfig {
    pub(crate) allow_admin_create_user_only: bool,
}

/// A custom attribute, or what is asked of a standard one.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct SchemaAttribute {
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) required: bool,
    /// Type and bounds: shown as they were given.
    #[serde(flatten)]
    pub(crate) others: Map<String, Value>,
}
