//! Operations of administrators on users.

use serde_json::{Value, json};

use super::{
    Answer, Api, check_room, date,
    exception::Exception,
    listed,
    lookup::{check_password, group, pool, user, user_mut},
    object,
    parameters::Parameters,
};
use crate::local_user_pool::{
    cryptography::uuid,
    directory::{Pool, User, UserMistake, UserStatus, limits::MAX_USERS},
    password::HashedPassword,
    text::{ANYTHING, NAME, PASSWORD},
};

/// The start of the error message for a password that does not conform.
const WORDS: &str = "Password did not conform with password policy";

impl Api<'_> {
    pub(super) fn admin_create_user(&self, parameters: &Parameters) -> Answer {
        match parameters.optional_text("MessageAction", &NAME)? {
            None | Some("SUPPRESS") => {}
            Some("RESEND") => return self.renew_temporary_password(parameters),
            Some(_) => return Err(Exception::invalid_parameter("MessageAction must be RESEND or SUPPRESS.")),
        }
        let name = parameters.text("Username", &NAME)?;
        let takes_aliases = parameters.flag("ForceAliasCreation")?;
        let directory = self.read();
        let of_request = pool(&directory, parameters)?;
        let mut user = of_request.new_user(name, uuid()?, self.secs());
        user.set_attributes(parameters.attributes("UserAttributes")?);
        let check = |pool: &Pool, user: &User| {
            check_room(pool.users().count(), MAX_USERS)?;
            match pool.new_user_mistake(name, user, takes_aliases) {
                // Administrators get a different message than users.
                Some(UserMistake::Exists(_)) if pool.username_attribute(name).is_none() => {
                    Err(Exception::new("UsernameExistsException", "User account already exists"))
                }
                Some(mistake) => Err(mistake.into()),
                None => Ok(()),
            }
        };
        check(of_request, &user)?;
        set_temporary_password(of_request, &mut user, self.temporary_password(of_request, parameters)?, self.secs());
        let answer = json!({ "User": shown(&user, "Attributes") });
        self.change_pool(parameters, |pool| {
            // Checks again: another request may have come first.
            check(pool, &user)?;
            pool.take_aliases(&user);
            pool.insert_user(user);
            Ok(answer)
        })
    }

    /// Sets a new temporary password for a user who has not signed in yet, or extends the existing one.
    fn renew_temporary_password(&self, parameters: &Parameters) -> Answer {
        let still_to_come = |user: &User| match user.status {
            UserStatus::ForceChangePassword => Ok(()),
            UserStatus::Confirmed | UserStatus::Unconfirmed => {
                let message = format!("Resend not possible. {} status is not FORCE_CHANGE_PASSWORD", user.username);
                Err(Exception::new("UnsupportedUserStateException", message))
            }
        };
        let directory = self.read();
        let of_request = pool(&directory, parameters)?;
        still_to_come(user(of_request, parameters)?)?;
        let password = self.temporary_password(of_request, parameters)?;
        self.change_pool(parameters, |pool| {
            let mut user = user(pool, parameters)?.clone();
            still_to_come(&user)?;
            let password = password.or(user.password.take());
            set_temporary_password(pool, &mut user, password, self.secs());
            let answer = json!({ "User": shown(&user, "Attributes") });
            pool.forget_challenges(&user.sub);
            pool.insert_user(user);
            Ok(answer)
        })
    }

    /// Returns the hash of `TemporaryPassword`. Without one, Cognito generates a password and sends it to the user
    /// only; no message is sent here, so the user gets no password.
    fn temporary_password(&self, pool: &Pool, parameters: &Parameters) -> Result<Option<HashedPassword>, Exception> {
        let Some(password) = parameters.optional_text("TemporaryPassword", &PASSWORD)? else { return Ok(None) };
        check_password(pool, password, WORDS)?;
        Ok(Some(HashedPassword::new(password)?))
    }

    pub(super) fn admin_set_user_password(&self, parameters: &Parameters) -> Answer {
        let password = parameters.text("Password", &PASSWORD)?;
        let is_permanent = parameters.flag("Permanent")?;
        let directory = self.read();
        let of_request = pool(&directory, parameters)?;
        user(of_request, parameters)?;
        check_password(of_request, password, WORDS)?;
        let password = HashedPassword::new(password)?;
        self.change_pool(parameters, |pool| {
            let mut user = user(pool, parameters)?.clone();
            set_temporary_password(pool, &mut user, Some(password), self.secs());
            if is_permanent {
                user.password_expires_at = None;
                user.status = UserStatus::Confirmed;
            }
            pool.forget_challenges(&user.sub);
            pool.insert_user(user);
            Ok(json!({}))
        })
    }

    pub(super) fn admin_enable_user(&self, parameters: &Parameters, enabled: bool) -> Answer {
        self.change_pool(parameters, |pool| {
            let user = user_mut(pool, parameters)?;
            user.enabled = enabled;
            user.last_modified = self.secs();
            Ok(json!({}))
        })
    }

    pub(super) fn admin_get_user(&self, parameters: &Parameters) -> Answer {
        let directory = self.read();
        Ok(shown(user(pool(&directory, parameters)?, parameters)?, "UserAttributes"))
    }

    pub(super) fn admin_delete_user(&self, parameters: &Parameters) -> Answer {
        self.change_pool(parameters, |pool| {
            let name = parameters.text("Username", &NAME)?;
            pool.remove_user(name).map(|_| json!({})).ok_or_else(Exception::no_user)
        })
    }

    pub(super) fn admin_user_global_sign_out(&self, parameters: &Parameters) -> Answer {
        self.change_pool(parameters, |pool| {
            let sub = user(pool, parameters)?.sub.clone();
            pool.sign_out(&sub);
            Ok(json!({}))
        })
    }

    pub(super) fn list_users(&self, parameters: &Parameters) -> Answer {
        if parameters.optional_text("Filter", &ANYTHING)?.is_some_and(|filter| !filter.is_empty()) {
            return Err(Exception::invalid_parameter("The local user pool does not support Filter."));
        }
        let wanted = parameters.texts("AttributesToGet")?;
        let token = parameters.optional_text("PaginationToken", &ANYTHING)?;
        let directory = self.read();
        let users = pool(&directory, parameters)?.users();
        let (users, next) = parameters.page_after("Limit", token, users, |user| {
            let is_shown = |name: &str| wanted.as_ref().is_none_or(|names| names.contains(&name));
            shown_in_part(user, "Attributes", is_shown)
        })?;
        Ok(object(json!({ "Users": users, "PaginationToken": next })))
    }

    pub(super) fn list_users_in_group(&self, parameters: &Parameters) -> Answer {
        let directory = self.read();
        let pool = pool(&directory, parameters)?;
        let name = &group(pool, parameters)?.group_name;
        let users = pool.users().filter(|user| user.groups.contains(name));
        Ok(listed("Users", parameters.page("Limit", users, |user| shown(user, "Attributes"))?))
    }
}

