//! Tests settings of user pools, and tokens made to order.

use crate::support::cognito::{Desk, PASSWORD, call, claims, names, sign_in};
use cognito_authorizer::local_user_pool::{LocalUserPool, LocalUserPoolConfig, TestToken};
use serde_json::{Value, json};

/// Each setting has its effect, is shown as given, or is rejected by name (10.36).
#[tokio::test]
async fn no_setting_is_dropped_in_silence() {
    let desk = Desk::open().await;
    let create = async |settings: Value| {
        let mut body = json!({"PoolName": "x"});
        body.as_object_mut().unwrap().extend(settings.as_object().unwrap().clone());
        desk.refusal("CreateUserPool", body).await
    };
    for (settings, part) in [
        (json!({"Policies": {"PasswordPolicy": {"PasswordHistorySize": 3}}}), "PasswordHistorySize"),
        (json!({"Policies": {"SignInPolicy": {"AllowedFirstAuthFactors": ["WEB_AUTHN"]}}}), "AllowedFirstAuthFactors"),
        (json!({"AdminCreateUserConfig": {"UnusedAccountValidityDays": 366}}), "UnusedAccountValidityDays"),
        (json!({"Schema": [{"Name": "plan", "Required": true}]}), "Required custom attributes"),
        (json!({"Schema": [{"Name": "plan", "DeveloperOnlyAttribute": true}]}), "DeveloperOnlyAttribute"),
        (json!({"UserPoolAddOns": {"AdvancedSecurityMode": "ENFORCED"}}), "UserPoolAddOns"),
        (json!({"DeviceConfiguration": {"ChallengeRequiredOnNewDevice": true}}), "DeviceConfiguration"),
    ] {
        let (exception, message) = create(settings).await;
        assert!(exception == "InvalidParameter" && message.contains(part), "{message}");
    }
    let settings = json!({
        "UserPoolAddOns": {"AdvancedSecurityMode": "OFF"},
        "AdminCreateUserConfig": {
            "AllowAdminCreateUserOnly": false, "UnusedAccountValidityDays": 7,
            "InviteMessageTemplate": {"EmailSubject": "Hi"},
        },
        "DeletionProtection": "ACTIVE",
        "Schema": [{"Name": "plan", "AttributeDataType": "Number", "NumberAttributeConstraints": {"MinValue": "1"}}],
        "AccountRecoverySetting": {"RecoveryMechanisms": [{"Priority": 1, "Name": "verified_email"}]},
    });
    let (pool, client) = desk.user_pool(settings.clone()).await;
    let shown = desk.call("DescribeUserPool", json!({"UserPoolId": pool})).await["UserPool"].clone();
    for member in ["UserPoolAddOns", "AdminCreateUserConfig", "DeletionProtection", "AccountRecoverySetting"] {
        assert_eq!(shown[member], settings[member], "{member}");
    }
    let schema = shown["SchemaAttributes"].as_array().unwrap();
    let find = |name: &str| schema.iter().find(|own| own["Name"] == name).unwrap();
    assert_eq!(find("custom:plan")["NumberAttributeConstraints"], json!({"MinValue": "1"}));
    assert_eq!((&find("sub")["Required"], &find("email")["Required"]), (&json!(true), &json!(false)));
    assert_eq!(schema.len(), 22);
    let sign_up = |plan: &str| {
        let attributes = json!([{"Name": "custom:plan", "Value": plan}]);
        json!({"ClientId": client, "Username": "jane", "Password": PASSWORD, "UserAttributes": attributes})
    };
    assert!(desk.refusal("SignUp", sign_up("none")).await.1.contains("number"));
    desk.call("SignUp", sign_up("1")).await;
    let protected = desk.refusal("DeleteUserPool", json!({"UserPoolId": pool})).await;
    assert!(protected.1.contains("deletion protection"), "{protected:?}");
    let listed = desk.call("ListUsers", json!({"UserPoolId": pool, "AttributesToGet": ["custom:plan"]})).await;
    assert_eq!(listed["Users"][0]["Attributes"], json!([{"Name": "custom:plan", "Value": "1"}]));
    let custom = json!({"UserPoolId": pool, "Domain": "own", "CustomDomainConfig": {"CertificateArn": "arn:x"}});
    assert!(desk.refusal("CreateUserPoolDomain", custom).await.1.contains("CustomDomainConfig"));

    for (settings, part) in [
        (json!({"ExplicitAuthFlows": ["USER_PASSWORD_AUTH", "ALLOW_USER_SRP_AUTH"]}), "ALLOW_"),
        (json!({"AllowedOAuthScopes": vec!["openid"; 51]}), "more than 50 scopes"),
        (json!({"AuthSessionValidity": 2}), "3 to 15 minutes"),
        (json!({"AuthSessionValidity": 16}), "3 to 15 minutes"),
    ] {
        let mut body = json!({"UserPoolId": pool, "ClientName": "x"});
        body.as_object_mut().unwrap().extend(settings.as_object().unwrap().clone());
        let (exception, message) = desk.refusal("CreateUserPoolClient", body).await;
        assert!(exception == "InvalidParameter" && message.contains(part), "{message}");
    }
    let callbacks = json!({"CallbackURLs": ["https://pets.example/back"], "EnableTokenRevocation": false});
    let client = desk.client(&pool, callbacks).await;
    assert_eq!(client["CallbackURLs"], json!(["https://pets.example/back"]));
    assert_eq!(
        names(&client),
        "AllowedOAuthFlowsUserPoolClient AuthSessionValidity CallbackURLs ClientId ClientName CreationDate \
         EnablePropagateAdditionalUserContextData EnableTokenRevocation ExplicitAuthFlows LastModifiedDate \
         RefreshTokenValidity TokenValidityUnits UserPoolId"
    );
}

