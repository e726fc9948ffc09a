//! Which rule a request falls under.
//!
//! In: the rules as data, and the method and path of a request. Out: the one rule that applies. A
//! request that no rule covers, and a path that means two things, are refused.
//! [Behaviour §5.1](crate::docs::behaviour); API Gateway developer guide, "Set up API resources".

mod authorization;
mod builder;
mod key;
mod lint;
mod matched;
mod path;
mod rule;
mod table;
mod tree;

use self::key::RouteKey;
pub use self::{
    authorization::RouteAuthorization,
    builder::{RouteTableBuilder, RouteTableError},
    key::RouteKeyError,
    lint::{RouteLint, RouteLintKind},
    matched::MatchedRoute,
    path::TrailingSlash,
    rule::Route,
    table::{NoRoute, RouteTable},
};
pub(crate) use self::{
    matched::path_variables,
    path::{MatchRules, REST},
};

#[cfg(test)]
mod tests;
