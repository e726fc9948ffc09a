//! Reads one API of an app: chooses its stack, and resolves what that stack takes from the others.

use super::{
    ApiDefinition, ApiDefinitionError,
    app::{App, AppContext, AppFiles, AppSettings, Deployed, StackFile, problem},
    assumed::Assumptions,
    parts::ImportSettings,
    template::{self, Choice, kind},
};
use crate::document::{Cursor, Problem};

/// Reads the API of an app that the settings select.
///
/// Values are assumed only if the API cannot be read without them: many are in parts that are not read.
pub(super) fn read_app(
    files: &AppFiles,
    app_settings: &AppSettings,
    settings: &ImportSettings<'_>,
    api: Option<&str>,
) -> Result<ApiDefinition, ApiDefinitionError> {
    let deployed = Deployed::read(&app_settings.outputs, &app_settings.resources, &files.stacks)?;
    let known = read_with(files, &deployed, app_settings, settings, api);
    known.or_else(|_| {
        let assumptions = Assumptions::allowed();
        read_with(files, &deployed, app_settings, &ImportSettings { assumptions: &assumptions, ..*settings }, api)
    })
}

fn read_with(
    files: &AppFiles,
    deployed: &Deployed,
    app_settings: &AppSettings,
    settings: &ImportSettings<'_>,
    api: Option<&str>,
) -> Result<ApiDefinition, ApiDefinitionError> {
    let context = AppContext {
        variables: settings.variables,
        deployed,
        assumptions: settings.assumptions,
        environment: &app_settings.environment,
    };
    let app = App::new(&files.stacks, context);
    app.prepare();
    let stack = chosen(&app, app_settings.stack.as_deref(), api)?;
    // Only what the chosen API needs counts.
    settings.assumptions.forget_used();
    let (Some(source), Some(functions)) = (files.stacks.get(stack), app.functions(stack)) else {
        return Err(problem("", "the app has no stack"));
    };
    let choice = Choice { api, folder: source.folder.as_deref() };
    let read = template::read(&Cursor::root(&source.document), functions, settings, choice);
    let in_file = |problem: Problem| match &source.file {
        Some(file) => problem.in_file_unless_named(file),
        None => problem,
    };
    match read {
        Ok(mut definition) => {
            definition.notes = definition.notes.into_iter().map(in_file).collect();
            definition.notes.extend(detached_parts(&app, stack));
            Ok(definition)
        }
        Err(ApiDefinitionError::Definition { problems }) => {
            Err(ApiDefinitionError::of(problems.into_iter().map(in_file).collect()))
        }
        Err(error) => Err(error),
    }
}

/// Returns the stack of the API.
fn chosen<'d>(app: &'d App<'d>, stack: Option<&str>, api: Option<&str>) -> Result<usize, ApiDefinitionError> {
    let candidates: Vec<usize> = match stack {
        None => (0..app.stacks().len()).collect(),
        Some(name) => {
            let named: Vec<usize> = (0..app.stacks().len()).filter(|number| is_named(app, *number, name)).collect();
            if named.is_empty() {
                let listed = listed(app.stacks().iter().map(|stack| &*stack.id));
                return Err(problem("", format!("the app has no stack `{name}`: choose one of {listed}")));
            }
            named
        }
    };
    if let [only] = *candidates {
        return Ok(only);
    }
    let mut found = Vec::new();
    for number in candidates {
        let (Some(source), Some(functions)) = (app.stacks().get(number), app.functions(number)) else { continue };
        let apis = template::apis(&Cursor::root(&source.document), functions);
        if api.map_or(!apis.is_empty(), |api| apis.iter().any(|own| own == api)) {
            found.push((number, source, apis));
        }
    }
    match &*found {
        [(number, ..)] => Ok(*number),
        [] => {
            let what = api.map_or_else(|| "an API that can be imported".to_owned(), |api| format!("the API `{api}`"));
            let listed = listed(app.stacks().iter().map(|stack| &*stack.id));
            Err(problem("", format!("none of the stacks {listed} has {what}")))
        }
        several => {
            let apis = several.iter().flat_map(|(_, source, apis)| apis.iter().map(|api| (&source.id, api)));
            let apis = apis.map(|(stack, api)| format!("`{api}` of stack `{stack}`")).collect::<Vec<_>>().join(", ");
            Err(problem("", format!("the app has several APIs: choose {apis} with the options `stack` and `api`")))
        }
    }
}

/// Whether a stack has this path or this name in CloudFormation, or is in the stage of this name.
fn is_named(app: &App<'_>, number: usize, name: &str) -> bool {
    app.stacks().get(number).is_some_and(|stack| {
        let in_stage = stack.id.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        in_stage || stack.name.as_deref() == Some(name)
    })
}

fn listed<'a>(names: impl Iterator<Item = &'a str>) -> String {
    names.map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

/// Returns a note for each other stack that has routes but no API: the routes of one API can be in several stacks.
fn detached_parts(app: &App<'_>, chosen: usize) -> Vec<Problem> {
    let others = app.stacks().iter().enumerate().filter(|(number, _)| *number != chosen);
    others.filter_map(|(_, stack)| detached_part(stack)).collect()
}

fn detached_part(stack: &StackFile) -> Option<Problem> {
    let root = Cursor::root(&stack.document);
    let resources: Vec<_> = root.get("Resources")?.entries().collect();
    let is_of = |kinds: &[&str], at: &Cursor<'_>| kinds.contains(&kind(at));
    if resources.iter().any(|(_, at)| is_of(&["AWS::ApiGateway::RestApi", "AWS::ApiGatewayV2::Api"], at)) {
        return None;
    }
    let (_, at) =
        resources.iter().find(|(_, at)| is_of(&["AWS::ApiGateway::Method", "AWS::ApiGatewayV2::Route"], at))?;
    let note = at.problem(
        "this stack has routes of an API of another stack: they are not read, so requests to them are rejected",
    );
    Some(match &stack.file {
        Some(file) => note.in_file(file),
        None => note,
    })
}
