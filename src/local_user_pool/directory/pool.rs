//! A user pool: its settings, app clients, resource servers, groups and users.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{AppClient, Challenge, PoolSettings, RefreshToken, Session, User, UserStatus, is_email, is_phone_number};
use crate::local_user_pool::{cryptography::fingerprint, keys::Keys, password::HashedPassword};

/// A user pool.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Pool {
    pub(crate) id: String,
    pub(crate) settings: PoolSettings,
    /// What else it was created with: it changes nothing, and is shown as it was given.
    pub(crate) others: Map<String, Value>,
    pub(crate) keys: Keys,
    /// The prefix of its domain.
    pub(crate) domain: Option<String>,
    pub(crate) resource_servers: BTreeMap<String, ResourceServer>,
    pub(crate) app_clients: BTreeMap<String, AppClient>,
    pub(crate) groups: BTreeMap<String, Group>,
    /// By their names, in small letters where case does not count.
    users: BTreeMap<String, User>,
    /// By the fingerprints of their refresh tokens.
    sessions: BTreeMap<String, Session>,
    /// By the fingerprints of their session parameters.
    challenges: BTreeMap<String, Challenge>,
    pub(crate) created_at: u64,
    pub(crate) last_modified: u64,
}

/// A resource server: an identifier, and the custom scopes that belong to it.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
pub(crate) struct ResourceServer {
    pub(crate) identifier: String,
    #[serde(default)]
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) scopes: Vec<ScopeDescription>,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
pub(crate) struct ScopeDescription {
    pub(crate) scope_name: String,
    #[serde(default)]
    pub(crate) scope_description: String,
}

impl ResourceServer {
    /// Its custom scopes by their full names.
    pub(crate) fn full_names(&self) -> impl Iterator<Item = String> {
        self.scopes.iter().map(|scope| format!("{}/{}", self.identifier, scope.scope_name))
    }
}

/// A group of users.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Group {
    pub(crate) group_name: String,
    pub(crate) description: Option<String>,
    pub(crate) role_arn: Option<String>,
    pub(crate) precedence: Option<u64>,
    pub(crate) created_at: u64,
    pub(crate) last_modified: u64,
}

impl Pool {
    /// A user pool with nothing in it.
    pub(crate) fn new(id: String, settings: PoolSettings, keys: Keys, now: u64) -> Self {
        Self {
            id,
            settings,
            others: Map::new(),
            keys,
            domain: None,
            resource_servers: BTreeMap::new(),
            app_clients: BTreeMap::new(),
            groups: BTreeMap::new(),
            users: BTreeMap::new(),
            sessions: BTreeMap::new(),
            challenges: BTreeMap::new(),
            created_at: now,
            last_modified: now,
        }
    }

    /// Every custom scope by its full name.
    pub(crate) fn scopes(&self) -> Vec<String> {
        self.resource_servers.values().flat_map(ResourceServer::full_names).collect()
    }

    pub(crate) fn users(&self) -> impl Iterator<Item = &User> {
        self.users.values()
    }

    /// The user whom a name means: a user name, a `sub`, or what the settings let stand for a user name.
    pub(crate) fn user(&self, name: &str) -> Option<&User> {
        let settings = &self.settings;
        let is_alias = |user: &&User| {
            let is = |attribute: &String| {
                let value = user.attributes.get(attribute);
                value.is_some_and(|value| self.key(value) == self.key(name))
            };
            // An alias has to be verified; an attribute that was signed up with need not be.
            let is_verified = |attribute: &String| {
                let verified = user.attributes.get(&format!("{attribute}_verified"));
                attribute == "preferred_username" || verified.is_some_and(|verified| verified == "true")
            };
            settings.username_attributes.iter().any(is)
                || settings.alias_attributes.iter().any(|attribute| is(attribute) && is_verified(attribute))
        };
        self.users
            .get(&self.key(name))
            .or_else(|| self.users.values().find(|user| user.sub == name))
            .or_else(|| self.users.values().find(is_alias))
    }

    pub(crate) fn user_mut(&mut self, name: &str) -> Option<&mut User> {
        let key = self.key(&self.user(name)?.username.clone());
        self.users.get_mut(&key)
    }

    /// The user with this `sub`.
    pub(crate) fn subject(&self, sub: &str) -> Option<&User> {
        self.users.values().find(|user| user.sub == sub)
    }

    /// A user who is not there yet. Where an attribute stands for the user name, that is the attribute's value and
    /// the user name is `sub`.
    pub(crate) fn new_user(
        &self,
        name: &str,
        sub: String,
        mut attributes: BTreeMap<String, String>,
        (password, status): (Option<HashedPassword>, UserStatus),
        now: u64,
    ) -> User {
        let username = match self.username_attribute(name) {
            Some(attribute) => {
                attributes.insert(attribute.to_owned(), name.to_owned());
                sub.clone()
            }
            None => name.to_owned(),
        };
        let is_temporary = status == UserStatus::ForceChangePassword;
        let validity = self.settings.policies.password_policy.temporary_password_seconds();
        User {
            username,
            sub,
            attributes,
            status,
            enabled: true,
            password,
            password_expires_at: is_temporary.then(|| now.saturating_add(validity)),
            groups: BTreeSet::new(),
            created_at: now,
            last_modified: now,
        }
    }

