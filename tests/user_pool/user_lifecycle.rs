//! Tests concurrent changes in the local user pool: disabled and deleted users, new passwords, names that are taken, and
//! settings.
//!
//! Rows: `src/docs/behaviour.md` §7 and §10.34 to §10.43.
use cognito_authorizer::local_user_pool::{AppClientConfig, LocalUserPool, LocalUserPoolConfig, UserConfig};
use serde_json::{Value, json};

use crate::support::cognito::{Desk, PASSWORD, call, claims, refresh, refusal, said, sign_in};

pub(super) fn answer(client: &str, session: &Value, name: &str, more: Value) -> Value {
    let mut responses = json!({"USERNAME": name, "NEW_PASSWORD": PASSWORD});
    responses.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    json!({
        "ClientId": client, "ChallengeName": "NEW_PASSWORD_REQUIRED", "Session": session, "ChallengeResponses": responses,
    })
}

/// Tests the API for users, the API for administrators, and the token endpoint.
#[tokio::test]
async fn an_administrator_signs_a_user_in() {
    let desk = Desk::open().await;
    let (pool, _) = desk.user_pool(json!({})).await;
    desk.user(&pool, "jane", json!([])).await;
    let admin = |client: &Value, flow: &str, password: &str| {
        let parameters = json!({"USERNAME": "jane", "PASSWORD": password});
        json!({"UserPoolId": pool, "ClientId": client["ClientId"], "AuthFlow": flow, "AuthParameters": parameters})
    };
    let of_now = desk.client(&pool, json!({"ExplicitAuthFlows": ["ALLOW_ADMIN_USER_PASSWORD_AUTH"]})).await;
    let of_before = desk.client(&pool, json!({"ExplicitAuthFlows": ["ADMIN_NO_SRP_AUTH"]})).await;
    for (client, flow) in
        [(&of_now, "ADMIN_USER_PASSWORD_AUTH"), (&of_now, "ADMIN_NO_SRP_AUTH"), (&of_before, "ADMIN_NO_SRP_AUTH")]
    {
        let answer = desk.call("AdminInitiateAuth", admin(client, flow, PASSWORD)).await;
        assert_eq!(claims(&answer["AuthenticationResult"]["AccessToken"])["username"], "jane", "{flow}");
        let wrong = desk.refusal("AdminInitiateAuth", admin(client, flow, "Wrong-1")).await;
        assert_eq!(wrong, said("NotAuthorized", "Incorrect username or password."));
    }
    let refused = desk.refusal("AdminInitiateAuth", admin(&of_now, "USER_PASSWORD_AUTH", PASSWORD)).await;
    assert_eq!(refused, said("InvalidParameter", "USER_PASSWORD_AUTH flow not enabled for this client"));
    let refused = desk.refusal("AdminInitiateAuth", admin(&of_before, "ADMIN_USER_PASSWORD_AUTH", PASSWORD)).await;
    assert_eq!(refused, said("InvalidParameter", "Auth flow not enabled for this client"));

    let tokens = desk.call("AdminInitiateAuth", admin(&of_before, "ADMIN_NO_SRP_AUTH", PASSWORD)).await;
    let mut again = refresh(of_before["ClientId"].as_str().unwrap(), &tokens["AuthenticationResult"]["RefreshToken"]);
    again["UserPoolId"] = json!(pool);
    desk.call("AdminInitiateAuth", again.clone()).await;
    again["UserPoolId"] = json!("eu-west-1_Desk");
    assert_eq!(desk.refusal("AdminInitiateAuth", again).await.0, "ResourceNotFound", "of another user pool");

    let renew = json!({"UserPoolId": pool, "Username": "jane", "Password": "Temp0rary-1", "Permanent": false});
    desk.call("AdminSetUserPassword", renew).await;
    let asked = desk.call("AdminInitiateAuth", admin(&of_now, "ADMIN_USER_PASSWORD_AUTH", "Temp0rary-1")).await;
    let mut body = answer(of_now["ClientId"].as_str().unwrap(), &asked["Session"], "jane", json!({}));
    body["UserPoolId"] = json!("eu-west-1_Desk");
    assert_eq!(desk.refusal("AdminRespondToAuthChallenge", body.clone()).await.0, "ResourceNotFound");
    body["UserPoolId"] = json!(pool);
    let signed_in = desk.call("AdminRespondToAuthChallenge", body).await;
    assert_eq!(claims(&signed_in["AuthenticationResult"]["IdToken"])["cognito:username"], "jane");
}

