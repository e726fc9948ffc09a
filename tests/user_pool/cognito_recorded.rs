//! The local user pool against answers that were recorded of Cognito: claims, attributes, settings and what describes them.
//!
//! Rows: `src/docs/behaviour.md` §7.2 and §7.4.
use cognito_authorizer::{
    Authorizer, UserPool,
    local_user_pool::{AppClientConfig, LocalUserPool, LocalUserPoolConfig, TestToken, UserConfig},
};
use serde_json::{Value, json};

use crate::support::{
    cognito::{Desk, PASSWORD, call, claims, names, refresh, refusal, said, sign_in},
    requests::reason,
};

fn attribute(user: &Value, list: &str, name: &str) -> Option<Value> {
    let attributes = user[list].as_array().unwrap();
    attributes.iter().find(|attribute| attribute["Name"] == name).map(|attribute| attribute["Value"].clone())
}

fn with(mut body: Value, more: &Value) -> Value {
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    body
}

/// 7.2: `version` belongs to tokens with OAuth scopes.
#[tokio::test]
async fn access_tokens_of_the_sign_in_api_have_no_version() {
    let desk = Desk::open().await;
    let (pool, client) = desk.user_pool(json!({})).await;
    desk.user(&pool, "jane", json!([])).await;
    let tokens = desk.tokens(&client, "jane").await;
    let names_of_claims = "auth_time client_id event_id exp iat iss jti origin_jti scope sub token_use username";
    assert_eq!(names(&claims(&tokens["AccessToken"])), names_of_claims);
    let again = desk.call("InitiateAuth", refresh(&client, &tokens["RefreshToken"])).await;
    assert_eq!(names(&claims(&again["AuthenticationResult"]["AccessToken"])), names_of_claims);
    let form = format!(
        "grant_type=refresh_token&client_id={client}&refresh_token={}",
        tokens["RefreshToken"].as_str().unwrap()
    );
    let request = crate::support::cognito::client().post(format!("{}/oauth2/token", desk.endpoint)).body(form);
    let request = request.header("content-type", "application/x-www-form-urlencoded");
    let granted: Value = serde_json::from_str(&request.send().await.unwrap().text().await.unwrap()).unwrap();
    assert_eq!(names(&claims(&granted["access_token"])), names_of_claims, "the scope is that of the sign-in");

    let body = json!({"UserPoolId": pool, "Username": "john", "TemporaryPassword": "Temp0rary-1"});
    desk.call("AdminCreateUser", body).await;
    let asked = desk.call("InitiateAuth", sign_in(&client, "john", "Temp0rary-1")).await;
    let answer = json!({
        "ClientId": client, "ChallengeName": "NEW_PASSWORD_REQUIRED", "Session": asked["Session"],
        "ChallengeResponses": {"USERNAME": "john", "NEW_PASSWORD": PASSWORD},
    });
    let signed_in = desk.call("RespondToAuthChallenge", answer).await;
    assert_eq!(names(&claims(&signed_in["AuthenticationResult"]["AccessToken"])), names_of_claims);

    let made = |token: TestToken| claims(&json!(desk.pool.issue(&token).unwrap()));
    assert_eq!(made(TestToken::user_access("page", "jane")).get("version"), None);
    assert_eq!(made(TestToken::access("machine", ["pets/read"]))["version"], 2);
}

