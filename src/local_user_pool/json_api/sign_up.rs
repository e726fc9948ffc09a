//! Lets users sign up.

use serde_json::json;

use super::{
    Answer, Api, check_room,
    exception::Exception,
    lookup::{app_client, check_password, check_secret_hash, still_of, user_mut},
    object,
    parameters::Parameters,
};
use crate::local_user_pool::{
    cryptography::uuid,
    directory::{AppClient, Directory, Pool, User, UserStatus, limits::MAX_USERS, verified},
    password::HashedPassword,
    text::{NAME, PASSWORD, SECRET_HASH},
};

impl Api<'_> {
    pub(super) fn sign_up(&self, parameters: &Parameters) -> Answer {
        let name = parameters.text("Username", &NAME)?;
        let password = parameters.text("Password", &PASSWORD)?;
        let attributes = parameters.attributes("UserAttributes")?;
        let directory = self.read();
        let (pool, client) = self.known_client(&directory, parameters, name)?;
        if pool.settings.admin_create_user_config.allow_admin_create_user_only {
            return Err(Exception::not_authorized("SignUp is not permitted for this user pool"));
        }
        if attributes.keys().any(|attribute| !client.settings.can_write(attribute)) {
            return Err(Exception::not_authorized("A client attempted to write unauthorized attribute"));
        }
        check_password(pool, password, "Password did not conform with policy")?;
        let mut user = pool.new_user(name, uuid()?, self.secs());
        user.set_attributes(attributes);
        pool.settings.auto_verified_attributes.iter().for_each(|contact| user.await_verification(contact));
        let check = |pool: &Pool, user: &User| {
            check_room(pool.users().count(), MAX_USERS)?;
            if let Some(attribute) = pool.missing_attributes(user).first() {
                let message =
                    format!("Attributes did not conform to the schema: {attribute}: The attribute is required");
                return Err(Exception::invalid_parameter(message));
            }
            pool.new_user_mistake(name, user, false).map_or(Ok(()), |mistake| Err(mistake.into()))
        };
        check(pool, &user)?;
        user.password = Some(HashedPassword::new(password)?);
        let delivery = delivery(pool, &user).map(|(attribute, value)| {
            json!({
                "AttributeName": attribute,
                "DeliveryMedium": if attribute == "email" { "EMAIL" } else { "SMS" },
                "Destination": masked(value),
            })
        });
        let answer = json!({ "UserConfirmed": false, "UserSub": user.sub, "CodeDeliveryDetails": delivery });
        self.store().change(|directory| {
            let pool = still_of(client, directory.pool_mut(&pool.id))?;
            // Checks again: another request may have come first.
            check(pool, &user)?;
            pool.insert_user(user);
            Ok(object(answer))
        })
    }

    pub(super) fn confirm_sign_up(&self, parameters: &Parameters) -> Answer {
        let name = parameters.text("Username", &NAME)?;
        let code = parameters.text("ConfirmationCode", &PASSWORD)?;
        let takes_aliases = parameters.flag("ForceAliasCreation")?;
        let directory = self.read();
        let (pool, client) = self.known_client(&directory, parameters, name)?;
        let tells = client.settings.tells_who_exists();
        self.store().change(|directory| {
            let pool = still_of(client, directory.pool_mut(&pool.id))?;
            let Some(user) = pool.user(name) else {
                let (not_found, expired) = ("UserNotFoundException", "ExpiredCodeException");
                return Err(match tells {
                    true => Exception::new(not_found, "Username/client id combination not found."),
                    false => Exception::new(expired, "Invalid code provided, please request a code again."),
                });
            };
            check_unconfirmed(user)?;
            if code != self.endpoints.confirmation_code {
                let message = "Invalid verification code provided, please try again.";
                return Err(Exception::new("CodeMismatchException", message));
            }
            let mut user = user.clone();
            if let Some(attribute) = delivery(pool, &user).map(|(attribute, _)| attribute) {
                user.attributes.insert(verified(attribute), "true".to_owned());
            }
            if let Some(mistake) = pool.alias_mistake(&user, takes_aliases) {
                return Err(mistake.into());
            }
            pool.take_aliases(&user);
            user.status = UserStatus::Confirmed;
            user.last_modified = self.secs();
            pool.insert_user(user);
            Ok(json!({}))
        })
    }

    pub(super) fn admin_confirm_sign_up(&self, parameters: &Parameters) -> Answer {
        self.change_pool(parameters, |pool| {
            let user = user_mut(pool, parameters)?;
            check_unconfirmed(user)?;
            user.status = UserStatus::Confirmed;
            user.last_modified = self.secs();
            Ok(json!({}))
        })
    }

    /// Returns the app client that a request names, if the secret hash of the request is valid.
    fn known_client<'d>(
        &self,
        directory: &'d Directory,
        parameters: &Parameters,
        username: &str,
    ) -> Result<(&'d Pool, &'d AppClient), Exception> {
        let found = app_client(directory, parameters)?;
        check_secret_hash(found.1, username, parameters.optional_text("SecretHash", &SECRET_HASH)?)?;
        Ok(found)
    }
}

/// Returns the contact that the confirmation code would be sent to, a phone number before an email address. The code
/// verifies this contact.
fn delivery<'u>(pool: &Pool, user: &'u User) -> Option<(&'static str, &'u str)> {
    let auto_verified = &pool.settings.auto_verified_attributes;
    let mut contacts = ["phone_number", "email"].into_iter();
    contacts.find_map(|name| {
        let value = user.attributes.get(name)?;
        auto_verified.iter().any(|own| own == name).then_some((name, &**value))
    })
}

fn check_unconfirmed(user: &User) -> Result<(), Exception> {
    if user.status == UserStatus::Unconfirmed {
        return Ok(());
    }
    let message = format!("User cannot be confirmed. Current status is {}", user.status.name());
    Err(Exception::not_authorized(message))
}

/// Masks an address, such as `j***@e***`: a user can still recognize it.
fn masked(address: &str) -> String {
    let first = |text: &str| text.chars().next().map(String::from).unwrap_or_default();
    match address.split_once('@') {
        Some((local, host)) => format!("{}***@{}***", first(local), first(host)),
        None => {
            let last: String = address.chars().rev().take(4).collect();
            format!("+*******{}", last.chars().rev().collect::<String>())
        }
    }
}
