//! Reads `[[routes]]`: the route keys, and what each route requires.

use std::collections::HashMap;

use super::{
    section::{Section, listed},
    settings::NamedRoute,
};
use crate::{
    document::{Cursor, NodeValue},
    limits::MAX_SCOPES,
    route::{MockResponse, MockResponseError, RouteAuthorization, RouteKey},
    scope::{Scope, ScopeSet},
};

/// Reads a route.
pub(super) fn route(section: Section<'_, '_>, authorizers: &[&str]) -> Option<NamedRoute> {
    section.require("route", "a method and a path, such as `GET /pets/{id}`, or `$default`");
    let route: Option<RouteKey> = section.parsed("route", str::parse);
    let fixed = section.parsed("authorization", |word| match word {
        "NONE" => Ok(RouteAuthorization::open()),
        "UNSUPPORTED" => Ok(RouteAuthorization::unsupported()),
        _ => Err("expected `NONE`, which opens the route, or `UNSUPPORTED`, which rejects every request"),
    });
    let authorizer = section.parsed("authorizer", |name| match authorizers.contains(&name) {
        true => Ok(name.to_owned()),
        false => Err(format!("unknown authorizer `{name}`: expected {}", listed(authorizers, name))),
    });
    let is_open = fixed.as_ref().is_some_and(RouteAuthorization::is_open);
    let mock_response = section.section("mock_response").and_then(mock_response);
    if mock_response.is_some() && !is_open {
        section.problem_at("mock_response", "the layer answers only open routes: add `authorization = \"NONE\"`");
    }
    let is_bounded = section.is_bounded("scopes", MAX_SCOPES);
    let scopes = section.texts("scopes");
    if fixed.is_some() && (scopes.is_some() || section.at.get("authorizer").is_some()) {
        section.problem("a route with `authorization` needs no token: remove it, or `scopes` and `authorizer`");
    }
    if fixed.is_none() && section.at.get("authorizer").is_none() && authorizers.len() != 1 {
        let message = match authorizers {
            [] => "this route has no authorizer: define one, or write `authorization = \"NONE\"`".to_owned(),
            several => format!("`authorizer` is missing: expected {}", listed(several, "")),
        };
        section.problem(message);
    }
    let requires_token = fixed.is_none();
    let authorization = match scopes {
        _ if fixed.is_some() => fixed,
        None => Some(RouteAuthorization::guarded()),
        Some(_) if !is_bounded => None,
        Some(scopes) if scopes.is_empty() => {
            section.problem_at("scopes", "the list is empty: remove it to require a token without scopes");
            None
        }
        Some(scopes) => {
            for (at, scope) in &scopes {
                if let Err(error) = scope.parse::<Scope>() {
                    section.findings().problem(at, error.to_string());
                }
            }
            ScopeSet::new(scopes.iter().map(|(_, scope)| scope)).ok().map(RouteAuthorization::from)
        }
    };
    section.end();
    let (route, authorization) = (route?, authorization?);
    let authorizer = authorizer.or_else(|| authorizers.first().map(|&name| name.to_owned())).filter(|_| requires_token);
    Some(NamedRoute { route, authorization, authorizer, mock_response })
}

/// Reads the response of a route that the layer answers.
fn mock_response(section: Section<'_, '_>) -> Option<MockResponse> {
    section.require("status", "a number, such as 204");
    let status = section.number("status").map(|status| u16::try_from(status).unwrap_or(u16::MAX));
    let told = |at: &Cursor<'_>, response: Result<MockResponse, MockResponseError>| {
        response.map_err(|error| section.findings().problem(at, error.to_string())).ok()
    };
    let headers = section.named_texts("headers");
    let (origins, body) = (section.texts("further_origins").unwrap_or_default(), section.text("body"));
    let status = status.and_then(|status| {
        MockResponse::new(status).map_err(|error| section.problem_at("status", error.to_string())).ok()
    });
    let response = headers.iter().fold(status, |response, (at, name, value)| told(at, response?.header(name, value)));
    let response = origins.iter().fold(response, |response, (at, origin)| told(at, response?.further_origin(origin)));
    section.end();
    let response = response?;
    Some(body.into_iter().fold(response, MockResponse::body))
}

/// Reports routes that are equal except for the names of their variables.
pub(super) fn repeated_routes(root: &Section<'_, '_>) {
    let mut seen: HashMap<String, usize> = HashMap::new();
    for item in root.at.get("routes").iter().flat_map(Cursor::items) {
        let Some(NodeValue::Text(route)) = item.get("route").map(|at| &at.node.value) else { continue };
        let unnamed = |segment: &str| match (segment.starts_with('{'), segment.ends_with("+}")) {
            (true, true) => "{+}".to_owned(),
            (true, false) => "{}".to_owned(),
            (false, _) => segment.to_owned(),
        };
        let shape: Vec<String> = route.split('/').map(unnamed).collect();
        if let Some(line) = seen.insert(shape.join("/"), item.node.line) {
            root.findings().problem(&item, format!("duplicate of the route at line {line}: keep one"));
        }
    }
}
