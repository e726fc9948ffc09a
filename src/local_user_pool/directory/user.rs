//! Users and their attributes.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::local_user_pool::password::HashedPassword;

/// A user of a user pool.
#[derive(Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
pub(crate) struct User {
    pub(crate) username: String,
    pub(crate) sub: String,
    /// By name; does not contain `sub`.
    pub(crate) attributes: BTreeMap<String, String>,
    pub(crate) status: UserStatus,
    pub(crate) enabled: bool,
    /// `None` if an administrator created the user without a password.
    pub(crate) password: Option<HashedPassword>,
    /// When a temporary password expires.
    pub(crate) password_expires_at: Option<u64>,
    /// The names of the groups that the user is in.
    pub(crate) groups: BTreeSet<String>,
    /// How many times all sign-ins of the user were revoked at once.
    pub(crate) sign_outs: u64,
    pub(crate) created_at: u64,
    pub(crate) last_modified: u64,
}

/// The status of a user's account.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum UserStatus {
    Unconfirmed,
    Confirmed,
    ForceChangePassword,
}

impl UserStatus {
    /// Returns the name that the API uses.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Unconfirmed => "UNCONFIRMED",
            Self::Confirmed => "CONFIRMED",
            Self::ForceChangePassword => "FORCE_CHANGE_PASSWORD",
        }
    }
}

impl User {
    /// Creates an unconfirmed user.
    pub(crate) fn new(username: String, sub: String, now: u64) -> Self {
        Self {
            username,
            sub,
            attributes: BTreeMap::new(),
            status: UserStatus::Unconfirmed,
            enabled: true,
            password: None,
            password_expires_at: None,
            groups: BTreeSet::new(),
            sign_outs: 0,
            created_at: now,
            last_modified: now,
        }
    }

    /// Returns all attributes, `sub` first, as the API lists them.
    pub(crate) fn all_attributes(&self) -> impl Iterator<Item = (&str, &str)> {
        let own = self.attributes.iter().map(|(name, value)| (&**name, &**value));
        [("sub", &*self.sub)].into_iter().chain(own)
    }

    /// Sets attributes. A changed email address or phone number is marked as not verified, unless `attributes` says
    /// that it is verified.
    pub(crate) fn set_attributes(&mut self, attributes: BTreeMap<String, String>) {
        for contact in ["email", "phone_number"] {
            let verified = verified(contact);
            let is_new = attributes.get(contact).is_some_and(|value| self.attributes.get(contact) != Some(value));
            let was_said = self.attributes.contains_key(&verified);
            if is_new && was_said && !attributes.contains_key(&verified) {
                self.attributes.insert(verified, "false".to_owned());
            }
        }
        self.attributes.extend(attributes);
    }

    /// Marks an email address or phone number as not verified, unless it already has a mark.
    pub(crate) fn await_verification(&mut self, contact: &str) {
        if self.attributes.contains_key(contact) {
            self.attributes.entry(verified(contact)).or_insert_with(|| "false".to_owned());
        }
    }

    /// Whether the attribute is marked as verified.
    pub(crate) fn has_verified(&self, attribute: &str) -> bool {
        self.attributes.get(&verified(attribute)).is_some_and(|verified| is_true(verified))
    }

    /// Whether nothing that would prevent the sign-in has changed since `read` was read.
    pub(crate) fn can_still_sign_in_as(&self, read: &Self) -> bool {
        self.enabled
            && self.sub == read.sub
            && (self.status, self.sign_outs) == (read.status, read.sign_outs)
            && self.password == read.password
    }
}

/// Returns `email_verified` for `email`.
pub(crate) fn verified(attribute: &str) -> String {
    format!("{attribute}_verified")
}

/// Whether a boolean attribute is true; case is ignored, as in Cognito.
pub(crate) fn is_true(value: &str) -> bool {
    value.eq_ignore_ascii_case("true")
}

/// Whether a string is a boolean.
pub(crate) fn is_boolean(value: &str) -> bool {
    is_true(value) || value.eq_ignore_ascii_case("false")
}

/// Whether a string looks like an email address: printable ASCII with one `@` and a dot in the host. Only the mail
/// server can tell more.
pub(crate) fn is_email(text: &str) -> bool {
    let is_address = |(local, host): (&str, &str)| {
        !local.is_empty() && !host.contains('@') && host.contains('.') && !host.starts_with('.') && !host.ends_with('.')
    };
    text.bytes().all(|byte| byte.is_ascii_graphic()) && text.split_once('@').is_some_and(is_address)
}

/// Whether a string is a phone number: `+` and 2 to 15 digits (E.164).
pub(crate) fn is_phone_number(text: &str) -> bool {
    let digits = text.strip_prefix('+').unwrap_or_default();
    (2..=15).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit())
}