/// 7.4.11: recorded of `ListUsers` and `AdminCreateUser`. Only an address that Cognito would verify is said to be unverified.
#[tokio::test]
async fn nobody_is_said_to_be_unverified_who_was_never_to_be_verified() {
    let desk = Desk::open().await;
    let contacts =
        json!([{"Name": "email", "Value": "jane@example.com"}, {"Name": "phone_number", "Value": "+15551234567"}]);
    for (settings, verified) in
        [(json!({}), None), (json!({"AutoVerifiedAttributes": ["email"]}), Some(json!("false")))]
    {
        let (pool, client) = desk.user_pool(settings).await;
        let sign_up = json!({"ClientId": client, "Username": "jane", "Password": PASSWORD, "UserAttributes": contacts});
        desk.call("SignUp", sign_up).await;
        let of_jane = json!({"UserPoolId": pool, "Username": "jane"});
        let jane = desk.call("AdminGetUser", of_jane.clone()).await;
        assert_eq!(attribute(&jane, "UserAttributes", "email_verified"), verified);
        assert_eq!(attribute(&jane, "UserAttributes", "phone_number_verified"), None);
        desk.call("AdminConfirmSignUp", of_jane).await;
        let id = claims(&desk.tokens(&client, "jane").await["IdToken"]);
        assert_eq!(id.get("email_verified").cloned(), verified.map(|_| json!(false)), "7.2: a boolean");
        assert_eq!(id.get("phone_number_verified"), None);
        let made = desk.user(&pool, "john", contacts.clone()).await;
        for name in ["email_verified", "phone_number_verified"] {
            assert_eq!(attribute(&made, "Attributes", name), None, "by an administrator: {name}");
        }
    }
    // The user pool that is configured.
    let page = AppClientConfig::public("page").explicit_auth_flows(["ALLOW_USER_PASSWORD_AUTH"]);
    let jane = UserConfig::new("jane", PASSWORD).attribute("email", "jane@example.com");
    let config = LocalUserPoolConfig::new("eu-west-1_Recorded").app_client(page).user(jane);
    let pool = LocalUserPool::start(config, "127.0.0.1:0".parse().unwrap()).await.unwrap();
    let signed_in = call(&pool.endpoint_url(), "InitiateAuth", sign_in("page", "jane", PASSWORD)).await;
    let id = claims(&signed_in["AuthenticationResult"]["IdToken"]);
    assert_eq!((&id["email"], id.get("email_verified")), (&json!("jane@example.com"), None));
}

/// 7.4.11: what Python makes of a boolean is accepted and kept as it was sent (aws-amplify/amplify-js#8205).
#[tokio::test]
async fn booleans_are_accepted_in_any_case() {
    let desk = Desk::open().await;
    let settings = json!({
        "AliasAttributes": ["email"], "Schema": [{"Name": "paid", "AttributeDataType": "Boolean"}],
    });
    let (pool, client) = desk.user_pool(settings).await;
    for (name, yes, no) in [("one", "True", "False"), ("two", "TRUE", "FALSE"), ("three", "true", "false")] {
        let email = format!("{name}@example.com");
        let attributes = json!([
            {"Name": "email", "Value": email}, {"Name": "email_verified", "Value": yes},
            {"Name": "phone_number", "Value": "+15551234567"}, {"Name": "phone_number_verified", "Value": no},
            {"Name": "custom:paid", "Value": yes},
        ]);
        let user = desk.user(&pool, name, attributes).await;
        for (attribute_name, value) in [("email_verified", yes), ("phone_number_verified", no), ("custom:paid", yes)] {
            assert_eq!(attribute(&user, "Attributes", attribute_name), Some(json!(value)));
        }
        // As an alias counts that is verified, so "True" has to be understood.
        let id = claims(&desk.tokens(&client, &email).await["IdToken"]);
        assert_eq!((&id["email_verified"], &id["phone_number_verified"]), (&json!(true), &json!(false)), "7.2");
        assert_eq!(id["custom:paid"], yes, "7.2: a string");
    }
    for value in ["yes", "1", "", "truee", "True "] {
        let attributes = json!([{"Name": "custom:paid", "Value": value}]);
        let body = json!({"UserPoolId": pool, "Username": "no", "UserAttributes": attributes});
        assert_eq!(desk.refusal("AdminCreateUser", body).await.0, "InvalidParameter", "{value:?}");
    }
}

/// An attribute as `describe-user-pool` prints it.
fn described(name: &str, data_type: &str, mutable: bool, required: bool, constraints: Value) -> Value {
    let own = json!({
        "Name": name, "AttributeDataType": data_type, "DeveloperOnlyAttribute": false, "Mutable": mutable,
        "Required": required,
    });
    with(own, &constraints)
}

/// The standard attributes as Cognito lists them: of the example of `DescribeUserPool` in its API reference.
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

/// 7.4.12: what is printed of a user pool that was made with a name alone.
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

