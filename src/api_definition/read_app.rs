//! Reads one API of an app: chooses its stack, and resolves what that stack takes from the others.

use std::collections::BTreeMap;

use super::{
    ApiDefinition, ApiDefinitionError,
    app::{App, AppContext, AppFiles, AppSettings, Deployed, problem},
    assumed::Assumptions,
    detached,
    parts::ImportSettings,
    template::{self, Choice},
};
use crate::{
    document::{Cursor, Problem, Variables},
    user_pool::UserPoolId,
};

/// Reads the API of an app that the settings select.
///
/// Values are assumed only if the API cannot be read without them: many are in parts that are not read.
pub(super) fn read_app(
    files: &AppFiles,
    app_settings: &AppSettings,
    settings: &ImportSettings<'_>,
    api: Option<&str>,
) -> Result<ApiDefinition, ApiDefinitionError> {
    let deployed = Deployed::read(app_settings, &files.stacks)?;
    let known = read_with(files, &deployed, app_settings, settings, api);
    let assuming = |variables: &Variables| {
        let assumptions = Assumptions::allowed();
        let settings = ImportSettings { variables, assumptions: &assumptions, ..*settings };
        read_with(files, &deployed, app_settings, &settings, api)
    };
    known
        .or_else(|_| assuming(settings.variables))
        .map_err(|error| with_all_missing(error, settings.variables, assuming))
}

/// Adds the values that are missing too, but are only looked for where the first ones are known, and names each once.
fn with_all_missing(
    error: ApiDefinitionError,
    variables: &Variables,
    read: impl Fn(&Variables) -> Result<ApiDefinition, ApiDefinitionError>,
) -> ApiDefinitionError {
    let ApiDefinitionError::Definition { problems } = error else { return error };
    let (mut variables, mut missing) = (variables.clone(), BTreeMap::<String, (Problem, usize)>::new());
    let (mut found, others): (Vec<_>, Vec<_>) = problems.into_iter().partition(|own| own.missing_variable().is_some());
    for _ in 0..ROUNDS {
        let known = missing.len();
        for problem in found {
            let Some(name) = problem.missing_variable().map(str::to_owned) else { continue };
            // A name that is made of a placeholder is not the name of a value.
            if name.contains(PLACEHOLDER) {
                continue;
            }
            variables.insert(name.clone(), PLACEHOLDER.to_owned());
            missing.entry(name).and_modify(|(_, count)| *count += 1).or_insert((problem, 0));
        }
        if missing.len() == known {
            break;
        }
        // With placeholders, only the names of further values count.
        found = read(&variables).err().map(|error| error.problems().to_vec()).unwrap_or_default();
    }
    let missing = missing.into_values().map(|(problem, more)| problem.with_more_places(more));
    ApiDefinitionError::of(others.into_iter().chain(missing).collect())
}

/// How often an app is read to find the values that are missing.
const ROUNDS: usize = 4;

/// What stands for a missing value meanwhile: a segment of a path, a scope, and the id of a user pool.
const PLACEHOLDER: &str = "us-east-1_Missing00";

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
            detached::add(&mut definition, &app, stack, settings.rejects_unsupported_routes)?;
            if definition.defined_scopes.is_none() {
                definition.defined_scopes = scopes_of_app(&app, &definition, settings);
            }
            Ok(definition)
        }
        Err(ApiDefinitionError::Definition { problems }) => {
            Err(ApiDefinitionError::of(problems.into_iter().map(in_file).collect()))
        }
        Err(error) => Err(error),
    }
}

/// Returns the scopes that the stacks of the app define for the only user pool of the API.
fn scopes_of_app<'d>(
    app: &'d App<'d>,
    definition: &ApiDefinition,
    settings: &ImportSettings<'_>,
) -> Option<(Option<UserPoolId>, Vec<String>)> {
    let [authorizer] = &*definition.authorizers else { return None };
    let [user_pool] = authorizer.user_pools() else { return None };
    let stacks = app.stacks().iter().enumerate();
    let mut defined = stacks.filter_map(|(number, stack)| {
        let of_stack = template::defined_scopes(&Cursor::root(&stack.document), app.functions(number)?, settings)?;
        (of_stack.0.as_ref().map(UserPoolId::as_str) == Some(user_pool.id())).then_some(of_stack)
    });
    let first = defined.next()?;
    defined.next().is_none().then_some(first)
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
