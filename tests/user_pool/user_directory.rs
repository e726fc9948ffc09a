//! Tests users, groups, app clients and user pools that are created over the JSON protocol.
//!
//! Rows: `src/docs/behaviour.md` §7.
use std::sync::Arc;

use cognito_authorizer::{Authorizer, UserPool};
use serde_json::{Value, json};

use crate::support::{
    cognito::{Desk, PASSWORD, claims, names, said, sign_in},
    requests::reason,
    tokens::NOW,
};

/// A user pool whose users sign in with their email address: the user name is a UUID.
#[tokio::test]
async fn an_email_address_stands_for_the_user_name() {
    let desk = Desk::open().await;
    let settings = json!({"UsernameAttributes": ["email"], "AutoVerifiedAttributes": ["email"]});
    let (pool, client) = desk.user_pool(settings).await;
    let sign_up = |username: &str| json!({"ClientId": client, "Username": username, "Password": PASSWORD});
    let refused = desk.refusal("SignUp", sign_up("jane")).await;
    assert_eq!(refused, said("InvalidParameter", "Username should be an email."));
    let answer = desk.call("SignUp", sign_up("jane@example.com")).await;
    let delivery = json!({"AttributeName": "email", "DeliveryMedium": "EMAIL", "Destination": "j***@e***"});
    assert_eq!(answer["CodeDeliveryDetails"], delivery);
    let refused = desk.refusal("SignUp", sign_up("jane@example.com")).await;
    assert_eq!(refused, said("UsernameExists", "An account with the given email already exists."));
    let confirm = json!({"ClientId": client, "Username": "jane@example.com", "ConfirmationCode": "123456"});
    desk.call("ConfirmSignUp", confirm.clone()).await;
    let refused = desk.refusal("ConfirmSignUp", confirm).await;
    assert_eq!(refused, said("NotAuthorized", "User cannot be confirmed. Current status is CONFIRMED"));
    let sub = answer["UserSub"].clone();
    for username in ["jane@example.com", sub.as_str().unwrap()] {
        let tokens = desk.tokens(&client, username).await;
        let id = claims(&tokens["IdToken"]);
        assert_eq!((&id["cognito:username"], &id["sub"]), (&sub, &sub));
        assert_eq!((&id["email"], &id["email_verified"]), (&json!("jane@example.com"), &json!(true)), "7.2: a boolean");
        assert_eq!(claims(&tokens["AccessToken"])["username"], sub);
    }
    let user = desk.call("AdminGetUser", json!({"UserPoolId": pool, "Username": "jane@example.com"})).await;
    assert_eq!((&user["Username"], &user["UserStatus"], &user["Enabled"]), (&sub, &json!("CONFIRMED"), &json!(true)));
    assert!(user["UserAttributes"].as_array().unwrap().contains(&json!({"Name": "email_verified", "Value": "true"})));
}

#[tokio::test]
async fn names_differ_by_case_unless_the_user_pool_says_otherwise() {
    let desk = Desk::open().await;
    let (_, strict) = desk.user_pool(json!({})).await;
    let (_, lax) = desk.user_pool(json!({"UsernameConfiguration": {"CaseSensitive": false}})).await;
    let sign_up =
        |client: &str, username: &str| json!({"ClientId": client, "Username": username, "Password": PASSWORD});
    for client in [&strict, &lax] {
        desk.call("SignUp", sign_up(client, "Jane")).await;
    }
    desk.call("SignUp", sign_up(&strict, "JANE")).await;
    assert_eq!(desk.refusal("SignUp", sign_up(&lax, "JANE")).await, said("UsernameExists", "User already exists"));
    assert_eq!(desk.refusal("InitiateAuth", sign_in(&strict, "jane", PASSWORD)).await.0, "UserNotFound");
    assert_eq!(desk.refusal("InitiateAuth", sign_in(&lax, "jane", PASSWORD)).await.0, "UserNotConfirmed");
}

