//! Reads CloudFormation and SAM templates ([behaviour §6.3](crate::docs::behaviour)).
//!
//! A template is a document with a member `Resources` at its root. The reader takes the values of its names and the
//! choice of one API, and returns the same parts as for a definition. Rejects macros, unresolved values that affect
//! access, and anything that would open a route by mistake. Sources: CloudFormation, template reference; SAM,
//! specification and the translation of `Auth`.

mod conditions;

mod definition;

mod events;

mod functions;

mod http_api;

mod with_globals;

mod names;

mod outside;

mod properties;

mod resources;

mod rest_api;

mod sam_auth;

mod sam_cors;

mod sam_routes;

mod sam_view;

mod scopes;

mod serverless;

mod stack_output;

mod steps;

use std::path::Path;

use self::{
    events::Events,
    names::IMPLICIT_APIS,
    resources::{Resource, Template},
};
pub(super) use self::{
    functions::Functions,
    names::kind,
    outside::{Outside, OutsideValue},
    stack_output::StackOutput,
    steps::{StepBudget, missing_variable, unknown},
};
use super::{
    ApiDefinition, ApiDefinitionError,
    parts::{ImportSettings, Parts},
};
use crate::{
    document::{Cursor, Findings, repeated},
    user_pool::UserPoolId,
};

/// The options of reading a template.
#[derive(Clone, Copy, Debug)]
pub(super) struct Choice<'r> {
    /// The logical ID of the API to read.
    pub(super) api: Option<&'r str>,
    /// The folder of the files that the template refers to.
    pub(super) folder: Option<&'r Path>,
}

/// Whether SAM makes an API of this name.
pub(super) fn is_api(name: &str) -> bool {
    IMPLICIT_APIS.contains(&name)
}

/// Whether a document is a template.
pub(super) fn is_template(root: &Cursor<'_>) -> bool {
    root.get("Resources").is_some()
}

/// Returns the logical IDs of the APIs of a template.
pub(super) fn apis<'d>(root: &Cursor<'d>, functions: &'d Functions<'d>) -> Vec<String> {
    let mut ignored = Findings::default();
    let Some(template) = Template::read(root, functions, &mut ignored) else { return Vec::new() };
    let mut apis = template.apis(&mut ignored);
    apis.extend(Events::read(&template, &mut ignored).implicit_apis(&template.section));
    apis.into_iter().map(|api| api.name.to_owned()).collect()
}

/// Returns the scopes that the resource servers of a template define, with their user pool; see [`scopes::read`].
pub(super) fn defined_scopes<'d>(
    root: &Cursor<'d>,
    functions: &'d Functions<'d>,
    settings: &ImportSettings<'_>,
) -> Option<(Option<UserPoolId>, Vec<String>)> {
    let mut ignored = Findings::default();
    let template = Template::read(root, functions, &mut ignored)?;
    scopes::read(&template, settings, &mut ignored)
}

/// Reads one API of a template.
pub(super) fn read<'d>(
    root: &Cursor<'d>,
    functions: &'d Functions<'d>,
    settings: &ImportSettings<'_>,
    choice: Choice<'_>,
) -> Result<ApiDefinition, ApiDefinitionError> {
    let mut parts = Parts::new(settings);
    let Some(template) = Template::read(root, functions, &mut parts.findings) else {
        return parts.finish(root, settings);
    };
    let events = Events::read(&template, &mut parts.findings);
    if let Some(api) = chosen(&template, &events, choice.api, &mut parts) {
        let is_rest_api = ["AWS::ApiGateway::RestApi", "AWS::Serverless::Api"].contains(&api.kind);
        let settings = &ImportSettings { is_rest_api, ..*settings };
        let read = match api.kind {
            "AWS::ApiGateway::RestApi" => rest_api::read(&api, &template, settings, choice.folder, &mut parts),
            "AWS::ApiGatewayV2::Api" => http_api::read(&api, &template, settings, choice.folder, &mut parts),
            _ => serverless::read(&api, &template, &events, settings, choice.folder, &mut parts),
        };
        read.unwrap_or_else(|problem| parts.findings.add(problem));
    }
    parts.assumed = settings.assumptions.used();
    parts.defined_scopes = scopes::read(&template, settings, &mut parts.findings);
    template.note_what_is_not_read(&mut parts.findings);
    if repeated(root.node).is_some() {
        parts.findings.note_repeated(root);
    }
    if template.functions.steps.is_exhausted() {
        parts.findings.problem(root, "the functions of this template take too many steps: simplify the template");
    }
    parts.finish(root, settings)
}

/// Returns the API to read; adds a problem if the choice is missing, unknown or ambiguous.
fn chosen<'d>(
    template: &Template<'d>,
    events: &Events<'d>,
    name: Option<&str>,
    parts: &mut Parts,
) -> Option<Resource<'d>> {
    let mut apis = template.apis(&mut parts.findings);
    apis.extend(events.implicit_apis(&template.section));
    let is_written = |api: &&Resource<'_>| template.resources.iter().any(|other| other.name == api.name);
    let mut reserved = apis.iter().filter(|api| template.is_serverless && IMPLICIT_APIS.contains(&api.name));
    if let Some(own) = reserved.find(is_written) {
        parts.findings.problem(&own.at, "this logical ID is reserved by SAM: rename the API");
    }
    let listed = || {
        let names = apis.iter().map(|api| format!("`{}`", api.name));
        names.collect::<Vec<_>>().join(", ")
    };
    if apis.is_empty() {
        // What keeps an API from being read is the cause.
        for kind in ["Api", "HttpApi"] {
            events.of_type(kind, &mut parts.findings);
        }
        if !parts.findings.problems.is_empty() {
            return None;
        }
    }
    let problem = match (name, &*apis) {
        (_, []) => "this template has no API that can be imported".to_owned(),
        (None, [one]) => return Some(one.clone()),
        (None, _) => format!("this template has several APIs: choose one of {} with `api`", listed()),
        (Some(name), _) => match apis.iter().find(|api| api.name == name) {
            Some(api) => return Some(api.clone()),
            None => format!("this template has no API `{name}`: choose one of {} with `api`", listed()),
        },
    };
    parts.findings.problem(&template.section, problem);
    None
}
