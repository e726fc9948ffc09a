//! Puts what the configuration says into the directory.

use super::{
    LocalUserPoolConfig, LocalUserPoolError,
    directory::{AppClient, Directory, Pool, UserStatus},
    keys::Keys,
    password::HashedPassword,
    store::Store,
    token::uuid,
};

/// Makes the user pool if it is not there, and gives it what is configured. What else is there stays.
pub(super) fn seed(store: &Store, config: &LocalUserPoolConfig, id: &str, now: u64) -> Result<(), LocalUserPoolError> {
    store.change(|directory| {
        let mut pool = match directory.remove(id) {
            Some(pool) => pool,
            None => Pool::new(id.to_owned(), config.settings.clone(), Keys::generate()?, now),
        };
        pool.settings = config.settings.clone();
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
                let password = HashedPassword::new(&user.password.0)?;
                let password = (Some(password), UserStatus::Confirmed);
                let mut new = pool.new_user(&user.username, uuid(), user.attributes(), password, now);
                new.groups.clone_from(&user.groups);
                pool.insert_user(new);
            }
        }
        directory.insert(pool);
        Ok(())
    })
}

/// An app client id belongs to one user pool.
fn check_owner(others: &Directory, client_id: &str) -> Result<(), LocalUserPoolError> {
    match others.app_client(client_id) {
        Some(_) => Err(LocalUserPoolError::RepeatedAppClient { client_id: client_id.to_owned() }),
        None => Ok(()),
    }
}
