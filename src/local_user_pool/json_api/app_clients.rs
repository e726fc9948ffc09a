//! Operations on app clients.

use serde_json::{Value, json};

use super::{
    Answer, Api, bad_setting, check_room, date,
    exception::Exception,
    listed,
    lookup::{app_client_of_pool, pool},
    parameters::Parameters,
};
use crate::local_user_pool::{
    cryptography::random_name,
    directory::{AppClient, AppClientConfig, AppClientMistake, Pool, limits::MAX_APP_CLIENTS},
    text::{CLIENT_ID, FRIENDLY_NAME},
};

impl Api<'_> {
    pub(super) fn create_user_pool_client(&self, parameters: &Parameters) -> Answer {
        parameters.text("ClientName", &FRIENDLY_NAME)?;
        let generates = parameters.flag("GenerateSecret")?;
        let own_secret = parameters.optional_text("ClientSecret", &CLIENT_ID)?;
        if own_secret.is_some_and(|secret| generates || !(24..=64).contains(&secret.len())) {
            return Err(Exception::invalid_parameter(
                "ClientSecret must have 24 to 64 characters, and cannot be combined with GenerateSecret.",
            ));
        }
        let (mut known, others) = parameters.split(&AppClientConfig::MEMBERS, &NO_SETTINGS);
        // Cognito always generates the id.
        known.insert("ClientId".to_owned(), Value::from(random_name(26)?));
        if generates {
            known.insert("ClientSecret".to_owned(), Value::from(random_name(51)?));
        }
        let settings: AppClientConfig =
            serde_json::from_value(Value::Object(known)).map_err(|error| bad_setting(&error))?;
        let (created_at, last_modified) = (self.secs(), self.secs());
        let client = AppClient { settings, others, created_at, last_modified };
        self.change_pool(parameters, |pool| {
            check_room(pool.app_clients.len(), MAX_APP_CLIENTS)?;
            if let Some(mistake) = client.settings.mistake(&pool.scopes()) {
                return Err(invalid_app_client(&mistake));
            }
            let answer = json!({ "UserPoolClient": shown(pool, &client) });
            pool.app_clients.insert(client.settings.client_id.clone(), client);
            Ok(answer)
        })
    }

    pub(super) fn describe_user_pool_client(&self, parameters: &Parameters) -> Answer {
        let directory = self.read();
        let (pool, client) = app_client_of_pool(&directory, parameters)?;
        Ok(json!({ "UserPoolClient": shown(pool, client) }))
    }

    /// Resets settings that the request does not contain to their defaults, except the name, the id and the secret.
    pub(super) fn update_user_pool_client(&self, parameters: &Parameters) -> Answer {
        let client_id = parameters.text("ClientId", &CLIENT_ID)?;
        parameters.optional_text("ClientName", &FRIENDLY_NAME)?;
        let (known, others) = parameters.split(&AppClientConfig::MEMBERS, &NO_SETTINGS);
        let settings: AppClientConfig =
            serde_json::from_value(Value::Object(known)).map_err(|error| bad_setting(&error))?;
        self.change_pool(parameters, |pool| {
            let own = pool.app_clients.get(client_id).ok_or_else(|| Exception::no_app_client(client_id))?;
            let client_name = settings.client_name.clone().or_else(|| own.settings.client_name.clone());
            let client_secret = own.settings.client_secret.clone();
            let settings = AppClientConfig { client_name, client_secret, ..settings };
            if let Some(mistake) = settings.mistake(&pool.scopes()) {
                return Err(invalid_app_client(&mistake));
            }
            let client = AppClient { settings, others, created_at: own.created_at, last_modified: self.secs() };
            let answer = json!({ "UserPoolClient": shown(pool, &client) });
            pool.app_clients.insert(client_id.to_owned(), client);
            Ok(answer)
        })
    }

    pub(super) fn delete_user_pool_client(&self, parameters: &Parameters) -> Answer {
        let client_id = parameters.text("ClientId", &CLIENT_ID)?;
        self.change_pool(parameters, |pool| {
            let removed = pool.remove_app_client(client_id);
            removed.map(|_| json!({})).ok_or_else(|| Exception::no_app_client(client_id))
        })
    }

    pub(super) fn list_user_pool_clients(&self, parameters: &Parameters) -> Answer {
        let directory = self.read();
        let pool = pool(&directory, parameters)?;
        let page = parameters.page("MaxResults", pool.app_clients.values(), |client: &AppClient| {
            let settings = &client.settings;
            json!({ "ClientId": settings.client_id, "UserPoolId": pool.id, "ClientName": settings.client_name })
        });
        Ok(listed("UserPoolClients", page?))
    }
}

/// Members of a request that are not settings.
const NO_SETTINGS: [&str; 4] = ["UserPoolId", "GenerateSecret", "CreationDate", "LastModifiedDate"];

fn invalid_app_client(mistake: &AppClientMistake) -> Exception {
    let name = match mistake {
        AppClientMistake::UnknownScope { .. } => "ScopeDoesNotExistException",
        AppClientMistake::MixedFlows
        | AppClientMistake::NoSecret
        | AppClientMistake::NoScopes
        | AppClientMistake::ScopeOfUsers { .. } => "InvalidOAuthFlowException",
        AppClientMistake::UnknownFlow { .. }
        | AppClientMistake::UnknownAuthFlow { .. }
        | AppClientMistake::MixedAuthFlows
        | AppClientMistake::RefreshFlowWithRotation
        | AppClientMistake::RetryGracePeriod
        | AppClientMistake::EmptySecret
        | AppClientMistake::TooManyScopes
        | AppClientMistake::Validity { .. } => "InvalidParameterException",
    };
    // Does not repeat the request's values, which may be long.
    let message = match mistake {
        AppClientMistake::UnknownScope { .. } => "The specified scope does not exist.".to_owned(),
        AppClientMistake::ScopeOfUsers { .. } => "client_credentials flow allows custom scopes only.".to_owned(),
        AppClientMistake::UnknownFlow { .. } => {
            "AllowedOAuthFlows must be code, implicit or client_credentials.".to_owned()
        }
        AppClientMistake::UnknownAuthFlow { .. } => {
            "ExplicitAuthFlows must be values such as ALLOW_USER_PASSWORD_AUTH.".to_owned()
        }
        other => other.to_string(),
    };
    Exception::new(name, message)
}

fn shown(pool: &Pool, client: &AppClient) -> Value {
    let mut shown = client.others.clone();
    shown.entry("EnablePropagateAdditionalUserContextData").or_insert(Value::Bool(false));
    if let Ok(Value::Object(settings)) = serde_json::to_value(&client.settings) {
        shown.extend(settings);
    }
    let own = [
        ("UserPoolId", Value::from(pool.id.as_str())),
        ("CreationDate", date(client.created_at)),
        ("LastModifiedDate", date(client.last_modified)),
        ("AllowedOAuthFlowsUserPoolClient", Value::from(client.settings.uses_oauth == Some(true))),
    ];
    shown.extend(own.map(|(name, value)| (name.to_owned(), value)));
    Value::Object(shown)
}