/// 7.4.12: every date is a number with a fraction.
#[tokio::test]
async fn dates_have_a_fraction() {
    let desk = Desk::open().await;
    let (pool, _) = desk.user_pool(json!({})).await;
    let user = desk.user(&pool, "jane", json!([])).await;
    let group = desk.call("CreateGroup", json!({"UserPoolId": pool, "GroupName": "g"})).await["Group"].clone();
    let client = desk.client(&pool, json!({})).await;
    let of_pool = json!({"UserPoolId": pool});
    let shown = desk.call("DescribeUserPool", of_pool.clone()).await["UserPool"].clone();
    let listed = desk.call("ListUserPools", json!({"MaxResults": 60})).await["UserPools"][0].clone();
    let got = desk.call("AdminGetUser", json!({"UserPoolId": pool, "Username": "jane"})).await;
    let users = desk.call("ListUsers", of_pool.clone()).await["Users"][0].clone();
    let groups = desk.call("ListGroups", of_pool).await["Groups"][0].clone();
    for (value, dates) in [
        (&user, ["UserCreateDate", "UserLastModifiedDate"]),
        (&got, ["UserCreateDate", "UserLastModifiedDate"]),
        (&users, ["UserCreateDate", "UserLastModifiedDate"]),
        (&group, ["CreationDate", "LastModifiedDate"]),
        (&groups, ["CreationDate", "LastModifiedDate"]),
        (&client, ["CreationDate", "LastModifiedDate"]),
        (&shown, ["CreationDate", "LastModifiedDate"]),
        (&listed, ["CreationDate", "LastModifiedDate"]),
    ] {
        for date in dates {
            assert!(value[date].is_f64(), "{date}: {}", value[date]);
            assert_eq!(value[date].to_string(), format!("{}.0", crate::support::tokens::NOW));
        }
    }
}

/// What `aws cognito-idp describe-user-pool` printed of a user pool, as people have posted it; names and accounts changed.
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

/// What is of one user pool alone, and no setting.
const OF_ONE_POOL: [&str; 6] = ["Id", "Arn", "CreationDate", "LastModifiedDate", "EstimatedNumberOfUsers", "Domain"];

/// 7.4.12: a description, given back under the names that the operation has for its members.
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
    // What Cognito printed, and what the local user pool prints by itself.
    let plain = desk.call("CreateUserPool", json!({"PoolName": "plain"})).await["UserPool"].clone();
    let mut recorded_here = recorded();
    // Not printed unless passwords are remembered.
    recorded_here["Policies"]["PasswordPolicy"].as_object_mut().unwrap().remove("PasswordHistorySize");
    for (printed, expected) in [(recorded(), recorded_here), (plain.clone(), plain)] {
        let made = desk.call("CreateUserPool", given_back(&printed)).await["UserPool"].clone();
        assert_eq!(settings(&made), settings(&expected));
        let id = made["Id"].clone();
        let again = with(given_back(&made), &json!({"UserPoolId": id}));
        assert_eq!(desk.call("UpdateUserPool", again).await, json!({}));
        let shown = desk.call("DescribeUserPool", json!({"UserPoolId": id})).await["UserPool"].clone();
        assert_eq!(shown, made);
        // As the example in the API reference does it: with members that the operation does not have.
        let whole = with(made.clone(), &json!({"UserPoolId": id}));
        assert_eq!(desk.call("UpdateUserPool", whole).await, json!({}));
        let shown = desk.call("DescribeUserPool", json!({"UserPoolId": id})).await["UserPool"].clone();
        assert_eq!(shown, made);
    }
}

/// 7.4.12: what an update does not name falls back to the default; what users are found by stays.
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
        (json!({"UsernameAttributes": []}), "UsernameAttributes cannot change"),
        (json!({"AliasAttributes": ["email"]}), "AliasAttributes cannot change"),
        (json!({"UsernameConfiguration": {"CaseSensitive": true}}), "UsernameConfiguration cannot change"),
        (json!({"Schema": [{"Name": "other"}]}), "Schema cannot change"),
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

