//! Looks up the user pool, app client, user or group that a request names, or returns the exception if it does not
//! exist.

use super::{exception::Exception, parameters::Parameters};
use crate::local_user_pool::{
    cryptography::{secret_hash, secrets_equal},
    directory::{AppClient, Directory, Group, Pool, User, UserMistake},
    text::{CLIENT_ID, NAME, USER_POOL_ID},
};

/// Returns the user pool that `UserPoolId` names.
pub(super) fn pool<'d>(directory: &'d Directory, parameters: &Parameters) -> Result<&'d Pool, Exception> {
    let id = parameters.text("UserPoolId", &USER_POOL_ID)?;
    directory.pool(id).ok_or_else(|| Exception::no_user_pool(id))
}

/// Returns the app client that `ClientId` names, and its user pool.
pub(super) fn app_client<'d>(
    directory: &'d Directory,
    parameters: &Parameters,
) -> Result<(&'d Pool, &'d AppClient), Exception> {
    let client_id = parameters.text("ClientId", &CLIENT_ID)?;
    directory.app_client(client_id).ok_or_else(|| Exception::no_app_client(client_id))
}

/// Returns the app client that `ClientId` names, and the user pool that `UserPoolId` names.
pub(super) fn app_client_of_pool<'d>(
    directory: &'d Directory,
    parameters: &Parameters,
) -> Result<(&'d Pool, &'d AppClient), Exception> {
    let pool = pool(directory, parameters)?;
    let client_id = parameters.text("ClientId", &CLIENT_ID)?;
    let client = pool.app_clients.get(client_id).ok_or_else(|| Exception::no_app_client(client_id))?;
    Ok((pool, client))
}

/// Returns the user pool if it still has the app client, which may have been removed during the request.
pub(super) fn still_of<'p>(client: &AppClient, pool: Option<&'p mut Pool>) -> Result<&'p mut Pool, Exception> {
    let client_id = &client.settings.client_id;
    let pool = pool.filter(|pool| pool.app_clients.contains_key(client_id));
    pool.ok_or_else(|| Exception::no_app_client(client_id))
}

/// Returns the user pool if it still has the app client and the user can still sign in: both may change during the
/// request.
pub(super) fn still_there<'p>(
    pool: Option<&'p mut Pool>,
    client: &AppClient,
    user: &User,
) -> Result<&'p mut Pool, Exception> {
    let pool = still_of(client, pool)?;
    let is_same = pool.subject(&user.sub).is_some_and(|own| own.can_still_sign_in_as(user));
    if is_same { Ok(pool) } else { Err(Exception::not_authorized("Incorrect username or password.")) }
}

/// Returns the user that `Username` names.
pub(super) fn user<'p>(pool: &'p Pool, parameters: &Parameters) -> Result<&'p User, Exception> {
    pool.user(parameters.text("Username", &NAME)?).ok_or_else(Exception::no_user)
}

pub(super) fn user_mut<'p>(pool: &'p mut Pool, parameters: &Parameters) -> Result<&'p mut User, Exception> {
    pool.user_mut(parameters.text("Username", &NAME)?).ok_or_else(Exception::no_user)
}

/// Returns the group that `GroupName` names.
pub(super) fn group<'p>(pool: &'p Pool, parameters: &Parameters) -> Result<&'p Group, Exception> {
    let name = parameters.text("GroupName", &NAME)?;
    pool.groups.get(name).ok_or_else(|| Exception::not_found("Group not found."))
}

/// Verifies the secret hash of a request for an app client.
pub(super) fn check_secret_hash(client: &AppClient, username: &str, sent: Option<&str>) -> Result<(), Exception> {
    let client_id = &client.settings.client_id;
    match (&client.settings.client_secret, sent) {
        (None, None) => Ok(()),
        (Some(secret), Some(sent)) if secrets_equal(&secret_hash(&secret.0, username, client_id), sent) => Ok(()),
        (Some(_), Some(_)) => {
            Err(Exception::not_authorized(format!("Unable to verify secret hash for client {client_id}")))
        }
        (Some(_), None) => {
            let message = format!("Client {client_id} is configured with secret but SECRET_HASH was not received");
            Err(Exception::not_authorized(message))
        }
        (None, Some(_)) => {
            let message = format!("Client {client_id} is not configured for secret but secret hash was received");
            Err(Exception::not_authorized(message))
        }
    }
}

/// Verifies the secret of a request for an app client.
pub(super) fn check_secret(client: &AppClient, sent: Option<&str>) -> Result<(), Exception> {
    match (&client.settings.client_secret, sent) {
        (None, None) => Ok(()),
        (Some(secret), Some(sent)) if secrets_equal(&secret.0, sent) => Ok(()),
        (Some(_), _) | (None, Some(_)) => {
            let message = format!("Unable to verify secret for client {}", client.settings.client_id);
            Err(Exception::not_authorized(message))
        }
    }
}

/// Checks that users of an app client may sign in with this flow.
pub(super) fn check_flow(client: &AppClient, flow: &str) -> Result<(), Exception> {
    if client.settings.allows_auth_flow(flow) {
        return Ok(());
    }
    let message = match flow {
        "ADMIN_USER_PASSWORD_AUTH" | "ADMIN_NO_SRP_AUTH" => "Auth flow not enabled for this client".to_owned(),
        flow => format!("{flow} flow not enabled for this client"),
    };
    Err(Exception::invalid_parameter(message))
}

/// Checks that a password conforms to the policy; `words` is the start of the operation's error message.
pub(super) fn check_password(pool: &Pool, password: &str, words: &str) -> Result<(), Exception> {
    match pool.settings.policies.password_policy.objection(password) {
        Some(objection) => Err(Exception::new("InvalidPasswordException", format!("{words}: {objection}"))),
        None => Ok(()),
    }
}

impl From<UserMistake> for Exception {
    fn from(mistake: UserMistake) -> Self {
        let name = match mistake {
            UserMistake::Username(_) | UserMistake::Attribute(_) => "InvalidParameterException",
            UserMistake::Exists(_) => "UsernameExistsException",
            UserMistake::AliasExists(_) => "AliasExistsException",
        };
        Self::new(name, mistake.message())
    }
}
