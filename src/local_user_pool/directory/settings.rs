//! The settings of a user pool.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::SchemaAttribute;
use crate::local_user_pool::password::{PasswordPolicy, TEMPORARY_PASSWORD_DAYS};

/// The settings that change how a user pool behaves, with the names of `CreateUserPool`.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields, rename_all = "PascalCase")]
pub(crate) struct PoolSettings {
    pub(crate) pool_name: String,
    pub(crate) policies: Policies,
    pub(crate) username_attributes: Vec<String>,
    pub(crate) alias_attributes: Vec<String>,
    pub(crate) auto_verified_attributes: Vec<String>,
    pub(crate) username_configuration: Option<UsernameConfiguration>,
    pub(crate) admin_create_user_config: AdminCreateUserConfig,
    pub(crate) deletion_protection: DeletionProtection,
    pub(crate) schema: Vec<SchemaAttribute>,
    pub(crate) issuer_configuration: Option<IssuerConfiguration>,
}

impl PoolSettings {
    /// The names of the members in a request.
    pub(crate) const MEMBERS: [&str; 10] = [
        "PoolName",
        "Policies",
        "UsernameAttributes",
        "AliasAttributes",
        "AutoVerifiedAttributes",
        "UsernameConfiguration",
        "AdminCreateUserConfig",
        "DeletionProtection",
        "Schema",
        "IssuerConfiguration",
    ];

    /// Returns the first reason why the settings are invalid, if any.
    pub(crate) fn objection(&self) -> Option<&'static str> {
        let is_of = |allowed: &[&str], names: &[String]| names.iter().all(|name| allowed.contains(&&**name));
        let contacts = ["email", "phone_number"];
        let rules = [
            (
                self.policies.password_policy.holds(),
                "Policies.PasswordPolicy: MinimumLength must be 6 to 99, and TemporaryPasswordValidityDays 0 to 365",
            ),
            (
                self.admin_create_user_config.unused_account_validity_days.is_none_or(|days| days <= 365),
                "AdminCreateUserConfig: UnusedAccountValidityDays must be 0 to 365",
            ),
            (
                self.validity_days().is_some(),
                "Please use TemporaryPasswordValidityDays in PasswordPolicy instead of UnusedAccountValidityDays",
            ),
            (
                self.policies.password_policy.stores_no_passwords(),
                "PasswordHistorySize is not supported by the local user pool.",
            ),
            (
                self.policies.sign_in_policy.asks_for_passwords(),
                "AllowedFirstAuthFactors supports only PASSWORD in the local user pool.",
            ),
            (is_of(&contacts, &self.username_attributes), "UsernameAttributes must be email or phone_number"),
            (is_of(&contacts, &self.auto_verified_attributes), "AutoVerifiedAttributes must be email or phone_number"),
            (
                is_of(&["email", "phone_number", "preferred_username"], &self.alias_attributes),
                "AliasAttributes must be email, phone_number or preferred_username",
            ),
            (
                self.username_attributes.is_empty() || self.alias_attributes.is_empty(),
                "Only one of the aliasAttributes or usernameAttributes can be set in a user pool.",
            ),
            (self.schema.len() <= 50, "Schema must have at most 50 attributes"),
        ];
        let broken = rules.into_iter().find_map(|(holds, objection)| (!holds).then_some(objection));
        broken.or_else(|| self.schema.iter().find_map(SchemaAttribute::objection))
    }

    /// Sets the lifetime of temporary passwords under both of its names, as Cognito shows it.
    pub(crate) fn with_validity_days(mut self) -> Self {
        let days = self.validity_days().unwrap_or(TEMPORARY_PASSWORD_DAYS);
        self.policies.password_policy.set_validity_days(days);
        self.admin_create_user_config.unused_account_validity_days = Some(days);
        self
    }

    /// Returns for how many days a temporary password is valid; `None` if the current and the legacy setting disagree.
    /// 0 means the default.
    fn validity_days(&self) -> Option<u64> {
        let own = self.policies.password_policy.validity_days().filter(|days| *days > 0);
        let of_before = self.admin_create_user_config.unused_account_validity_days.filter(|days| *days > 0);
        match (own, of_before) {
            (Some(own), Some(of_before)) if own != of_before => None,
            (own, of_before) => Some(own.or(of_before).unwrap_or(TEMPORARY_PASSWORD_DAYS)),
        }
    }

    /// Whether user names are case-sensitive.
    pub(crate) fn is_case_sensitive(&self) -> bool {
        self.username_configuration.is_none_or(|own| own.case_sensitive)
    }

    /// Whether tokens have the newer form of the issuer.
    pub(crate) fn has_updated_issuer(&self) -> bool {
        self.issuer_configuration.is_some_and(|own| own.issuer_type == Some(IssuerType::Updated))
    }

    /// Returns the name of a setting that differs in `new` and that users are looked up by.
    pub(crate) fn sign_in_change(&self, new: &Self) -> Option<&'static str> {
        let sorted = |names: &[String]| names.iter().cloned().collect::<BTreeSet<_>>();
        let changes = [
            ("UsernameConfiguration", self.is_case_sensitive() != new.is_case_sensitive()),
            ("UsernameAttributes", sorted(&self.username_attributes) != sorted(&new.username_attributes)),
            ("AliasAttributes", sorted(&self.alias_attributes) != sorted(&new.alias_attributes)),
        ];
        changes.into_iter().find_map(|(name, is_changed)| is_changed.then_some(name))
    }

    /// Whether users sign in with this attribute instead of a user name.
    pub(crate) fn signs_in_with(&self, attribute: &str) -> bool {
        self.username_attributes.iter().any(|own| own == attribute)
    }

    /// Whether users can sign in with this attribute as well as with their user name.
    pub(crate) fn has_alias(&self, attribute: &str) -> bool {
        self.alias_attributes.iter().any(|own| own == attribute)
    }
}

#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields, rename_all = "PascalCase")]
pub(crate) struct Policies {
    pub(crate) password_policy: PasswordPolicy,
    sign_in_policy: SignInPolicy,
}

/// The first factors that users can choose from with `USER_AUTH`.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields, rename_all = "PascalCase")]
struct SignInPolicy {
    allowed_first_auth_factors: Vec<String>,
}

impl Default for SignInPolicy {
    fn default() -> Self {
        Self { allowed_first_auth_factors: vec!["PASSWORD".to_owned()] }
    }
}

impl SignInPolicy {
    fn asks_for_passwords(&self) -> bool {
        self.allowed_first_auth_factors == ["PASSWORD"]
    }
}

/// The form of the issuer in tokens.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct IssuerConfiguration {
    #[serde(default, rename = "Type", skip_serializing_if = "Option::is_none")]
    issuer_type: Option<IssuerType>,
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "UPPERCASE")]
enum IssuerType {
    Original,
    Updated,
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
pub(crate) struct UsernameConfiguration {
    pub(crate) case_sensitive: bool,
}

#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields, rename_all = "PascalCase")]
pub(crate) struct AdminCreateUserConfig {
    pub(crate) allow_admin_create_user_only: bool,
    /// The legacy name of `TemporaryPasswordValidityDays`.
    #[serde(skip_serializing_if = "Option::is_none")]
    unused_account_validity_days: Option<u64>,
    /// The invitation to new users. No message is sent; the template is returned unchanged.
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
