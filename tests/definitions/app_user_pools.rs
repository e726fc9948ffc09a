//! The user pools of an app, for a local user pool. Rows: `src/docs/behaviour.md` §6.4, §10.77.
use cognito_authorizer::api_definition::ApiDefinition;
use serde_json::json;

use crate::support::{fresh_folder, written};

/// `Fn::GetAtt Pool.Arn` is an ARN, and its id the part after the slash.
#[test]
fn the_arn_of_a_user_pool_can_be_split() {
    let folder = fresh_folder("arn");
    let template = json!({"Resources": {
        "Pool": {"Type": "AWS::Cognito::UserPool"},
        "Client": {"Type": "AWS::Cognito::UserPoolClient", "Properties": {
            "UserPoolId": {"Fn::Select": ["1", {"Fn::Split": ["/", {"Fn::GetAtt": ["Pool", "Arn"]}]}]},
            "ExplicitAuthFlows": ["ALLOW_USER_PASSWORD_AUTH"],
        }},
        "Jane": {"Type": "AWS::Cognito::UserPoolUser", "Properties": {
            "UserPoolId": {"Ref": "Pool"}, "Username": "jane",
            "UserAttributes": [{"Name": "email", "Value": "jane@example.com"}, {"Name": "email_verified", "Value": true}],
        }},
        "Staff": {"Type": "AWS::Cognito::UserPoolGroup", "Properties": {"UserPoolId": {"Ref": "Pool"}, "GroupName": "staff"}},
        "JaneIsStaff": {"Type": "AWS::Cognito::UserPoolUserToGroupAttachment", "Properties": {
            "UserPoolId": {"Ref": "Pool"}, "Username": {"Ref": "Jane"}, "GroupName": {"Ref": "Staff"},
        }},
    }});
    let path = written(&folder, "template.json", &template);
    let pools = ApiDefinition::reader().user_pools(&path).unwrap();
    assert!(pools.notes().is_empty(), "{:?}", pools.notes());
    let [pool] = pools.user_pools() else { panic!() };
    assert_eq!((pool.app_clients().len(), pool.users().next().unwrap().0), (1, "jane"));
    assert!(pools.config().is_ok());
}

/// Settings that the local user pool lacks are named, each with what follows.
#[test]
fn settings_that_the_local_user_pool_lacks_are_noted() {
    let folder = fresh_folder("lacks");
    let template = json!({"Resources": {
        "Pool": {"Type": "AWS::Cognito::UserPool", "Properties": {
            "LambdaConfig": {"PreTokenGeneration": "arn:x"}, "MfaConfiguration": "ON", "UserPoolTags": {"a": "b"},
            "Policies": {"PasswordPolicy": {"MinimumLength": "10", "PasswordHistorySize": 3}},
        }},
        "Client": {"Type": "AWS::Cognito::UserPoolClient", "Properties": {"UserPoolId": {"Ref": "Pool"}}},
        "Idp": {"Type": "AWS::Cognito::UserPoolIdentityProvider", "Properties": {"UserPoolId": {"Ref": "Pool"}}},
    }});
    let pools = ApiDefinition::reader().user_pools(written(&folder, "template.json", &template)).unwrap();
    let notes: Vec<&str> = pools.notes().iter().map(|note| note.message()).collect();
    for part in [
        "`LambdaConfig`",
        "`MfaConfiguration`",
        "`PasswordHistorySize`",
        "no SRP",
        "`AWS::Cognito::UserPoolIdentityProvider`",
    ] {
        assert!(notes.iter().any(|note| note.contains(part)), "{part}: {notes:?}");
    }
    assert_eq!(notes.len(), 5, "{notes:?}");
    let empty = written(&folder, "empty.json", &json!({"Resources": {}}));
    assert!(ApiDefinition::reader().user_pools(empty).unwrap().config().is_err());
}
