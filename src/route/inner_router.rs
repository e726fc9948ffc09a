//! How the inner service chooses a handler.

use crate::word::words;

/// How the router of the inner service chooses between routes that cover the same request.
///
/// The layer applies the rule of the route that API Gateway would choose. The inner service then chooses the handler by itself,
/// and may choose another one. So a request passes only if every route that the inner service could choose has the same rule,
/// or is open; any other request is rejected with 400, and [`RouteTable::lint`](super::RouteTable::lint) names
/// the routes beforehand ([behaviour §10.90](crate::docs::behaviour)).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum InnerRouter {
    /// A literal segment comes before a variable, segment by segment from the left, in whichever order the routes were added:
    /// axum, matchit, tonic.
    #[default]
    LiteralFirst,
    /// The first route that was added and matches, or any other order: Express, NestJS, FastAPI, Django, Rails, actix-web,
    /// Spring, the route lists of Envoy and the locations of nginx; also Fastify, whose variables take the empty segment at the
    /// end of a path. A route that covers everything another one covers is taken
    /// to come after it, since the other one would never be chosen otherwise.
    AnyOrder,
    /// The inner service chooses the handler by the [`MatchedRoute`](crate::route::MatchedRoute) in the request's extensions and by
    /// nothing else, so that there is nothing to agree about. The table then inserts it without being asked to.
    MatchedRoute,
}

words!(InnerRouter { AnyOrder = "any_order", LiteralFirst = "literal_first", MatchedRoute = "matched_route" });