/// A new user must supply the missing attributes that the schema requires (7.4.9).
#[tokio::test]
async fn a_user_whom_an_administrator_made_brings_what_is_required() {
    let desk = Desk::open().await;
    let (pool, _) = desk.user_pool(json!({"Schema": [{"Name": "email", "Required": true}]})).await;
    let client = desk.client(&pool, json!({"WriteAttributes": ["email", "name"], "AuthSessionValidity": 15})).await;
    let client = client["ClientId"].as_str().unwrap();
    desk.call("AdminCreateUser", json!({"UserPoolId": pool, "Username": "jane", "TemporaryPassword": "Temp0rary-1"}))
        .await;
    let asked = desk.call("InitiateAuth", sign_in(client, "jane", "Temp0rary-1")).await;
    assert_eq!(asked["ChallengeParameters"]["requiredAttributes"], r#"["userAttributes.email"]"#);
    let session = &asked["Session"];
    for (more, exception, part) in [
        (json!({}), "InvalidParameter", "email is missing"),
        (json!({"userAttributes.email": "nobody"}), "InvalidParameter", "Invalid email address format."),
        (
            json!({"userAttributes.email": "j@example.com", "userAttributes.locale": "en"}),
            "NotAuthorized",
            "unauthorized",
        ),
        (json!({"NEW_PASSWORD": "x".repeat(300)}), "InvalidParameter", "'NEW_PASSWORD'"),
        (json!({"NEW_PASSWORD": "Pass word-1"}), "InvalidParameter", "'NEW_PASSWORD'"),
    ] {
        let refused = desk.refusal("RespondToAuthChallenge", answer(client, session, "jane", more)).await;
        assert!(refused.0 == exception && refused.1.contains(part), "{refused:?}");
    }
    // The app client sets the duration: fifteen minutes, not three.
    desk.clock.advance(899);
    let more = json!({"userAttributes.email": "jane@example.com", "userAttributes.name": "Jane"});
    let signed_in = desk.call("RespondToAuthChallenge", answer(client, session, "jane", more)).await;
    let id = claims(&signed_in["AuthenticationResult"]["IdToken"]);
    assert_eq!((&id["email"], &id["name"]), (&json!("jane@example.com"), &json!("Jane")));
    assert_eq!(id.get("email_verified"), None);
}

/// A challenge is void after the password was set in another way or the user was signed out. It stays valid while the user is
/// disabled.
#[tokio::test]
async fn a_challenge_does_not_outlive_what_made_it() {
    let desk = Desk::open().await;
    let (pool, client) = desk.user_pool(json!({})).await;
    let of_jane = json!({"UserPoolId": pool, "Username": "jane"});
    let with = |more: Value| {
        let mut body = of_jane.clone();
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        body
    };
    desk.call("AdminCreateUser", with(json!({"TemporaryPassword": "Temp0rary-1"}))).await;
    let challenge =
        async || desk.call("InitiateAuth", sign_in(&client, "jane", "Temp0rary-1")).await["Session"].clone();
    let invalid = said("NotAuthorized", "Invalid session for the user.");
    let renew = with(json!({"Password": "Temp0rary-1", "Permanent": false}));
    for (operation, body) in [
        ("AdminSetUserPassword", with(json!({"Password": "Permanent-1", "Permanent": true}))),
        ("AdminSetUserPassword", renew.clone()),
        ("AdminUserGlobalSignOut", of_jane.clone()),
        ("AdminCreateUser", with(json!({"MessageAction": "RESEND"}))),
    ] {
        desk.call("AdminSetUserPassword", renew.clone()).await;
        let session = challenge().await;
        desk.call(operation, body).await;
        let refused = desk.refusal("RespondToAuthChallenge", answer(&client, &session, "jane", json!({}))).await;
        assert_eq!(refused, invalid, "{operation}");
    }
    // Only one of several open challenges can be answered.
    desk.call("AdminSetUserPassword", renew.clone()).await;
    let (one, two) = (challenge().await, challenge().await);
    desk.call("AdminDisableUser", of_jane.clone()).await;
    let refused = desk.refusal("RespondToAuthChallenge", answer(&client, &one, "jane", json!({}))).await;
    assert_eq!(refused, said("NotAuthorized", "User is disabled."));
    desk.call("AdminEnableUser", of_jane.clone()).await;
    desk.call("AdminCreateUser", json!({"UserPoolId": pool, "Username": "john", "TemporaryPassword": "Temp0rary-1"}))
        .await;
    let of_other = desk.refusal("RespondToAuthChallenge", answer(&client, &one, "john", json!({}))).await;
    assert_eq!(of_other, invalid, "somebody else's");
    desk.call("RespondToAuthChallenge", answer(&client, &one, "jane", json!({}))).await;
    assert_eq!(desk.refusal("RespondToAuthChallenge", answer(&client, &two, "jane", json!({}))).await, invalid);
}

/// Of two concurrent answers, one counts.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_challenge_is_answered_once() {
    let desk = Desk::open().await;
    let (pool, client) = desk.user_pool(json!({})).await;
    let create = json!({"UserPoolId": pool, "Username": "jane", "TemporaryPassword": "Temp0rary-1"});
    desk.call("AdminCreateUser", create).await;
    let session = desk.call("InitiateAuth", sign_in(&client, "jane", "Temp0rary-1")).await["Session"].clone();
    let body = answer(&client, &session, "jane", json!({})).to_string();
    let send = |_| {
        let (at, body) = (desk.endpoint.clone(), body.clone());
        tokio::spawn(async move {
            crate::support::cognito::send(&at, "RespondToAuthChallenge", body).await.status().as_u16()
        })
    };
    let mut statuses = Vec::new();
    for handle in (0..6).map(send).collect::<Vec<_>>() {
        statuses.push(handle.await.unwrap());
    }
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 400, 400, 400, 400, 400]);
}

