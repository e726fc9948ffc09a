//! Reads `Cors` of a SAM REST API: a preflight route for each path that has none.
//!
//! Adds routes for `OPTIONS` to the paths as SAM sees them. Rejects values that SAM could read differently. Source:
//! SAM's translator, which adds no route if the value is false in Python.

use std::collections::{HashMap, HashSet};

use super::{
    events::Event,
    sam_auth::Auth,
    sam_view::{WrittenPaths, is_function, is_true, one_spelling},
    with_globals::WithGlobals,
};
use crate::{
    api_definition::{
        parts::{ImportSettings, Parts},
        routes::RouteRequirement,
    },
    document::{Cursor, NodeValue, Problem},
};

/// Returns the property, unless SAM treats it as disabled.
pub(super) fn enabled<'n>(own: &WithGlobals<'n>, written: &WithGlobals<'n>) -> Result<Option<Cursor<'n>>, Problem> {
    // SAM treats a function as true, regardless of its value.
    if let Some(cors) = written.either("Cors").filter(|cors| is_function(cors.node)) {
        return Ok(Some(cors));
    }
    let Some(cors) = own.either("Cors").filter(|cors| is_true(cors.node)) else { return Ok(None) };
    if !matches!(cors.node.value, NodeValue::Text(_) | NodeValue::Map(_) | NodeValue::Bool(true)) {
        return Err(cors.expected("an origin, or a map of CORS settings"));
    }
    if matches!(&cors.node.value, NodeValue::Text(word) if is_no(word)) {
        return Err(cors.problem("CloudFormation reads this word as false: write `false`, or remove `Cors`"));
    }
    Ok(Some(cors))
}

/// Adds `OPTIONS` to the paths that the definition has both as written and with functions resolved.
pub(super) fn add_to_definition(
    cors: &Cursor<'_>,
    resolved: &HashMap<&str, Cursor<'_>>,
    written: &WrittenPaths<'_>,
    auth: &Auth,
    parts: &mut Parts,
) -> Result<(), Problem> {
    for path in written.without_preflight(cors, resolved)? {
        parts.add_route(cors, "OPTIONS", path, RouteRequirement::default(), &auth.defaults)?;
    }
    if parts.has_root_guard() {
        parts.findings.note(
            cors,
            "the root `security` applies to preflight requests too, which browsers send without a token: add \
             `options` with `security: []` to each path",
        );
    }
    note(cors, parts);
    Ok(())
}

/// Adds `OPTIONS` to the paths of events.
///
/// A path exists if the function of one of its events is present. An event for `OPTIONS` counts even if its function is
/// absent.
pub(super) fn add_to_events<'n>(
    cors: &Cursor<'_>,
    events: impl Iterator<Item = &'n Event<'n>>,
    auth: &Auth,
    settings: &ImportSettings<'_>,
    parts: &mut Parts,
) -> Result<(), Problem> {
    let (mut paths, mut present, mut with_options) = (Vec::new(), HashSet::new(), HashSet::new());
    for event in events {
        let member = |name: &str| settings.variables.member(&event.properties, name);
        // An event without a path or a method is handled elsewhere.
        let (Some(path), Some(method)) = (member("Path")?, member("Method")?) else { continue };
        if event.function_is_present {
            present.insert(path.clone());
        }
        if method.eq_ignore_ascii_case("options") {
            with_options.insert(path.clone());
        }
        paths.push(path);
    }
    let mut spellings = HashSet::new();
    for path in &paths {
        if spellings.insert(one_spelling(path)) && present.contains(path) && !with_options.contains(path) {
            parts.add_route(cors, "OPTIONS", path, RouteRequirement::default(), &auth.defaults)?;
        }
    }
    note(cors, parts);
    Ok(())
}

fn note(cors: &Cursor<'_>, parts: &mut Parts) {
    parts
        .findings
        .note(cors, "SAM adds a preflight route to each path: the service must answer the preflight requests");
}

/// Whether YAML 1.1, which CloudFormation reads, takes this word for false. YAML 1.2 takes it for text.
fn is_no(word: &str) -> bool {
    ["no", "off", "n"].iter().any(|own| own.eq_ignore_ascii_case(word))
}
