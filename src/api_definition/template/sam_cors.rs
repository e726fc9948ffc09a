//! `Cors` of a REST API of SAM: a route for preflight requests of each path that has none.
//!
//! In: the property, and the routes so far. Out: routes for `OPTIONS`. Refused: what SAM could read otherwise. Source:
//! SAM's translator, which makes none where the value is false to Python.

use super::sam_auth::Auth;
use crate::{
    api_definition::{parts::Parts, routes::Asked},
    document::{Cursor, Problem, Value},
};

pub(super) fn read(cors: &Cursor<'_>, auth: &Auth, parts: &mut Parts) -> Result<(), Problem> {
    if is_off(cors) {
        return Ok(());
    }
    if !matches!(cors.node.value, Value::Text(_) | Value::Map(_) | Value::Bool(true)) {
        return Err(cors.expected("origins, or what they may do"));
    }
    if matches!(&cors.node.value, Value::Text(word) if is_no(word)) {
        return Err(cors.problem("write `false`, or take it out"));
    }
    let keys = parts.routes.all.iter().filter_map(|route| route.route_key.split_once(' '));
    let keys: Vec<String> = keys.map(|(_, path)| format!("OPTIONS {path}")).collect();
    for route_key in keys {
        if !parts.routes.has(&route_key) {
            parts.routes.add(cors, route_key, Asked::default(), &auth.defaults)?;
        }
    }
    parts.findings.note(cors, "a route for preflight requests of each path: the service has to answer them");
    Ok(())
}

/// Whether SAM takes a value for none: it asks whether it is true as Python does.
fn is_off(at: &Cursor<'_>) -> bool {
    match &at.node.value {
        Value::Bool(is_on) => !is_on,
        Value::Null => true,
        Value::Text(text) => text.is_empty(),
        Value::Number(text) => text.parse() == Ok(0.0),
        Value::List(items) => items.is_empty(),
        Value::Map(members) => members.is_empty(),
        _ => false,
    }
}

/// Words that are false to YAML 1.1, which CloudFormation reads, and texts here.
fn is_no(word: &str) -> bool {
    ["no", "off", "n"].iter().any(|own| own.eq_ignore_ascii_case(word))
}