/// An existing attribute is kept if it is required or immutable (7.4.9).
#[tokio::test]
async fn a_new_password_brings_nothing_that_is_not_to_change() {
    let desk = Desk::open().await;
    let schema = json!([{"Name": "tenant", "Mutable": false}, {"Name": "email", "Required": true}, {"Name": "plan"}]);
    let (pool, client) = desk.user_pool(json!({"Schema": schema})).await;
    let attributes = json!([
        {"Name": "custom:tenant", "Value": "a"},
        {"Name": "email", "Value": "a@example.com"},
        {"Name": "custom:plan", "Value": "a"},
    ]);
    let create = json!({
        "UserPoolId": pool, "Username": "jane", "TemporaryPassword": "Temp0rary-1", "UserAttributes": attributes,
    });
    desk.call("AdminCreateUser", create).await;
    let session = desk.call("InitiateAuth", sign_in(&client, "jane", "Temp0rary-1")).await["Session"].clone();
    let bring =
        |name: &str, value: &str| answer(&client, &session, "jane", json!({format!("userAttributes.{name}"): value}));
    for (name, value) in [("custom:tenant", "b"), ("email", "b@example.com")] {
        let refused = desk.refusal("RespondToAuthChallenge", bring(name, value)).await;
        assert_eq!(refused, said("NotAuthorized", &format!("Cannot modify an already provided {name}")));
    }
    let long = desk.refusal("RespondToAuthChallenge", bring("custom:plan", &"x".repeat(2_049))).await;
    assert_eq!(long.0, "InvalidParameter");
    let signed_in = desk.call("RespondToAuthChallenge", bring("custom:plan", "b")).await;
    assert_eq!(claims(&signed_in["AuthenticationResult"]["IdToken"])["custom:plan"], "b");
}

