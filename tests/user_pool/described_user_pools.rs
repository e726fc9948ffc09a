//! Tests that `DescribeUserPool` responds as Cognito does.

use super::cognito_recorded::with;
use crate::support::cognito::{Desk, PASSWORD, sign_in};
use serde_json::{Value, json};

/// Builds an attribute as `describe-user-pool` prints it.
fn described(name: &str, data_type: &str, mutable: bool, required: bool, constraints: Value) -> Value {
    let own = json!({
        "Name": name, "AttributeDataType": data_type, "DeveloperOnlyAttribute": false, "Mutable": mutable,
        "Required": required,
    });
    with(own, &constraints)
}

/// Returns the standard attributes in Cognito's order, from the example of `DescribeUserPool` in its API reference.
fn standard_attributes() -> Vec<Value> {
    let text = |name: &str| {
        let bounds = json!({"StringAttributeConstraints": {"MinLength": "0", "MaxLength": "2048"}});
        described(name, "String", true, false, bounds)
    };
    let of_sub = json!({"StringAttributeConstraints": {"MinLength": "1", "MaxLength": "2048"}});
    let of_birthdate = json!({"StringAttributeConstraints": {"MinLength": "10", "MaxLength": "10"}});
    vec![
        described("sub", "String", false, true, of_sub),
        text("name"),
        text("given_name"),
        text("family_name"),
        text("middle_name"),
        text("nickname"),
        text("preferred_username"),
        text("profile"),
        text("picture"),
        text("website"),
        text("email"),
        described("email_verified", "Boolean", true, false, json!({})),
        text("gender"),
        described("birthdate", "String", true, false, of_birthdate),
        text("zoneinfo"),
        text("locale"),
        text("phone_number"),
        described("phone_number_verified", "Boolean", true, false, json!({})),
        text("address"),
        described("updated_at", "Number", true, false, json!({"NumberAttributeConstraints": {"MinValue": "0"}})),
        described("identities", "String", true, false, json!({"StringAttributeConstraints": {}})),
    ]
}

/// 7.4.12: the description of a user pool that was created with only a name.
#[tokio::test]
async fn a_user_pool_is_described_as_cognito_describes_it() {
    let desk = Desk::open().await;
    let created = desk.call("CreateUserPool", json!({"PoolName": "plain"})).await["UserPool"].clone();
    let shown = desk.call("DescribeUserPool", json!({"UserPoolId": created["Id"]})).await["UserPool"].clone();
    assert_eq!(shown, created);
    assert_eq!(shown["SchemaAttributes"], Value::Array(standard_attributes()), "with constraints, in this order");
    for (name, value) in [
        ("Name", json!("plain")),
        ("MfaConfiguration", json!("OFF")),
        ("DeletionProtection", json!("INACTIVE")),
        ("UserPoolTier", json!("ESSENTIALS")),
        ("LambdaConfig", json!({})),
        ("EstimatedNumberOfUsers", json!(0)),
        ("EmailConfiguration", json!({"EmailSendingAccount": "COGNITO_DEFAULT"})),
        ("VerificationMessageTemplate", json!({"DefaultEmailOption": "CONFIRM_WITH_CODE"})),
        ("AdminCreateUserConfig", json!({"AllowAdminCreateUserOnly": false, "UnusedAccountValidityDays": 7})),
        (
            "AccountRecoverySetting",
            json!({"RecoveryMechanisms": [
                {"Priority": 1, "Name": "verified_email"}, {"Priority": 2, "Name": "verified_phone_number"},
            ]}),
        ),
        (
            "Policies",
            json!({
                "PasswordPolicy": {
                    "MinimumLength": 8, "RequireUppercase": true, "RequireLowercase": true, "RequireNumbers": true,
                    "RequireSymbols": true, "TemporaryPasswordValidityDays": 7,
                },
                "SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD"]},
            }),
        ),
    ] {
        assert_eq!(shown[name], value, "{name}");
    }
    for absent in ["UsernameConfiguration", "UsernameAttributes", "AliasAttributes", "AutoVerifiedAttributes", "Domain"]
    {
        assert_eq!(shown.get(absent), None, "{absent}: nothing was said of it");
    }
}

