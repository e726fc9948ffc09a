//! Users, as an administrator sees them.

use serde_json::{Value, json};

use super::{
    Answer, Api,
    exception::Exception,
    listed, object,
    parameters::{NAME, PASSWORD, Parameters},
    pool,
    sign_up::check_new_user,
    user, user_mut,
};
use crate::local_user_pool::{
    cryptography::random_name,
    directory::{Pool, User, UserStatus},
    password::HashedPassword,
    token::uuid,
};

impl Api<'_> {
    pub(super) fn admin_create_user(&self, parameters: &Parameters) -> Answer {
        let name = parameters.text("Username", &NAME)?;
        let attributes = parameters.attributes("UserAttributes")?;
        let directory = self.store.read();
        let pool = pool(&directory, parameters)?;
        if parameters.optional_text("MessageAction", &NAME)? == Some("RESEND") {
            // Nothing was sent in the first place.
            return Ok(json!({ "User": shown(user(pool, parameters)?, "Attributes") }));
        }
        let password = match parameters.optional_text("TemporaryPassword", &PASSWORD)? {
            Some(password) => {
                conform(pool, password)?;
                HashedPassword::new(password)?
            }
            // It would be sent to the user alone, and nothing is sent: AdminSetUserPassword gives another.
            None => HashedPassword::new(&random_name(32)?)?,
        };
        let password = (Some(password), UserStatus::ForceChangePassword);
        let user = pool.new_user(name, uuid(), attributes, password, self.secs());
        check_new_user(pool, name, &user).map_err(|exception| exists_already(pool, name, exception))?;
        let answer = json!({ "User": shown(&user, "Attributes") });
        self.change_pool(parameters, |pool| {
            // Again, since somebody else may have come first.
            check_new_user(pool, name, &user).map_err(|exception| exists_already(pool, name, exception))?;
            pool.insert_user(user);
            Ok(answer)
        })
    }

    pub(super) fn admin_set_user_password(&self, parameters: &Parameters) -> Answer {
        let password = parameters.text("Password", &PASSWORD)?;
        let is_permanent = parameters.flag("Permanent")?;
        let directory = self.store.read();
        let pool = pool(&directory, parameters)?;
        user(pool, parameters)?;
        conform(pool, password)?;
        let password = HashedPassword::new(password)?;
        self.change_pool(parameters, |pool| {
            let validity = pool.settings.policies.password_policy.temporary_password_seconds();
            let user = user_mut(pool, parameters)?;
            user.password = Some(password);
            user.password_expires_at = (!is_permanent).then(|| self.secs().saturating_add(validity));
            user.status = if is_permanent { UserStatus::Confirmed } else { UserStatus::ForceChangePassword };
            user.last_modified = self.secs();
            Ok(json!({}))
        })
    }

    pub(super) fn admin_get_user(&self, parameters: &Parameters) -> Answer {
        let directory = self.store.read();
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
        if parameters.optional_text("Filter", &super::parameters::ANYTHING)?.is_some_and(|filter| !filter.is_empty()) {
            return Err(Exception::invalid_parameter("The local user pool lists every user: Filter is not supported."));
        }
        let token = parameters.optional_text("PaginationToken", &super::parameters::ANYTHING)?;
        let directory = self.store.read();
        let users = pool(&directory, parameters)?.users().map(|user| shown(user, "Attributes"));
        let (users, next) = parameters.page_after("Limit", token, users)?;
        Ok(object(json!({ "Users": users, "PaginationToken": next })))
    }

    pub(super) fn list_users_in_group(&self, parameters: &Parameters) -> Answer {
        let group = parameters.text("GroupName", &NAME)?;
        let directory = self.store.read();
        let pool = pool(&directory, parameters)?;
        super::groups::group(pool, group)?;
        let users = pool.users().filter(|user| user.groups.contains(group)).map(|user| shown(user, "Attributes"));
        Ok(listed("Users", parameters.page("Limit", users)?))
    }
}

/// A user as the API shows one.
fn shown(user: &User, attributes_are: &str) -> Value {
    json!({
        "Username": user.username,
        attributes_are: attributes(user, |_| true),
        "UserCreateDate": user.created_at,
        "UserLastModifiedDate": user.last_modified,
        "Enabled": user.enabled,
        "UserStatus": user.status.name(),
    })
}

/// `[{"Name": …, "Value": …}, …]`
pub(super) fn attributes(user: &User, is_shown: impl Fn(&str) -> bool) -> Value {
    user.all_attributes()
        .filter(|(name, _)| is_shown(name))
        .map(|(name, value)| json!({ "Name": name, "Value": value }))
        .collect()
}

fn conform(pool: &Pool, password: &str) -> Result<(), Exception> {
    match pool.settings.policies.password_policy.objection(password) {
        Some(objection) => {
            let message = format!("Password did not conform with password policy: {objection}");
            Err(Exception::new("InvalidPasswordException", message))
        }
        None => Ok(()),
    }
}

/// An administrator is told in other words than a user that there is one already.
fn exists_already(pool: &Pool, name: &str, exception: Exception) -> Exception {
    if pool.user(name).is_some() && pool.username_attribute(name).is_none() {
        Exception::new("UsernameExistsException", "User account already exists")
    } else {
        exception
    }
}
