//! Stores the routes of a table by path and method, as a tree of segments.

use std::collections::BTreeMap;

use http::Method;

use super::key::{ANY, Pattern, RouteMethod, Segment};

/// The position of a route in the list of routes.
pub(super) type Place = usize;

/// The routes of a table, as a tree.
#[derive(Clone, Debug, Default)]
pub(super) struct Tree {
    root: TreeNode,
    /// `$default`
    default: Methods,
    /// Whether a greedy variable at the root also covers the root itself.
    proxy_covers_root: bool,
}

/// A path of the table: the routes of the path itself, and the paths below it.
#[derive(Clone, Debug, Default)]
struct TreeNode {
    literals: BTreeMap<Box<str>, TreeNode>,
    variable: Option<Box<TreeNode>>,
    /// The routes with a greedy variable below this path.
    greedy: Methods,
    /// The routes of the path itself.
    here: Methods,
}

/// The routes of one path by method.
#[derive(Clone, Debug, Default)]
struct Methods {
    exact: Vec<(Method, Place)>,
    any: Vec<Place>,
}

/// How the literals of a table are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Case {
    Sensitive,
    Ignored,
}

/// The order of precedence between routes that cover the same request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    /// A literal comes before a variable, and a variable before a greedy variable, from the left.
    LiteralFirst,
    /// Works like `LiteralFirst`, but every route without a greedy variable comes first (behaviour §5.2.1).
    FullMatchFirst,
}

/// Whether to match greedy variables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Greedy {
    Matched,
    Skipped,
}

/// The text that a variable at the end of a path may match.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum AtEnd {
    /// At least one character.
    Something,
    /// Also the root and the empty segment that a slash at the end leaves, as in Fastify and with the wildcards of Express.
    Anything,
}

/// A route that covers a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct RouteMatch {
    pub(super) place: Place,
    /// Whether the route names the method itself rather than `ANY`.
    pub(super) is_exact: bool,
}

impl Tree {
    pub(super) fn new(proxy_covers_root: bool) -> Self {
        Self { proxy_covers_root, ..Self::default() }
    }

    /// Adds a route. If the tree already has a route for the same requests, returns its place as an error and keeps both.
    pub(super) fn insert(&mut self, pattern: &Pattern, place: Place) -> Result<(), Place> {
        match pattern {
            Pattern::Default => self.default.insert(&RouteMethod::Any, place),
            Pattern::Path { method, segments } => self.root.methods(segments).insert(method, place),
        }
    }

    /// Returns the first route in an order. Each node lies on one path from the root, so a search visits no node twice,
    /// whatever the request.
    pub(super) fn first(&self, method: &Method, segments: &[&str], order: Order) -> Option<RouteMatch> {
        let full = match order {
            Order::LiteralFirst => None,
            Order::FullMatchFirst => self.root.first(method, segments, Greedy::Skipped),
        };
        let root = || self.root.greedy.first(method).filter(|_| self.is_covered_root(segments));
        full.or_else(|| self.root.first(method, segments, Greedy::Matched))
            .or_else(root)
            .or_else(|| self.default.first(method))
    }

    /// Visits every route that covers a request.
    pub(super) fn each_covering(
        &self,
        method: &Method,
        segments: &[&str],
        at_end: AtEnd,
        visit: &mut impl FnMut(Place),
    ) {
        if segments.is_empty() {
            self.root.here.each(method, visit);
            if at_end == AtEnd::Anything {
                self.root.each_covering(method, &[""], at_end, visit);
            } else if self.is_covered_root(segments) {
                self.root.greedy.each(method, visit);
            }
        } else {
            self.root.each_covering(method, segments, at_end, visit);
        }
        self.default.each(method, visit);
    }

    /// Visits every route except `$default` whose path overlaps this one. Stops when `visit` returns false or no steps are
    /// left. Each path and each route of the tree costs one step.
    pub(super) fn each_overlapping(
        &self,
        segments: &[Segment],
        steps: &mut usize,
        visit: &mut impl FnMut(Place) -> bool,
    ) {
        self.root.each_overlapping(segments, steps, visit);
    }

    fn is_covered_root(&self, segments: &[&str]) -> bool {
        segments.is_empty() && self.proxy_covers_root
    }
}