/// The code verifies only the address to which it would be sent.
#[tokio::test]
async fn a_code_verifies_one_address() {
    let desk = Desk::open().await;
    let (_, client) = desk.user_pool(json!({"AutoVerifiedAttributes": ["email", "phone_number"]})).await;
    let attributes =
        json!([{"Name": "email", "Value": "j@example.com"}, {"Name": "phone_number", "Value": "+15551234567"}]);
    let sign_up = json!({"ClientId": client, "Username": "jane", "Password": PASSWORD, "UserAttributes": attributes});
    let delivery = desk.call("SignUp", sign_up).await["CodeDeliveryDetails"].clone();
    let by_phone = json!({"AttributeName": "phone_number", "DeliveryMedium": "SMS", "Destination": "+*******4567"});
    assert_eq!(delivery, by_phone);
    let confirm = json!({"ClientId": client, "Username": "jane", "ConfirmationCode": "123456"});
    desk.call("ConfirmSignUp", confirm).await;
    let id = claims(&desk.tokens(&client, "jane").await["IdToken"]);
    assert_eq!((&id["phone_number_verified"], &id["email_verified"]), (&json!(true), &json!(false)));
}

#[tokio::test]
async fn a_temporary_password_is_renewed_until_it_was_used() {
    let desk = Desk::open().await;
    let (pool, client) = desk.user_pool(json!({})).await;
    let create = |more: Value| {
        let mut body = json!({"UserPoolId": pool, "Username": "jane"});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        body
    };
    desk.call("AdminCreateUser", create(json!({}))).await;
    assert_eq!(
        desk.refusal("InitiateAuth", sign_in(&client, "jane", PASSWORD)).await.0,
        "NotAuthorized",
        "nobody knows one"
    );
    desk.clock.advance(6 * 86_400);
    let resend = json!({"MessageAction": "RESEND", "TemporaryPassword": "Temp0rary-1"});
    desk.call("AdminCreateUser", create(resend)).await;
    desk.clock.advance(7 * 86_400 - 1);
    let asked = desk.call("InitiateAuth", sign_in(&client, "jane", "Temp0rary-1")).await;
    desk.call("AdminCreateUser", create(json!({"MessageAction": "RESEND"}))).await;
    desk.clock.advance(60);
    let asked_again = desk.call("InitiateAuth", sign_in(&client, "jane", "Temp0rary-1")).await;
    assert_ne!(asked["Session"], asked_again["Session"]);
    desk.call("RespondToAuthChallenge", answer(&client, &asked_again["Session"], "jane", json!({}))).await;
    let refused = desk.refusal("AdminCreateUser", create(json!({"MessageAction": "RESEND"}))).await;
    assert_eq!(refused.0, "UnsupportedUserState");
    assert_eq!(desk.refusal("AdminCreateUser", create(json!({"MessageAction": "SHOUT"}))).await.0, "InvalidParameter");
}

#[tokio::test]
async fn a_user_who_is_disabled_or_deleted_gets_nothing_more() {
    let desk = Desk::open().await;
    let (pool, client) = desk.user_pool(json!({})).await;
    desk.user(&pool, "jane", json!([])).await;
    let tokens = desk.tokens(&client, "jane").await;
    let of_jane = json!({"UserPoolId": pool, "Username": "jane"});
    let user = json!({"AccessToken": tokens["AccessToken"]});
    let form = format!(
        "grant_type=refresh_token&client_id={client}&refresh_token={}",
        tokens["RefreshToken"].as_str().unwrap()
    );
    let token_endpoint = async || {
        let request = crate::support::cognito::client().post(format!("{}/oauth2/token", desk.endpoint));
        let request = request.header("content-type", "application/x-www-form-urlencoded").body(form.clone());
        request.send().await.unwrap().status().as_u16()
    };
    assert_eq!(token_endpoint().await, 200);
    desk.call("AdminDisableUser", of_jane.clone()).await;
    let disabled = said("NotAuthorized", "User is disabled.");
    for (operation, body) in [
        ("InitiateAuth", sign_in(&client, "jane", PASSWORD)),
        ("InitiateAuth", refresh(&client, &tokens["RefreshToken"])),
        ("GetUser", user.clone()),
    ] {
        assert_eq!(desk.refusal(operation, body).await, disabled, "{operation}");
    }
    assert_eq!(token_endpoint().await, 400);
    let shown = desk.call("AdminGetUser", of_jane.clone()).await;
    assert_eq!(shown["Enabled"], false);
    desk.call("AdminEnableUser", of_jane.clone()).await;
    desk.call("GetUser", user.clone()).await;

    desk.call("AdminDeleteUser", of_jane).await;
    let gone = said("UserNotFound", "User does not exist.");
    for (operation, body) in [
        ("InitiateAuth", sign_in(&client, "jane", PASSWORD)),
        ("InitiateAuth", refresh(&client, &tokens["RefreshToken"])),
        ("GetUser", user.clone()),
        ("GlobalSignOut", user.clone()),
    ] {
        assert_eq!(desk.refusal(operation, body).await, gone, "{operation}");
    }
    assert_eq!(token_endpoint().await, 400);
    // A new user with this name is a different user.
    desk.user(&pool, "jane", json!([])).await;
    assert_eq!(desk.refusal("GetUser", user).await, gone);
}

