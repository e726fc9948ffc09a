//! Compares the local user pool with recorded responses of Cognito: claims, attributes, settings and descriptions.
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

pub(super) fn attribute(user: &Value, list: &str, name: &str) -> Option<Value> {
    let attributes = user[list].as_array().unwrap();
    attributes.iter().find(|attribute| attribute["Name"] == name).map(|attribute| attribute["Value"].clone())
}

pub(super) fn with(mut body: Value, more: &Value) -> Value {
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    body
}

/// 7.2: only tokens with OAuth scopes have `version`.
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

/// 7.4.11: recorded from `ListUsers` and `AdminCreateUser`. Only an address that Cognito would verify is shown as unverified.
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
    // A user pool from a configuration.
    let page = AppClientConfig::public("page").explicit_auth_flows(["ALLOW_USER_PASSWORD_AUTH"]);
    let jane = UserConfig::new("jane", PASSWORD).attribute("email", "jane@example.com");
    let config = LocalUserPoolConfig::new("eu-west-1_Recorded").app_client(page).user(jane);
    let pool = LocalUserPool::start(config, "127.0.0.1:0".parse().unwrap()).await.unwrap();
    let signed_in = call(&pool.endpoint_url(), "InitiateAuth", sign_in("page", "jane", PASSWORD)).await;
    let id = claims(&signed_in["AuthenticationResult"]["IdToken"]);
    assert_eq!((&id["email"], id.get("email_verified")), (&json!("jane@example.com"), None));
}

/// 7.4.11: Python's spelling of a boolean is accepted and stored as sent (aws-amplify/amplify-js#8205).
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
        // Only a verified alias can sign in, so "True" must be understood.
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

/// An unsupported setting is rejected by name (10.36), except for its neutral value.
#[tokio::test]
async fn only_defaults_of_what_is_not_there_are_accepted() {
    let desk = Desk::open().await;
    let password = |more: Value| json!({"Policies": {"PasswordPolicy": more}});
    let factors = |list: Value| json!({"Policies": {"SignInPolicy": {"AllowedFirstAuthFactors": list}}});
    for (settings, part) in [
        (json!({"Schema": [{"Name": "x", "DeveloperOnlyAttribute": true}]}), "DeveloperOnlyAttribute is not supported"),
        (password(json!({"PasswordHistorySize": 3})), "PasswordHistorySize is not supported"),
        (factors(json!(["PASSWORD", "WEB_AUTHN"])), "AllowedFirstAuthFactors supports only PASSWORD"),
        (factors(json!(["EMAIL_OTP"])), "AllowedFirstAuthFactors supports only PASSWORD"),
        (factors(json!([])), "AllowedFirstAuthFactors supports only PASSWORD"),
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
    // The older setting still applies if the newer one is not given.
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

/// 7.4.13: the description of an app client, without invented members.
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

    // The printed description is valid input.
    let update = with(client.clone(), &json!({"ClientName": "renamed"}));
    let updated = desk.call("UpdateUserPoolClient", update).await["UserPoolClient"].clone();
    assert_eq!(updated, with(client.clone(), &json!({"ClientName": "renamed"})));
    // Members that the update omits fall back to the default. The id and the secret stay.
    let which = json!({"UserPoolId": pool, "ClientId": client["ClientId"]});
    let updated = desk.call("UpdateUserPoolClient", which).await["UserPoolClient"].clone();
    assert_eq!((&updated["ClientId"], &updated["ClientName"]), (&client["ClientId"], &json!("renamed")));
    assert_eq!(updated.get("AccessTokenValidity"), None);
    let unknown = json!({"UserPoolId": pool, "ClientId": "nobody"});
    assert_eq!(desk.refusal("UpdateUserPoolClient", unknown).await.0, "ResourceNotFound");
    let wrong = json!({"UserPoolId": pool, "ClientId": client["ClientId"], "AccessTokenValidity": 25});
    assert_eq!(desk.refusal("UpdateUserPoolClient", wrong).await.0, "InvalidParameter");
}

/// 7.1.8: with `IssuerConfiguration` the tokens, the discovery document and the authorizer use the newer form.
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

    // Changed over the API, and back: tokens of the earlier issuer stay valid for the user pool's own operations.
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
    // A user pool that is known only by its id accepts both forms.
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

/// 7.4.4: the older flow names enable flows in addition to the default ones. `CUSTOM_AUTH_FLOW_ONLY` disables SRP.
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
