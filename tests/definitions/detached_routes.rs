//! Routes that another stack adds to the API. Row: `src/docs/behaviour.md` §6.4.17.
use std::path::{Path, PathBuf};

use cognito_authorizer::api_definition::ApiDefinition;
use serde_json::{Value, json};

use crate::support::{fresh_folder, written};

fn route(key: &str) -> Value {
    json!({"Type": "AWS::ApiGatewayV2::Route", "Properties": {"ApiId": {"Ref": "Api"}, "RouteKey": key}})
}

fn api(key: &str) -> Value {
    json!({"Resources": {
        "Api": {"Type": "AWS::ApiGatewayV2::Api", "Properties": {"ProtocolType": "HTTP"}}, "R": route(key),
    }})
}

/// Two guarded routes of an API that another stack exports.
fn other() -> Value {
    let guarded = |key: &str| {
        json!({"Type": "AWS::ApiGatewayV2::Route", "Properties": {
            "ApiId": {"Fn::ImportValue": "api"}, "RouteKey": key, "AuthorizationType": "JWT", "AuthorizerId": "a",
        }})
    };
    json!({"Resources": {"One": guarded("GET /users/admin"), "Two": guarded("DELETE /pets")}})
}

fn assembly(folder: &Path, stacks: &[(&str, &str)]) -> PathBuf {
    let stack = |(name, file): &(&str, &str)| {
        (name.to_string(), json!({"type": "aws:cloudformation:stack", "properties": {"templateFile": file}}))
    };
    let artifacts: serde_json::Map<String, Value> = stacks.iter().map(stack).collect();
    written(folder, "manifest.json", &json!({"version": "1", "artifacts": artifacts}));
    folder.to_owned()
}

/// Any route that covers more than one request could cover a route of the other stack, with less authorization.
#[test]
fn a_route_that_another_one_may_cover_is_an_error() {
    let folder = fresh_folder("detached");
    written(&folder, "other.json", &other());
    for (key, may_cover) in [
        ("$default", true),
        ("ANY /{proxy+}", true),
        ("GET /{rest+}", true),
        ("GET /users/{id}", true),
        ("ANY /pets", true),
        ("GET /a", false),
    ] {
        written(&folder, "api.json", &api(key));
        let app = assembly(&folder, &[("Api", "api.json"), ("Other", "other.json")]);
        let read = ApiDefinition::reader().read_file(&app);
        assert_eq!(read.is_err(), may_cover, "{key}: {read:?}");
        let said = match read {
            Ok(definition) => definition.notes().iter().map(ToString::to_string).collect(),
            Err(error) => error.to_string(),
        };
        assert!(said.contains("other.json") && said.contains("routes of an API of another stack"), "{key}: {said}");
    }
}

/// With the option, they are routes that reject every request.
#[test]
fn such_routes_can_be_imported_as_unsupported() {
    let folder = fresh_folder("detached-unsupported");
    written(&folder, "other.json", &other());
    written(&folder, "api.json", &api("$default"));
    let app = assembly(&folder, &[("Api", "api.json"), ("Other", "other.json")]);
    let definition = ApiDefinition::reader().reject_unsupported_routes(true).read_file(&app).unwrap();
    let routes: Vec<(&str, bool)> = definition
        .routes()
        .iter()
        .map(|route| (route.route_key().as_str(), route.authorization().is_unsupported()))
        .collect();
    assert_eq!(routes, [("$default", false), ("GET /users/admin", true), ("DELETE /pets", true)]);
    // A method of a REST API has a path only with the API's own resources.
    let method = json!({"Type": "AWS::ApiGateway::Method", "Properties": {
        "RestApiId": {"Fn::ImportValue": "api"}, "ResourceId": {"Fn::ImportValue": "root"}, "HttpMethod": "GET",
    }});
    written(&folder, "other.json", &json!({"Resources": {"Method": method}}));
    assert!(ApiDefinition::reader().reject_unsupported_routes(true).read_file(&app).is_err());
}

/// The parent of a nested stack is no stage.
#[test]
fn a_nested_stack_shares_the_api_with_the_stacks_of_its_stage() {
    let folder = fresh_folder("detached-nested");
    written(&folder, "other.json", &other());
    written(&folder, "child.json", &api("$default"));
    let parent = json!({"Resources": {
        "Nested": {"Type": "AWS::CloudFormation::Stack", "Metadata": {"aws:asset:path": "child.json"}},
    }});
    written(&folder, "parent.json", &parent);
    let app = assembly(&folder, &[("Parent", "parent.json"), ("Other", "other.json")]);
    let error = ApiDefinition::reader().stack("Parent/Nested").read_file(&app).unwrap_err().to_string();
    assert!(error.contains("other.json"), "{error}");
}
