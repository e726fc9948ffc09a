//! Describes how the inner service chooses a handler.

use crate::word::words;

/// Describes how the inner service chooses between routes that cover the same request.
///
/// The layer applies the rule of the route that API Gateway would choose. The inner service chooses its handler independently,
/// and may choose another route. A request therefore passes only if every route that the inner service could choose has the
/// same rule or is open. Any other request is rejected with 400. [`RouteTable::lint`](super::RouteTable::lint) reports the
/// routes in advance ([behaviour §10.90](crate::docs::behaviour)).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum InnerRouter {
    /// Chooses a literal segment before a variable, segment by segment from the left, whatever the order in which the routes
    /// were added: axum, matchit, tonic.
    #[default]
    LiteralFirst,
    /// Chooses the first matching route that was added, or uses any other order: Express, NestJS, FastAPI, Django, Rails,
    /// actix-web, Spring, the route lists of Envoy and the locations of nginx. Fastify belongs here too, since its variables
    /// match the empty segment at the end of a path. A route that covers everything another route covers is assumed to come
    /// after that route, which would otherwise never be chosen.
    AnyOrder,
    /// Chooses the handler only by the [`MatchedRoute`](crate::route::MatchedRoute) in the request extensions, so the inner
    /// service and the layer cannot disagree. The table then always inserts the `MatchedRoute`.
    MatchedRoute,
}

words!(InnerRouter { AnyOrder = "any_order", LiteralFirst = "literal_first", MatchedRoute = "matched_route" });
