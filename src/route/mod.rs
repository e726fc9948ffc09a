//! Which rule a request falls under.
//!
//! In: the rules as data, and the method and path of a request. Out: the one rule that applies. A
//! request that no rule covers, and a path that means two things, are refused.
//! [Behaviour §5.1](crate::docs::behaviour); API Gateway developer guide, "Set up API resources".

mod agreement;
mod authorization;
mod builder;
mod conflicts;
mod inner_router;
mod key;
mod lint;
mod marks;
mod matched;
mod overrides;
mod path;
mod readings;
mod relation;
mod rule;
mod table;
mod tree;

use self::key::RouteKey;
#[cfg(feature = "internals")]
pub(crate) use self::readings::step_names;
pub use self::{
    authorization::RouteAuthorization,
    builder::{RouteTableBuilder, RouteTableError},
    inner_router::InnerRouter,
    key::RouteKeyError,
    lint::{RouteLint, RouteLintKind},
    matched::MatchedRoute,
    path::TrailingSlash,
    rule::Route,
    table::{NoRoute, RouteTable},
};
pub(crate) use self::{
    matched::path_variables,
    overrides::Overrides,
    path::{MatchRules, REST},
};

#[cfg(test)]
mod tests;