/// Returns a user as the API shows it.
fn shown(user: &User, attributes_are: &str) -> Value {
    shown_in_part(user, attributes_are, |_| true)
}

fn shown_in_part(user: &User, attributes_are: &str, is_shown: impl Fn(&str) -> bool) -> Value {
    json!({
        "Username": user.username,
        attributes_are: attributes(user, is_shown),
        "UserCreateDate": date(user.created_at),
        "UserLastModifiedDate": date(user.last_modified),
        "Enabled": user.enabled,
        "UserStatus": user.status.name(),
    })
}

/// Returns `[{"Name": …, "Value": …}, …]`.
pub(super) fn attributes(user: &User, is_shown: impl Fn(&str) -> bool) -> Value {
    user.all_attributes()
        .filter(|(name, _)| is_shown(name))
        .map(|(name, value)| json!({ "Name": name, "Value": value }))
        .collect()
}

/// Sets a password that the user must change at the first sign-in.
fn set_temporary_password(pool: &Pool, user: &mut User, password: Option<HashedPassword>, now: u64) {
    let validity = pool.settings.policies.password_policy.temporary_password_seconds();
    user.password = password;
    user.password_expires_at = Some(now.saturating_add(validity));
    user.status = UserStatus::ForceChangePassword;
    user.last_modified = now;
}
