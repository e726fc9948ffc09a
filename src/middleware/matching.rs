//! Finds the rule and the authorizer of a request.

use std::sync::Arc;

use http::Uri;

use super::head::RequestHead;
use crate::{
    authorizer::{Authorizer, Authorizers},
    route::{NoRoute, Overrides, Route, RouteAuthorization, RouteTable},
};

/// The authorizers of an API, with the rule or rules that they apply.
#[derive(Clone, Debug)]
pub(super) struct Matching {
    /// Never empty. The first authorizer provides what all of them share: their type, and the responses where no route
    /// names an authorizer.
    authorizers: Authorizers,
    pub(super) rule: Rule,
    /// Whether to match the target that the outermost axum router saw; requires the feature `axum`.
    pub(super) uses_original_uri: bool,
}

/// The rule, or rules, that a layer applies.
#[derive(Clone, Debug)]
pub(super) enum Rule {
    /// One rule for every path: the router has already matched the path.
    One(Arc<RouteAuthorization>),
    Table {
        table: Arc<RouteTable>,
        /// The authorizer of each route, in the order of the table. An open route gets the first authorizer.
        authorizers: Arc<[Authorizer]>,
    },
}

/// The rule that applies to a request. It holds no reference, so it can be stored while the request waits.
#[derive(Clone, Copy, Debug)]
pub(super) enum Target {
    /// No route; the request is forwarded.
    Unknown,
    /// The rule of the layer, for every path.
    Any,
    /// The route at this index of the table.
    Route(usize),
}

impl Matching {
    pub(super) fn new(authorizers: Authorizers, rule: Rule) -> Self {
        Self { authorizers, rule, uses_original_uri: false }
    }

    pub(super) fn authorizers(&self) -> &Authorizers {
        &self.authorizers
    }

    /// Finds the rule that applies to a request.
    #[inline]
    pub(super) fn find(&self, head: RequestHead<'_>) -> Result<Target, NoRoute> {
        let target = self.target(head, self.uri(head))?;
        self.for_whole_path(head, target)
    }

    /// Returns the authorization that a target requires; `None` if no rule applies.
    #[inline]
    pub(super) fn authorization(&self, target: Target) -> Option<&Arc<RouteAuthorization>> {
        match (target, &self.rule) {
            (Target::Any, Rule::One(authorization)) => Some(authorization),
            _ => self.route(target).map(Route::shared_authorization),
        }
    }

    /// Returns the authorizer that verifies the token; without a route, the first one.
    #[inline]
    pub(super) fn authorizer(&self, target: Target) -> &Authorizer {
        let of_route = match (target, &self.rule) {
            // There is one authorizer for each route.
            (Target::Route(place), Rule::Table { authorizers, .. }) => authorizers.get(place),
            _ => None,
        };
        of_route.unwrap_or(self.authorizers.first())
    }

    /// Returns the route, if the request matched one in a table.
    pub(super) fn route(&self, target: Target) -> Option<&Route> {
        match (target, &self.rule) {
            (Target::Route(place), Rule::Table { table, .. }) => table.routes().get(place),
            _ => None,
        }
    }

    /// Returns the route table, if there is one.
    pub(super) fn table(&self) -> Option<&Arc<RouteTable>> {
        match &self.rule {
            Rule::One(_) => None,
            Rule::Table { table, .. } => Some(table),
        }
    }

    /// Whether a preflight passes: the route's authorizer decides; without a route, all must allow it.
    #[inline]
    pub(super) fn passes_preflight(&self, found: Result<Target, NoRoute>) -> bool {
        match found {
            Ok(target @ (Target::Any | Target::Route(_))) => {
                let is_unsupported = self.authorization(target).is_some_and(|own| own.is_unsupported());
                !is_unsupported && self.authorizer(target).passes_preflight()
            }
            Ok(Target::Unknown) | Err(NoRoute::NotFound) => {
                self.authorizers.iter().all(|(_, authorizer)| authorizer.passes_preflight())
            }
            Err(NoRoute::Ambiguous | NoRoute::UnknownStage) => false,
        }
    }

    /// Returns the target to match: the target of the request, or the one that the outermost axum router saw.
    pub(super) fn uri<'r>(&self, head: RequestHead<'r>) -> &'r Uri {
        head.original_uri.filter(|_| self.uses_original_uri).unwrap_or(head.uri)
    }

    fn target(&self, head: RequestHead<'_>, uri: &Uri) -> Result<Target, NoRoute> {
        match &self.rule {
            Rule::One(_) => Ok(Target::Any),
            Rule::Table { table, .. } => {
                let overrides = Overrides::of(head.headers, uri.query());
                let route = table.find_overridden(head.method, uri.path(), &overrides)?;
                Ok(route.map_or(Target::Unknown, |route| Target::Route(route.place())))
            }
        }
    }

    /// Returns the target, unless a nested axum router left only a part of the path. The request is then rejected if
    /// that part matches no route, or if the full path has another rule, for any method.
    #[cfg(feature = "axum")]
    fn for_whole_path(&self, head: RequestHead<'_>, target: Target) -> Result<Target, NoRoute> {
        let Rule::Table { table, .. } = &self.rule else { return Ok(target) };
        let original = head.original_uri.filter(|_| !self.uses_original_uri);
        let Some(original) = original.filter(|original| original.path() != head.uri.path()) else { return Ok(target) };
        let Some(route) = self.route(target) else { return Err(NoRoute::NotFound) };
        match self.target(head, original) {
            Ok(whole) if self.route(whole).is_some_and(|whole| !route.has_same_rule(whole)) => Err(NoRoute::Ambiguous),
            Err(NoRoute::NotFound) if table.guards_otherwise(original.path(), route) => Err(NoRoute::Ambiguous),
            Err(NoRoute::Ambiguous) => Err(NoRoute::Ambiguous),
            _ => Ok(target),
        }
    }

    #[cfg(not(feature = "axum"))]
    fn for_whole_path(&self, _: RequestHead<'_>, target: Target) -> Result<Target, NoRoute> {
        Ok(target)
    }
}
