//! Routes that other stacks add to an API outside of its template. They may belong to the API that is read, and a route of its
//! own template that covers them would decide about their requests.

use super::{
    ApiDefinition, ApiDefinitionError,
    app::{App, StackFile},
    routes::RouteDefinition,
    template::{self, kind},
};
use crate::{
    document::{Cursor, NodeValue, Problem},
    route::{RouteAuthorization, RouteKey},
};

/// A route of another stack.
struct Detached {
    /// The key, if it can be read.
    key: Option<String>,
    problem: Problem,
}

/// Adds the routes that other stacks add to an API to its definition, as routes that reject every request, or as notes if no
/// route of the API can cover them.
///
/// Rejects the app if neither is possible.
pub(super) fn add(
    definition: &mut ApiDefinition,
    app: &App<'_>,
    chosen: usize,
    rejects_unsupported: bool,
) -> Result<(), ApiDefinitionError> {
    let detached = detached_routes(app, chosen);
    let covers_nothing_else = definition.routes.iter().all(is_one_request);
    let mut covered = Vec::new();
    for Detached { key, problem } in detached {
        let key = key.filter(|_| rejects_unsupported).and_then(|key| RouteKey::try_from(key).ok());
        let is_new = |key: &RouteKey| definition.routes.iter().all(|own| own.route_key.as_str() != key.as_str());
        if let Some(route_key) = key {
            if is_new(&route_key) {
                let authorization = RouteAuthorization::unsupported();
                definition.routes.push(RouteDefinition {
                    route_key,
                    authorization,
                    authorizer: None,
                    mock_response: None,
                });
            }
        } else if !covers_nothing_else {
            covered.push(problem);
            continue;
        }
        definition.notes.push(problem);
    }
    one_for_each_file(&mut definition.notes);
    one_for_each_file(&mut covered);
    if covered.is_empty() { Ok(()) } else { Err(ApiDefinitionError::of(covered)) }
}

/// Whether a route covers one path that is written out, and one method.
fn is_one_request(route: &RouteDefinition) -> bool {
    let key = route.route_key.as_str();
    key != "$default" && !key.starts_with("ANY ") && !key.contains('{')
}

/// Leaves the first of these problems in each file.
fn one_for_each_file(problems: &mut Vec<Problem>) {
    let mut files: Vec<Option<String>> = Vec::new();
    problems.retain(|problem| {
        let file = problem.file().map(str::to_owned);
        let is_new = problem.message() != DETACHED || !files.contains(&file);
        if problem.message() == DETACHED {
            files.push(file);
        }
        is_new
    });
}

fn detached_routes(app: &App<'_>, chosen: usize) -> Vec<Detached> {
    let Some(own) = app.stacks().get(chosen) else { return Vec::new() };
    // The stages of an app do not share an API.
    let may_share = |other: &StackFile| own.stage == other.stage || own.stage.is_empty() || other.stage.is_empty();
    let others = app.stacks().iter().enumerate().filter(|(number, other)| *number != chosen && may_share(other));
    others.flat_map(|(number, stack)| of_stack(app, number, stack)).collect()
}

fn of_stack(app: &App<'_>, number: usize, stack: &StackFile) -> Vec<Detached> {
    let Some(resources) = Cursor::root(&stack.document).get("Resources") else { return Vec::new() };
    let own: std::collections::HashSet<&str> = resources.entries().map(|(name, _)| name).collect();
    let is_own = |at: &Cursor<'_>, property: &str| {
        let name = at.get("Properties").and_then(|properties| properties.get(property)).and_then(|api| api.get("Ref"));
        let Some(NodeValue::Text(name)) = name.map(|name| &name.node.value) else { return false };
        template::is_api(name) || own.contains(&**name)
    };
    let detached = resources.entries().filter(|(_, at)| match kind(at) {
        "AWS::ApiGateway::Method" => !is_own(at, "RestApiId"),
        "AWS::ApiGatewayV2::Route" => !is_own(at, "ApiId"),
        _ => false,
    });
    let key = |at: &Cursor<'_>| {
        let key = at.get("Properties")?.get("RouteKey")?;
        app.functions(number)?.text(key.node, 0).ok()
    };
    let found = detached.map(|(_, at)| {
        let problem = at.problem(DETACHED);
        let problem = match &stack.file {
            Some(file) => problem.in_file(file),
            None => problem,
        };
        Detached { key: key(&at), problem }
    });
    found.collect()
}

const DETACHED: &str = "this stack has routes of an API of another stack, which are not read: a request to them is rejected. If \
                        a route of the API could cover them, put them into the stack of the API, or give its definition as \
                        `aws apigateway get-export` or `aws apigatewayv2 export-api` writes it";