#[tokio::test]
async fn a_verified_alias_signs_in() {
    let desk = Desk::open().await;
    let settings = json!({"AliasAttributes": ["email", "preferred_username"], "AutoVerifiedAttributes": ["email"]});
    let (pool, client) = desk.user_pool(settings).await;
    let email = json!([{"Name": "email", "Value": "jane@example.com"}]);
    let sign_up =
        |name: &str| json!({"ClientId": client, "Username": name, "Password": PASSWORD, "UserAttributes": email});
    assert!(desk.refusal("SignUp", sign_up("jane@example.com")).await.1.contains("email format"));
    for name in ["jane", "johanna"] {
        desk.call("SignUp", sign_up(name)).await;
    }
    let by_email = sign_in(&client, "jane@example.com", PASSWORD);
    assert_eq!(desk.refusal("InitiateAuth", by_email.clone()).await.0, "UserNotFound", "not verified yet");
    let confirm = |name: &str| json!({"ClientId": client, "Username": name, "ConfirmationCode": "123456"});
    desk.call("ConfirmSignUp", confirm("jane")).await;
    let signed_in = desk.call("InitiateAuth", by_email).await;
    assert_eq!(claims(&signed_in["AuthenticationResult"]["IdToken"])["cognito:username"], "jane");
    let refused = desk.refusal("ConfirmSignUp", confirm("johanna")).await;
    assert_eq!(refused, said("AliasExists", "An account with the email already exists."));
    let named = json!([{"Name": "preferred_username", "Value": "joe"}]);
    desk.user(&pool, "john", named).await;
    assert_eq!(claims(&desk.tokens(&client, "joe").await["IdToken"])["cognito:username"], "john");
}

/// An app client that does not reveal which users exist.
#[tokio::test]
async fn who_does_not_exist_is_not_told_from_who_does() {
    let desk = Desk::open().await;
    let (pool, _) = desk.user_pool(json!({})).await;
    let client = desk.client(&pool, json!({"PreventUserExistenceErrors": "ENABLED"})).await;
    let client = client["ClientId"].as_str().unwrap();
    desk.user(&pool, "jane", json!([])).await;
    let wrong = said("NotAuthorized", "Incorrect username or password.");
    for name in ["jane", "nobody"] {
        assert_eq!(desk.refusal("InitiateAuth", sign_in(client, name, "x")).await, wrong);
    }
    let confirm = json!({"ClientId": client, "Username": "nobody", "ConfirmationCode": "1"});
    assert_eq!(desk.refusal("ConfirmSignUp", confirm).await.0, "ExpiredCode");
}

