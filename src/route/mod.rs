//! Which rule a request falls under.
//!
//! In: the rules as data, and the method and path of a request. Out: the one rule that applies. A
//! request that no rule covers, and a path that means two things, are refused.
//! [Behaviour §5.1](crate::docs::behaviour); API Gateway developer guide, "Set up API resources".
//!
//! The rule of the most specific route applies, compared segment by segment from the left:
//!
//! 1. a literal segment before a path variable `{name}` before a greedy one `{name+}`;
//! 2. a route that has no method for the request gives way to the next one;
//! 3. the exact method before `ANY` on the same path;
//! 4. `$default` when nothing else matches, for the methods that `ANY` stands for.

mod authorization;
mod key;
mod path;
mod table;

use self::key::RouteKey;
pub use self::{
    authorization::RouteAuthorization,
    key::RouteKeyError,
    table::{NoRoute, RouteTable, RouteTableBuilder, RouteTableError},
};

#[cfg(test)]
mod tests;