    pub(crate) fn insert_user(&mut self, user: User) {
        self.users.insert(self.key(&user.username), user);
    }

    pub(crate) fn remove_user(&mut self, name: &str) -> Option<User> {
        let user = self.users.remove(&self.key(&self.user(name)?.username.clone()))?;
        self.sessions.retain(|_, session| session.sub != user.sub);
        Some(user)
    }

    /// Why a new user cannot have this name, in Cognito's words.
    pub(crate) fn username_objection(&self, name: &str) -> Option<&'static str> {
        let of = |names: &[String], attribute: &str| names.iter().any(|own| own == attribute);
        let (usernames, aliases) = (&self.settings.username_attributes, &self.settings.alias_attributes);
        match (of(usernames, "email"), of(usernames, "phone_number")) {
            (true, false) if !is_email(name) => Some("Username should be an email."),
            (false, true) if !is_phone_number(name) => Some("Username should be a phone number."),
            (true, true) if !is_email(name) && !is_phone_number(name) => {
                Some("Username should be either an email or a phone number.")
            }
            _ if of(aliases, "email") && is_email(name) => {
                Some("Username cannot be of email format, since user pool is configured for email alias.")
            }
            _ if of(aliases, "phone_number") && is_phone_number(name) => {
                Some("Username cannot be of phone number format, since user pool is configured for phone number alias.")
            }
            _ => None,
        }
    }

    /// The attribute that somebody signs up with instead of a user name, if there is one.
    pub(crate) fn username_attribute(&self, name: &str) -> Option<&'static str> {
        let attribute = if is_email(name) { "email" } else { "phone_number" };
        self.settings.username_attributes.iter().any(|own| own == attribute).then_some(attribute)
    }

    /// The attribute that has to be there and is not.
    pub(crate) fn missing_attribute(&self, attributes: &BTreeMap<String, String>) -> Option<&str> {
        let mut required = self.settings.schema.iter().filter(|attribute| attribute.required);
        required.find(|attribute| !attributes.contains_key(&attribute.name)).map(|attribute| &*attribute.name)
    }

    /// Whether somebody else signs in with this attribute.
    pub(crate) fn is_alias_taken(&self, attribute: &str, value: &str, by_other_than: &str) -> bool {
        let is_alias = self.settings.alias_attributes.iter().any(|own| own == attribute);
        is_alias && self.user(value).is_some_and(|user| user.sub != by_other_than)
    }

    /// Keeps a sign-in, and forgets those that nothing can come of any more.
    pub(crate) fn insert_session(&mut self, refresh_token: &str, session: Session, now: u64) {
        // An access token of the last refresh is good for up to a day longer than the refresh token.
        self.sessions.retain(|_, session| session.expires_at.saturating_add(86_400) > now);
        self.sessions.insert(fingerprint(refresh_token), session);
    }

    pub(crate) fn refresh_token(&self, token: &str, client_id: &str, now: u64) -> RefreshToken<'_> {
        match self.sessions.get(&fingerprint(token)) {
            Some(session) if session.client_id != client_id => RefreshToken::Unknown,
            Some(session) if session.is_revoked => RefreshToken::Revoked,
            Some(session) if session.expires_at <= now => RefreshToken::Expired,
            Some(session) => RefreshToken::Good(session),
            None => RefreshToken::Unknown,
        }
    }

    /// The sign-in that an access token comes from.
    pub(crate) fn session_of_event(&self, event_id: &str) -> Option<&Session> {
        self.sessions.values().find(|session| session.event_id == event_id)
    }

    pub(crate) fn revoke(&mut self, refresh_token: &str) {
        if let Some(session) = self.sessions.get_mut(&fingerprint(refresh_token)) {
            session.is_revoked = true;
        }
    }

    /// Revokes every sign-in of a user.
    pub(crate) fn sign_out(&mut self, sub: &str) {
        self.sessions.values_mut().filter(|session| session.sub == sub).for_each(|session| session.is_revoked = true);
    }

    pub(crate) fn insert_challenge(&mut self, session: &str, challenge: Challenge, now: u64) {
        self.challenges.retain(|_, challenge| challenge.expires_at > now);
        self.challenges.insert(fingerprint(session), challenge);
    }

    pub(crate) fn challenge(&self, session: &str) -> Option<&Challenge> {
        self.challenges.get(&fingerprint(session))
    }

    pub(crate) fn remove_challenge(&mut self, session: &str) {
        self.challenges.remove(&fingerprint(session));
    }

    fn key(&self, name: &str) -> String {
        if self.settings.username_configuration.case_sensitive { name.to_owned() } else { name.to_lowercase() }
    }
}
