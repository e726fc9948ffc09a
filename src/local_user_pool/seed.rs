//! Writes the configuration into the directory.

use std::sync::Arc;

use super::{
    LocalUserPoolConfig, LocalUserPoolError, UserConfig,
    cryptography::uuid,
    directory::{AppClient, Directory, Pool, UserStatus},
    password::HashedPassword,
    store::Store,
    text::{NAME, PASSWORD, VALUE},
};

/// Creates the user pool if it does not exist, and adds the configured items. Other existing items are kept.
pub(super) fn seed(store: &Store, config: &LocalUserPoolConfig, id: &str, now: u64) -> Result<(), LocalUserPoolError> {
    store.change(|directory| {
        let mut pool = match directory.remove(id) {
            Some(pool) => Arc::unwrap_or_clone(pool),
            None => Pool::new(id.to_owned(), config.settings.clone().with_validity_days(), now),
        };
        // Users are looked up by these settings; Cognito does not allow changing them either.
        if let Some(setting) = pool.settings.sign_in_change(&config.settings) {
            let reason = format!("{setting} cannot be changed, and the state file has another value");
            return Err(LocalUserPoolError::Settings { reason });
        }
        pool.settings = config.settings.clone().with_validity_days();
        if pool.settings.pool_name.is_empty() {
            pool.settings.pool_name = id.to_owned();
        }
        pool.domain = config.domain.clone().or(pool.domain);
        for server in &config.resource_servers {
            pool.resource_servers.insert(server.identifier.clone(), server.clone());
        }
        for app_client in &config.app_clients {
            let settings = app_client.with_grant();
            check_owner(directory, &settings.client_id)?;
            let created_at = pool.app_clients.get(&settings.client_id).map_or(now, |own| own.created_at);
            let client = AppClient { settings, others: serde_json::Map::new(), created_at, last_modified: now };
            pool.app_clients.insert(client.settings.client_id.clone(), client);
        }
        for (name, group) in config.groups(now) {
            pool.groups.entry(name).or_insert(group);
        }
        for user in &config.users {
            if pool.user(&user.username).is_none() {
                add_user(&mut pool, user, now)?;
            }
        }
        directory.insert(pool);
        Ok(())
    })
}

/// Adds a confirmed user, with the checks of a sign-up.
fn add_user(pool: &mut Pool, config: &UserConfig, now: u64) -> Result<(), LocalUserPoolError> {
    let name = &config.username;
    let invalid_user = |reason: String| LocalUserPoolError::User { username: name.clone(), reason };
    let attributes = config.attributes();
    let texts = [(&NAME, name), (&PASSWORD, &config.password.0)];
    let values = attributes.values().map(|value| (&VALUE, value));
    if let Some(objection) = texts.into_iter().chain(values).find_map(|(text, own)| text.objection(own)) {
        return Err(invalid_user(objection));
    }
    let mut user = pool.new_user(name, uuid()?, now);
    user.set_attributes(attributes);
    user.groups.clone_from(&config.groups);
    user.status = UserStatus::Confirmed;
    if let Some(mistake) = pool.new_user_mistake(name, &user, false) {
        return Err(invalid_user(mistake.message().to_owned()));
    }
    if let Some(attribute) = pool.missing_attributes(&user).first() {
        return Err(invalid_user(format!("the attribute {attribute} is required")));
    }
    user.password = Some(HashedPassword::new(&config.password.0)?);
    pool.insert_user(user);
    Ok(())
}

/// Rejects an app client id that belongs to another user pool.
fn check_owner(others: &Directory, client_id: &str) -> Result<(), LocalUserPoolError> {
    match others.app_client(client_id) {
        Some(_) => Err(LocalUserPoolError::OfOtherUserPool { client_id: client_id.to_owned() }),
        None => Ok(()),
    }
}