/// What the local user pool does not have is still named (10.36), its neutral values are not.
#[tokio::test]
async fn only_defaults_of_what_is_not_there_are_accepted() {
    let desk = Desk::open().await;
    let password = |more: Value| json!({"Policies": {"PasswordPolicy": more}});
    let factors = |list: Value| json!({"Policies": {"SignInPolicy": {"AllowedFirstAuthFactors": list}}});
    for (settings, part) in [
        (json!({"Schema": [{"Name": "x", "DeveloperOnlyAttribute": true}]}), "DeveloperOnlyAttribute is not supported"),
        (password(json!({"PasswordHistorySize": 3})), "PasswordHistorySize is not supported"),
        (factors(json!(["PASSWORD", "WEB_AUTHN"])), "AllowedFirstAuthFactors is not supported"),
        (factors(json!(["EMAIL_OTP"])), "AllowedFirstAuthFactors is not supported"),
        (factors(json!([])), "AllowedFirstAuthFactors is not supported"),
        (json!({"DcrConfiguration": {"EnableStatus": "Enabled"}}), "DcrConfiguration is not supported"),
        (json!({"AcrConfiguration": {"Level1": {"Name": "urn:x"}}}), "AcrConfiguration is not supported"),
        (json!({"IssuerConfiguration": {"Type": "OTHER"}}), "type"),
        (
            json!({
                "Policies": {"PasswordPolicy": {"TemporaryPasswordValidityDays": 3}},
                "AdminCreateUserConfig": {"UnusedAccountValidityDays": 5},
            }),
            "Please use TemporaryPasswordValidityDays in PasswordPolicy instead of UnusedAccountValidityDays",
        ),
        (json!({"AdminCreateUserConfig": {"UnusedAccountValidityDays": 366}}), "UnusedAccountValidityDays"),
    ] {
        let (_, message) = desk.refusal("CreateUserPool", with(json!({"PoolName": "x"}), &settings)).await;
        assert!(message.contains(part), "{settings}: {message}");
    }
    for settings in [
        json!({"Schema": [{"Name": "x", "DeveloperOnlyAttribute": false}]}),
        password(json!({"PasswordHistorySize": 0})),
        factors(json!(["PASSWORD"])),
        json!({"DcrConfiguration": {"EnableStatus": "Disabled", "OpenDcrEnabled": false}}),
        json!({"AcrConfiguration": {}}),
        json!({"IssuerConfiguration": {"Type": "ORIGINAL"}}),
        json!({"DeviceConfiguration": {"ChallengeRequiredOnNewDevice": false, "DeviceOnlyRememberedOnUserPrompt": false}}),
        json!({"Policies": {"PasswordPolicy": {}, "SignInPolicy": {}}}),
    ] {
        desk.call("CreateUserPool", with(json!({"PoolName": "x"}), &settings)).await;
    }
    // The setting of before is still one where no other is given.
    let (pool, client) = desk.user_pool(json!({"AdminCreateUserConfig": {"UnusedAccountValidityDays": 2}})).await;
    let shown = desk.call("DescribeUserPool", json!({"UserPoolId": pool})).await["UserPool"].clone();
    assert_eq!(shown["AdminCreateUserConfig"]["UnusedAccountValidityDays"], 2);
    assert_eq!(shown["Policies"]["PasswordPolicy"]["TemporaryPasswordValidityDays"], 2);
    let create = json!({"UserPoolId": pool, "Username": "jane", "TemporaryPassword": "Temp0rary-1"});
    desk.call("AdminCreateUser", create).await;
    desk.clock.advance(2 * 86_400);
    let refused = desk.refusal("InitiateAuth", sign_in(&client, "jane", "Temp0rary-1")).await;
    assert_eq!(refused, said("NotAuthorized", "Temporary password has expired and must be reset by an administrator."));
}

