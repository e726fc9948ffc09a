//! Checks a configuration, as far as this is possible without the state file.

use std::collections::BTreeSet;

use super::LocalUserPoolConfig;
use crate::{
    local_user_pool::{
        LocalUserPoolError, UserConfig,
        directory::ResourceServer,
        form_origin::is_origin,
        text::{DOMAIN, NAME, PASSWORD},
    },
    scope::Scope,
    user_pool::{AppClientId, UserPoolId},
};

impl LocalUserPoolConfig {
    fn password_objection(&self, user: &UserConfig) -> Option<String> {
        let policy = &self.settings.policies.password_policy;
        policy.objection(&user.password.0).map(str::to_owned)
    }

    /// Returns the ids of all user pools, or the first error that can be found without the state file.
    pub(crate) fn check(&self) -> Result<Vec<UserPoolId>, LocalUserPoolError> {
        repeated("the user pool", self.all().map(|own| &own.user_pool_id))?;
        self.all().map(|own| own.check_alone(self.aws_issuer)).collect()
    }

    fn check_alone(&self, has_aws_issuer: bool) -> Result<UserPoolId, LocalUserPoolError> {
        let user_pool_id = self.user_pool_id.parse::<UserPoolId>()?;
        if let Some(reason) = self.settings.objection() {
            return Err(LocalUserPoolError::Settings { reason: reason.to_owned() });
        }
        if has_aws_issuer && !user_pool_id.names_region() {
            return Err(LocalUserPoolError::NoAwsIssuer { id: user_pool_id.to_string() });
        }
        if let Some(origin) = self.allowed_origins.iter().find(|origin| !is_origin(origin)) {
            return Err(LocalUserPoolError::Origin { origin: origin.clone() });
        }
        if self.base_url.as_ref().is_some_and(|base_url| !is_base_url(base_url)) {
            return Err(LocalUserPoolError::BaseUrl);
        }
        let groups = self.groups.iter().map(|group| &group.group_name);
        let groups =
            groups.chain(self.users.iter().flat_map(|user| &user.groups)).map(|name| ("GroupName", &NAME, name));
        let texts = groups.chain([("ConfirmationCode", &PASSWORD, &self.confirmation_code)]);
        let texts = texts.chain(self.domain.iter().map(|domain| ("Domain", &DOMAIN, domain)));
        for (name, text, own) in texts {
            if let Some(objection) = text.objection(own) {
                return Err(LocalUserPoolError::Settings { reason: format!("{name}: {objection}") });
            }
        }
        repeated("the resource server", self.resource_servers.iter().map(|server| &server.identifier))?;
        repeated("the app client", self.app_clients.iter().map(|app_client| &app_client.client_id))?;
        repeated("the group", self.groups.iter().map(|group| &group.group_name))?;
        repeated("the user", self.users.iter().map(|user| &user.username))?;
        let scopes: Vec<String> = self.resource_servers.iter().flat_map(ResourceServer::full_names).collect();
        for scope in &scopes {
            scope.parse::<Scope>()?;
        }
        for app_client in &self.app_clients {
            let client_id = app_client.client_id.clone();
            client_id.parse::<AppClientId>()?;
            if let Some(mistake) = app_client.with_grant().mistake(&scopes) {
                return Err(LocalUserPoolError::AppClient { client_id, mistake });
            }
        }
        for user in &self.users {
            if let Some(reason) = self.password_objection(user) {
                return Err(LocalUserPoolError::User { username: user.username.clone(), reason });
            }
        }
        Ok(user_pool_id)
    }
}

fn repeated<'a>(what: &'static str, names: impl Iterator<Item = &'a String>) -> Result<(), LocalUserPoolError> {
    let mut seen = BTreeSet::new();
    match names.into_iter().find(|name| !seen.insert(*name)) {
        Some(name) => Err(LocalUserPoolError::Repeated { what, name: name.clone() }),
        None => Ok(()),
    }
}

fn is_base_url(text: &str) -> bool {
    let rest = text.strip_prefix("http://").or_else(|| text.strip_prefix("https://")).unwrap_or_default();
    let host = rest.split(['/', ':']).next().unwrap_or_default();
    (!host.is_empty() || rest.starts_with('['))
        && !rest.ends_with('/')
        && rest.bytes().all(|byte| byte.is_ascii_graphic() && !b"?#@".contains(&byte))
}