/// Returns published output of `aws cognito-idp describe-user-pool`, with names and accounts changed.
fn recorded() -> Value {
    let mut attributes = standard_attributes();
    attributes[10]["Required"] = json!(true);
    let of_plan = json!({"StringAttributeConstraints": {"MinLength": "1", "MaxLength": "256"}});
    attributes.push(described("custom:plan", "String", true, false, of_plan));
    let of_seats = json!({"NumberAttributeConstraints": {"MinValue": "1", "MaxValue": "99"}});
    attributes.push(described("custom:seats", "Number", false, false, of_seats));
    attributes.push(described("custom:note", "String", true, false, json!({"StringAttributeConstraints": {}})));
    json!({
        "Id": "ap-northeast-1_Recorded1",
        "Name": "members",
        "Policies": {
            "PasswordPolicy": {
                "MinimumLength": 10, "RequireUppercase": true, "RequireLowercase": true, "RequireNumbers": true,
                "RequireSymbols": false, "PasswordHistorySize": 0, "TemporaryPasswordValidityDays": 7,
            },
            "SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD"]},
        },
        "DeletionProtection": "ACTIVE",
        "LambdaConfig": {},
        "LastModifiedDate": 1_741_598_031.308,
        "CreationDate": 1_741_598_031.308,
        "SchemaAttributes": attributes,
        "AutoVerifiedAttributes": ["email"],
        "UsernameAttributes": ["email"],
        "SmsVerificationMessage": "Your verification code is {####}.",
        "EmailVerificationMessage": "Your verification code is {####}.",
        "EmailVerificationSubject": "Your verification code",
        "VerificationMessageTemplate": {
            "SmsMessage": "Your verification code is {####}.", "EmailMessage": "Your verification code is {####}.",
            "EmailSubject": "Your verification code", "DefaultEmailOption": "CONFIRM_WITH_CODE",
        },
        "SmsAuthenticationMessage": "Your authentication code is {####}.",
        "UserAttributeUpdateSettings": {"AttributesRequireVerificationBeforeUpdate": ["email"]},
        "MfaConfiguration": "OFF",
        "EstimatedNumberOfUsers": 3,
        "EmailConfiguration": {"EmailSendingAccount": "COGNITO_DEFAULT"},
        "UserPoolTags": {"team": "pets"},
        "Domain": "members-of-pets",
        "AdminCreateUserConfig": {
            "AllowAdminCreateUserOnly": false, "UnusedAccountValidityDays": 7,
            "InviteMessageTemplate": {
                "SMSMessage": "Your username is {username} and temporary password is {####}.",
                "EmailMessage": "Your username is {username} and temporary password is {####}.",
                "EmailSubject": "Your temporary password",
            },
        },
        "UserPoolAddOns": {"AdvancedSecurityMode": "OFF"},
        "UsernameConfiguration": {"CaseSensitive": false},
        "Arn": "arn:aws:cognito-idp:ap-northeast-1:123456789012:userpool/ap-northeast-1_Recorded1",
        "AccountRecoverySetting": {"RecoveryMechanisms": [{"Priority": 1, "Name": "verified_email"}]},
        "UserPoolTier": "ESSENTIALS",
        "KeyConfiguration": {"KeyType": "AWS_OWNED_KEY"},
        "IssuerConfiguration": {"Type": "ORIGINAL"},
    })
}

/// The members that identify one user pool and are not settings.
const OF_ONE_POOL: [&str; 6] = ["Id", "Arn", "CreationDate", "LastModifiedDate", "EstimatedNumberOfUsers", "Domain"];

