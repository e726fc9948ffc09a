//! Prints an imported definition, one line per route.

use cognito_authorizer::api_definition::ApiDefinition;

/// Returns `GET /pets pool pets/read` for each route.
pub fn routes(definition: &ApiDefinition) -> Vec<String> {
    let routes = definition.routes().iter().map(|route| {
        let scopes: Vec<&str> = route.authorization().scope_names().collect();
        let asks = match &*scopes {
            _ if route.authorization().is_open() => "open".to_owned(),
            [] => "token".to_owned(),
            scopes => scopes.join(" "),
        };
        format!("{} {} {asks}", route.route_key(), route.authorizer().unwrap_or("-"))
    });
    routes.collect()
}