#[tokio::test]
async fn an_administrator_makes_a_user_who_chooses_a_password() {
    let desk = Desk::open().await;
    let (pool, client) = desk.user_pool(json!({"AdminCreateUserConfig": {"AllowAdminCreateUserOnly": true}})).await;
    let sign_up = json!({"ClientId": client, "Username": "john", "Password": PASSWORD});
    assert_eq!(
        desk.refusal("SignUp", sign_up).await,
        said("NotAuthorized", "SignUp is not permitted for this user pool")
    );
    let attributes =
        json!([{"Name": "email", "Value": "jane@example.com"}, {"Name": "email_verified", "Value": "true"}]);
    let body = json!({"UserPoolId": pool, "Username": "jane", "TemporaryPassword": "Temp0rary-1", "UserAttributes": attributes});
    let user = desk.call("AdminCreateUser", body).await["User"].clone();
    assert_eq!(names(&user), "Attributes Enabled UserCreateDate UserLastModifiedDate UserStatus Username");
    assert_eq!(user["UserStatus"], "FORCE_CHANGE_PASSWORD");

    let challenge = desk.call("InitiateAuth", sign_in(&client, "jane", "Temp0rary-1")).await;
    assert_eq!(names(&challenge), "ChallengeName ChallengeParameters Session");
    assert_eq!(challenge["ChallengeName"], "NEW_PASSWORD_REQUIRED");
    let parameters = &challenge["ChallengeParameters"];
    assert_eq!(names(parameters), "USER_ID_FOR_SRP requiredAttributes userAttributes");
    let shown: Value = serde_json::from_str(parameters["userAttributes"].as_str().unwrap()).unwrap();
    assert_eq!(shown, json!({"email": "jane@example.com", "email_verified": "true"}));
    let answer = |session: &Value, name: &str, password: &str| {
        let responses = json!({"USERNAME": name, "NEW_PASSWORD": password});
        json!({"ClientId": client, "ChallengeName": "NEW_PASSWORD_REQUIRED", "Session": session, "ChallengeResponses": responses})
    };
    let session = &challenge["Session"];
    let invalid = said("NotAuthorized", "Invalid session for the user.");
    let used = said("NotAuthorized", "Invalid session for the user, session can only be used once.");
    let nonsense = json!("nonsense-nonsense-nonsense");
    assert_eq!(desk.refusal("RespondToAuthChallenge", answer(&nonsense, "jane", PASSWORD)).await, invalid);
    assert_eq!(desk.refusal("RespondToAuthChallenge", answer(session, "nobody", PASSWORD)).await, invalid);
    assert_eq!(desk.refusal("RespondToAuthChallenge", answer(session, "jane", "weak")).await.0, "InvalidPassword");
    let other = desk.client(&pool, json!({})).await["ClientId"].clone();
    let mut of_other = answer(session, "jane", PASSWORD);
    of_other["ClientId"] = other;
    assert_eq!(desk.refusal("RespondToAuthChallenge", of_other).await, invalid, "of another app client");
    let signed_in = desk.call("RespondToAuthChallenge", answer(session, "jane", PASSWORD)).await;
    assert_eq!(claims(&signed_in["AuthenticationResult"]["IdToken"])["email_verified"], true);
    assert_eq!(desk.refusal("RespondToAuthChallenge", answer(session, "jane", PASSWORD)).await, used);
    desk.tokens(&client, "jane").await;
    assert_eq!(desk.refusal("InitiateAuth", sign_in(&client, "jane", "Temp0rary-1")).await.0, "NotAuthorized");

    let set =
        |password: &str| json!({"UserPoolId": pool, "Username": "jane", "Password": password, "Permanent": false});
    desk.call("AdminSetUserPassword", set("Temp0rary-2")).await;
    let challenge = desk.call("InitiateAuth", sign_in(&client, "jane", "Temp0rary-2")).await;
    desk.clock.advance(180);
    let refused = desk.refusal("RespondToAuthChallenge", answer(&challenge["Session"], "jane", PASSWORD)).await;
    assert_eq!(refused, said("NotAuthorized", "Invalid session for the user, session is expired."));
    desk.clock.advance(7 * 86_400 - 181);
    desk.call("InitiateAuth", sign_in(&client, "jane", "Temp0rary-2")).await;
    desk.clock.advance(1);
    let refused = desk.refusal("InitiateAuth", sign_in(&client, "jane", "Temp0rary-2")).await;
    assert_eq!(refused, said("NotAuthorized", "Temporary password has expired and must be reset by an administrator."));
    let gone = json!({"UserPoolId": pool, "Username": "jane"});
    desk.call("AdminDeleteUser", gone.clone()).await;
    assert_eq!(desk.refusal("AdminDeleteUser", gone).await, said("UserNotFound", "User does not exist."));
}

