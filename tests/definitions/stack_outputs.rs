//! `Fn::GetStackOutput`: the output of which stack. Row: `src/docs/behaviour.md` §6.4.16.
use std::path::PathBuf;

use cognito_authorizer::api_definition::{ApiDefinition, ApiDefinitionReader};
use serde_json::{Value, json};

use crate::support::{fresh_folder, written};

const POOL: &str = "arn:aws:cognito-idp:eu-west-1:111111111111:userpool/eu-west-1_Ab129faBb";

/// An app with the stack `Api` of this environment, whose authorizer takes what is asked for from the stack `Auth` of
/// `aws://111111111111/eu-west-1`.
fn app(name: &str, environment: &str, asked: &Value) -> PathBuf {
    let folder = fresh_folder(name);
    let mut asking = json!({"StackName": "Auth", "OutputName": "Arn"});
    for (member, value) in asked.as_object().unwrap() {
        asking[member] = value.clone();
    }
    let api = json!({"Resources": {
        "Api": {"Type": "AWS::ApiGateway::RestApi"},
        "Guard": {"Type": "AWS::ApiGateway::Authorizer", "Properties": {
            "RestApiId": {"Ref": "Api"}, "Type": "COGNITO_USER_POOLS", "ProviderARNs": [{"Fn::GetStackOutput": asking}],
            "IdentitySource": "method.request.header.Authorization",
        }},
        "Get": {"Type": "AWS::ApiGateway::Method", "Properties": {
            "RestApiId": {"Ref": "Api"}, "ResourceId": {"Fn::GetAtt": ["Api", "RootResourceId"]}, "HttpMethod": "GET",
            "AuthorizationType": "COGNITO_USER_POOLS", "AuthorizerId": {"Ref": "Guard"},
        }},
    }});
    written(&folder, "api.json", &api);
    written(&folder, "auth.json", &json!({"Resources": {}, "Outputs": {"Arn": {"Value": POOL}}}));
    let stack = |file: &str, environment: &str| json!({"type": "aws:cloudformation:stack", "environment": environment, "properties": {"templateFile": file}});
    let artifacts =
        json!({"Api": stack("api.json", environment), "Auth": stack("auth.json", "aws://111111111111/eu-west-1")});
    written(&folder, "manifest.json", &json!({"version": "1", "artifacts": artifacts}));
    folder
}

fn reader() -> ApiDefinitionReader {
    ApiDefinition::reader()
}

#[test]
fn it_is_the_stack_of_this_name_region_and_account() {
    const ROLE: &str = "arn:aws:iam::111111111111:role/read";
    const OTHER_ROLE: &str = "arn:aws:iam::222222222222:role/read";
    let (own, other) = ("aws://111111111111/eu-west-1", "aws://333333333333/eu-west-1");
    for (number, (environment, asked, is_known)) in [
        (own, json!({}), true),
        (own, json!({"Region": "eu-west-1"}), true),
        (own, json!({"Region": {"Ref": "AWS::Region"}}), true),
        (own, json!({"Region": "ap-south-1"}), false),
        (own, json!({"RoleArn": ROLE}), true),
        (own, json!({"RoleArn": OTHER_ROLE}), false),
        (other, json!({"RoleArn": ROLE}), true),
        (other, json!({}), false),
        ("aws://111111111111/us-east-1", json!({}), false),
        ("aws://111111111111/us-east-1", json!({"Region": "eu-west-1"}), true),
        ("aws://unknown-account/unknown-region", json!({}), true),
        ("aws://unknown-account/unknown-region", json!({"Region": "ap-south-1"}), false),
    ]
    .into_iter()
    .enumerate()
    {
        let read = reader().stack("Api").read_file(app(&format!("stack-output-{number}"), environment, &asked));
        assert_eq!(read.is_ok(), is_known, "{environment} {asked}: {read:?}");
    }
}

/// Each place has a variable of its own.
#[test]
fn another_place_is_asked_for_by_name() {
    let own = "aws://111111111111/eu-west-1";
    let role = "arn:aws:iam::222222222222:role/read";
    for (number, (asked, variable)) in [
        (json!({"Region": "ap-south-1"}), "ap-south-1:Auth.Arn"),
        (json!({"RoleArn": role}), "222222222222:Auth.Arn"),
        (json!({"RoleArn": role, "Region": "ap-south-1"}), "222222222222:ap-south-1:Auth.Arn"),
    ]
    .into_iter()
    .enumerate()
    {
        let app = app(&format!("stack-output-variable-{number}"), own, &asked);
        let error = reader().stack("Api").read_file(&app).unwrap_err().to_string();
        assert!(error.ends_with(&format!("set the variable `{variable}`")), "{error}");
        assert!(reader().stack("Api").variable("Auth.Arn", POOL).read_file(&app).is_err());
        assert!(reader().stack("Api").variable(variable, POOL).read_file(&app).is_ok());
    }
    let wrong = app("stack-output-member", own, &json!({"Account": "222222222222"}));
    let error = reader().stack("Api").read_file(wrong).unwrap_err().to_string();
    assert!(error.contains("Fn::GetStackOutput has no member `Account`"), "{error}");
}

/// Two stacks that name each other.
#[test]
fn a_circle_ends() {
    let folder = app("stack-output-circle", "aws://111111111111/eu-west-1", &json!({}));
    let back = json!({"Fn::GetStackOutput": {"StackName": "Auth", "OutputName": "Arn"}});
    written(&folder, "auth.json", &json!({"Resources": {}, "Outputs": {"Arn": {"Value": back}}}));
    let error = reader().stack("Api").read_file(&folder).unwrap_err().to_string();
    assert!(error.contains("levels deep") || error.contains("circular"), "{error}");
}