/// A `sub` identifies its user, and is not available as a user name.
#[tokio::test]
async fn nobody_takes_the_place_of_somebody_else() {
    let desk = Desk::open().await;
    let (pool, client) = desk.user_pool(json!({"UsernameConfiguration": {"CaseSensitive": false}})).await;
    desk.user(&pool, "jane", json!([])).await;
    let sub = claims(&desk.tokens(&client, "jane").await["IdToken"])["sub"].as_str().unwrap().to_owned();
    for name in [sub.clone(), sub.to_uppercase()] {
        let body = json!({"ClientId": client, "Username": name, "Password": PASSWORD});
        assert_eq!(desk.refusal("SignUp", body).await.0, "UsernameExists");
    }
    let found = desk.call("AdminGetUser", json!({"UserPoolId": pool, "Username": sub.to_uppercase()})).await;
    assert_eq!(found["Username"], "jane");

    // An attribute that can sign in belongs to one user, even if another user signs in with a different one.
    let (pool, client) = desk.user_pool(json!({"UsernameAttributes": ["email", "phone_number"]})).await;
    desk.user(&pool, "jane@example.com", json!([])).await;
    let email = json!([{"Name": "email", "Value": "jane@example.com"}]);
    let sign_up =
        json!({"ClientId": client, "Username": "+15551234567", "Password": PASSWORD, "UserAttributes": email});
    let taken = said("UsernameExists", "An account with the given email already exists.");
    assert_eq!(desk.refusal("SignUp", sign_up).await, taken);
    let create = json!({"UserPoolId": pool, "Username": "+15551234567", "UserAttributes": email});
    assert_eq!(desk.refusal("AdminCreateUser", create).await, taken);

    let (pool, client) = desk.user_pool(json!({"AliasAttributes": ["preferred_username"]})).await;
    let preferred = json!([{"Name": "preferred_username", "Value": "joe"}]);
    desk.user(&pool, "john", preferred.clone()).await;
    let sign_up = json!({"ClientId": client, "Username": "jim", "Password": PASSWORD, "UserAttributes": preferred});
    let taken = said("AliasExists", "An account with the preferred_username already exists.");
    assert_eq!(desk.refusal("SignUp", sign_up).await, taken);
}