#[tokio::test]
async fn groups_stand_in_the_tokens_of_their_members() {
    let desk = Desk::open().await;
    let (pool, client) = desk.user_pool(json!({})).await;
    let role = |name: &str| format!("arn:aws:iam::123456789012:role/{name}");
    for (name, precedence, role_arn) in
        [("cooks", Some(2), Some(role("cook"))), ("keepers", Some(1), Some(role("keeper"))), ("all", None, None)]
    {
        let body = json!({"UserPoolId": pool, "GroupName": name, "Precedence": precedence, "RoleArn": role_arn});
        let group = desk.call("CreateGroup", body).await["Group"].clone();
        assert_eq!((&group["GroupName"], &group["Precedence"]), (&json!(name), &json!(precedence)));
    }
    desk.user(&pool, "jane", json!([])).await;
    desk.user(&pool, "john", json!([])).await;
    assert_eq!(claims(&desk.tokens(&client, "jane").await["IdToken"]).get("cognito:groups"), None, "7.2: if member");
    let member = |group: &str| json!({"UserPoolId": pool, "GroupName": group, "Username": "jane"});
    for group in ["all", "cooks", "keepers"] {
        desk.call("AdminAddUserToGroup", member(group)).await;
    }
    let tokens = desk.tokens(&client, "jane").await;
    let ordered = json!(["keepers", "cooks", "all"]);
    let (access, id) = (claims(&tokens["AccessToken"]), claims(&tokens["IdToken"]));
    assert_eq!((&access["cognito:groups"], &id["cognito:groups"]), (&ordered, &ordered), "by precedence");
    assert_eq!(id["cognito:preferred_role"], role("keeper"));
    assert_eq!(id["cognito:roles"], json!([role("keeper"), role("cook")]));
    assert_eq!((access.get("cognito:roles"), access.get("cognito:preferred_role")), (None, None));

    let list = async |operation: &str, body: Value, of: &str, name: &str| {
        let answer = desk.call(operation, body).await;
        answer[of].as_array().unwrap().iter().map(|item| item[name].clone()).collect::<Value>()
    };
    let in_pool = json!({"UserPoolId": pool});
    assert_eq!(list("ListGroups", in_pool.clone(), "Groups", "GroupName").await, json!(["all", "cooks", "keepers"]));
    let of_jane = json!({"UserPoolId": pool, "Username": "jane"});
    let all = json!(["all", "cooks", "keepers"]);
    assert_eq!(list("AdminListGroupsForUser", of_jane.clone(), "Groups", "GroupName").await, all);
    let keepers = json!({"UserPoolId": pool, "GroupName": "keepers"});
    assert_eq!(list("ListUsersInGroup", keepers.clone(), "Users", "Username").await, json!(["jane"]));
    assert_eq!(list("ListUsers", in_pool, "Users", "Username").await, json!(["jane", "john"]));
    desk.call("AdminRemoveUserFromGroup", member("cooks")).await;
    desk.call("DeleteGroup", keepers.clone()).await;
    assert_eq!(list("AdminListGroupsForUser", of_jane, "Groups", "GroupName").await, json!(["all"]));
    for operation in ["GetGroup", "DeleteGroup", "ListUsersInGroup"] {
        assert_eq!(desk.refusal(operation, keepers.clone()).await, said("ResourceNotFound", "Group not found."));
    }
    let id = claims(&desk.tokens(&client, "jane").await["IdToken"]);
    assert_eq!((&id["cognito:groups"], id.get("cognito:roles")), (&json!(["all"]), None));
}

