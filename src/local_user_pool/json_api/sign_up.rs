//! Users who sign up themselves.

use serde_json::json;

use super::{
    Answer, Api, check_secret_hash,
    exception::Exception,
    object,
    parameters::{CLIENT_ID, CODE, NAME, PASSWORD, Parameters, SECRET_HASH},
    user_mut,
};
use crate::local_user_pool::{
    directory::{AppClient, Directory, Pool, PreventUserExistenceErrors, User, UserStatus, attribute_objection},
    password::HashedPassword,
    token::uuid,
};

impl Api<'_> {
    pub(super) fn sign_up(&self, parameters: &Parameters) -> Answer {
        let name = parameters.text("Username", &NAME)?;
        let password = parameters.text("Password", &PASSWORD)?;
        let attributes = parameters.attributes("UserAttributes")?;
        let directory = self.store.read();
        let (pool, client) = self.client(&directory, parameters, name)?;
        if pool.settings.admin_create_user_config.allow_admin_create_user_only {
            return Err(Exception::not_authorized("SignUp is not permitted for this user pool"));
        }
        if attributes.keys().any(|attribute| !client.settings.can_write(attribute)) {
            return Err(Exception::not_authorized("A client attempted to write unauthorized attribute"));
        }
        if let Some(objection) = pool.settings.policies.password_policy.objection(password) {
            let message = format!("Password did not conform with policy: {objection}");
            return Err(Exception::new("InvalidPasswordException", message));
        }
        let password = HashedPassword::new(password)?;
        let user = pool.new_user(name, uuid(), attributes, (Some(password), UserStatus::Unconfirmed), self.secs());
        check_new_user(pool, name, &user)?;
        let delivery = pool.settings.auto_verified_attributes.iter().find_map(|attribute| {
            let value = user.attributes.get(attribute)?;
            Some(json!({
                "AttributeName": attribute,
                "DeliveryMedium": if attribute == "email" { "EMAIL" } else { "SMS" },
                "Destination": masked(value),
            }))
        });
        let answer = json!({ "UserConfirmed": false, "UserSub": user.sub, "CodeDeliveryDetails": delivery });
        let pool_id = pool.id.clone();
        self.store.change(|directory| {
            let pool = directory.pool_mut(&pool_id).ok_or_else(|| Exception::no_user_pool(&pool_id))?;
            // Again, since somebody else may have come first.
            if pool.user(name).is_some() {
                return Err(exists(pool, name));
            }
            pool.insert_user(user);
            Ok(object(answer))
        })
    }

    pub(super) fn confirm_sign_up(&self, parameters: &Parameters) -> Answer {
        let name = parameters.text("Username", &NAME)?;
        let code = parameters.text("ConfirmationCode", &CODE)?;
        let force = parameters.flag("ForceAliasCreation")?;
        let directory = self.store.read();
        let (pool, client) = self.client(&directory, parameters, name)?;
        let mismatch =
            || Exception::new("CodeMismatchException", "Invalid verification code provided, please try again.");
        let pool_id = pool.id.clone();
        let tells = client.settings.prevent_user_existence_errors == PreventUserExistenceErrors::Legacy;
        self.store.change(|directory| {
            let pool = directory.pool_mut(&pool_id).ok_or_else(|| Exception::no_user_pool(&pool_id))?;
            let auto_verified = pool.settings.auto_verified_attributes.clone();
            let Some(user) = pool.user(name) else {
                let message = "Username/client id combination not found.";
                return Err(if tells { Exception::new("UserNotFoundException", message) } else { mismatch() });
            };
            if user.status != UserStatus::Unconfirmed {
                let message = format!("User cannot be confirmed. Current status is {}", user.status.name());
                return Err(Exception::not_authorized(message));
            }
            if code != self.confirmation_code {
                return Err(mismatch());
            }
            let verified: Vec<String> =
                auto_verified.into_iter().filter(|attribute| user.attributes.contains_key(attribute)).collect();
            for attribute in &verified {
                let value = user.attributes.get(attribute).map(String::as_str).unwrap_or_default();
                if !force && pool.is_alias_taken(attribute, value, &user.sub) {
                    let message = format!("An account with the {attribute} already exists.");
                    return Err(Exception::new("AliasExistsException", message));
                }
            }
            let user = pool.user_mut(name).ok_or_else(Exception::no_user)?;
            user.status = UserStatus::Confirmed;
            user.last_modified = self.secs();
            user.attributes.extend(verified.into_iter().map(|name| (format!("{name}_verified"), "true".to_owned())));
            Ok(json!({}))
        })
    }

    pub(super) fn admin_confirm_sign_up(&self, parameters: &Parameters) -> Answer {
        self.change_pool(parameters, |pool| {
            let user = user_mut(pool, parameters)?;
            if user.status != UserStatus::Unconfirmed {
                let message = format!("User cannot be confirmed. Current status is {}", user.status.name());
                return Err(Exception::not_authorized(message));
            }
            user.status = UserStatus::Confirmed;
            user.last_modified = self.secs();
            Ok(json!({}))
        })
    }

    /// The app client that a request names, if the request knows its secret.
    fn client<'d>(
        &self,
        directory: &'d Directory,
        parameters: &Parameters,
        username: &str,
    ) -> Result<(&'d Pool, &'d AppClient), Exception> {
        let client_id = parameters.text("ClientId", &CLIENT_ID)?;
        let found = directory.app_client(client_id).ok_or_else(|| Exception::no_app_client(client_id))?;
        check_secret_hash(found.1, username, parameters.optional_text("SecretHash", &SECRET_HASH)?)?;
        Ok(found)
    }
}

/// Whether a user pool takes a new user.
pub(super) fn check_new_user(pool: &Pool, name: &str, user: &User) -> Result<(), Exception> {
    if let Some(objection) = pool.username_objection(name) {
        return Err(Exception::invalid_parameter(objection));
    }
    for (attribute, value) in &user.attributes {
        if let Some(objection) = attribute_objection(attribute, value, pool.settings.custom_attributes()) {
            return Err(Exception::invalid_parameter(objection));
        }
    }
    if let Some(attribute) = pool.missing_attribute(&user.attributes) {
        let message = format!("Attributes did not conform to the schema: {attribute}: The attribute is required");
        return Err(Exception::invalid_parameter(message));
    }
    if pool.user(name).is_some() { Err(exists(pool, name)) } else { Ok(()) }
}

/// There is a user of that name.
fn exists(pool: &Pool, name: &str) -> Exception {
    let message = match pool.username_attribute(name) {
        Some("email") => "An account with the given email already exists.",
        Some(_) => "An account with the given phone_number already exists.",
        None => "User already exists",
    };
    Exception::new("UsernameExistsException", message)
}

/// `j***@e***`: enough for a user to know which address is meant.
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
