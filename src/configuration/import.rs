//! Converts an API definition to settings.

use std::sync::Arc;

use super::settings::{NamedAuthorizer, NamedRoute, Settings, UserPoolSettings};
use crate::{
    api_definition::{ApiDefinition, AuthorizerDefinition, RouteDefinition},
    gateway_response::GatewayResponses,
    user_pool::UserPool,
};

impl Settings {
    /// Adds the authorizers, routes and gateway responses of a definition. An existing gateway response overrides that of the
    /// definition for the same type.
    pub(super) fn import(&mut self, definition: &ApiDefinition) {
        for own in definition.authorizers() {
            let authorizer = self.imported(own, definition);
            self.authorizers.push(authorizer);
        }
        let route = |own: &RouteDefinition| NamedRoute {
            route: own.route_key().clone(),
            authorization: own.authorization().clone(),
            authorizer: own.authorizer().map(str::to_owned),
            mock_response: own.mock_response().cloned(),
        };
        self.routes.extend(definition.routes().iter().map(route));
        self.cors = self.cors.take().or_else(|| definition.cors().cloned());
        if let Some(responses) = definition.gateway_responses() {
            self.shared.gateway_responses = merged(responses, &self.shared.gateway_responses);
        }
    }

    fn imported(&mut self, own: &AuthorizerDefinition, definition: &ApiDefinition) -> NamedAuthorizer {
        NamedAuthorizer {
            name: own.name().to_owned(),
            user_pools: own
                .user_pools()
                .iter()
                .map(|user_pool| self.name_of(&user_pool.for_checks(), definition))
                .collect(),
            settings: own.settings(),
        }
    }

    /// Returns the name of a user pool, and adds an unknown user pool under its ID.
    ///
    /// The new name ends with a number if another user pool already has the ID as its name.
    fn name_of(&mut self, user_pool: &UserPool, definition: &ApiDefinition) -> String {
        let scopes = definition.scopes_of(user_pool.id()).map(Arc::from);
        if let Some(own) = self.user_pools.iter_mut().find(|own| own.user_pool == *user_pool) {
            own.scopes = own.scopes.take().or(scopes);
            return own.name.clone();
        }
        let id = user_pool.id().as_str();
        let mut name = id.to_owned();
        for number in 2_u32.. {
            if self.user_pool(&name).is_none() {
                break;
            }
            name = format!("{id}-{number}");
        }
        let own = UserPoolSettings { name: name.clone(), user_pool: user_pool.clone(), jwks_file: None, scopes };
        self.user_pools.push(own);
        name
    }
}

/// Merges gateway responses. For the same type, the response of `over` overrides that of `under`.
fn merged(under: &GatewayResponses, over: &GatewayResponses) -> GatewayResponses {
    let mut builder = GatewayResponses::builder();
    for responses in [under, over] {
        for (name, value) in responses.stage_variables() {
            builder = builder.stage_variable(name, value);
        }
        for (response_type, response) in responses.iter() {
            builder = builder.response(response_type, response.clone());
        }
    }
    // Both were already built alone.
    builder.build().unwrap_or_default()
}
