//! Tests services that a definition protects, and large definitions.

use super::api_definition::{ARN, cognito, definition, problem, read};
use crate::support::{
    definitions::routes,
    keys::{self, ScriptedKeys},
    requests::{request, send},
    tokens::*,
};
use cognito_authorizer::{
    Authorizer, AuthorizerBuilder,
    api_definition::{ApiDefinition, ApiDefinitionReader},
    local_user_pool::{LocalUserPool, LocalUserPoolConfig, TestToken},
};
use serde_json::{Value, json};
use std::fmt::Write;

/// 10.48.
#[tokio::test]
async fn each_route_asks_the_authorizer_that_it_names() {
    let two = json!({"/a": {"get": {"security": [{"pool": []}]}}, "/b": {"get": {"security": [{"elsewhere": []}]}}});
    let mut two = definition(two);
    two["components"]["securitySchemes"]["elsewhere"] = cognito();
    two["components"]["securitySchemes"]["elsewhere"]["x-amazon-apigateway-authorizer"]["providerARNs"] =
        json!([ARN.replace("Ab129faBb", "Ab129faBc")]);
    let two = read(&two).unwrap();
    let error = two.authorizer().unwrap_err().to_string();
    assert!(error.contains("elsewhere, pool"), "{error}");
    let with_keys = |_: &str, builder: AuthorizerBuilder| builder.key_source(ScriptedKeys::new()).clock(keys::clock());
    let layer = two.authorizers_with(with_keys).unwrap().layer(two.route_table().build().unwrap()).unwrap();
    let here = Token::id().sign();
    let there = Token::id().with("iss", OTHER_ISSUER).by(&OTHER_POOL_KEY).sign();
    for (path, token, status) in [("/a", &here, 200), ("/b", &there, 200), ("/a", &there, 401), ("/b", &here, 401)] {
        assert_eq!(send(&layer, request("GET", path, &[token])).await.status, status, "{path}");
    }
    // A layer with only one authorizer rejects the table.
    let one = with_keys("", Authorizer::for_user_pool(POOL_ID)).build().unwrap();
    assert!(one.layer().routes(two.route_table().build().unwrap()).is_err());

    let none = read(&definition(json!({"/a": {"get": {}}}))).unwrap();
    assert!(none.authorizer().unwrap_err().to_string().contains("none"));
    let mixed = json!({"/a": {"get": {"security": [{"pool": []}]}}, "/b": {"get": {"security": [{"jwt": []}]}}});
    let error = read(&definition(mixed)).unwrap().authorizers_with(with_keys).unwrap_err().to_string();
    assert!(error.contains("must have the same type"), "{error}");
}

