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
    /// By name, without `sub`.
    pub(crate) attributes: BTreeMap<String, String>,
    pub(crate) status: UserStatus,
    pub(crate) enabled: bool,
    /// None if an administrator made the user and gave none.
    pub(crate) password: Option<HashedPassword>,
    /// Until when a temporary password can be used.
    pub(crate) password_expires_at: Option<u64>,
    /// The names of the groups that the user is in.
    pub(crate) groups: BTreeSet<String>,
    /// How often every sign-in of the user was ended at once.
    pub(crate) sign_outs: u64,
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
    /// A user who is not confirmed yet.
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

    /// Every attribute, `sub` first, as the API lists them.
    pub(crate) fn all_attributes(&self) -> impl Iterator<Item = (&str, &str)> {
        let own = self.attributes.iter().map(|(name, value)| (&**name, &**value));
        [("sub", &*self.sub)].into_iter().chain(own)
    }

    /// Sets attributes. Another address than the one that was verified is not, unless it is said to be.
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

    /// Says of an address that is to be verified that it is not yet, unless something is said of it.
    pub(crate) fn await_verification(&mut self, contact: &str) {
        if self.attributes.contains_key(contact) {
            self.attributes.entry(verified(contact)).or_insert_with(|| "false".to_owned());
        }
    }

    /// Whether an attribute is there and is said to be verified.
    pub(crate) fn has_verified(&self, attribute: &str) -> bool {
        self.attributes.get(&verified(attribute)).is_some_and(|verified| is_true(verified))
    }

    /// Whether nothing has happened since this was read that would have kept the user from signing in.
    pub(crate) fn can_still_sign_in_as(&self, read: &Self) -> bool {
        self.enabled
            && self.sub == read.sub
            && (self.status, self.sign_outs) == (read.status, read.sign_outs)
            && self.password == read.password
    }
}

/// `email_verified` for `email`.
pub(crate) fn verified(attribute: &str) -> String {
    format!("{attribute}_verified")
}

/// Whether a boolean attribute says yes; in any case, as Cognito reads it.
pub(crate) fn is_true(value: &str) -> bool {
    value.eq_ignore_ascii_case("true")
}

/// Whether a text is a boolean, which is kept as it was sent.
pub(crate) fn is_boolean(value: &str) -> bool {
    is_true(value) || value.eq_ignore_ascii_case("false")
}

/// Something, an `@` and a host, and no space: what else an address is only its mail server knows.
pub(crate) fn is_email(text: &str) -> bool {
    let is_address = |(local, host): (&str, &str)| {
        !local.is_empty() && !host.contains('@') && host.contains('.') && !host.starts_with('.') && !host.ends_with('.')
    };
    text.bytes().all(|byte| byte.is_ascii_graphic()) && text.split_once('@').is_some_and(is_address)
}

/// `+` and digits (E.164).
pub(crate) fn is_phone_number(text: &str) -> bool {
    let digits = text.strip_prefix('+').unwrap_or_default();
    (2..=15).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit())
}
