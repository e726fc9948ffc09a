//! Checks that every answer to a request agrees with the rule of the chosen route.
//!
//! API Gateway would choose one route for a request. The request passes under the rule of the chosen route only if every answer
//! agrees. An answer is the route for one reading of the path and of the method, in one order of precedence that the inner
//! service may have. An answer agrees if it has the same rule or is open. If a token was checked, an answer without a route
//! agrees too. An open chosen route does not agree with a guarded answer. [Behaviour §10.90](crate::docs::behaviour).

use http::Method;
use smallvec::SmallVec;

use super::{
    InnerRouter, Route, RouteTable, TrailingSlash,
    key::ANY,
    marks::Marks,
    path::{self, PathPolicy},
    tree::{AtEnd, Case, Order},
};

/// Compares every answer to a request with the chosen route.
pub(super) struct Agreement<'t> {
    pub(super) table: &'t RouteTable,
    /// The route that decides about the request; `None` if the request is forwarded without a route.
    pub(super) chosen: Option<&'t Route>,
}

/// The reading of a slash at the end of a path.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Slash {
    /// The slash is read as the table reads it.
    Own,
    /// The slash starts an empty segment, although the table ignores the slash. A request passes even if no route has the empty
    /// segment (behaviour §5.1.7).
    Counted,
}

/// The routes between which the inner service may choose.
type Answers<'t> = SmallVec<[&'t Route; 4]>;

impl Agreement<'_> {
    /// Whether a reading of the path agrees for each of these methods.
    pub(super) fn holds(&self, methods: &[&Method], path: &str, marks: Marks) -> bool {
        self.holds_for_each_lookup(path, marks, |case, segments, slash| {
            methods.iter().all(|method| self.agrees(method, case, segments, slash))
        })
    }

    /// Whether every route that covers a reading of the path, for any method, is open or has the rule of the chosen route.
    #[cfg(feature = "axum")]
    pub(super) fn holds_for_any_method(&self, path: &str, marks: Marks) -> bool {
        self.holds_for_each_lookup(path, marks, |case, segments, _| {
            let Some(below) = self.table.below_stage(segments, case) else { return false };
            ANY.iter().all(|method| self.allows(method, case, below, &self.table.answers(method, case, below)))
        })
    }

    /// Calls `holds` with the segments of a path for each reading of the slash at its end. Repeats this without regard to case
    /// if case may matter.
    fn holds_for_each_lookup(&self, path: &str, marks: Marks, holds: impl Fn(Case, &[&str], Slash) -> bool) -> bool {
        let policy = self.table.settings.policy;
        let holds_for_each_slash = |case: Case, path: &str| {
            let Ok(segments) = path::segments(path) else { return false };
            let without_slash = path::without_slash_at_end(&segments);
            let is_read_as_sent =
                policy == PathPolicy::AsSent && self.table.settings.inner_router != InnerRouter::AnyOrder;
            let is_counted = without_slash.len() != segments.len() && !is_read_as_sent;
            match self.table.rules.trailing_slash {
                TrailingSlash::Significant => holds(case, &segments, Slash::Own),
                TrailingSlash::Ignored => {
                    holds(case, without_slash, Slash::Own) && (!is_counted || holds(case, &segments, Slash::Counted))
                }
            }
        };
        !policy.rejects(marks)
            && holds_for_each_slash(Case::Sensitive, path)
            && (!self.table.ignores_case_of(marks) || holds_for_each_slash(Case::Ignored, &path::fold_case(path)))
    }

    fn agrees(&self, method: &Method, case: Case, segments: &[&str], slash: Slash) -> bool {
        let is_guarded = self.chosen.is_some_and(|chosen| !chosen.is_open());
        let Some(below) = self.table.below_stage(segments, case) else { return is_guarded };
        let answers = self.table.answers(method, case, below);
        if answers.is_empty() {
            let is_own_route = slash == Slash::Counted && self.chosen.is_some();
            return is_guarded || is_own_route || self.table.hands_on(case, below);
        }
        self.allows(method, case, below, &answers)
    }

    fn allows(&self, method: &Method, case: Case, below: &[&str], answers: &[&Route]) -> bool {
        // A route that covers everything that the chosen route covers comes after the chosen route; otherwise the chosen route
        // would never be chosen. This argument applies only if the chosen route covers this reading in every router.
        let is_later = |route: &Route| {
            let is_in_any_order = self.table.settings.inner_router == InnerRouter::AnyOrder || case == Case::Ignored;
            is_in_any_order
                && self.chosen.is_some_and(|chosen| {
                    let mut is_before = false;
                    let mut look = |place| is_before |= place == chosen.place();
                    self.table.tree(case).each_covering(method, below, AtEnd::Something, &mut look);
                    is_before && route.covers_where_asked_for(method, chosen)
                })
        };
        answers.iter().all(|route| {
            route.is_open() || self.chosen.is_some_and(|chosen| chosen.has_same_rule(route)) || is_later(route)
        })
    }
}

impl RouteTable {
    /// Returns the routes between which the inner service may choose; empty if no route covers the request.
    fn answers(&self, method: &Method, case: Case, segments: &[&str]) -> Answers<'_> {
        let tree = self.tree(case);
        let mut answers = Answers::new();
        if case == Case::Ignored || self.settings.inner_router == InnerRouter::AnyOrder {
            tree.each_covering(method, segments, AtEnd::Anything, &mut |place| {
                answers.extend(self.routes().get(place))
            });
            if *method == Method::HEAD {
                let guarded = |place| self.routes().get::<usize>(place).filter(|route| !route.is_open());
                tree.each_covering(&Method::GET, segments, AtEnd::Anything, &mut |place| {
                    answers.extend(guarded(place))
                });
            }
            return answers;
        }
        let orders: &[Order] = match (self.rules.order(), self.settings.inner_router) {
            (Order::FullMatchFirst, InnerRouter::LiteralFirst) => &[Order::FullMatchFirst, Order::LiteralFirst],
            (Order::FullMatchFirst, _) => &[Order::FullMatchFirst],
            (Order::LiteralFirst, _) => &[Order::LiteralFirst],
        };
        for order in orders {
            let found = tree.first(method, segments, *order);
            let route = found.and_then(|found| self.routes().get(found.place));
            answers.extend(route);
            if *method == Method::HEAD {
                let names_head = route.filter(|_| found.is_some_and(|found| found.is_exact));
                let get = tree.first(&Method::GET, segments, *order).and_then(|get| self.routes().get(get.place));
                // A GET handler also answers HEAD, unless the table has a HEAD route with a path that the GET route covers.
                let is_asked = |get: &&Route| !get.is_open() && !names_head.is_some_and(|head| get.covers_path(head));
                answers.extend(get.filter(is_asked));
            }
        }
        answers
    }

    /// Whether to forward a request that no route covers to the inner service. The table must allow this, and the path must not
    /// be guarded for any method, since a service may answer a method that the table does not know.
    pub(super) fn hands_on(&self, case: Case, segments: &[&str]) -> bool {
        let is_open = |method: &Method| self.answers(method, case, segments).iter().all(|route| route.is_open());
        self.settings.hands_on_unknown && ANY.iter().all(is_open)
    }
}

#[cfg(test)]
mod tests;
