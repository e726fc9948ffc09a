//! The routes of a table by path and method, as a tree of segments.

use std::collections::BTreeMap;

use http::Method;

use super::key::{ANY, RouteMethod, Segment};

/// Where a route stands in the list.
pub(super) type Place = usize;

/// A path of the table: what is there, and what lies below.
#[derive(Clone, Debug, Default)]
pub(super) struct Node {
    literals: BTreeMap<Box<str>, Node>,
    variable: Option<Box<Node>>,
    /// A greedy variable below this path.
    pub(super) greedy: Methods,
    /// The path itself.
    here: Methods,
}

/// The routes of one path by method.
#[derive(Clone, Debug, Default)]
pub(super) struct Methods {
    exact: Vec<(Method, Place)>,
    any: Option<Place>,
}

/// Whether greedy variables are looked at.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Greedy {
    Matched,
    Skipped,
}

/// A route that covers a request.
#[derive(Clone, Copy)]
pub(super) struct Found {
    pub(super) place: Place,
    /// Whether the route names the very method.
    pub(super) is_exact: bool,
}

impl Node {
    /// Depth first, most specific first. Each node lies on one path from the root, so no node is
    /// visited twice, whatever the request.
    pub(super) fn find(&self, method: &Method, segments: &[&str], greedy: Greedy) -> Option<Found> {
        let Some((first, rest)) = segments.split_first() else { return self.here.find(method) };
        let literal = || self.literals.get(*first)?.find(method, rest, greedy);
        let variable = || self.variable.as_deref().filter(|_| !first.is_empty())?.find(method, rest, greedy);
        // What a slash at the end leaves is no segment.
        let rest = || self.greedy.find(method).filter(|_| greedy == Greedy::Matched && *segments != [""]);
        literal().or_else(variable).or_else(rest)
    }

    pub(super) fn methods(&mut self, segments: &[Segment]) -> &mut Methods {
        match segments.split_first() {
            None => &mut self.here,
            Some((Segment::Greedy, _)) => &mut self.greedy,
            Some((Segment::Literal(text), rest)) => self.literals.entry(text.clone()).or_default().methods(rest),
            Some((Segment::Variable, rest)) => self.variable.get_or_insert_default().methods(rest),
        }
    }
}

impl Methods {
    pub(super) fn find(&self, method: &Method) -> Option<Found> {
        let exact = self.exact.iter().find(|(own, _)| own == method);
        let any = || self.any.filter(|_| ANY.contains(method));
        exact
            .map(|(_, place)| Found { place: *place, is_exact: true })
            .or_else(|| Some(Found { place: any()?, is_exact: false }))
    }

    /// An error if the method has a route already: where that one stands.
    pub(super) fn insert(&mut self, method: &RouteMethod, place: Place) -> Result<(), Place> {
        match method {
            RouteMethod::Any => match self.any.replace(place) {
                None => Ok(()),
                Some(earlier) => Err(earlier),
            },
            RouteMethod::Exact(method) => match self.exact.iter().find(|(own, _)| own == method) {
                None => {
                    self.exact.push((method.clone(), place));
                    Ok(())
                }
                Some((_, earlier)) => Err(*earlier),
            },
        }
    }
}