/// 7.4.12: turns a description into input, under the operation's names for its members.
fn given_back(description: &Value) -> Value {
    let mut body = description.clone();
    let members = body.as_object_mut().unwrap();
    let (name, schema) = (members.remove("Name").unwrap(), members.remove("SchemaAttributes").unwrap());
    members.retain(|name, _| !OF_ONE_POOL.contains(&&**name));
    with(body, &json!({"PoolName": name, "Schema": schema}))
}

fn settings(description: &Value) -> Value {
    let mut settings = description.clone();
    settings.as_object_mut().unwrap().retain(|name, _| !OF_ONE_POOL.contains(&&**name));
    settings
}

#[tokio::test]
async fn what_describes_a_user_pool_can_be_given_back() {
    let desk = Desk::open().await;
    // The output of Cognito, and the output of the local user pool.
    let plain = desk.call("CreateUserPool", json!({"PoolName": "plain"})).await["UserPool"].clone();
    let mut recorded_here = recorded();
    // Printed only if the pool keeps a password history.
    recorded_here["Policies"]["PasswordPolicy"].as_object_mut().unwrap().remove("PasswordHistorySize");
    for (printed, expected) in [(recorded(), recorded_here), (plain.clone(), plain)] {
        let made = desk.call("CreateUserPool", given_back(&printed)).await["UserPool"].clone();
        assert_eq!(settings(&made), settings(&expected));
        let id = made["Id"].clone();
        let again = with(given_back(&made), &json!({"UserPoolId": id}));
        assert_eq!(desk.call("UpdateUserPool", again).await, json!({}));
        let shown = desk.call("DescribeUserPool", json!({"UserPoolId": id})).await["UserPool"].clone();
        assert_eq!(shown, made);
        // As in the example of the API reference, the input contains members that the operation does not have.
        let whole = with(made.clone(), &json!({"UserPoolId": id}));
        assert_eq!(desk.call("UpdateUserPool", whole).await, json!({}));
        let shown = desk.call("DescribeUserPool", json!({"UserPoolId": id})).await["UserPool"].clone();
        assert_eq!(shown, made);
    }
}

/// 7.4.12: settings that an update omits fall back to the default. The attributes that identify users stay.
#[tokio::test]
async fn an_update_replaces_the_settings() {
    let desk = Desk::open().await;
    let schema = json!([{"Name": "plan"}]);
    let policy = json!({"PasswordPolicy": {"MinimumLength": 9}});
    let settings = json!({
        "UsernameAttributes": ["email"], "AutoVerifiedAttributes": ["email"], "Schema": schema, "Policies": policy,
        "UserPoolTags": {"team": "pets"}, "DeletionProtection": "ACTIVE", "UsernameConfiguration": {"CaseSensitive": false},
    });
    let (pool, client) = desk.user_pool(settings).await;
    desk.user(&pool, "jane@example.com", json!([])).await;
    desk.clock.advance(60);
    assert_eq!(desk.call("UpdateUserPool", json!({"UserPoolId": pool, "PoolName": "renamed"})).await, json!({}));
    let shown = desk.call("DescribeUserPool", json!({"UserPoolId": pool})).await["UserPool"].clone();
    for (name, value) in [
        ("Name", json!("renamed")),
        ("UsernameAttributes", json!(["email"])),
        ("UsernameConfiguration", json!({"CaseSensitive": false})),
        ("DeletionProtection", json!("INACTIVE")),
    ] {
        assert_eq!(shown[name], value, "{name}");
    }
    assert_eq!(shown["Policies"]["PasswordPolicy"]["MinimumLength"], 8);
    assert_eq!((shown.get("AutoVerifiedAttributes"), shown.get("UserPoolTags")), (None, None));
    assert_eq!(shown["SchemaAttributes"].as_array().unwrap().last().unwrap()["Name"], "custom:plan");
    assert_eq!(shown["LastModifiedDate"].as_f64().unwrap() - shown["CreationDate"].as_f64().unwrap(), 60.0);
    desk.tokens(&client, "jane@example.com").await;
    for (more, part) in [
        (json!({"UsernameAttributes": []}), "UsernameAttributes cannot be changed"),
        (json!({"AliasAttributes": ["email"]}), "AliasAttributes cannot be changed"),
        (json!({"UsernameConfiguration": {"CaseSensitive": true}}), "UsernameConfiguration cannot be changed"),
        (json!({"Schema": [{"Name": "other"}]}), "Schema cannot be changed"),
        (json!({"MfaConfiguration": "ON"}), "MfaConfiguration is not supported"),
        (json!({"LambdaConfig": {"PreSignUp": "arn:x"}}), "LambdaConfig is not supported"),
        (json!({"Policies": {"PasswordPolicy": {"MinimumLength": 5}}}), "MinimumLength"),
        (json!({"PoolName": "a/b"}), "poolName"),
    ] {
        let (_, message) = desk.refusal("UpdateUserPool", with(json!({"UserPoolId": pool}), &more)).await;
        assert!(message.contains(part), "{more}: {message}");
    }
    let gone = json!({"UserPoolId": "eu-west-1_Nowhere"});
    assert_eq!(desk.refusal("UpdateUserPool", gone).await.0, "ResourceNotFound");
}

