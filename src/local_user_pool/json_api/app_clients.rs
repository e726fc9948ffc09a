//! App clients.

use serde_json::{Value, json};

use super::{
    Answer, Api,
    exception::Exception,
    listed,
    parameters::{CLIENT_ID, FRIENDLY_NAME, Parameters},
    pool,
};
use crate::local_user_pool::{
    cryptography::random_name,
    directory::{AppClient, AppClientConfig, AppClientMistake, Pool},
};

impl Api<'_> {
    pub(super) fn create_user_pool_client(&self, parameters: &Parameters) -> Answer {
        parameters.text("ClientName", &FRIENDLY_NAME)?;
        if parameters.asks_for("RefreshTokenRotation") {
            return Err(Exception::invalid_parameter("RefreshTokenRotation is not supported by the local user pool."));
        }
        let generates = parameters.flag("GenerateSecret")?;
        let own_secret = parameters.optional_text("ClientSecret", &CLIENT_ID)?;
        if own_secret.is_some_and(|secret| generates || !(24..=64).contains(&secret.len())) {
            return Err(Exception::invalid_parameter(
                "ClientSecret has 24 to 64 characters, and no GenerateSecret beside it.",
            ));
        }
        let (mut known, others) = parameters.split(&AppClientConfig::MEMBERS, &["UserPoolId", "GenerateSecret"]);
        // Nobody chooses the id.
        known.insert("ClientId".to_owned(), Value::from(random_name(26)?));
        if generates {
            known.insert("ClientSecret".to_owned(), Value::from(random_name(51)?));
        }
        let settings: AppClientConfig = serde_json::from_value(Value::Object(known))
            .map_err(|_| Exception::new("SerializationException", "A setting is not of the type that it has to be."))?;
        let (created_at, last_modified) = (self.secs(), self.secs());
        let client = AppClient { settings, others, created_at, last_modified };
        self.change_pool(parameters, |pool| {
            if let Some(mistake) = client.settings.mistake(&pool.scopes()) {
                return Err(refused(&mistake));
            }
            let answer = json!({ "UserPoolClient": shown(pool, &client) });
            pool.app_clients.insert(client.settings.client_id.clone(), client);
            Ok(answer)
        })
    }

    pub(super) fn describe_user_pool_client(&self, parameters: &Parameters) -> Answer {
        let directory = self.store.read();
        let pool = pool(&directory, parameters)?;
        let client_id = parameters.text("ClientId", &CLIENT_ID)?;
        let client = pool.app_clients.get(client_id).ok_or_else(|| Exception::no_app_client(client_id))?;
        Ok(json!({ "UserPoolClient": shown(pool, client) }))
    }

    pub(super) fn delete_user_pool_client(&self, parameters: &Parameters) -> Answer {
        let client_id = parameters.text("ClientId", &CLIENT_ID)?;
        self.change_pool(parameters, |pool| {
            let removed = pool.app_clients.remove(client_id);
            removed.map(|_| json!({})).ok_or_else(|| Exception::no_app_client(client_id))
        })
    }

    pub(super) fn list_user_pool_clients(&self, parameters: &Parameters) -> Answer {
        let directory = self.store.read();
        let pool = pool(&directory, parameters)?;
        let clients = pool.app_clients.values().map(|client| {
            let settings = &client.settings;
            json!({ "ClientId": settings.client_id, "UserPoolId": pool.id, "ClientName": settings.client_name })
        });
        Ok(listed("UserPoolClients", parameters.page("MaxResults", clients)?))
    }
}

fn refused(mistake: &AppClientMistake) -> Exception {
    let name = match mistake {
        AppClientMistake::UnknownScope { .. } => "ScopeDoesNotExistException",
        AppClientMistake::MixedFlows
        | AppClientMistake::NoSecret
        | AppClientMistake::NoScopes
        | AppClientMistake::ScopeOfUsers { .. } => "InvalidOAuthFlowException",
        AppClientMistake::UnknownFlow { .. }
        | AppClientMistake::UnknownAuthFlow { .. }
        | AppClientMistake::EmptySecret
        | AppClientMistake::Validity { .. } => "InvalidParameterException",
    };
    Exception::new(name, mistake.to_string())
}

fn shown(pool: &Pool, client: &AppClient) -> Value {
    let mut shown = client.others.clone();
    if let Ok(Value::Object(settings)) = serde_json::to_value(&client.settings) {
        shown.extend(settings);
    }
    let own = [
        ("UserPoolId", Value::from(pool.id.as_str())),
        ("CreationDate", Value::from(client.created_at)),
        ("LastModifiedDate", Value::from(client.last_modified)),
        ("AllowedOAuthFlowsUserPoolClient", Value::from(client.settings.uses_oauth == Some(true))),
    ];
    shown.extend(own.map(|(name, value)| (name.to_owned(), value)));
    Value::Object(shown)
}