/// 6.1.12, tested through the layer: a client gets the responses that the definition describes.
#[tokio::test]
async fn a_definition_guards_a_service() {
    let pool = LocalUserPool::start(LocalUserPoolConfig::new("eu-west-1_Ab129faBb"), "127.0.0.1:0".parse().unwrap());
    let pool = pool.await.unwrap();
    let mut definition = definition(json!({
        "/pets": {"get": {"security": [{"pool": ["pets/read"]}]}, "post": {"security": [{"pool": ["pets/write"]}]}},
        "/me": {"get": {"security": [{"pool": []}]}},
        "/health": {"get": {"security": []}},
    }));
    definition["x-amazon-apigateway-gateway-responses"] = json!({
        "UNAUTHORIZED": {
            "statusCode": 403,
            "responseParameters": {
                "gatewayresponse.header.x-why": "'no'", "gatewayresponse.header.x-from": "stageVariables.origin",
            },
            "responseTemplates": {"application/json": "{\"why\":$context.error.messageString}"},
        },
    });
    let reader: ApiDefinitionReader = ApiDefinition::reader().user_pool(pool.user_pool()).variable("origin", "here");
    let definition = reader.read(&definition.to_string()).unwrap();
    let authorizer = definition.authorizer().unwrap().build().unwrap();
    let layer = authorizer.layer().routes(definition.route_table().stage("prod").build().unwrap()).unwrap();
    let token = |token: TestToken| pool.issue(&token).unwrap();
    let reader = token(TestToken::access("petstore", ["pets/read"]));
    let id = token(TestToken::id("petstore", "jane"));
    for (method, path, token, status) in [
        ("GET", "/prod/pets", Some(&reader), 200),
        ("POST", "/prod/pets", Some(&reader), 403),
        ("GET", "/prod/me", Some(&id), 200),
        ("GET", "/prod/me", Some(&reader), 403),
        ("GET", "/prod/health", None, 200),
        ("GET", "/prod/pets", None, 403),
        ("GET", "/prod/other", Some(&reader), 403),
        ("GET", "/pets", Some(&reader), 403),
    ] {
        let tokens: Vec<&str> = token.iter().map(|token| token.as_str()).collect();
        assert_eq!(send(&layer, request(method, path, &tokens)).await.status, status, "{method} {path}");
    }
    let refused = send(&layer, request("GET", "/prod/pets", &[])).await;
    assert_eq!(
        (&refused.headers["x-why"], &refused.headers["x-from"]),
        (&"no".parse().unwrap(), &"here".parse().unwrap())
    );
    for (responses, part) in [
        (json!({"TEAPOT": {}}), "is not a type of gateway response"),
        (json!({"UNAUTHORIZED": "x"}), "expected a map"),
        (json!({"UNAUTHORIZED": {"statusCod": 401}}), "`statusCod` is not known here"),
        (json!({"UNAUTHORIZED": {"responseParameters": []}}), "expected a map"),
        (json!({"UNAUTHORIZED": {"statusCode": "much"}}), "expected a status"),
        (json!({"UNAUTHORIZED": {"statusCode": 99}}), "99"),
        (json!({"UNAUTHORIZED": {"responseParameters": {"x-why": "'no'"}}}), "gatewayresponse.header"),
        (json!({"UNAUTHORIZED": {"responseParameters": {"gatewayresponse.header.x-why": "no"}}}), "`no`"),
    ] {
        let definition = json!({"openapi": "3.0.1", "paths": {}, "x-amazon-apigateway-gateway-responses": responses});
        let error = problem(&definition);
        assert!(error.contains(part), "{error}");
    }
}

/// Two thousand operations give the same routes in JSON and in YAML.
#[test]
fn a_large_definition_is_read() {
    let mut paths = json!({});
    for number in 0..500 {
        let operation = |scope: &str| json!({"security": [{"pool": [format!("pets/{scope}{number}")]}], "responses": {"200": {"description": "x"}}});
        paths[format!("/pets{number}/{{id}}")] =
            json!({"get": operation("r"), "put": operation("w"), "post": operation("w"), "delete": operation("d")});
    }
    let as_json = definition(paths);
    let read_json = read(&as_json).unwrap();
    assert_eq!(read_json.routes().len(), 2_000);
    let mut yaml = String::new();
    write_yaml(&as_json, 0, &mut yaml);
    let read_yaml = ApiDefinition::reader().read(&yaml).unwrap();
    assert_eq!(routes(&read_yaml), routes(&read_json));
}

/// Writes the document in YAML's block form.
fn write_yaml(value: &Value, depth: usize, yaml: &mut String) {
    let indent = "  ".repeat(depth);
    match value {
        Value::Object(members) if !members.is_empty() => {
            for (name, value) in members {
                let name = json!(name);
                if value.as_object().is_some_and(|own| !own.is_empty())
                    || value.as_array().is_some_and(|own| !own.is_empty())
                {
                    writeln!(yaml, "{indent}{name}:").unwrap();
                    write_yaml(value, depth + 1, yaml);
                } else {
                    writeln!(yaml, "{indent}{name}: {value}").unwrap();
                }
            }
        }
        Value::Array(items) => {
            for item in items {
                writeln!(yaml, "{indent}- {item}").unwrap();
            }
        }
        other => writeln!(yaml, "{indent}{other}").unwrap(),
    }
}
