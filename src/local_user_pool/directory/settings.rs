//! The settings of a user pool.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::SchemaAttribute;
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
    pub(crate) deletion_protection: DeletionProtection,
    pub(crate) schema: Vec<SchemaAttribute>,
}

impl PoolSettings {
    /// The names of the members, among those of a request.
    pub(crate) const MEMBERS: [&str; 9] = [
        "PoolName",
        "Policies",
        "UsernameAttributes",
        "AliasAttributes",
        "AutoVerifiedAttributes",
        "UsernameConfiguration",
        "AdminCreateUserConfig",
        "DeletionProtection",
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
            (self.schema.len() <= 50, "Schema has at most 50 attributes"),
        ];
        let broken = rules.into_iter().find_map(|(holds, objection)| (!holds).then_some(objection));
        broken.or_else(|| self.schema.iter().find_map(SchemaAttribute::objection))
    }

    /// The setting by which users are found that is another in `new`, if there is one.
    pub(crate) fn sign_in_change(&self, new: &Self) -> Option<&'static str> {
        let sorted = |names: &[String]| names.iter().cloned().collect::<BTreeSet<_>>();
        let changes = [
            ("UsernameConfiguration", self.username_configuration != new.username_configuration),
            ("UsernameAttributes", sorted(&self.username_attributes) != sorted(&new.username_attributes)),
            ("AliasAttributes", sorted(&self.alias_attributes) != sorted(&new.alias_attributes)),
        ];
        changes.into_iter().find_map(|(name, is_changed)| is_changed.then_some(name))
    }

    /// Whether users sign in with this attribute as they do with their user names.
    pub(crate) fn signs_in_with(&self, attribute: &str) -> bool {
        self.username_attributes.iter().any(|own| own == attribute)
    }

    /// Whether users can sign in with this attribute besides their user names.
    pub(crate) fn has_alias(&self, attribute: &str) -> bool {
        self.alias_attributes.iter().any(|own| own == attribute)
    }
}

#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields, rename_all = "PascalCase")]
pub(crate) struct Policies {
    pub(crate) password_policy: PasswordPolicy,
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
pub(crate) struct UsernameConfiguration {
    pub(crate) case_sensitive: bool,
}

impl Default for UsernameConfiguration {
    fn default() -> Self {
        Self { case_sensitive: true }
    }
}

#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields, rename_all = "PascalCase")]
pub(crate) struct AdminCreateUserConfig {
    pub(crate) allow_admin_create_user_only: bool,
    /// What is sent to new users, and nothing is: shown as it was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    invite_message_template: Option<Value>,
}

#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum DeletionProtection {
    #[default]
    Inactive,
    Active,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_member_is_known_by_its_name() {
        let serialized = serde_json::to_value(PoolSettings::default()).unwrap();
        let mut names: Vec<&str> = serialized.as_object().unwrap().keys().map(String::as_str).collect();
        let mut known = PoolSettings::MEMBERS.to_vec();
        names.sort_unstable();
        known.sort_unstable();
        assert_eq!(names, known);
    }
}