/// 7.4.13: what an app client is described with, and what is not invented.
#[tokio::test]
async fn an_app_client_is_described_as_cognito_describes_it() {
    let desk = Desk::open().await;
    let (pool, _) = desk.user_pool(json!({})).await;
    let create = json!({"UserPoolId": pool, "ClientName": "plain"});
    let created = desk.call("CreateUserPoolClient", create).await["UserPoolClient"].clone();
    let which = json!({"UserPoolId": pool, "ClientId": created["ClientId"]});
    let shown = desk.call("DescribeUserPoolClient", which.clone()).await["UserPoolClient"].clone();
    assert_eq!(shown, created);
    assert_eq!(
        names(&shown),
        "AllowedOAuthFlowsUserPoolClient AuthSessionValidity ClientId ClientName CreationDate \
         EnablePropagateAdditionalUserContextData EnableTokenRevocation LastModifiedDate RefreshTokenValidity \
         TokenValidityUnits UserPoolId"
    );
    assert_eq!(shown["TokenValidityUnits"], json!({}), "there, and empty, where none was given");
    let units = json!({"AccessToken": "minutes", "RefreshToken": "days"});
    let settings =
        json!({"AccessTokenValidity": 10, "TokenValidityUnits": units, "PreventUserExistenceErrors": "LEGACY"});
    let client = desk.client(&pool, settings).await;
    assert_eq!((&client["TokenValidityUnits"], &client["PreventUserExistenceErrors"]), (&units, &json!("LEGACY")));

    // What is printed can be given back.
    let update = with(client.clone(), &json!({"ClientName": "renamed"}));
    let updated = desk.call("UpdateUserPoolClient", update).await["UserPoolClient"].clone();
    assert_eq!(updated, with(client.clone(), &json!({"ClientName": "renamed"})));
    // What is not named falls back to the default; the id and the secret stay.
    let which = json!({"UserPoolId": pool, "ClientId": client["ClientId"]});
    let updated = desk.call("UpdateUserPoolClient", which).await["UserPoolClient"].clone();
    assert_eq!((&updated["ClientId"], &updated["ClientName"]), (&client["ClientId"], &json!("renamed")));
    assert_eq!(updated.get("AccessTokenValidity"), None);
    let unknown = json!({"UserPoolId": pool, "ClientId": "nobody"});
    assert_eq!(desk.refusal("UpdateUserPoolClient", unknown).await.0, "ResourceNotFound");
    let wrong = json!({"UserPoolId": pool, "ClientId": client["ClientId"], "AccessTokenValidity": 25});
    assert_eq!(desk.refusal("UpdateUserPoolClient", wrong).await.0, "InvalidParameter");
}

/// 7.4.12: the constraints that are described hold, those of standard attributes too, at every door.
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

