//! A user pool of an app while its resources are read, and its configuration as a local user pool.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::{
    app::App,
    assumed::derived_password,
    user_pools::{AppUserPool, DefinedAppClient},
};
use crate::{
    document::{Cursor, Problem},
    local_user_pool::LocalUserPoolConfig,
    user_pool::UserPoolId,
};

/// A user pool that is being read.
#[derive(Debug)]
pub(super) struct UserPoolDraft<'d> {
    pub(super) id: UserPoolId,
    pub(super) stack: usize,
    pub(super) at: Cursor<'d>,
    pub(super) logical_id: &'d str,
    pub(super) settings: Map<String, Value>,
    pub(super) domain: Option<String>,
    pub(super) resource_servers: Vec<Value>,
    pub(super) app_clients: Vec<(DefinedAppClient, Map<String, Value>)>,
    pub(super) groups: Vec<Value>,
    pub(super) users: BTreeMap<String, UserDraft>,
}

#[derive(Debug)]
pub(super) struct UserDraft {
    pub(super) logical_id: String,
    pub(super) attributes: Value,
    pub(super) groups: Vec<String>,
}

impl UserPoolDraft<'_> {
    /// Returns the user pool, or why a local user pool cannot have it.
    pub(super) fn finish(self, app: &App<'_>) -> Result<AppUserPool, Problem> {
        let stack = app.id(self.stack);
        let policies = self.settings.get("Policies");
        let least = policies.and_then(|own| own.pointer("/PasswordPolicy/MinimumLength")).and_then(Value::as_u64);
        let password = |user: &UserDraft| derived_password(stack, &user.logical_id, least.unwrap_or_default());
        let users: Vec<(String, String)> =
            self.users.iter().map(|(name, user)| (name.clone(), password(user))).collect();
        let as_json = self.users.iter().zip(&users).map(|((name, user), (_, password))| {
            json!({"Username": name, "Password": password, "UserAttributes": user.attributes, "Groups": user.groups})
        });
        let config = json!({
            "UserPoolId": self.id.as_str(),
            "UserPool": self.settings,
            "Domain": self.domain,
            "ResourceServers": self.resource_servers,
            "AppClients": self.app_clients.iter().map(|(_, settings)| settings).collect::<Vec<_>>(),
            "Groups": self.groups,
            "Users": as_json.collect::<Vec<_>>(),
        });
        let failed = |reason: String| in_file(app, self.stack, self.at.problem(reason));
        let config = LocalUserPoolConfig::from_json(&config.to_string()).map_err(|error| failed(error.to_string()))?;
        config.check().map_err(|error| failed(error.to_string()))?;
        Ok(AppUserPool {
            id: self.id,
            stack: stack.to_owned(),
            logical_id: self.logical_id.to_owned(),
            app_clients: self.app_clients.into_iter().map(|(shown, _)| shown).collect(),
            users,
            config,
        })
    }
}

/// Returns a problem in the file of a stack.
pub(super) fn in_file(app: &App<'_>, stack: usize, problem: Problem) -> Problem {
    match app.stacks().get(stack).and_then(|stack| stack.file.as_deref()) {
        Some(file) => problem.in_file_unless_named(file),
        None => problem,
    }
}
