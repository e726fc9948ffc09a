//! Finds route keys that API Gateway does not have in this form.
//!
//! Sources: API Gateway, "Set up REST API methods" (a resource has at most one child with a path variable, and there is no
//! default route); the variables `:id` of Express and of axum before 0.8.

use std::collections::HashMap;

use super::{RouteLint, RouteLintKind};
use crate::{
    limits::MAX_FINDINGS,
    route::{RouteKey, RouteTable},
};

impl RouteTable {
    /// Finds route keys with a form that API Gateway rejects, or reads as something else.
    pub(super) fn form_lints(&self) -> Vec<RouteLint> {
        let keys = || self.routes().iter().map(|route| route.key());
        let colons = keys().filter(|key| segments(key).any(|segment| segment.starts_with(':')));
        let mut found: Vec<RouteLint> = colons.map(|key| lint(RouteLintKind::ColonVariable, key, None)).collect();
        if !self.is_rest_api() {
            return found;
        }
        let defaults = keys().filter(|key| key.as_str() == "$default");
        found.extend(defaults.map(|key| lint(RouteLintKind::DefaultOnRestApi, key, None)));
        // The first variable below each path, with its route.
        let mut variables: HashMap<&str, (&str, &RouteKey)> = HashMap::new();
        for key in keys() {
            let path = path(key);
            let mut end = 0;
            for segment in path.split('/').skip(1) {
                let parent = path.get(..end).unwrap_or_default();
                end += 1 + segment.len();
                if !segment.starts_with('{') {
                    continue;
                }
                let (first, other) = *variables.entry(parent).or_insert((segment, key));
                if first != segment {
                    found.push(lint(RouteLintKind::VariableSiblings, key, Some(other)));
                    break;
                }
            }
        }
        found.truncate(MAX_FINDINGS);
        found
    }
}

fn path(key: &RouteKey) -> &str {
    key.as_str().split_once(' ').map_or("", |(_, path)| path)
}

fn segments(key: &RouteKey) -> impl Iterator<Item = &str> {
    path(key).split('/').skip(1)
}

fn lint(kind: RouteLintKind, key: &RouteKey, other: Option<&RouteKey>) -> RouteLint {
    RouteLint { kind, route_key: key.clone(), other: other.cloned(), witness: None }
}
