//! Reads `Cors` of a SAM REST API: a preflight route for each path that has none.
//!
//! Adds routes for `OPTIONS` to the paths as SAM sees them. Rejects values that SAM could read differently. Source:
//! SAM's translator, which adds no route if the value is false in Python, and computes the methods of a path itself.
//! The layer gives the response of the mock integration that SAM writes.

use std::collections::{HashMap, HashSet};

use super::{
    events::Event,
    sam_auth::Auth,
    sam_view::{WrittenPaths, is_function, is_true, one_spelling},
    with_globals::WithGlobals,
};
use crate::{
    api_definition::{
        cors::quoted,
        parts::{ImportSettings, Parts},
        routes::RouteRequirement,
    },
    document::{Cursor, NodeValue, Problem},
    route::{MockResponse, MockResponseError},
};

/// The property `Cors` that SAM does not treat as disabled.
pub(super) struct SamCors<'n> {
    at: Cursor<'n>,
    /// The result, if the property is a function. SAM takes it for the origin.
    result: Option<Cursor<'n>>,
}

/// Returns the property, unless SAM treats it as disabled.
pub(super) fn enabled<'n>(own: &WithGlobals<'n>, written: &WithGlobals<'n>) -> Result<Option<SamCors<'n>>, Problem> {
    // SAM treats a function as true, regardless of its value.
    if let Some(at) = written.either("Cors").filter(|cors| is_function(cors.node)) {
        return Ok(Some(SamCors { result: own.either("Cors").or(Some(at.clone())), at }));
    }
    let Some(cors) = own.either("Cors").filter(|cors| is_true(cors.node)) else { return Ok(None) };
    if !matches!(cors.node.value, NodeValue::Text(_) | NodeValue::Map(_) | NodeValue::Bool(true)) {
        return Err(cors.expected("an origin, or a map of CORS settings"));
    }
    if matches!(&cors.node.value, NodeValue::Text(word) if is_no(word)) {
        return Err(cors.problem("CloudFormation reads this word as false: write `false`, or remove `Cors`"));
    }
    Ok(Some(SamCors { at: cors, result: None }))
}

/// Adds `OPTIONS` to the paths that the definition has both as written and with functions resolved.
pub(super) fn add_to_definition(
    cors: &SamCors<'_>,
    resolved: &HashMap<&str, Cursor<'_>>,
    written: &WrittenPaths<'_>,
    auth: &Auth,
    settings: &ImportSettings<'_>,
    parts: &mut Parts,
) -> Result<(), Problem> {
    for path in written.without_preflight(&cors.at, resolved)? {
        add_preflight(cors, path, auth, settings, parts)?;
    }
    if parts.has_root_guard() {
        parts.findings.note(
            &cors.at,
            "the root `security` applies to preflight requests too, which browsers send without a token: add \
             `options` with `security: []` to each path",
        );
    }
    Ok(())
}

/// Adds `OPTIONS` to the paths of events.
///
/// A path exists if the function of one of its events is present. An event for `OPTIONS` counts even if its function is
/// absent.
pub(super) fn add_to_events<'n>(
    cors: &SamCors<'_>,
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
            add_preflight(cors, path, auth, settings, parts)?;
        }
    }
    Ok(())
}

/// Adds `OPTIONS` to a path, with SAM's response.
fn add_preflight(
    cors: &SamCors<'_>,
    path: &str,
    auth: &Auth,
    settings: &ImportSettings<'_>,
    parts: &mut Parts,
) -> Result<(), Problem> {
    let methods = parts.methods(path);
    parts.add_route(&cors.at, "OPTIONS", path, RouteRequirement::default(), &auth.defaults)?;
    let Some((route, true)) = parts.routes.last() else { return Ok(()) };
    if !route.authorization().is_open() {
        return Ok(());
    }
    match response(cors, &methods, settings) {
        Ok(response) => route.mock_response = Some(response),
        Err(problem) => {
            let message = format!("the service must answer preflight requests: {}", problem.message());
            let note = cors.at.problem(message);
            // Every path has the same.
            if !parts.findings.notes.contains(&note) {
                parts.findings.notes.push(note);
            }
        }
    }
    Ok(())
}

/// Returns the response that SAM writes for a path with these methods.
fn response(cors: &SamCors<'_>, methods: &[String], settings: &ImportSettings<'_>) -> Result<MockResponse, Problem> {
    let (at, result) = (&cors.at, &cors.result);
    let is_map = matches!(at.node.value, NodeValue::Map(_)) && result.is_none();
    let text = |name: &str| match at.get(name).filter(|at| is_map && is_true(at.node)) {
        Some(at) => settings.variables.text(&at).map(|value| Some((value, at))),
        None => Ok(None),
    };
    let origin = match (&at.node.value, result) {
        (_, Some(result)) => Some((settings.variables.text(result)?, result.clone())),
        (NodeValue::Bool(_), None) => None,
        _ if is_map => text("AllowOrigin")?,
        _ => Some((settings.variables.text(at)?, at.clone())),
    };
    let own = |value: String| (value, at.clone());
    // Only `true` itself; SAM leaves out anything else.
    let credentials =
        at.get("AllowCredentials").is_some_and(|at| is_map && matches!(at.node.value, NodeValue::Bool(true)));
    let headers = [
        ("access-control-allow-headers", text("AllowHeaders")?),
        ("access-control-allow-methods", text("AllowMethods")?.or_else(|| Some(own(all_methods(methods))))),
        ("access-control-allow-origin", origin.or_else(|| Some(own("'*'".to_owned())))),
        ("access-control-max-age", text("MaxAge")?),
        ("access-control-allow-credentials", credentials.then(|| own("'true'".to_owned()))),
    ];
    let wrong = |error: MockResponseError| at.problem(error.to_string());
    let mut response = MockResponse::new(200).map_err(wrong)?.body("{}\n");
    for (name, value) in headers {
        let Some((value, at)) = value else { continue };
        let value = quoted(&value).ok_or_else(|| at.problem("expected a text in single quotes, such as \"'*'\""))?;
        response = response.header(name, value).map_err(|error| at.problem(error.to_string()))?;
    }
    Ok(response)
}

/// Returns the methods of a path as SAM lists them, in single quotes.
fn all_methods(methods: &[String]) -> String {
    const ALL: [&str; 7] = ["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"];
    let is_any = methods.iter().any(|method| method == "ANY");
    let has = |method: &&str| is_any || *method == "OPTIONS" || methods.iter().any(|own| own == method);
    format!("'{}'", ALL.into_iter().filter(has).collect::<Vec<_>>().join(","))
}

/// Whether YAML 1.1, which CloudFormation reads, takes this word for false. YAML 1.2 takes it for text.
fn is_no(word: &str) -> bool {
    ["no", "off", "n"].iter().any(|own| own.eq_ignore_ascii_case(word))
}