/// 7.4.12: the described constraints apply in every operation, including those of standard attributes.
#[tokio::test]
async fn constraints_of_attributes_hold() {
    let desk = Desk::open().await;
    let schema = json!([
        {"Name": "email", "StringAttributeConstraints": {"MaxLength": "20"}},
        {"Name": "plan", "StringAttributeConstraints": {"MinLength": "2", "MaxLength": "3"}},
        {"Name": "seats", "AttributeDataType": "Number", "NumberAttributeConstraints": {"MinValue": "1"}},
    ]);
    let (pool, client) = desk.user_pool(json!({"Schema": schema})).await;
    let shown =
        desk.call("DescribeUserPool", json!({"UserPoolId": pool})).await["UserPool"]["SchemaAttributes"].clone();
    let of_email = json!({"StringAttributeConstraints": {"MinLength": "0", "MaxLength": "20"}});
    assert!(shown.as_array().unwrap().contains(&described("email", "String", true, false, of_email)));
    desk.call("AdminCreateUser", json!({"UserPoolId": pool, "Username": "asked", "TemporaryPassword": "Temp0rary-1"}))
        .await;
    let session = desk.call("InitiateAuth", sign_in(&client, "asked", "Temp0rary-1")).await["Session"].clone();
    for (name, value) in [
        ("birthdate", "1990"),
        ("birthdate", "1990-01-011"),
        ("updated_at", "-1"),
        ("updated_at", "soon"),
        ("email", "a-long-name@example.com"),
        ("custom:plan", "x"),
        ("custom:plan", "long"),
        ("custom:seats", "0"),
    ] {
        let attributes = json!([{"Name": name, "Value": value}]);
        let sign_up =
            json!({"ClientId": client, "Username": "jane", "Password": PASSWORD, "UserAttributes": attributes});
        let create = json!({"UserPoolId": pool, "Username": "jane", "UserAttributes": attributes});
        let responses = json!({"USERNAME": "asked", "NEW_PASSWORD": PASSWORD, format!("userAttributes.{name}"): value});
        let answer = json!({
            "ClientId": client, "ChallengeName": "NEW_PASSWORD_REQUIRED", "Session": session,
            "ChallengeResponses": responses,
        });
        for (operation, body) in [("SignUp", sign_up), ("AdminCreateUser", create), ("RespondToAuthChallenge", answer)]
        {
            let (exception, message) = desk.refusal(operation, body).await;
            assert_eq!(exception, "InvalidParameter", "{operation} {name} {value}: {message}");
            assert!(message.contains(name), "{message}");
        }
    }
    let good = json!([
        {"Name": "birthdate", "Value": "1990-01-01"}, {"Name": "updated_at", "Value": "1700000000"},
        {"Name": "email", "Value": "jane@example.com"}, {"Name": "custom:plan", "Value": "pro"},
        {"Name": "custom:seats", "Value": "12"},
    ]);
    desk.user(&pool, "jane", good).await;
}
