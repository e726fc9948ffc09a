//! Adds the routes that events of functions define for a SAM API.
//!
//! Rejects the `Auth` of an event if the API has a definition: SAM would apply `Auth` to an operation of the
//! definition.
//! Source: SAM, "EventSource", and its translator; [behaviour §6.3](crate::docs::behaviour).

use std::collections::{HashMap, HashSet};

use super::{
    definition::Definition, events::Event, sam_auth::Auth, sam_view::WrittenPaths, with_globals::ServerlessApi,
};
use crate::{
    api_definition::{
        parts::{ImportSettings, Parts},
        routes::{ANY_METHOD, METHODS},
    },
    document::{Cursor, Problem},
};

/// Adds the routes of events.
#[derive(Debug)]
pub(super) struct EventRoutes<'r, 'd> {
    pub(super) kind: ServerlessApi,
    pub(super) definition: &'r Definition<'r>,
    pub(super) written: &'r WrittenPaths<'d>,
    /// The paths of the definition with functions resolved, as CloudFormation reads them.
    pub(super) resolved: &'r HashMap<&'r str, Cursor<'r>>,
    pub(super) auth: &'r Auth,
    pub(super) settings: &'r ImportSettings<'r>,
    /// The operations that events of an HTTP API named so far. Only the first event of each operation counts.
    pub(super) claimed: HashSet<(String, &'static str)>,
}

/// Rejects the `Auth` of an event whose operation is in the definition: SAM applies `Auth` to it, even if the function is
/// absent.
fn reject_auth(event: &Event<'_>) -> Result<(), Problem> {
    event.properties.get("Auth").map_or(Ok(()), |own| {
        Err(own.problem("the API has its own definition with this operation: set `security` there"))
    })
}

/// The operation that an event names.
struct Operation {
    path: String,
    /// The name of the operation in a path item.
    member: &'static str,
    method: &'static str,
}

impl EventRoutes<'_, '_> {
    /// Adds the route of an event, unless its function is absent.
    pub(super) fn add(&mut self, event: &Event<'_>, parts: &mut Parts) -> Result<(), Problem> {
        let at = &event.properties;
        let of_rest_api = self.kind == ServerlessApi::Rest;
        match self.definition {
            Definition::None if !event.function_is_present => Ok(()),
            Definition::None => {
                let Operation { path, method, .. } = self.operation(event)?;
                let asked = self.auth.asked(event, self.settings, parts)?;
                parts.add_route(at, method, &path, asked, &self.auth.defaults)
            }
            Definition::Inline(_) if !of_rest_api => {
                if self.add_to_definition(event, parts)? {
                    Ok(())
                } else {
                    reject_auth(event)
                }
            }
            _ => {
                reject_auth(event)?;
                if event.function_is_present { self.operation(event).map(|_| ()) } else { Ok(()) }
            }
        }
    }

    /// Adds the operation of an event with its `Auth`, if the definition lacks the operation. Returns whether it did.
    fn add_to_definition(&mut self, event: &Event<'_>, parts: &mut Parts) -> Result<bool, Problem> {
        let at = &event.properties;
        let Operation { path, member, method } = self.operation(event)?;
        if !self.claimed.insert((path.clone(), member))
            || !self.written.takes_event(at, &path, member, event.function_is_present)?
            || !event.function_is_present
        {
            return Ok(false);
        }
        let is_missing = match self.resolved.get(&*path) {
            Some(item) => item.get(member).is_none(),
            // A path that is written but not resolved depends on a condition.
            None => !self.written.has(&path),
        };
        if !is_missing {
            return Ok(false);
        }
        let asked = self.auth.asked(event, self.settings, parts)?;
        parts.add_route(at, method, &path, asked, &self.auth.defaults).map(|()| true)
    }

    fn operation(&self, event: &Event<'_>) -> Result<Operation, Problem> {
        let of_rest_api = self.kind == ServerlessApi::Rest;
        let at = &event.properties;
        match (at.get("Path"), at.get("Method")) {
            (None, None) if !of_rest_api => {
                Ok(Operation { path: "$default".to_owned(), member: ANY_METHOD, method: "ANY" })
            }
            (Some(path), Some(method)) => {
                let name = self.settings.variables.text(&method)?.to_ascii_lowercase();
                let own = METHODS.iter().find(|(own, upper)| *own == name || upper.eq_ignore_ascii_case(&name));
                let &(member, method) =
                    own.ok_or_else(|| method.problem(format!("`{name}` is not a method of API Gateway")))?;
                let text = self.settings.variables.text(&path)?;
                if ["$default", "/$default"].contains(&&*text) && (of_rest_api || method != "ANY") {
                    let message =
                        format!("the default route of an HTTP API must be for every method: use {ANY_METHOD}");
                    return Err(path.problem(message));
                }
                Ok(Operation { path: text, member, method })
            }
            _ => Err(at.problem("a route must have a `Path` and a `Method`")),
        }
    }
}
