//! Compares the requests of two routes: whether they overlap, and whether one route covers the other.

use http::Method;

use super::{
    Route,
    key::{ANY, Pattern, RouteMethod, Segment},
};

impl Route {
    /// The path of the route; `$default` counts as a greedy variable at the root that also covers `/`.
    pub(super) fn segments(&self) -> &[Segment] {
        match self.pattern() {
            Pattern::Default => &[Segment::Greedy],
            Pattern::Path { segments, .. } => segments,
        }
    }

    /// The method of the route; `None` for every method.
    pub(super) fn method(&self) -> Option<&Method> {
        match self.pattern() {
            Pattern::Default | Pattern::Path { method: RouteMethod::Any, .. } => None,
            Pattern::Path { method: RouteMethod::Exact(method), .. } => Some(method),
        }
    }

    /// The methods that the route covers: its own, or all methods of `ANY`.
    pub(super) fn methods(&self) -> &[Method] {
        self.method().map_or(&ANY, std::slice::from_ref)
    }

    /// Whether this route covers every request that the other route covers.
    pub(super) fn covers(&self, other: &Self) -> bool {
        self.covers_path(other) && self.method().is_none_or(|method| other.method() == Some(method))
    }

    /// Whether this route covers the other route for requests with this method. A handler for GET also answers HEAD.
    pub(super) fn covers_where_asked_for(&self, method: &Method, other: &Self) -> bool {
        let is_head =
            *method == Method::HEAD && self.method() == Some(&Method::GET) && other.method() == Some(&Method::HEAD);
        let is_method = is_head || self.method().is_none_or(|method| other.method() == Some(method));
        // A variable that matches nothing covers the root.
        let is_root = other.segments().is_empty() && matches!(self.segments(), [Segment::Variable | Segment::Greedy]);
        is_method && (is_root || self.covers_path(other))
    }

    /// Whether this route covers every path that the other route covers, whatever their methods.
    pub(super) fn covers_path(&self, other: &Self) -> bool {
        let is_default = |route: &Self| *route.pattern() == Pattern::Default;
        is_default(self) || !is_default(other) && covers_path(self.segments(), other.segments())
    }

    /// Whether some request is covered by both routes.
    pub(super) fn overlaps(&self, other: &Self) -> bool {
        overlap(self.segments(), other.segments()) && self.shares_method(other)
    }

    pub(super) fn shares_method(&self, other: &Self) -> bool {
        match (self.method(), other.method()) {
            (None, _) | (_, None) => true,
            (Some(one), Some(other)) => one == other,
        }
    }
}

fn covers_path(outer: &[Segment], inner: &[Segment]) -> bool {
    match (outer.split_first(), inner.split_first()) {
        (None, None) => true,
        (Some((Segment::Greedy, _)), Some(_)) => true,
        (Some((Segment::Variable, outer)), Some((Segment::Literal(_) | Segment::Variable, inner))) => {
            covers_path(outer, inner)
        }
        (Some((Segment::Literal(own), outer)), Some((Segment::Literal(text), inner))) => {
            own == text && covers_path(outer, inner)
        }
        _ => false,
    }
}

fn overlap(one: &[Segment], other: &[Segment]) -> bool {
    match (one.split_first(), other.split_first()) {
        (None, None) => true,
        (Some((Segment::Greedy, _)), Some(_)) | (Some(_), Some((Segment::Greedy, _))) => true,
        (Some((Segment::Literal(one), _)), Some((Segment::Literal(other), _))) if one != other => false,
        (Some((_, one)), Some((_, other))) => overlap(one, other),
        (None, Some(_)) | (Some(_), None) => false,
    }
}
