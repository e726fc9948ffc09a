//! Reads `[[routes]]`: the route keys, and what each route requires.

use std::collections::HashMap;

use super::{
    section::{Section, listed},
    settings::NamedRoute,
};
use crate::{
    document::{Cursor, NodeValue},
    limits::MAX_SCOPES,
    route::{RouteAuthorization, RouteKey},
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
    Some(NamedRoute { route, authorization, authorizer })
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