/// 7.1.7 and 7.2: lifetimes, readable and writable attributes, custom attributes.
#[tokio::test]
async fn an_app_client_sets_lifetimes_and_attributes() {
    let desk = Desk::open().await;
    let schema = json!([{"Name": "plan", "AttributeDataType": "String"}, {"Name": "email", "Required": true}]);
    let (pool, _) = desk.user_pool(json!({"Schema": schema})).await;
    let settings = json!({
        "AccessTokenValidity": 5, "IdTokenValidity": 86_400, "RefreshTokenValidity": 60,
        "TokenValidityUnits": {"AccessToken": "minutes", "IdToken": "seconds", "RefreshToken": "minutes"},
        "ReadAttributes": ["email", "custom:plan"], "WriteAttributes": ["email", "custom:plan"],
    });
    let client = desk.client(&pool, settings).await["ClientId"].as_str().unwrap().to_owned();
    let sign_up = |attributes: Value| json!({"ClientId": client, "Username": "jane", "Password": PASSWORD, "UserAttributes": attributes});
    let email = json!({"Name": "email", "Value": "jane@example.com"});
    let plan = json!({"Name": "custom:plan", "Value": "7"});
    let name = json!({"Name": "given_name", "Value": "Jane"});
    let refused = desk.refusal("SignUp", sign_up(json!([plan]))).await;
    assert_eq!(
        refused,
        said("InvalidParameter", "Attributes did not conform to the schema: email: The attribute is required")
    );
    assert_eq!(
        desk.refusal("SignUp", sign_up(json!([email, name]))).await.0,
        "NotAuthorized",
        "not in WriteAttributes"
    );
    desk.user(&pool, "jane", json!([email, plan, name])).await;
    let tokens = desk.tokens(&client, "jane").await;
    assert_eq!(tokens["ExpiresIn"], 300);
    let (access, id) = (claims(&tokens["AccessToken"]), claims(&tokens["IdToken"]));
    assert_eq!((&access["exp"], &id["exp"]), (&json!(NOW + 300), &json!(NOW + 86_400)));
    assert_eq!((&id["custom:plan"], &id["email"]), (&json!("7"), &json!("jane@example.com")), "7.2: strings");
    assert_eq!(id.get("given_name"), None, "not in ReadAttributes");
    let user = desk.call("GetUser", json!({"AccessToken": tokens["AccessToken"]})).await;
    let read: Vec<&Value> = user["UserAttributes"].as_array().unwrap().iter().map(|one| &one["Name"]).collect();
    assert_eq!(read, ["sub", "custom:plan", "email"]);
    desk.clock.advance(3_600);
    let body = crate::support::cognito::refresh(&client, &tokens["RefreshToken"]);
    assert_eq!(desk.refusal("InitiateAuth", body).await, said("NotAuthorized", "Refresh Token has expired"));
    for (setting, value) in [("AccessTokenValidity", 25), ("IdTokenValidity", 25), ("RefreshTokenValidity", 3_651)] {
        let body = json!({"UserPoolId": pool, "ClientName": "x", setting: value});
        assert_eq!(desk.refusal("CreateUserPoolClient", body).await.0, "InvalidParameter", "7.1.7: {setting}");
    }
}

