//! Routes whose requests the inner service could hand to a route with another rule, found when a table is built.
//!
//! So a plain request costs one lookup, unless its route is one of these.

use super::{
    MatchRules, Route,
    path::{REST, TrailingSlash},
    tree::{Place, Tree},
};
use crate::limits::MAX_CONFLICT_STEPS;

/// Which routes have to be looked at more closely for each request.
#[derive(Clone, Debug, Default)]
pub(super) struct Conflicts {
    literal_first: Vec<bool>,
    any_order: Vec<bool>,
}

/// An HTTP API's order, whatever its slashes mean.
pub(super) const FULL_MATCH_FIRST: MatchRules =
    MatchRules { trailing_slash: TrailingSlash::Significant, full_match_first: true };

impl Conflicts {
    pub(super) fn of(routes: &[Route], tree: &Tree) -> Self {
        let mut conflicts = Self::default();
        let mut steps = MAX_CONFLICT_STEPS;
        for route in routes {
            let mut literal_first = false;
            let mut any_order = false;
            tree.each_overlapping(route.segments(), &mut |place: Place| {
                let other = routes.get(place);
                literal_first |= other.is_some_and(|other| is_taken_literal_first(route, other, FULL_MATCH_FIRST));
                any_order |= other.is_some_and(|other| {
                    is_taken_in_any_order(route, other, REST) || is_taken_in_any_order(route, other, FULL_MATCH_FIRST)
                });
                steps = steps.saturating_sub(1);
                steps > 0 && !(literal_first && any_order)
            });
            // What was not looked at may be one.
            conflicts.literal_first.push(literal_first || steps == 0);
            conflicts.any_order.push(any_order || steps == 0);
        }
        conflicts
    }

    pub(super) fn literal_first(&self, place: Place) -> bool {
        self.literal_first.get(place).copied().unwrap_or(true)
    }

    pub(super) fn any_order(&self, place: Place) -> bool {
        self.any_order.get(place).copied().unwrap_or(true)
    }
}

/// Whether requests fall under `route`, and a router that takes the literal first from the left gives them to `other`, which
/// is guarded by another rule.
pub(super) fn is_taken_literal_first(route: &Route, other: &Route, rules: MatchRules) -> bool {
    is_guarded_otherwise(route, other)
        && route.precedence(rules) < other.precedence(rules)
        && other.precedence(REST) < route.precedence(REST)
}

/// Whether requests fall under `route`, and a router with an order of its own may give them to `other`, which is guarded by
/// another rule. One that covers everything that `route` covers comes after it, or `route` would never be chosen.
pub(super) fn is_taken_in_any_order(route: &Route, other: &Route, rules: MatchRules) -> bool {
    is_guarded_otherwise(route, other) && route.precedence(rules) < other.precedence(rules) && !other.covers(route)
}

fn is_guarded_otherwise(route: &Route, other: &Route) -> bool {
    !other.is_open() && !other.has_same_rule(route) && other.overlaps(route)
}