/// A policy requires exactly what it is set to require.
#[tokio::test]
async fn a_password_policy_is_taken_at_its_word() {
    let desk = Desk::open().await;
    let policy = json!({"Policies": {"PasswordPolicy": {"MinimumLength": 10, "RequireNumbers": true}}});
    let (_, client) = desk.user_pool(policy).await;
    let sign_up = |password: &str| json!({"ClientId": client, "Username": "jane", "Password": password});
    for (password, part) in [("short1", "not long enough"), ("longenough", "numeric")] {
        assert!(desk.refusal("SignUp", sign_up(password)).await.1.contains(part), "{password}");
    }
    desk.call("SignUp", sign_up("longenough1")).await;
}

/// A region from the request's signature is ignored if it is invalid or does not fit into an id.
#[tokio::test]
async fn the_region_of_the_signature_stands_in_the_id() {
    let desk = Desk::open().await;
    let create = async |credential: &str| {
        let request = crate::support::cognito::client().post(&desk.endpoint).body(r#"{"PoolName":"x"}"#);
        let request = request.header("x-amz-target", "AWSCognitoIdentityProviderService.CreateUserPool");
        let authorization = format!("AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders=host, Signature=0");
        let response = request.header("authorization", authorization).send().await.unwrap();
        let made: Value = serde_json::from_str(&response.text().await.unwrap()).unwrap();
        made["UserPool"]["Id"].as_str().unwrap().to_owned()
    };
    let long = format!("k/20260101/{}-1/cognito-idp/aws4_request", "eu-west".repeat(7));
    for (credential, region) in [
        ("k/20260101/ap-southeast-2/cognito-idp/aws4_request", "ap-southeast-2"),
        ("k/20260101/EU/cognito-idp/aws4_request", "us-east-1"),
        ("k", "us-east-1"),
        (&long, "us-east-1"),
    ] {
        let id = create(credential).await;
        assert_eq!(id.split('_').next(), Some(region), "{id}");
        desk.call("DeleteUserPool", json!({"UserPoolId": id})).await;
    }
}

/// A token made to order equals one that the user pool issues to this user through this app client.
#[tokio::test]
async fn a_token_to_order_is_like_one_that_was_given() {
    let config = json!({
        "UserPoolId": "eu-west-1_Order",
        "AppClients": [
            {"ClientId": "page", "ExplicitAuthFlows": ["ALLOW_USER_PASSWORD_AUTH"], "ReadAttributes": ["name"]},
            {"ClientId": "old", "ExplicitAuthFlows": ["ALLOW_USER_PASSWORD_AUTH"], "EnableTokenRevocation": false},
        ],
        "Groups": [{"GroupName": "a", "Precedence": 2}, {"GroupName": "b", "Precedence": 1, "RoleArn": "arn:aws:iam::1:role/b"}],
        "Users": [{
            "Username": "jane", "Password": PASSWORD, "Groups": ["a", "b"],
            "UserAttributes": [{"Name": "name", "Value": "Jane"}, {"Name": "locale", "Value": "en"}],
        }],
    });
    let config = LocalUserPoolConfig::from_json(&config.to_string()).unwrap();
    let pool = LocalUserPool::start(config, "127.0.0.1:0".parse().unwrap()).await.unwrap();
    for client in ["page", "old"] {
        let given = call(&pool.endpoint_url(), "InitiateAuth", sign_in(client, "jane", PASSWORD)).await;
        for (name, order) in
            [("IdToken", TestToken::id(client, "jane")), ("AccessToken", TestToken::user_access(client, "jane"))]
        {
            let (given, made) =
                (claims(&given["AuthenticationResult"][name]), claims(&json!(pool.issue(&order).unwrap())));
            assert_eq!(names(&given), names(&made), "{client} {name}");
            for same in ["sub", "cognito:groups", "cognito:roles", "cognito:preferred_role", "name", "client_id", "aud"]
            {
                assert_eq!(given.get(same), made.get(same), "{client} {same}");
            }
        }
    }
    let id = claims(&json!(pool.issue(&TestToken::id("page", "jane")).unwrap()));
    assert_eq!(id["cognito:groups"], json!(["b", "a"]));
    assert_eq!((id.get("locale"), id["cognito:preferred_role"].as_str()), (None, Some("arn:aws:iam::1:role/b")));
}

/// If two groups have the same precedence, neither role is preferred.
#[tokio::test]
async fn of_two_equal_groups_neither_is_preferred() {
    let desk = Desk::open().await;
    let (pool, client) = desk.user_pool(json!({})).await;
    desk.user(&pool, "jane", json!([])).await;
    for (name, precedence) in [("a", 1), ("b", 1), ("c", 2)] {
        let role = format!("arn:aws:iam::123456789012:role/{name}");
        let group = json!({"UserPoolId": pool, "GroupName": name, "Precedence": precedence, "RoleArn": role});
        desk.call("CreateGroup", group).await;
        desk.call("AdminAddUserToGroup", json!({"UserPoolId": pool, "GroupName": name, "Username": "jane"})).await;
    }
    let id = claims(&desk.tokens(&client, "jane").await["IdToken"]);
    assert_eq!((id["cognito:roles"].as_array().unwrap().len(), id.get("cognito:preferred_role")), (3, None));
}
