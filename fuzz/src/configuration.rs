//! A configuration is taken whole or not at all, is open only where it says so, and says the same once it was written out.

use cognito_authorizer::{
    RouteAuthorization,
    configuration::{Configuration, ConfigurationError},
};

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
    let written = configuration.to_json();
    let again = Configuration::reader().read(&written).unwrap_or_else(|error| panic!("{error}\n{written}"));
    assert_eq!(again.to_json(), written, "written out it says something else");
    assert_eq!(again.lint(), configuration.lint());

    let routes = configuration.routes_by_precedence();
    let routes_again = again.routes_by_precedence();
    assert_eq!(routes.len(), routes_again.len());
    for (one, other) in routes.iter().zip(&routes_again) {
        assert_eq!((one.key(), one.authorization()), (other.key(), other.authorization()));
        assert_eq!(one.authorizer(), other.authorizer());
    }
    let is_definition = ["swagger", "openapi", "Resources", "definition"].iter().any(|word| text.contains(word));
    let open = routes.iter().filter(|route| *route.authorization() == RouteAuthorization::None).count();
    // Once for each route, unless an alias or an escape says it.
    if !is_definition && !text.contains(['*', '\\']) {
        assert!(open <= text.matches("NONE").count(), "a route is open that is not said to be");
    }
    // It may need files that are not there, and is whole if it does not.
    if let Ok(authorizers) = configuration.authorizers() {
        assert!(configuration.layer(&authorizers).is_ok(), "no layer of what was read");
    }
}
