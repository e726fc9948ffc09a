//! What a definition was read as, in one line a route.

use cognito_authorizer::{RouteAuthorization, api_definition::ApiDefinition};

/// `GET /pets pool pets/read` for each route.
pub fn routes(definition: &ApiDefinition) -> Vec<String> {
    let routes = definition.routes().map(|(key, authorization, authorizer)| {
        let asks = match authorization {
            RouteAuthorization::None => "open".to_owned(),
            RouteAuthorization::Token => "token".to_owned(),
            RouteAuthorization::Scopes(scopes) => {
                scopes.iter().map(|scope| scope.as_str()).collect::<Vec<_>>().join(" ")
            }
            other => format!("{other:?}"),
        };
        format!("{key} {} {asks}", authorizer.unwrap_or("-"))
    });
    routes.collect()
}
