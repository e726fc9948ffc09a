//! What a definition was read as, in one line a route.

use cognito_authorizer::{api_definition::ApiDefinition, route::RouteAuthorization};

/// `GET /pets pool pets/read` for each route.
pub fn routes(definition: &ApiDefinition) -> Vec<String> {
    let routes = definition.routes().iter().map(|route| {
        let asks = match route.authorization() {
            RouteAuthorization::None => "open".to_owned(),
            RouteAuthorization::Token => "token".to_owned(),
            RouteAuthorization::Scopes(scopes) => {
                scopes.iter().map(|scope| scope.as_str()).collect::<Vec<_>>().join(" ")
            }
            other => format!("{other:?}"),
        };
        format!("{} {} {asks}", route.route_key(), route.authorizer().unwrap_or("-"))
    });
    routes.collect()
}