/// 7.3 without a configuration: everything is created over the API, as Terraform or a script would do.
#[tokio::test]
async fn a_machine_gets_its_token_from_what_was_made_over_the_api() {
    let desk = Desk::open().await;
    let (pool, _) = desk.user_pool(json!({"UserPoolTags": {"team": "pets"}})).await;
    let shown = desk.call("DescribeUserPool", json!({"UserPoolId": pool})).await["UserPool"].clone();
    assert_eq!((&shown["Name"], &shown["UserPoolTags"]), (&json!("desk"), &json!({"team": "pets"})));
    assert_eq!(shown["Policies"]["PasswordPolicy"]["MinimumLength"], 8);
    assert_eq!(shown["Arn"], format!("arn:aws:cognito-idp:us-east-1:000000000000:userpool/{pool}"));
    let pools = desk.call("ListUserPools", json!({"MaxResults": 60})).await;
    let mut ids: Vec<&str> =
        pools["UserPools"].as_array().unwrap().iter().map(|one| one["Id"].as_str().unwrap()).collect();
    ids.sort_unstable();
    assert_eq!(ids, ["eu-west-1_Desk", &pool]);

    let client = |settings: Value| {
        let mut body = json!({"UserPoolId": pool, "ClientName": "machine", "AllowedOAuthFlowsUserPoolClient": true});
        body.as_object_mut().unwrap().extend(settings.as_object().unwrap().clone());
        body
    };
    let machine = json!({"GenerateSecret": true, "AllowedOAuthFlows": ["client_credentials"], "AllowedOAuthScopes": ["https://pets.example/read"]});
    let refused = desk.refusal("CreateUserPoolClient", client(machine.clone())).await;
    assert_eq!(refused.0, "ScopeDoesNotExist");
    let server = json!({
        "UserPoolId": pool, "Identifier": "https://pets.example", "Name": "Pets",
        "Scopes": [{"ScopeName": "read", "ScopeDescription": "Read"}, {"ScopeName": "write", "ScopeDescription": "Write"}],
    });
    let made = desk.call("CreateResourceServer", server.clone()).await["ResourceServer"].clone();
    assert_eq!(made, server);
    assert_eq!(desk.refusal("CreateResourceServer", server).await.0, "InvalidParameter", "twice");
    let which = json!({"UserPoolId": pool, "Identifier": "https://pets.example"});
    assert_eq!(desk.call("DescribeResourceServer", which.clone()).await["ResourceServer"], made);
    let listed = desk.call("ListResourceServers", json!({"UserPoolId": pool, "MaxResults": 50})).await;
    assert_eq!(listed, json!({"ResourceServers": [made]}));

    for (settings, exception) in [
        (
            json!({"AllowedOAuthFlows": ["client_credentials"], "AllowedOAuthScopes": ["https://pets.example/read"]}),
            "InvalidOAuthFlow",
        ),
        (
            json!({"GenerateSecret": true, "AllowedOAuthFlows": ["client_credentials", "code"], "AllowedOAuthScopes": ["https://pets.example/read"]}),
            "InvalidOAuthFlow",
        ),
        (
            json!({"GenerateSecret": true, "AllowedOAuthFlows": ["client_credentials"], "AllowedOAuthScopes": ["openid"]}),
            "InvalidOAuthFlow",
        ),
        (
            json!({"GenerateSecret": true, "AllowedOAuthFlows": ["client_credentials"], "AllowedOAuthScopes": ["https://pets.example/read", "openid"]}),
            "InvalidOAuthFlow",
        ),
        (json!({"AllowedOAuthFlows": ["password"]}), "InvalidParameter"),
        (json!({"ExplicitAuthFlows": ["ALLOW_EVERYTHING"]}), "InvalidParameter"),
        (json!({"RefreshTokenRotation": {"Feature": "ENABLED", "RetryGracePeriodSeconds": 61}}), "InvalidParameter"),
        (json!({"GenerateSecret": true, "ClientSecret": "abcdefghijklmnopqrstuvwxyz"}), "InvalidParameter"),
        (json!({"ClientSecret": "short"}), "InvalidParameter"),
        (json!({"EnableTokenRevocation": "yes"}), "Serialization"),
    ] {
        assert_eq!(desk.refusal("CreateUserPoolClient", client(settings.clone())).await.0, exception, "{settings}");
    }
    let machine = desk.call("CreateUserPoolClient", client(machine)).await["UserPoolClient"].clone();
    let (id, secret) = (machine["ClientId"].as_str().unwrap(), machine["ClientSecret"].as_str().unwrap());
    assert_eq!((id.len(), secret.len()), (26, 51));
    let which = json!({"UserPoolId": pool, "ClientId": id});
    assert_eq!(desk.call("DescribeUserPoolClient", which.clone()).await["UserPoolClient"], machine);
    let (status, granted) = desk.token_endpoint("localhost", id, secret, "grant_type=client_credentials").await;
    assert_eq!((status, names(&granted)), (200, "access_token expires_in token_type".to_owned()));

    // The pool's tokens are valid for an authorizer of that user pool, and not for one of another.
    let of = |user_pool: UserPool| {
        Authorizer::builder().user_pool(user_pool).clock(Arc::clone(&desk.clock)).build().unwrap()
    };
    let issuer = format!("{}/{pool}", desk.endpoint);
    let own = of(pool.parse::<UserPool>().unwrap().with_issuer(issuer)).layer().scopes(["https://pets.example/read"]);
    let token = granted["access_token"].as_str().unwrap();
    assert_eq!(reason(&own.unwrap(), token).await, None);
    let other = of(desk.pool.user_pool()).layer().scopes(["https://pets.example/read"]).unwrap();
    assert!(reason(&other, token).await.is_some());

    desk.call("DeleteUserPoolClient", which.clone()).await;
    let gone = format!("User pool client {id} does not exist.");
    assert_eq!(desk.refusal("DescribeUserPoolClient", which).await, said("ResourceNotFound", &gone));
    let (status, refused) = desk.token_endpoint("localhost", id, secret, "grant_type=client_credentials").await;
    assert_eq!((status, refused), (400, json!({"error": "invalid_client"})));
}

