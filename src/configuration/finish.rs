//! Finishes a configuration: adds its settings to the authorizers of its definition, and builds everything once.

use std::cell::RefCell;

use super::{
    Configuration, ConfigurationError, read_definition::DefinitionReference, section::listed, settings::Settings,
};
use crate::{
    api_definition::AssumedValue,
    authorizer::{AuthorizerSettings, Authorizers, BuildError},
    decide::VerifierSettings,
    document::{Cursor, Findings, Problem},
    route::RouteTable,
};

/// Adds the settings of the configuration to the authorizers of its definition.
pub(super) fn settle(settings: &mut Settings, reference: &DefinitionReference<'_>, findings: &RefCell<Findings>) {
    for (at, name, options) in &reference.options {
        match settings.authorizers.iter_mut().find(|own| own.name == *name) {
            Some(own) if own.settings.verifier.audience.is_some() && options.verifier.audience.is_some() => {
                findings.borrow_mut().problem(
                    at,
                    "the definition already has an audience list for this authorizer: remove `app_clients`",
                );
            }
            Some(own) => own.settings = with_options(&own.settings, options.clone()),
            None => {
                let names: Vec<&str> = settings.authorizers.iter().map(|own| &*own.name).collect();
                let message =
                    format!("no route of the definition uses this authorizer: expected {}", listed(&names, name));
                findings.borrow_mut().problem(at, message);
            }
        }
    }
}

/// Combines the settings of an authorizer in a definition with those that the configuration adds.
fn with_options(own: &AuthorizerSettings, options: AuthorizerSettings) -> AuthorizerSettings {
    let definition = own.verifier.clone();
    AuthorizerSettings {
        verifier: VerifierSettings {
            authorizer_type: definition.authorizer_type,
            identity_source: definition.identity_source,
            audience: definition.audience.or(options.verifier.audience),
            audience_pattern: definition.audience_pattern,
            ..options.verifier
        },
        ..options
    }
}

/// Builds everything once to report errors at their places, and returns the routes if there are no errors.
fn check(root: &Cursor<'_>, settings: &Settings, findings: &RefCell<Findings>) -> Option<RouteTable> {
    let sections = root.get("authorizers");
    let place = |name: &str| sections.as_ref().and_then(|sections| sections.get(name)).unwrap_or_else(|| root.clone());
    let add = |at: &Cursor<'_>, message: String| findings.borrow_mut().problem(at, message);
    let has_problem = |pointer: &str| findings.borrow().problems.iter().any(|own| own.pointer().starts_with(pointer));
    let key_source = settings.key_source().map_err(|error| add(root, error.to_string())).ok()?;
    let are_pools_whole = !has_problem("/user_pools") && !has_problem("/gateway_responses");
    let mut named = Vec::new();
    for own in &settings.authorizers {
        let at = place(&own.name);
        // The errors of a section that was not read completely are already reported.
        if !are_pools_whole || at.is_below_root() && has_problem(&at.pointer()) {
            continue;
        }
        match settings.check(own, key_source.clone()) {
            Ok(authorizer) => named.push((own.name.clone(), authorizer)),
            Err(error) => {
                for mistake in error.mistakes() {
                    add(&at, format!("the authorizer `{}`: {mistake}", own.name));
                }
            }
        }
    }
    if !findings.borrow().problems.is_empty() {
        return None;
    }
    let table = settings.route_table().map_err(BuildError::from);
    let layer = |table: &RouteTable| Authorizers::new(named)?.layer(table.clone()).map(drop);
    match table.and_then(|table| layer(&table).map(|()| table)) {
        Ok(table) => Some(table),
        Err(error) => {
            add(sections.as_ref().unwrap_or(root), error.to_string());
            None
        }
    }
}

/// Returns the configuration, unless there are problems.
pub(super) fn finished(
    root: &Cursor<'_>,
    settings: Settings,
    notes: Vec<Problem>,
    assumed: Vec<AssumedValue>,
    findings: RefCell<Findings>,
) -> Result<Configuration, ConfigurationError> {
    let table = check(root, &settings, &findings);
    let Findings { problems, notes: own } = findings.into_inner();
    match table.filter(|_| problems.is_empty()) {
        Some(table) => Ok(Configuration { settings, table, notes: notes.into_iter().chain(own).collect(), assumed }),
        None => Err(ConfigurationError::of(problems)),
    }
}
