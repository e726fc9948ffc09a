//! Users and their attributes.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::local_user_pool::password::HashedPassword;

/// A user of a user pool.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct User {
    pub(crate) username: String,
    pub(crate) sub: String,
    /// By name, without `sub`.
    pub(crate) attributes: BTreeMap<String, String>,
    pub(crate) status: UserStatus,
    pub(crate) enabled: bool,
    pub(crate) password: Option<HashedPassword>,
    /// Until when a temporary password can be used.
    pub(crate) password_expires_at: Option<u64>,
    /// The names of the groups that the user is in.
    pub(crate) groups: BTreeSet<String>,
    pub(crate) created_at: u64,
    pub(crate) last_modified: u64,
}

/// How far a user has come.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum UserStatus {
    Unconfirmed,
    Confirmed,
    ForceChangePassword,
}

impl UserStatus {
    /// As the API writes it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Unconfirmed => "UNCONFIRMED",
            Self::Confirmed => "CONFIRMED",
            Self::ForceChangePassword => "FORCE_CHANGE_PASSWORD",
        }
    }
}

impl User {
    /// Every attribute, `sub` first, as the API lists them.
    pub(crate) fn all_attributes(&self) -> impl Iterator<Item = (&str, &str)> {
        let own = self.attributes.iter().map(|(name, value)| (&**name, &**value));
        [("sub", &*self.sub)].into_iter().chain(own)
    }
}

/// Why an attribute cannot have this value, in Cognito's words; `custom` are the names of the custom attributes
/// of the user pool.
pub(crate) fn attribute_objection<'a>(
    name: &str,
    value: &str,
    mut custom: impl Iterator<Item = &'a str>,
) -> Option<String> {
    let is_custom = name.strip_prefix("custom:").is_some_and(|name| custom.any(|own| own == name));
    match name {
        "sub" => Some("Cannot modify the non-mutable attribute sub".to_owned()),
        "email" if !is_email(value) => Some("Invalid email address format.".to_owned()),
        "phone_number" if !is_phone_number(value) => Some("Invalid phone number format.".to_owned()),
        "email_verified" | "phone_number_verified" if !["true", "false"].contains(&value) => {
            Some(format!("Attributes did not conform to the schema: {name}: Attribute value is not a boolean."))
        }
        _ if is_custom || STANDARD_ATTRIBUTES.contains(&name) => None,
        _ => Some(format!(
            "Attributes did not conform to the schema: Type for attribute {{{name}}} could not be determined"
        )),
    }
}

/// Something, an `@` and a host, and no space: what else an address is only its mail server knows.
pub(crate) fn is_email(text: &str) -> bool {
    let is_plain = text.bytes().all(|byte| byte.is_ascii_graphic());
    text.split_once('@').is_some_and(|(local, host)| {
        !local.is_empty() && !host.contains('@') && host.contains('.') && !host.starts_with('.') && !host.ends_with('.')
    }) && is_plain
}

/// `+` and digits (E.164).
pub(crate) fn is_phone_number(text: &str) -> bool {
    let digits = text.strip_prefix('+').unwrap_or_default();
    (2..=15).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit())
}

/// Cognito, "Working with user attributes": OpenID Connect Core §5.1 without `sub`, and the identities of a user who
/// signs in elsewhere.
const STANDARD_ATTRIBUTES: [&str; 20] = [
    "address",
    "birthdate",
    "email",
    "email_verified",
    "family_name",
    "gender",
    "given_name",
    "identities",
    "locale",
    "middle_name",
    "name",
    "nickname",
    "phone_number",
    "phone_number_verified",
    "picture",
    "preferred_username",
    "profile",
    "updated_at",
    "website",
    "zoneinfo",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_are_standard_or_declared_and_have_their_form() {
        let objection = |name, value| attribute_objection(name, value, ["plan"].into_iter());
        for (name, value) in [
            ("email", "a@example.com"),
            ("phone_number", "+15551234567"),
            ("custom:plan", "x"),
            ("email_verified", "true"),
        ] {
            assert_eq!(objection(name, value), None, "{name}");
        }
        for (name, value, part) in [
            ("sub", "x", "non-mutable attribute sub"),
            ("email", "example.com", "email"),
            ("email", "@example.com", "email"),
            ("email", "a@example", "email"),
            ("email", "a b@example.com", "email"),
            ("email", "a@b@example.com", "email"),
            ("phone_number", "5551234567", "phone"),
            ("phone_number", "+1555x", "phone"),
            ("email_verified", "yes", "not a boolean"),
            ("custom:other", "x", "{custom:other} could not be determined"),
            ("plan", "x", "{plan} could not be determined"),
        ] {
            assert!(objection(name, value).unwrap().contains(part), "{name} {value}");
        }
    }
}