/// A domain is a name below `localhost`, and belongs to one user pool.
#[tokio::test]
async fn a_domain_answers_for_its_user_pool() {
    let desk = Desk::open().await;
    let (one, _) = desk.user_pool(json!({})).await;
    let (two, _) = desk.user_pool(json!({})).await;
    let domain = |pool: &str, domain: &str| json!({"UserPoolId": pool, "Domain": domain});
    desk.call("CreateUserPoolDomain", domain(&one, "pets")).await;
    desk.call("CreateUserPoolDomain", domain(&two, "books")).await;
    for (body, part) in [
        (domain(&two, "pets"), "already associated"),
        (domain(&one, "other"), "already has a domain"),
        (domain(&one, "-x"), "pattern"),
        (domain(&one, "Pets"), "pattern"),
    ] {
        let (name, message) = desk.refusal("CreateUserPoolDomain", body).await;
        assert!(name == "InvalidParameter" && message.contains(part), "{message}");
    }
    let shown = desk.call("DescribeUserPoolDomain", json!({"Domain": "pets"})).await["DomainDescription"].clone();
    assert_eq!((&shown["UserPoolId"], &shown["Status"]), (&json!(one), &json!("ACTIVE")));
    assert_eq!(desk.call("DescribeUserPoolDomain", json!({"Domain": "x"})).await, json!({"DomainDescription": {}}));
    let server = json!({"UserPoolId": one, "Identifier": "pets", "Name": "x", "Scopes": [{"ScopeName": "read", "ScopeDescription": "x"}]});
    desk.call("CreateResourceServer", server).await;
    let machine = json!({
        "GenerateSecret": true, "AllowedOAuthFlowsUserPoolClient": true, "AllowedOAuthFlows": ["client_credentials"],
        "AllowedOAuthScopes": ["pets/read"],
    });
    let machine = desk.client(&one, machine).await;
    let (id, secret) = (machine["ClientId"].as_str().unwrap(), machine["ClientSecret"].as_str().unwrap());
    for (host, status) in [
        ("pets.localhost", 200),
        ("pets.localhost:9229", 200),
        ("localhost", 200),
        ("books.localhost", 400),
        ("x.localhost", 404),
    ] {
        let answer = desk.token_endpoint(host, id, secret, "grant_type=client_credentials").await;
        assert_eq!(answer.0, status, "{host}: {answer:?}");
    }
    assert!(desk.refusal("DeleteUserPool", json!({"UserPoolId": one})).await.1.contains("domain"));
    assert_eq!(desk.refusal("DeleteUserPoolDomain", domain(&two, "pets")).await.0, "InvalidParameter");
    desk.call("DeleteUserPoolDomain", domain(&one, "pets")).await;
    desk.call("DeleteUserPool", json!({"UserPoolId": one})).await;
    let gone = said("ResourceNotFound", &format!("User pool {one} does not exist."));
    assert_eq!(desk.refusal("DescribeUserPool", json!({"UserPoolId": one})).await, gone);
    assert_eq!(
        crate::support::cognito::client()
            .get(format!("{}/{one}/.well-known/jwks.json", desk.endpoint))
            .send()
            .await
            .unwrap()
            .status(),
        404
    );
}