/// `ForceAliasCreation` moves an alias. Without it, an alias that is verified for another user is rejected.
#[tokio::test]
async fn an_alias_is_taken_over_by_force_only() {
    let desk = Desk::open().await;
    let settings = json!({
        "AliasAttributes": ["email"], "AutoVerifiedAttributes": ["email"],
        "UsernameConfiguration": {"CaseSensitive": false},
    });
    let (pool, client) = desk.user_pool(settings).await;
    let email = |value: &str, verified: &str| json!([{"Name": "email", "Value": value}, {"Name": "email_verified", "Value": verified}]);
    desk.user(&pool, "one", email("Jane@Example.com", "true")).await;
    let create = |name: &str, verified: &str, force: bool| {
        let attributes = email("jane@example.com", verified);
        json!({"UserPoolId": pool, "Username": name, "UserAttributes": attributes, "ForceAliasCreation": force})
    };
    desk.call("AdminCreateUser", create("unverified", "false", false)).await;
    let taken = said("AliasExists", "An account with the email already exists.");
    assert_eq!(desk.refusal("AdminCreateUser", create("two", "true", false)).await, taken);
    let by_email =
        async || claims(&desk.tokens(&client, "jane@example.com").await["IdToken"])["cognito:username"].clone();
    assert_eq!(by_email().await, "one");
    desk.call("AdminCreateUser", create("two", "true", true)).await;
    let set = json!({"UserPoolId": pool, "Username": "two", "Password": PASSWORD, "Permanent": true});
    desk.call("AdminSetUserPassword", set).await;
    assert_eq!(by_email().await, "two");
    assert_eq!(claims(&desk.tokens(&client, "one").await["IdToken"])["email_verified"], false, "no longer its own");

    let attributes = json!([{"Name": "email", "Value": "jane@example.com"}]);
    let sign_up = json!({"ClientId": client, "Username": "three", "Password": PASSWORD, "UserAttributes": attributes});
    desk.call("SignUp", sign_up).await;
    let mut confirm = json!({"ClientId": client, "Username": "three", "ConfirmationCode": "123456"});
    assert_eq!(desk.refusal("ConfirmSignUp", confirm.clone()).await, taken);
    confirm["ForceAliasCreation"] = json!(true);
    desk.call("ConfirmSignUp", confirm).await;
    assert_eq!(by_email().await, "three");
}

/// A secret may contain characters that an id may not.
#[tokio::test]
async fn an_app_client_revokes_with_its_secret() {
    let flows = ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"];
    let config = LocalUserPoolConfig::new("eu-west-1_Revoke")
        .app_client(AppClientConfig::new("server", "not-a-secret").explicit_auth_flows(flows))
        .user(UserConfig::new("jane", PASSWORD));
    let pool = LocalUserPool::start(config, "127.0.0.1:0".parse().unwrap()).await.unwrap();
    let at = pool.endpoint_url();
    let mut body = sign_in("server", "jane", PASSWORD);
    // The output of Python's `hmac`.
    body["AuthParameters"]["SECRET_HASH"] = json!("lVsVZ0ZGcpnjAbfRzvMFeTbqGBPkjoqyvNOjBmY1mOA=");
    let token = call(&at, "InitiateAuth", body).await["AuthenticationResult"]["RefreshToken"].clone();
    let revoke = |secret: &str| json!({"ClientId": "server", "Token": token, "ClientSecret": secret});
    assert_eq!(refusal(&at, "RevokeToken", revoke("another-secret")).await.0, "UnauthorizedException");
    let mut body = refresh("server", &token);
    body["AuthParameters"]["SECRET_HASH"] = json!("lVsVZ0ZGcpnjAbfRzvMFeTbqGBPkjoqyvNOjBmY1mOA=");
    call(&at, "InitiateAuth", body.clone()).await;
    call(&at, "RevokeToken", revoke("not-a-secret")).await;
    assert_eq!(refusal(&at, "InitiateAuth", body).await.1, "Refresh Token has been revoked");
}

/// Deleting an app client revokes its sign-ins. A new app client with this id does not restore them.
#[tokio::test]
async fn sign_ins_go_with_their_app_client() {
    let path = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("lifecycle.json");
    drop(std::fs::remove_file(&path));
    let flows = ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"];
    let config = LocalUserPoolConfig::new("eu-west-1_Gone")
        .app_client(AppClientConfig::public("page").explicit_auth_flows(flows))
        .user(UserConfig::new("jane", PASSWORD))
        .aws_issuer()
        .state_file(&path);
    let start = async || LocalUserPool::start(config.clone(), "127.0.0.1:0".parse().unwrap()).await.unwrap();
    let pool = start().await;
    let at = pool.endpoint_url();
    let tokens = call(&at, "InitiateAuth", sign_in("page", "jane", PASSWORD)).await["AuthenticationResult"].clone();
    call(&at, "DeleteUserPoolClient", json!({"UserPoolId": "eu-west-1_Gone", "ClientId": "page"})).await;
    pool.stop().await;
    let pool = start().await;
    let at = pool.endpoint_url();
    assert_eq!(refusal(&at, "InitiateAuth", refresh("page", &tokens["RefreshToken"])).await.1, "Invalid Refresh Token");
    assert!(refusal(&at, "GetUser", json!({"AccessToken": tokens["AccessToken"]})).await.1.contains("revoked"));
}