/// 7.1.8: with `IssuerConfiguration` the tokens, the discovery document and the authorizer have the newer form.
#[tokio::test]
async fn an_updated_issuer_stands_in_the_tokens() {
    let config = json!({
        "UserPoolId": "us-east-1_LocalPool", "AwsIssuer": true,
        "UserPool": {"IssuerConfiguration": {"Type": "UPDATED"}},
        "AppClients": [{"ClientId": "page", "ExplicitAuthFlows": ["ALLOW_USER_PASSWORD_AUTH"]}],
        "Users": [{"Username": "jane", "Password": PASSWORD}],
    });
    let config = LocalUserPoolConfig::from_json(&config.to_string()).unwrap();
    let pool = LocalUserPool::start(config, "127.0.0.1:0".parse().unwrap()).await.unwrap();
    let at = pool.endpoint_url();
    let issuer = "https://issuer-cognito-idp.us-east-1.amazonaws.com/us-east-1_LocalPool";
    assert_eq!(pool.issuer(), issuer);
    let tokens = call(&at, "InitiateAuth", sign_in("page", "jane", PASSWORD)).await["AuthenticationResult"].clone();
    for name in ["AccessToken", "IdToken"] {
        assert_eq!(claims(&tokens[name])["iss"], issuer);
    }
    call(&at, "GetUser", json!({"AccessToken": tokens["AccessToken"]})).await;
    let authorizer = Authorizer::builder().user_pool(pool.user_pool()).build().unwrap();
    assert_eq!(reason(&authorizer.layer(), tokens["IdToken"].as_str().unwrap()).await, None);
    let made = pool.issue(&TestToken::id("page", "jane")).unwrap();
    assert_eq!(reason(&authorizer.layer(), &made).await, None);

    // Over the API, and back again: what was issued before stays good for the user pool's own operations.
    let body = json!({"PoolName": "x", "IssuerConfiguration": {"Type": "UPDATED"}});
    let made = call(&at, "CreateUserPool", body).await["UserPool"].clone();
    let id = made["Id"].as_str().unwrap().to_owned();
    assert_eq!(made["IssuerConfiguration"], json!({"Type": "UPDATED"}));
    let discovery = async || {
        let url = format!("{at}/{id}/.well-known/openid-configuration");
        let text = crate::support::cognito::client().get(url).send().await.unwrap().text().await.unwrap();
        serde_json::from_str::<Value>(&text).unwrap()
    };
    let shown = discovery().await;
    assert_eq!(shown["issuer"], format!("https://issuer-cognito-idp.us-east-1.amazonaws.com/{id}"));
    let keys = crate::support::cognito::client().get(shown["jwks_uri"].as_str().unwrap()).send().await.unwrap();
    assert_eq!(keys.status(), 200);
    // A user pool of which only the id is known accepts both forms.
    let of_id = id.parse::<UserPool>().unwrap().with_jwks_uri(shown["jwks_uri"].as_str().unwrap());
    assert!(of_id.issuers().iter().any(|own| own.name() == shown["issuer"]));
    let flows = json!(["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]);
    let client = json!({"UserPoolId": id, "ClientName": "page", "ExplicitAuthFlows": flows});
    let client = call(&at, "CreateUserPoolClient", client).await["UserPoolClient"]["ClientId"].clone();
    let client = client.as_str().unwrap();
    call(&at, "SignUp", json!({"ClientId": client, "Username": "john", "Password": PASSWORD})).await;
    call(&at, "AdminConfirmSignUp", json!({"UserPoolId": id, "Username": "john"})).await;
    let before = call(&at, "InitiateAuth", sign_in(client, "john", PASSWORD)).await["AuthenticationResult"].clone();
    let update = json!({"UserPoolId": id, "IssuerConfiguration": {"Type": "ORIGINAL"}});
    call(&at, "UpdateUserPool", update).await;
    assert_eq!(discovery().await["issuer"], format!("https://cognito-idp.us-east-1.amazonaws.com/{id}"));
    call(&at, "GetUser", json!({"AccessToken": before["AccessToken"]})).await;
    let after = call(&at, "InitiateAuth", refresh(client, &before["RefreshToken"])).await;
    let after = claims(&after["AuthenticationResult"]["AccessToken"]);
    assert_eq!(after["iss"], format!("https://cognito-idp.us-east-1.amazonaws.com/{id}"));
}

/// 7.4.4: names of before switch flows on beside those that are on by default; `CUSTOM_AUTH_FLOW_ONLY` switches off.
#[tokio::test]
async fn flow_names_of_before_leave_srp_on() {
    let desk = Desk::open().await;
    let (pool, _) = desk.user_pool(json!({})).await;
    desk.user(&pool, "jane", json!([])).await;
    let (on, off) = ("is not supported", "flow not enabled for this client");
    for (flows, srp, custom, password) in [
        (json!(null), on, on, false),
        (json!([]), on, on, false),
        (json!(["USER_PASSWORD_AUTH"]), on, on, true),
        (json!(["ADMIN_NO_SRP_AUTH"]), on, on, false),
        (json!(["ADMIN_NO_SRP_AUTH", "USER_PASSWORD_AUTH"]), on, on, true),
        (json!(["CUSTOM_AUTH_FLOW_ONLY"]), off, on, false),
        (json!(["CUSTOM_AUTH_FLOW_ONLY", "USER_PASSWORD_AUTH"]), off, on, true),
        (json!(["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]), off, off, true),
        (json!(["ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]), on, off, false),
    ] {
        let body = json!({"UserPoolId": pool, "ClientName": "x", "ExplicitAuthFlows": flows});
        let client = desk.call("CreateUserPoolClient", body).await["UserPoolClient"]["ClientId"].clone();
        let client = client.as_str().unwrap();
        for (flow, part) in [("USER_SRP_AUTH", srp), ("CUSTOM_AUTH", custom)] {
            let mut body = sign_in(client, "jane", PASSWORD);
            body["AuthFlow"] = json!(flow);
            let (_, message) = desk.refusal("InitiateAuth", body).await;
            assert!(message.contains(part), "{flows} {flow}: {message}");
        }
        let (_, message) = desk.refusal("InitiateAuth", refresh(client, &json!("x"))).await;
        assert_eq!(message, "Invalid Refresh Token", "{flows}: refreshing is on");
        if password {
            desk.tokens(client, "jane").await;
        } else {
            let (_, message) = desk.refusal("InitiateAuth", sign_in(client, "jane", PASSWORD)).await;
            assert_eq!(message, "USER_PASSWORD_AUTH flow not enabled for this client", "{flows}");
        }
    }
    let both = json!({"UserPoolId": pool, "ClientName": "x", "ExplicitAuthFlows": ["USER_PASSWORD_AUTH", "ALLOW_USER_SRP_AUTH"]});
    assert_eq!(refusal(&desk.endpoint, "CreateUserPoolClient", both).await.0, "InvalidParameterException");
}