impl TreeNode {
    /// Searches depth first, most specific segment first.
    fn first(&self, method: &Method, segments: &[&str], greedy: Greedy) -> Option<RouteMatch> {
        let Some((first, rest)) = segments.split_first() else { return self.here.first(method) };
        let literal = || self.literals.get(*first)?.first(method, rest, greedy);
        let variable = || self.variable.as_deref().filter(|_| !first.is_empty())?.first(method, rest, greedy);
        // A greedy variable does not match the empty segment that a slash at the end leaves.
        let rest = || self.greedy.first(method).filter(|_| greedy == Greedy::Matched && *segments != [""]);
        literal().or_else(variable).or_else(rest)
    }

    fn each_covering(&self, method: &Method, segments: &[&str], at_end: AtEnd, visit: &mut impl FnMut(Place)) {
        let Some((first, rest)) = segments.split_first() else { return self.here.each(method, visit) };
        if let Some(literal) = self.literals.get(*first) {
            literal.each_covering(method, rest, at_end, visit);
        }
        let is_taken = !first.is_empty() || rest.is_empty() && at_end == AtEnd::Anything;
        if let Some(variable) = self.variable.as_deref().filter(|_| is_taken) {
            variable.each_covering(method, rest, at_end, visit);
        }
        if *segments != [""] || at_end == AtEnd::Anything {
            self.greedy.each(method, visit);
        }
    }

    fn each_overlapping(&self, segments: &[Segment], steps: &mut usize, visit: &mut impl FnMut(Place) -> bool) -> bool {
        *steps = steps.saturating_sub(1);
        if *steps == 0 {
            return false;
        }
        let Some((first, rest)) = segments.split_first() else { return self.here.each_place(steps, visit) };
        let variable = self.variable.as_deref();
        let goes_on = match first {
            Segment::Literal(text) => {
                let mut below = self.literals.get(text).into_iter().chain(variable);
                below.all(|node| node.each_overlapping(rest, steps, visit))
            }
            Segment::Variable => {
                let mut below = self.literals.values().chain(variable);
                below.all(|node| node.each_overlapping(rest, steps, visit))
            }
            Segment::Greedy => self.literals.values().chain(variable).all(|node| node.each_place(steps, visit)),
        };
        goes_on && self.greedy.each_place(steps, visit)
    }

    /// Visits every route of this path and of the paths below it.
    fn each_place(&self, steps: &mut usize, visit: &mut impl FnMut(Place) -> bool) -> bool {
        *steps = steps.saturating_sub(1);
        *steps > 0
            && self.here.each_place(steps, visit)
            && self.greedy.each_place(steps, visit)
            && self.literals.values().chain(self.variable.as_deref()).all(|node| node.each_place(steps, visit))
    }

    fn methods(&mut self, segments: &[Segment]) -> &mut Methods {
        match segments.split_first() {
            None => &mut self.here,
            Some((Segment::Greedy, _)) => &mut self.greedy,
            Some((Segment::Literal(text), rest)) => self.literals.entry(text.clone()).or_default().methods(rest),
            Some((Segment::Variable, rest)) => self.variable.get_or_insert_default().methods(rest),
        }
    }
}

impl Methods {
    fn first(&self, method: &Method) -> Option<RouteMatch> {
        let exact = self.exact.iter().find(|(own, _)| own == method);
        let any = || self.any.first().filter(|_| ANY.contains(method));
        exact
            .map(|(_, place)| RouteMatch { place: *place, is_exact: true })
            .or_else(|| Some(RouteMatch { place: *any()?, is_exact: false }))
    }

    fn each(&self, method: &Method, visit: &mut impl FnMut(Place)) {
        self.exact.iter().filter(|(own, _)| own == method).for_each(|(_, place)| visit(*place));
        if !self.any.is_empty() && ANY.contains(method) {
            self.any.iter().for_each(|place| visit(*place));
        }
    }

    fn each_place(&self, steps: &mut usize, visit: &mut impl FnMut(Place) -> bool) -> bool {
        let places = self.exact.iter().map(|(_, place)| place).chain(&self.any);
        places.into_iter().all(|place| {
            *steps = steps.saturating_sub(1);
            *steps > 0 && visit(*place)
        })
    }

    fn insert(&mut self, method: &RouteMethod, place: Place) -> Result<(), Place> {
        let earlier = match method {
            RouteMethod::Any => self.any.first().copied(),
            RouteMethod::Exact(method) => self.exact.iter().find(|(own, _)| own == method).map(|(_, place)| *place),
        };
        match method {
            RouteMethod::Any => self.any.push(place),
            RouteMethod::Exact(method) => self.exact.push((method.clone(), place)),
        }
        earlier.map_or(Ok(()), Err)
    }
}
