//! Finds the routes whose requests the inner service could hand to a route with another rule.
//!
//! The table does this once, when it is built, so a plain request costs one lookup unless its route has a conflict.

use super::{
    InnerRouter, MatchRules, Route,
    path::REST,
    tree::{Place, Tree},
};
use crate::limits::MAX_CONFLICT_STEPS;

/// Marks, by place, the routes that need a closer look for each request.
#[derive(Clone, Debug)]
pub(super) struct Conflicts(Vec<bool>);

impl Conflicts {
    pub(super) fn of(routes: &[Route], tree: &Tree, router: InnerRouter, rules: MatchRules) -> Self {
        // A service that uses the matched route has no order that could conflict, and the table never reads these marks.
        if router == InnerRouter::MatchedRoute {
            return Self(Vec::new());
        }
        // The API and the inner service have the same order.
        if router == InnerRouter::LiteralFirst && !rules.full_match_first {
            return Self(vec![false; routes.len()]);
        }
        let mut steps = MAX_CONFLICT_STEPS;
        let is_one = |route: &Route| {
            let mut is_taken = false;
            tree.each_overlapping(route.segments(), &mut steps, &mut |place: Place| {
                is_taken = routes.get(place).is_some_and(|other| may_take(router, route, other, rules));
                !is_taken
            });
            // If the steps run out, an unchecked route may still conflict.
            is_taken || steps == 0
        };
        Self(routes.iter().map(is_one).collect())
    }

    /// Whether the inner service may hand requests for the route at this place to another route.
    pub(super) fn are_at(&self, place: Place) -> bool {
        self.0.get(place).copied().unwrap_or(true)
    }
}

/// Whether requests match `route` but the inner service may hand them to `other`, which is guarded by another rule.
pub(super) fn may_take(router: InnerRouter, route: &Route, other: &Route, rules: MatchRules) -> bool {
    match router {
        InnerRouter::LiteralFirst => rules.full_match_first && is_taken_literal_first(route, other, rules),
        InnerRouter::AnyOrder => is_taken_in_any_order(route, other, rules),
        InnerRouter::MatchedRoute => false,
    }
}

/// Whether requests match `route` but a router with `InnerRouter::LiteralFirst` hands them to `other`, which is guarded by
/// another rule.
fn is_taken_literal_first(route: &Route, other: &Route, rules: MatchRules) -> bool {
    is_guarded_otherwise(route, other)
        && route.precedence(rules) < other.precedence(rules)
        && other.precedence(REST) < route.precedence(REST)
}

/// Whether requests match `route` but a router with `InnerRouter::AnyOrder` may hand them to `other`, which is guarded by
/// another rule. If `other` covers everything that `route` covers, `other` comes after `route`; otherwise the router would
/// never choose `route`.
fn is_taken_in_any_order(route: &Route, other: &Route, rules: MatchRules) -> bool {
    is_guarded_otherwise(route, other) && route.precedence(rules) < other.precedence(rules) && !other.covers(route)
}

fn is_guarded_otherwise(route: &Route, other: &Route) -> bool {
    !other.is_open() && !other.has_same_rule(route) && other.overlaps(route)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::route::{RouteTable, RouteTableBuilder};

    /// Whether `GET /free`, which no other route covers, is looked at more closely beside so many pairs that overlap.
    fn is_free_route_looked_at(pairs: usize) -> bool {
        let add = |table: RouteTableBuilder, number| {
            table
                .scopes(format!("GET /{{v}}/b{number}"), [format!("b{number}")])
                .scopes(format!("GET /a{number}/{{v}}"), [format!("a{number}")])
        };
        let table = (0..pairs).fold(RouteTable::builder(), add).scopes("GET /free", ["free"]).build().unwrap();
        let routes = table.routes();
        let mut tree = Tree::new(false);
        for route in routes {
            tree.insert(route.pattern(), route.place()).unwrap();
        }
        Conflicts::of(routes, &tree, InnerRouter::AnyOrder, REST).are_at(routes.len() - 1)
    }

    /// A stranger's definition can have thousands of routes that overlap.
    #[test]
    fn routes_that_are_not_reached_are_looked_at_for_each_request() {
        assert!(!is_free_route_looked_at(10));
        assert!(is_free_route_looked_at(1_000));
    }
}
