//! An API definition is imported whole or not at all, and no route is open unless the definition says so.

use cognito_authorizer::{
    api_definition::{ApiDefinition, ApiDefinitionError},
    route::RouteAuthorization,
};
use serde_json::{Map, Value};

use super::strict_json;

/// Input: a definition, or a CloudFormation or SAM template, JSON or YAML.
pub fn api_definition(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let reader = || ApiDefinition::reader().variable("account", "123456789012").variable("scope", "pets/read");
    let definition = match reader().read(text) {
        Ok(definition) => definition,
        Err(ApiDefinitionError::Definition { problems }) => {
            // The end of the text counts as a line.
            let lines = text.matches(['\n', '\r']).count() + 2;
            assert!(!problems.is_empty());
            assert!(problems.iter().all(|problem| (1..=lines).contains(&problem.line())), "{problems:?}");
            assert!(problems.iter().all(|problem| problem.message().len() < 5_000));
            return;
        }
        Err(ApiDefinitionError::Routes(reason)) => {
            assert!(!reason.to_string().is_empty());
            return;
        }
        Err(error) => panic!("{error:?} of a text"),
    };
    let names: Vec<&str> = definition.authorizers().iter().map(|authorizer| authorizer.name()).collect();
    for route in definition.routes() {
        let (key, authorizer) = (route.route_key(), route.authorizer());
        let is_open = *route.authorization() == RouteAuthorization::open();
        assert_eq!(is_open, authorizer.is_none(), "{key}");
        assert!(authorizer.is_none_or(|name| names.contains(&name)), "{key} asks for an authorizer that is not there");
    }
    assert!(names.iter().all(|name| definition.routes().iter().any(|route| route.authorizer() == Some(name))));
    let table = definition.route_table().build().expect("a table of routes that were read");
    let is_several = names.len() > 1;
    let in_table = table.routes().iter().map(|route| (route.key(), route.authorization(), route.authorizer()));
    let read = definition.routes().iter();
    let read = read.map(|own| (own.route_key(), own.authorization(), own.authorizer().filter(|_| is_several)));
    assert!(in_table.eq(read), "the table has other routes");
    // Problems of one authorizer are its own, such as a user pool that stands twice.
    let _ = definition.authorizer().map(|builder| builder.build().is_ok());

    let document = strict_json::object(text.trim_start_matches('\u{feff}')).filter(|_| !text.contains("$ref"));
    match document {
        Some(template) if template.contains_key("Resources") => compare_with_template(&definition, &template),
        Some(document) => compare(&definition, &document),
        None => {}
    }
    // JSON is YAML as well.
    if text.trim_start_matches('\u{feff}').trim_start().starts_with('{')
        && let Ok(other) = reader().read(&format!("# YAML\n{text}"))
    {
        assert!(other.routes() == definition.routes(), "as YAML it has other routes");
    }
}

/// A definition next to the document that it was read from.
fn compare(definition: &ApiDefinition, document: &Map<String, Value>) {
    let operations = operations(document);
    let routes = definition.routes();
    assert_eq!(routes.len(), operations.len(), "an operation was dropped, or a route made up");
    for (method, path, operation) in operations {
        let text = |value: &Value| value.as_str() == Some("NONE");
        let is_default =
            operation.get("isDefaultRoute") == Some(&Value::Bool(true)) || path.trim_start_matches('/') == "$default";
        let key = if is_default { "$default".to_owned() } else { format!("{method} {path}") };
        let route = routes.iter().find(|own| own.route_key().as_str() == key).unwrap_or_else(|| panic!("no {key}"));
        let (authorization, authorizer) = (route.authorization(), route.authorizer());
        let security = operation.get("security").or_else(|| document.get("security"));
        let requirements = security.map(|security| security.as_array().expect("a list"));
        let is_said_open = requirements.is_none_or(|all| all.is_empty())
            || operation.get("x-amazon-apigateway-auth").and_then(|auth| auth.get("type")).is_some_and(text);
        assert_eq!(authorization.is_open(), is_said_open, "{key}");
        let Some(name) = authorizer else { continue };
        let asked = requirements.into_iter().flatten().find_map(|all| all.get(name)).and_then(Value::as_array);
        let asked = asked.unwrap_or_else(|| panic!("{key} does not ask for {name}"));
        match authorization.scopes() {
            Some(scopes) => {
                for scope in asked.iter().filter_map(Value::as_str).filter(|scope| !scope.contains('$')) {
                    assert!(scopes.iter().any(|own| own.as_str() == scope), "{key} lost {scope}");
                }
                assert!(scopes.iter().count() <= asked.len());
            }
            None => assert!(asked.is_empty(), "{key} lost its scopes"),
        }
    }
}

/// A definition next to the CloudFormation template that it was read from: no more routes are open than methods and routes
/// are not said to be guarded. What SAM or a definition within makes of it is another matter.
fn compare_with_template(definition: &ApiDefinition, template: &Map<String, Value>) {
    let resources = template.get("Resources").and_then(Value::as_object).expect("resources");
    let member = |resource: &Value, name: &str| resource.get("Properties").and_then(|all| all.get(name)).cloned();
    let is_elsewhere =
        |resource: &Value| ["Body", "BodyS3Location"].iter().any(|name| member(resource, name).is_some());
    if template.contains_key("Transform") || resources.values().any(is_elsewhere) {
        return;
    }
    let is_unguarded = |resource: &&Value| {
        let kind = resource.get("Type").and_then(Value::as_str).unwrap_or_default();
        let said = member(resource, "AuthorizationType");
        ["AWS::ApiGateway::Method", "AWS::ApiGatewayV2::Route"].contains(&kind)
            && said != Some("COGNITO_USER_POOLS".into())
            && said != Some("JWT".into())
    };
    let open = definition.routes().iter().filter(|route| *route.authorization() == RouteAuthorization::open());
    assert!(open.count() <= resources.values().filter(is_unguarded).count(), "a route is open by itself");
}

/// Each operation of a document: its method, its path and what stands there.
fn operations(document: &Map<String, Value>) -> Vec<(String, &str, &Map<String, Value>)> {
    let paths = document.get("paths").and_then(Value::as_object).expect("paths");
    let mut found = Vec::new();
    for (path, item) in paths.iter().filter(|(path, _)| !path.starts_with("x-")) {
        for (name, operation) in item.as_object().expect("a path item") {
            let method = match &**name {
                "get" | "put" | "post" | "delete" | "options" | "head" | "patch" => name.to_uppercase(),
                "x-amazon-apigateway-any-method" => "ANY".to_owned(),
                "summary" | "description" | "parameters" | "servers" => continue,
                name if name.starts_with("x-") => continue,
                name => panic!("{path} has `{name}`, and it was imported"),
            };
            found.push((method, &**path, operation.as_object().expect("an operation")));
        }
    }
    found
}