/// The oldest sign-in is evicted first, and an access token may outlive its refresh token.
#[tokio::test]
async fn sign_ins_are_kept_for_as_long_as_they_are_of_use() {
    let desk = Desk::open().await;
    let (pool, client) = desk.user_pool(json!({})).await;
    desk.user(&pool, "jane", json!([])).await;
    let first = desk.tokens(&client, "jane").await;
    desk.clock.advance(1);
    let second = desk.tokens(&client, "jane").await;
    desk.clock.advance(1);
    for _ in 0..49 {
        desk.tokens(&client, "jane").await;
    }
    let refused = desk.refusal("InitiateAuth", refresh(&client, &first["RefreshToken"])).await;
    assert_eq!(refused, said("NotAuthorized", "Invalid Refresh Token"));
    desk.call("InitiateAuth", refresh(&client, &second["RefreshToken"])).await;

    let settings = json!({
        "RefreshTokenValidity": 60, "TokenValidityUnits": {"RefreshToken": "minutes"}, "AccessTokenValidity": 24,
    });
    let short = desk.client(&pool, settings).await["ClientId"].as_str().unwrap().to_owned();
    desk.user(&pool, "john", json!([])).await;
    let tokens = desk.tokens(&short, "john").await;
    desk.clock.advance(3_599);
    let last = desk.call("InitiateAuth", refresh(&short, &tokens["RefreshToken"])).await;
    desk.clock.advance(86_399);
    desk.tokens(&client, "john").await;
    desk.call("GetUser", json!({"AccessToken": last["AuthenticationResult"]["AccessToken"]})).await;
}

#[tokio::test]
async fn an_app_client_refreshes_if_it_may() {
    let desk = Desk::open().await;
    let (pool, _) = desk.user_pool(json!({})).await;
    desk.user(&pool, "jane", json!([])).await;
    let client = desk.client(&pool, json!({"ExplicitAuthFlows": ["ALLOW_USER_PASSWORD_AUTH"]})).await;
    let client = client["ClientId"].as_str().unwrap();
    let token = desk.tokens(client, "jane").await["RefreshToken"].clone();
    let refused = desk.refusal("InitiateAuth", refresh(client, &token)).await;
    assert_eq!(refused, said("InvalidParameter", "REFRESH_TOKEN_AUTH flow not enabled for this client"));
    let form = format!("grant_type=refresh_token&client_id={client}&refresh_token={}", token.as_str().unwrap());
    let request = crate::support::cognito::client().post(format!("{}/oauth2/token", desk.endpoint));
    let request = request.header("content-type", "application/x-www-form-urlencoded").body(form);
    let response = request.send().await.unwrap();
    assert_eq!(
        (response.status().as_u16(), response.text().await.unwrap()),
        (400, r#"{"error":"unauthorized_client"}"#.to_owned())
    );
}

#[tokio::test]
async fn there_is_room_for_so_many() {
    let desk = Desk::open().await;
    let (pool, _) = desk.user_pool(json!({})).await;
    for number in 0..1_000 {
        desk.call("CreateGroup", json!({"UserPoolId": pool, "GroupName": format!("g{number}")})).await;
    }
    let refused = desk.refusal("CreateGroup", json!({"UserPoolId": pool, "GroupName": "one-more"})).await;
    assert_eq!(refused.0, "LimitExceeded");
    let long = json!({"UserPoolId": pool, "GroupName": "g0", "Description": "x".repeat(2_049)});
    assert_eq!(desk.refusal("CreateGroup", long).await.0, "InvalidParameter");
}