/// A setting that affects access is never ignored silently.
#[tokio::test]
async fn settings_that_are_not_there_are_rejected() {
    let desk = Desk::open().await;
    for (settings, part) in [
        (json!({"LambdaConfig": {"PreTokenGeneration": "arn:x"}}), "LambdaConfig is not supported"),
        (json!({"MfaConfiguration": "ON"}), "MfaConfiguration is not supported"),
        (json!({"UsernameAttributes": ["name"]}), "UsernameAttributes"),
        (json!({"UsernameAttributes": ["email"], "AliasAttributes": ["email"]}), "Only one of"),
        (json!({"Policies": {"PasswordPolicy": {"MinimumLength": 5}}}), "MinimumLength"),
        (json!({"PoolName": "a/b"}), "poolName"),
        (json!({"Policies": 7}), "type"),
    ] {
        let mut body = json!({"PoolName": "x"});
        body.as_object_mut().unwrap().extend(settings.as_object().unwrap().clone());
        let (_, message) = desk.refusal("CreateUserPool", body).await;
        assert!(message.contains(part), "{settings}: {message}");
    }
    let harmless = json!({"LambdaConfig": {}, "MfaConfiguration": "OFF", "EmailConfiguration": {"EmailSendingAccount": "COGNITO_DEFAULT"}});
    let (pool, _) = desk.user_pool(harmless).await;
    let policy = json!({"PasswordPolicy": {"MinimumLength": 6, "RequireUppercase": false, "RequireLowercase": false, "RequireNumbers": false, "RequireSymbols": false}});
    let (lax, client) = desk.user_pool(json!({"Policies": policy})).await;
    assert_ne!(pool, lax);
    desk.call("SignUp", json!({"ClientId": client, "Username": "jane", "Password": "simple"})).await;
    let weak = json!({"ClientId": client, "Username": "john", "Password": "short"});
    assert_eq!(desk.refusal("SignUp", weak).await.0, "InvalidPassword");
}

#[tokio::test]
async fn lists_come_in_pages() {
    let desk = Desk::open().await;
    let (pool, _) = desk.user_pool(json!({})).await;
    for number in 0..5 {
        desk.call("CreateGroup", json!({"UserPoolId": pool, "GroupName": format!("g{number}")})).await;
    }
    let mut seen = Vec::new();
    let mut token = Value::Null;
    for expected in [2, 2, 1] {
        let page = desk.call("ListGroups", json!({"UserPoolId": pool, "Limit": 2, "NextToken": token})).await;
        let groups = page["Groups"].as_array().unwrap();
        assert_eq!(groups.len(), expected);
        seen.extend(groups.iter().map(|group| group["GroupName"].as_str().unwrap().to_owned()));
        token = page.get("NextToken").cloned().unwrap_or(Value::Null);
    }
    assert_eq!((seen.join(" ").as_str(), token), ("g0 g1 g2 g3 g4", Value::Null));
    let refused = desk.refusal("ListGroups", json!({"UserPoolId": pool, "NextToken": "x"})).await;
    assert_eq!(refused, said("InvalidParameter", "Invalid pagination token."));
}

/// Ten concurrent requests want one name: one of them gets it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_name_is_given_once() {
    let desk = Desk::open().await;
    let (_, client) = desk.user_pool(json!({})).await;
    let body = json!({"ClientId": client, "Username": "jane", "Password": PASSWORD}).to_string();
    let send = |_| {
        let (endpoint, body) = (desk.endpoint.clone(), body.clone());
        tokio::spawn(async move { crate::support::cognito::send(&endpoint, "SignUp", body).await.status().as_u16() })
    };
    let mut statuses = Vec::new();
    for handle in (0..10).map(send).collect::<Vec<_>>() {
        statuses.push(handle.await.unwrap());
    }
    statuses.sort_unstable();
    assert_eq!(statuses, [&[200][..], &[400; 9]].concat());
}
