//! Operations on resource servers and their custom scopes.

use serde_json::{Value, json};

use super::{Answer, Api, bad_setting, check_room, exception::Exception, listed, lookup::pool, parameters::Parameters};
use crate::{
    local_user_pool::{
        directory::{Pool, ResourceServer, limits::MAX_APP_CLIENTS},
        text::{ANYTHING, IDENTIFIER},
    },
    scope::Scope,
};

impl Api<'_> {
    pub(super) fn create_resource_server(&self, parameters: &Parameters) -> Answer {
        let identifier = parameters.text("Identifier", &IDENTIFIER)?;
        parameters.text("Name", &ANYTHING)?;
        let (known, _) = parameters.split(&["Identifier", "Name", "Scopes"], &[]);
        let server: ResourceServer =
            serde_json::from_value(Value::Object(known)).map_err(|error| bad_setting(&error))?;
        let is_scope = |name: &str| !name.contains('/') && format!("{identifier}/{name}").parse::<Scope>().is_ok();
        if server.scopes.len() > 100 || !server.scopes.iter().all(|scope| is_scope(&scope.scope_name)) {
            return Err(Exception::invalid_parameter(
                "At most 100 scopes are supported, of printable ASCII without space, \" and /.",
            ));
        }
        self.change_pool(parameters, |pool| {
            if pool.resource_servers.contains_key(identifier) {
                let message = format!("A resource server with the identifier {identifier} already exists.");
                return Err(Exception::invalid_parameter(message));
            }
            check_room(pool.resource_servers.len(), MAX_APP_CLIENTS)?;
            let answer = json!({ "ResourceServer": shown(pool, &server) });
            pool.resource_servers.insert(identifier.to_owned(), server);
            Ok(answer)
        })
    }

    pub(super) fn describe_resource_server(&self, parameters: &Parameters) -> Answer {
        let identifier = parameters.text("Identifier", &IDENTIFIER)?;
        let directory = self.read();
        let pool = pool(&directory, parameters)?;
        let server = pool.resource_servers.get(identifier).ok_or_else(|| unknown(identifier))?;
        Ok(json!({ "ResourceServer": shown(pool, server) }))
    }

    pub(super) fn delete_resource_server(&self, parameters: &Parameters) -> Answer {
        let identifier = parameters.text("Identifier", &IDENTIFIER)?;
        self.change_pool(parameters, |pool| {
            pool.resource_servers.remove(identifier).map(|_| json!({})).ok_or_else(|| unknown(identifier))
        })
    }

    pub(super) fn list_resource_servers(&self, parameters: &Parameters) -> Answer {
        let directory = self.read();
        let pool = pool(&directory, parameters)?;
        let servers = pool.resource_servers.values();
        Ok(listed("ResourceServers", parameters.page("MaxResults", servers, |server| shown(pool, server))?))
    }
}

fn unknown(identifier: &str) -> Exception {
    Exception::not_found(format!("Resource server {identifier} does not exist."))
}

fn shown(pool: &Pool, server: &ResourceServer) -> Value {
    json!({ "UserPoolId": pool.id, "Identifier": server.identifier, "Name": server.name, "Scopes": server.scopes })
}
