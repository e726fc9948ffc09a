//! Matches requests to the routes of an API.
//!
//! The input is the routes with their rules, and the method and path of a request. The output is the one rule that applies. An
//! ambiguous path is rejected, and so is a request that no route covers, unless configured otherwise.
//! [Behaviour §5.1](crate::docs::behaviour); API Gateway developer guide, "Set up API resources".

mod agreement;
mod authorization;
mod builder;
mod conflicts;
mod error;
mod find;
mod inner_router;
mod key;
mod lint;
mod marks;
mod matched;
mod mock_response;
mod overrides;
mod path;
mod readings;
mod relation;
mod rule;
mod stage;
mod table;
mod tree;

#[cfg(feature = "__internals")]
pub(crate) use self::readings::step_names;
pub use self::{
    authorization::RouteAuthorization,
    builder::RouteTableBuilder,
    error::{RouteTableError, RouteTableMistake},
    inner_router::InnerRouter,
    key::{RouteKey, RouteKeyError},
    lint::{RouteLint, RouteLintKind},
    matched::MatchedRoute,
    mock_response::{MockResponse, MockResponseError},
    path::TrailingSlash,
    rule::Route,
    table::{NoRoute, RouteTable},
};
pub(crate) use self::{
    matched::path_variables,
    overrides::Overrides,
    path::{MatchRules, REST},
};
#[cfg(feature = "configuration")]
pub(crate) use self::{path::PathPolicy, table::TableSettings};
pub use crate::word::UnknownWord;

#[cfg(test)]
mod tests;
