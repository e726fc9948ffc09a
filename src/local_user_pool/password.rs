//! Password policies and password hashes.

use std::{
    fmt,
    sync::{Mutex, OnceLock, PoisonError},
};

use argon2::{
    Algorithm, Argon2, Params, Version,
    password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash},
};
use serde::{Deserialize, Serialize};

use super::{LocalUserPoolError, cryptography::random_name};

/// The password policy of a user pool. Without a policy, Cognito's default applies; a policy requires only what its
/// members set.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
pub(crate) struct PasswordPolicy {
    #[serde(default = "eight")]
    minimum_length: usize,
    #[serde(default)]
    require_uppercase: bool,
    #[serde(default)]
    require_lowercase: bool,
    #[serde(default)]
    require_numbers: bool,
    #[serde(default)]
    require_symbols: bool,
    #[serde(default, skip_serializing_if = "is_zero")]
    password_history_size: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    temporary_password_validity_days: Option<u64>,
}

impl Default for PasswordPolicy {
    fn default() -> Self {
        Self {
            minimum_length: eight(),
            require_uppercase: true,
            require_lowercase: true,
            require_numbers: true,
            require_symbols: true,
            password_history_size: 0,
            temporary_password_validity_days: None,
        }
    }
}

impl PasswordPolicy {
    /// Returns the first requirement that the password does not meet, in Cognito's words.
    pub(super) fn objection(&self, password: &str) -> Option<&'static str> {
        let has = |is: fn(char) -> bool| password.chars().any(is);
        let rules = [
            (password.chars().count() < self.minimum_length, "Password not long enough"),
            (self.require_uppercase && !has(char::is_uppercase), "Password must have uppercase characters"),
            (self.require_lowercase && !has(char::is_lowercase), "Password must have lowercase characters"),
            (self.require_numbers && !has(|c| c.is_ascii_digit()), "Password must have numeric characters"),
            (self.require_symbols && !has(|c| SYMBOLS.contains(c)), "Password must have symbol characters"),
        ];
        rules.into_iter().find_map(|(is_broken, objection)| is_broken.then_some(objection))
    }

    /// Whether Cognito allows the configured lengths.
    pub(super) fn holds(&self) -> bool {
        (6..=99).contains(&self.minimum_length) && self.temporary_password_validity_days.is_none_or(|days| days <= 365)
    }

    pub(super) fn stores_no_passwords(&self) -> bool {
        self.password_history_size == 0
    }

    /// Returns for how many days a temporary password is valid, if configured.
    pub(super) fn validity_days(&self) -> Option<u64> {
        self.temporary_password_validity_days
    }

    pub(super) fn set_validity_days(&mut self, days: u64) {
        self.temporary_password_validity_days = Some(days);
    }

    /// Returns for how many seconds a temporary password is valid.
    pub(super) fn temporary_password_seconds(&self) -> u64 {
        self.temporary_password_validity_days.unwrap_or(TEMPORARY_PASSWORD_DAYS).saturating_mul(86_400)
    }
}

/// The default for how many days a temporary password is valid (Cognito API reference, `PasswordPolicyType`).
pub(super) const TEMPORARY_PASSWORD_DAYS: u64 = 7;

/// An Argon2id hash in the PHC string format, with its own salt. Nothing else of a password is stored.
#[derive(Clone, Deserialize, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub(crate) struct HashedPassword(String);

impl fmt::Debug for HashedPassword {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HashedPassword(..)")
    }
}

impl HashedPassword {
    pub(super) fn new(password: &str) -> Result<Self, LocalUserPoolError> {
        let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        // 19 MiB and two passes: the minimum that OWASP recommends for Argon2id.
        let params = Params::new(19_456, 2, 1, None).map_err(|_| LocalUserPoolError::Key)?;
        let hasher = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let hash: PasswordHash = hasher.hash_password(password.as_bytes()).map_err(|_| LocalUserPoolError::Key)?;
        Ok(Self(hash.to_string()))
    }

    /// Returns a hash of a random password, to verify against for an unknown user: the response time must not reveal
    /// that the user does not exist.
    pub(super) fn of_nobody() -> Result<&'static Self, LocalUserPoolError> {
        static OF_NOBODY: OnceLock<HashedPassword> = OnceLock::new();
        if let Some(hash) = OF_NOBODY.get() {
            return Ok(hash);
        }
        let hash = Self::new(&random_name(32)?)?;
        Ok(OF_NOBODY.get_or_init(|| hash))
    }

    pub(super) fn is_of(&self, password: &str) -> bool {
        let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        let hash = PasswordHash::new(&self.0);
        hash.is_ok_and(|hash| Argon2::default().verify_password(password.as_bytes(), &hash).is_ok())
    }
}

fn eight() -> usize {
    8
}

fn is_zero(number: &u64) -> bool {
    *number == 0
}

/// Hashes one password at a time, so that concurrent requests need no more memory than one request.
static TURN: Mutex<()> = Mutex::new(());

/// The characters that count as symbols (Cognito, "Adding user pool password requirements").
const SYMBOLS: &str = r#"^$*.[]{}()?"!@#%&/\,><':;|_~`=+-"#;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_the_first_thing_that_a_password_lacks() {
        let policy = PasswordPolicy::default();
        for (password, objection) in [
            ("Passw0rd!", None),
            ("Pässw0rd-", None),
            ("Pa0!", Some("Password not long enough")),
            ("passw0rd!", Some("Password must have uppercase characters")),
            ("PASSW0RD!", Some("Password must have lowercase characters")),
            ("Password!", Some("Password must have numeric characters")),
            ("Passw0rds", Some("Password must have symbol characters")),
            ("Passw0rd ", Some("Password must have symbol characters")),
        ] {
            assert_eq!(policy.objection(password), objection, "{password}");
        }
        let lax: PasswordPolicy = serde_json::from_str(r#"{"MinimumLength":6,"RequireLowercase":true}"#).unwrap();
        assert_eq!((lax.objection("abcdef"), lax.objection("ABCDEF").is_some()), (None, true));
        assert!(lax.holds() && lax.temporary_password_seconds() == 604_800);
        assert!(!PasswordPolicy { minimum_length: 5, ..lax }.holds());
    }

    #[test]
    fn a_hash_is_of_one_password_and_shows_nothing_of_it() {
        let (one, two) = (HashedPassword::new("Passw0rd!").unwrap(), HashedPassword::new("Passw0rd!").unwrap());
        assert_ne!(one.0, two.0, "each has its salt");
        assert!(one.0.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{}", one.0);
        assert!(one.is_of("Passw0rd!") && two.is_of("Passw0rd!"));
        assert!(!one.is_of("Passw0rd") && !one.is_of("") && !HashedPassword("garbage".to_owned()).is_of("garbage"));
    }
}
