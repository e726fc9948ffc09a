//! A configuration is taken whole or not at all, has the routes that it says and no others, and says the same once it was
//! written out.

use cognito_authorizer::{
    api_definition::ApiDefinition,
    configuration::{Configuration, ConfigurationError},
    route::RouteAuthorization,
};
use serde_json::{Map, Value};
use toml::de::{DeTable, DeValue};

use super::strict_json;

/// Input: a configuration; TOML behind a first line `toml`, and else JSON or YAML.
pub fn configuration(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let (first, rest) = super::first_line(text);
    let (read, text) = match first {
        "toml" => (Configuration::reader().read_toml(rest), rest),
        _ => (Configuration::reader().read(text), text),
    };
    let configuration = match read {
        Ok(configuration) => configuration,
        Err(error) => {
            // What names a file looks for it, and a definition has its own target.
            let lines = text.matches(['\n', '\r']).count() + 2;
            let problems = error.problems();
            assert!(problems.iter().all(|problem| problem.file().is_some() || (1..=lines).contains(&problem.line())));
            assert!(problems.iter().all(|problem| problem.message().len() < 5_000));
            assert!(!matches!(&error, ConfigurationError::Configuration { problems } if problems.is_empty()));
            return;
        }
    };
    // The ids of an app's user pools are not known before its deployment.
    let Ok(written) = configuration.to_json() else { return };
    let again = Configuration::reader().read(&written).unwrap_or_else(|error| panic!("{error}\n{written}"));
    assert_eq!(again.to_json().unwrap(), written, "written out it says something else");
    assert_eq!(again.lint(), configuration.lint());

    let routes = configuration.route_table().by_precedence();
    let routes_again = again.route_table().by_precedence();
    assert_eq!(routes.len(), routes_again.len());
    for (one, other) in routes.iter().zip(&routes_again) {
        assert_eq!((one.key(), one.authorization()), (other.key(), other.authorization()));
        assert_eq!(one.authorizer(), other.authorizer());
    }
    let document = match first {
        "toml" => DeTable::parse(rest).ok().map(|table| members(table.get_ref())),
        _ => strict_json::object(text.strip_prefix('\u{feff}').unwrap_or(text)),
    };
    match document {
        Some(document) if !document.contains_key("definition") => compare(&configuration, &document, text),
        // What it names has the routes.
        Some(_) => {}
        None => {
            let is_elsewhere = ["swagger", "openapi", "Resources", "definition"].iter().any(|word| text.contains(word));
            let open = routes.iter().filter(|route| route.authorization().is_open()).count();
            // Of YAML there is no second reader: once for each route, unless an alias or an escape says it.
            if !is_elsewhere && !text.contains(['*', '\\']) {
                assert!(open <= text.matches("NONE").count(), "a route is open that is not said to be");
            }
        }
    }
    compare(&again, &strict_json::object(&written).expect("JSON"), &written);
    // It may need files that are not there, and is whole if it does not.
    if let Ok(authorizers) = configuration.authorizers() {
        assert!(configuration.layer(&authorizers).is_ok(), "no layer of what was read");
    }
}

/// The routes next to those of the document, one by one and in its order.
fn compare(configuration: &Configuration, document: &Map<String, Value>, text: &str) {
    let routes = configuration.route_table().routes();
    if ["swagger", "openapi", "Resources"].iter().any(|name| document.contains_key(*name)) {
        let definition = ApiDefinition::reader().read(text).expect("a definition");
        let own = routes.iter().map(|route| (route.key(), route.authorization()));
        let defined = definition.routes().iter().map(|route| (route.route_key(), route.authorization()));
        assert!(own.eq(defined), "not the routes of the definition");
        return;
    }
    let listed: &[Value] = document.get("routes").and_then(Value::as_array).map_or(&[], |routes| routes);
    assert_eq!(routes.len(), listed.len(), "a route was dropped, or made up");
    let authorizers = document.get("authorizers").and_then(Value::as_object);
    let is_one = authorizers.is_some_and(|authorizers| authorizers.len() == 1);
    for (route, said) in routes.iter().zip(listed) {
        let key = route.key().as_str();
        let text = |name: &str| said.get(name).and_then(Value::as_str);
        assert_eq!(Some(key), text("route"));
        let is_open = text("authorization") == Some("NONE");
        assert_eq!(*route.authorization() == RouteAuthorization::open(), is_open, "{key}");
        assert!(is_open || authorizers.is_some_and(|all| !all.is_empty()), "{key} asks nobody");
        // A name is needed where there are several.
        assert_eq!(route.authorizer(), text("authorizer").filter(|_| !is_one), "{key}");
        let scopes = said.get("scopes").and_then(Value::as_array);
        let own: Vec<&str> = route.authorization().scope_names().collect();
        let wanted: Vec<&str> = scopes.into_iter().flatten().map(|scope| scope.as_str().expect("a scope")).collect();
        assert_eq!(own.is_empty(), scopes.is_none(), "{key}");
        assert!(own.iter().all(|scope| wanted.contains(scope)), "{key} takes other scopes: {own:?}");
        assert!(wanted.iter().all(|scope| own.contains(scope)), "{key} takes fewer scopes: {own:?}");
    }
}

/// TOML as JSON, with `null` for what no route holds.
fn members(table: &DeTable<'_>) -> Map<String, Value> {
    table.iter().map(|(name, own)| (name.get_ref().to_string(), value(own.get_ref()))).collect()
}

fn value(own: &DeValue<'_>) -> Value {
    match own {
        DeValue::String(text) => Value::from(&**text),
        DeValue::Array(items) => items.iter().map(|item| value(item.get_ref())).collect(),
        DeValue::Table(table) => Value::Object(members(table)),
        _ => Value::Null,
    }
}
