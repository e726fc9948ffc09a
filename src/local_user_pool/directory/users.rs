//! Looks up the users of a user pool, and checks that their names are unique.

use super::{
    Pool, User,
    schema::{attribute_objection, missing_attributes},
    user::{is_email, is_phone_number, verified},
};

/// The reason why a user cannot be created or changed, in Cognito's words.
#[derive(Debug)]
pub(crate) enum UserMistake {
    /// The user name is invalid.
    Username(&'static str),
    /// An attribute is invalid.
    Attribute(String),
    /// Another user has the user name, or the attribute that replaces it.
    Exists(&'static str),
    /// Another user has the alias.
    AliasExists(String),
}

impl UserMistake {
    /// Returns the error for a name that another user signs in with: a user name, or an attribute that replaces it.
    fn taken(attribute: Option<&str>) -> Self {
        Self::Exists(match attribute {
            Some("email") => "An account with the given email already exists.",
            Some(_) => "An account with the given phone_number already exists.",
            None => "User already exists",
        })
    }

    /// Returns the message.
    pub(crate) fn message(&self) -> &str {
        match self {
            Self::Username(message) | Self::Exists(message) => message,
            Self::Attribute(message) | Self::AliasExists(message) => message,
        }
    }
}

impl Pool {
    pub(crate) fn users(&self) -> impl Iterator<Item = &User> {
        self.users.values()
    }

    /// Finds a user by user name, by `sub`, or by an attribute that the settings allow instead of a user name.
    pub(crate) fn user(&self, name: &str) -> Option<&User> {
        let key = self.key(name);
        let is_alias = |user: &&User| {
            let is = |attribute: &String| {
                let value = user.attributes.get(attribute);
                value.is_some_and(|value| self.key(value) == key)
            };
            // An alias must be verified; an attribute that replaces the user name need not be.
            let settings = &self.settings;
            let counts = |attribute: &String| attribute == "preferred_username" || user.has_verified(attribute);
            settings.username_attributes.iter().any(is)
                || settings.alias_attributes.iter().any(|attribute| counts(attribute) && is(attribute))
        };
        self.users
            .get(&key)
            .or_else(|| self.users.values().find(|user| self.key(&user.sub) == key))
            .or_else(|| self.users.values().find(is_alias))
    }

    /// Returns the user with this `sub`.
    pub(crate) fn subject(&self, sub: &str) -> Option<&User> {
        self.users.values().find(|user| user.sub == sub)
    }

    pub(crate) fn subject_mut(&mut self, sub: &str) -> Option<&mut User> {
        self.users.values_mut().find(|user| user.sub == sub)
    }

    pub(crate) fn user_mut(&mut self, name: &str) -> Option<&mut User> {
        let sub = self.user(name)?.sub.clone();
        self.subject_mut(&sub)
    }

    pub(crate) fn insert_user(&mut self, user: User) {
        self.users.insert(self.key(&user.username), user);
    }

    /// Removes a user. The sign-ins are kept while there is room, so that a token of the user gets the error for an
    /// unknown user.
    pub(crate) fn remove_user(&mut self, name: &str) -> Option<User> {
        let key = self.key(&self.user(name)?.username);
        let user = self.users.remove(&key)?;
        self.challenges.retain(|_, challenge| challenge.sub != user.sub);
        Some(user)
    }

    /// Creates a user without adding it. Where an attribute replaces the user name, `name` becomes the value of the
    /// attribute and the user name is `sub`.
    pub(crate) fn new_user(&self, name: &str, sub: String, now: u64) -> User {
        match self.username_attribute(name) {
            Some(attribute) => {
                let mut user = User::new(sub.clone(), sub, now);
                user.set_attributes([(attribute.to_owned(), name.to_owned())].into());
                user
            }
            None => User::new(name.to_owned(), sub, now),
        }
    }

    /// Returns the attribute that this name is a value of, if users sign up with an attribute instead of a user name.
    pub(crate) fn username_attribute(&self, name: &str) -> Option<&'static str> {
        let attribute = if is_email(name) { "email" } else { "phone_number" };
        self.settings.signs_in_with(attribute).then_some(attribute)
    }

    /// Returns why a new user cannot have this name or these attributes. With `takes_aliases`, an alias of another user
    /// is not an error.
    pub(crate) fn new_user_mistake(&self, name: &str, user: &User, takes_aliases: bool) -> Option<UserMistake> {
        if let Some(objection) = self.username_objection(name) {
            return Some(UserMistake::Username(objection));
        }
        if self.user(name).is_some() {
            return Some(UserMistake::taken(self.username_attribute(name)));
        }
        self.attribute_mistake(user, takes_aliases)
    }

    /// Returns the first error in the attributes of a user, if any.
    pub(crate) fn attribute_mistake(&self, user: &User, takes_aliases: bool) -> Option<UserMistake> {
        let schema = &self.settings.schema;
        let objections = user.attributes.iter().map(|(name, value)| attribute_objection(schema, name, value));
        let objection = objections.flatten().next().map(UserMistake::Attribute);
        objection.or_else(|| self.alias_mistake(user, takes_aliases))
    }

    /// Returns an error if another user already signs in with an attribute of this user.
    pub(crate) fn alias_mistake(&self, user: &User, takes_aliases: bool) -> Option<UserMistake> {
        let is_of_other = |value: &str| self.user(value).is_some_and(|other| other.sub != user.sub);
        for (attribute, value) in &user.attributes {
            if self.settings.signs_in_with(attribute) && is_of_other(value) {
                return Some(UserMistake::taken(Some(attribute)));
            }
            let is_wanted = attribute == "preferred_username" || (user.has_verified(attribute) && !takes_aliases);
            if self.settings.has_alias(attribute) && is_wanted && is_of_other(value) {
                return Some(UserMistake::AliasExists(format!("An account with the {attribute} already exists.")));
            }
        }
        None
    }

    /// Removes the verified aliases of this user from all other users, who can no longer sign in with them.
    pub(crate) fn take_aliases(&mut self, user: &User) {
        for attribute in ["email", "phone_number"] {
            let Some(value) = user.attributes.get(attribute).filter(|_| user.has_verified(attribute)) else { continue };
            if self.settings.has_alias(attribute) {
                let is_same =
                    |other: &User| other.attributes.get(attribute).is_some_and(|own| self.key(own) == self.key(value));
                let is_other = |other: &&User| other.sub != user.sub && other.has_verified(attribute);
                let others = self.users.values().filter(is_other).filter(|other| is_same(other));
                for sub in others.map(|other| other.sub.clone()).collect::<Vec<_>>() {
                    if let Some(other) = self.subject_mut(&sub) {
                        other.attributes.insert(verified(attribute), "false".to_owned());
                    }
                }
            }
        }
    }

    /// Returns the required attributes that the user does not have.
    pub(crate) fn missing_attributes(&self, user: &User) -> Vec<String> {
        missing_attributes(&self.settings.schema, &user.attributes)
    }

    /// Returns why a new user cannot have this name.
    fn username_objection(&self, name: &str) -> Option<&'static str> {
        let settings = &self.settings;
        match (settings.signs_in_with("email"), settings.signs_in_with("phone_number")) {
            (true, false) if !is_email(name) => Some("Username should be an email."),
            (false, true) if !is_phone_number(name) => Some("Username should be a phone number."),
            (true, true) if !is_email(name) && !is_phone_number(name) => {
                Some("Username should be either an email or a phone number.")
            }
            _ if settings.has_alias("email") && is_email(name) => {
                Some("Username cannot be of email format, since user pool is configured for email alias.")
            }
            _ if settings.has_alias("phone_number") && is_phone_number(name) => {
                Some("Username cannot be of phone number format, since user pool is configured for phone number alias.")
            }
            _ => None,
        }
    }

    /// Returns the key of a user name: the name, in lower case if names are not case-sensitive.
    fn key(&self, name: &str) -> String {
        if self.settings.is_case_sensitive() { name.to_owned() } else { name.to_lowercase() }
    }
}
