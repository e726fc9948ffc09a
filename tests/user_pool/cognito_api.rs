//! Tests the local user pool's JSON protocol with a plain HTTP client: its responses, its errors, and the claims of the issued
//! tokens.
//!
//! Rows: `src/docs/behaviour.md` §7. The AWS CLI and boto3 use the protocol in `tests/oracles/aws_clients.rs`.
use std::sync::Arc;

use cognito_authorizer::{
    Authorizer, RejectionKind as No,
    clock::{ManualClock, UnixTime},
    local_user_pool::{AppClientConfig, LocalUserPool, LocalUserPoolConfig, TestToken, UserConfig},
};
use serde_json::{Value, json};

use crate::support::{
    cognito::{self, PASSWORD, claims, names, refresh, send, sign_in},
    requests::reason,
    tokens::NOW,
};

const POOL: &str = "eu-west-1_Api";

fn config() -> LocalUserPoolConfig {
    let flows = ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_ADMIN_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"];
    LocalUserPoolConfig::new(POOL)
        .resource_server("pets", ["read"])
        .app_client(AppClientConfig::public("page").explicit_auth_flows(flows))
        .app_client(AppClientConfig::new("server", "hush").explicit_auth_flows(flows))
        .app_client(AppClientConfig::public("plain"))
        .app_client(AppClientConfig::public("old").explicit_auth_flows(flows).without_token_revocation())
        .app_client(AppClientConfig::new("machine", "hush").allowed_scopes(["pets/read"]))
        .user(UserConfig::new("jane", PASSWORD).attribute("email", "jane@example.com").group("keepers"))
}

async fn start(config: LocalUserPoolConfig) -> LocalUserPool {
    LocalUserPool::start(config, "127.0.0.1:0".parse().unwrap()).await.unwrap()
}

async fn call(pool: &LocalUserPool, operation: &str, body: Value) -> Value {
    cognito::call(&pool.endpoint_url(), operation, body).await
}

async fn refusal(pool: &LocalUserPool, operation: &str, body: Value) -> (String, String) {
    cognito::refusal(&pool.endpoint_url(), operation, body).await
}

async fn tokens(pool: &LocalUserPool, client: &str) -> Value {
    call(pool, "InitiateAuth", sign_in(client, "jane", PASSWORD)).await["AuthenticationResult"].clone()
}

/// 7.4.2 to 7.4.4, 7.2.
#[tokio::test]
async fn a_user_signs_up_is_confirmed_and_signs_in() {
    let pool = start(config()).await;
    let attributes = json!([{"Name": "given_name", "Value": "John"}, {"Name": "email", "Value": "john@example.com"}]);
    let sign_up = json!({"ClientId": "page", "Username": "john", "Password": PASSWORD, "UserAttributes": attributes});
    let answer = call(&pool, "SignUp", sign_up.clone()).await;
    assert_eq!(answer["UserConfirmed"], false);
    assert_eq!(answer["UserSub"].as_str().unwrap().len(), 36);
    assert_eq!(names(&answer), "UserConfirmed UserSub", "nothing is sent: no attribute is verified");
    let john = |password| sign_in("page", "john", password);
    let not_confirmed = ("UserNotConfirmedException".to_owned(), "User is not confirmed.".to_owned());
    assert_eq!(refusal(&pool, "InitiateAuth", john(PASSWORD)).await, not_confirmed);
    let admin = json!({"UserPoolId": POOL, "Username": "john"});
    assert_eq!(call(&pool, "AdminConfirmSignUp", admin.clone()).await, json!({}));

    let signed_in = call(&pool, "InitiateAuth", john(PASSWORD)).await;
    assert_eq!(names(&signed_in), "AuthenticationResult ChallengeParameters");
    assert_eq!(signed_in["ChallengeParameters"], json!({}));
    let result = &signed_in["AuthenticationResult"];
    assert_eq!(names(result), "AccessToken ExpiresIn IdToken RefreshToken TokenType");
    assert_eq!((&result["ExpiresIn"], &result["TokenType"]), (&json!(3_600), &json!("Bearer")));
    let (access, id) = (claims(&result["AccessToken"]), claims(&result["IdToken"]));
    assert_eq!(names(&access), "auth_time client_id event_id exp iat iss jti origin_jti scope sub token_use username");
    assert_eq!(
        names(&id),
        "aud auth_time cognito:username email event_id exp given_name iat iss jti origin_jti sub token_use"
    );
    assert_eq!(access["scope"], "aws.cognito.signin.user.admin");
    assert_eq!((&access["username"], &id["cognito:username"]), (&json!("john"), &json!("john")));
    assert_eq!((&access["client_id"], &id["aud"]), (&json!("page"), &json!("page")));
    assert_eq!((&access["token_use"], &id["token_use"]), (&json!("access"), &json!("id")));
    assert_eq!((&access["sub"], &id["sub"]), (&answer["UserSub"], &answer["UserSub"]));
    assert_eq!((&access["event_id"], &access["origin_jti"]), (&id["event_id"], &id["origin_jti"]), "one sign-in");
    assert_ne!(access["jti"], id["jti"]);

    // The production code path accepts the ID token without a scope, and the access token with one.
    let authorizer = Authorizer::builder().user_pool(pool.user_pool()).build().unwrap();
    let token = |name: &str| result[name].as_str().unwrap().to_owned();
    assert_eq!(reason(&authorizer.layer(), &token("IdToken")).await, None);
    assert_eq!(reason(&authorizer.layer(), &token("AccessToken")).await, Some(No::WrongTokenUse));
    let user_api = authorizer.layer().scopes(["aws.cognito.signin.user.admin"]).unwrap();
    assert_eq!(reason(&user_api, &token("AccessToken")).await, None);
    assert_eq!(reason(&user_api, &token("IdToken")).await, Some(No::WrongTokenUse));
}

/// 7.4.6, 7.4.7: the exception and the message, neither of which contains a password.
#[tokio::test]
async fn rejections_have_the_names_and_words_of_cognito() {
    let pool = start(config()).await;
    let sign_up = |client: &str, username: &str, password: &str| json!({"ClientId": client, "Username": username, "Password": password});
    let with = |mut body: Value, name: &str, value: Value| {
        body[name] = value;
        body
    };
    let admin_flow = |client: &str| with(sign_in(client, "jane", PASSWORD), "UserPoolId", json!(POOL));
    let of_user = json!({"UserPoolId": POOL, "Username": "nobody"});
    let unknown_pool = json!({"UserPoolId": "eu-west-1_Other", "Username": "jane"});
    call(&pool, "SignUp", sign_up("page", "waiting", PASSWORD)).await;
    let no_client = "User pool client unknown does not exist.";
    let not_null = |name: &str| {
        let constraint = "failed to satisfy constraint: Member must not be null";
        format!("1 validation error detected: Value null at '{name}' {constraint}")
    };
    for (operation, body, exception, message) in [
        ("InitiateAuth", sign_in("page", "jane", "Wrong-1"), "NotAuthorized", "Incorrect username or password."),
        ("InitiateAuth", sign_in("page", "nobody", PASSWORD), "UserNotFound", "User does not exist."),
        ("InitiateAuth", sign_in("page", "waiting", PASSWORD), "UserNotConfirmed", "User is not confirmed."),
        ("InitiateAuth", sign_in("page", "waiting", "x"), "NotAuthorized", "Incorrect username or password."),
        ("InitiateAuth", sign_in("unknown", "jane", PASSWORD), "ResourceNotFound", no_client),
        (
            "InitiateAuth",
            sign_in("plain", "jane", PASSWORD),
            "InvalidParameter",
            "USER_PASSWORD_AUTH flow not enabled for this client",
        ),
        ("InitiateAuth", sign_in("page", "", PASSWORD), "InvalidParameter", "Missing required parameter USERNAME"),
        ("InitiateAuth", sign_in("page", "jane", ""), "InvalidParameter", "Missing required parameter PASSWORD"),
        ("InitiateAuth", refresh("page", &json!("nonsense")), "NotAuthorized", "Invalid Refresh Token"),
        (
            "InitiateAuth",
            with(sign_in("page", "jane", PASSWORD), "AuthFlow", json!("ADMIN_USER_PASSWORD_AUTH")),
            "InvalidParameter",
            "Initiate Auth method not supported.",
        ),
        (
            "InitiateAuth",
            with(sign_in("page", "jane", PASSWORD), "AuthFlow", json!("USER_SRP_AUTH")),
            "InvalidParameter",
            "USER_SRP_AUTH flow not enabled for this client",
        ),
        (
            "AdminInitiateAuth",
            with(admin_flow("plain"), "AuthFlow", json!("ADMIN_USER_PASSWORD_AUTH")),
            "InvalidParameter",
            "Auth flow not enabled for this client",
        ),
        ("AdminInitiateAuth", admin_flow("unknown"), "ResourceNotFound", no_client),
        ("InitiateAuth", json!({"AuthFlow": "USER_PASSWORD_AUTH"}), "InvalidParameter", &not_null("clientId")),
        ("InitiateAuth", json!({"ClientId": "page"}), "InvalidParameter", &not_null("authFlow")),
        ("SignUp", sign_up("unknown", "x", PASSWORD), "ResourceNotFound", no_client),
        ("SignUp", sign_up("page", "jane", PASSWORD), "UsernameExists", "User already exists"),
        (
            "SignUp",
            sign_up("page", "x", "short"),
            "InvalidPassword",
            "Password did not conform with policy: Password not long enough",
        ),
        (
            "SignUp",
            sign_up("page", "x", "passw0rd-1"),
            "InvalidPassword",
            "Password did not conform with policy: Password must have uppercase characters",
        ),
        (
            "SignUp",
            with(sign_up("page", "x", PASSWORD), "UserAttributes", json!([{"Name": "plan", "Value": "x"}])),
            "InvalidParameter",
            "Attributes did not conform to the schema: Type for attribute {plan} could not be determined",
        ),
        (
            "SignUp",
            with(
                sign_up("page", "x", PASSWORD),
                "UserAttributes",
                json!([{"Name": "email_verified", "Value": "true"}]),
            ),
            "NotAuthorized",
            "A client attempted to write unauthorized attribute",
        ),
        (
            "ConfirmSignUp",
            json!({"ClientId": "page", "Username": "waiting", "ConfirmationCode": "000000"}),
            "CodeMismatch",
            "Invalid verification code provided, please try again.",
        ),
        (
            "ConfirmSignUp",
            json!({"ClientId": "page", "Username": "nobody", "ConfirmationCode": "123456"}),
            "UserNotFound",
            "Username/client id combination not found.",
        ),
        ("AdminConfirmSignUp", of_user.clone(), "UserNotFound", "User does not exist."),
        (
            "AdminConfirmSignUp",
            json!({"UserPoolId": POOL, "Username": "jane"}),
            "NotAuthorized",
            "User cannot be confirmed. Current status is CONFIRMED",
        ),
        ("AdminConfirmSignUp", unknown_pool.clone(), "ResourceNotFound", "User pool eu-west-1_Other does not exist."),
        (
            "AdminCreateUser",
            json!({"UserPoolId": POOL, "Username": "jane"}),
            "UsernameExists",
            "User account already exists",
        ),
        (
            "AdminCreateUser",
            json!({"UserPoolId": POOL, "Username": "x", "TemporaryPassword": "Passw0rds"}),
            "InvalidPassword",
            "Password did not conform with password policy: Password must have symbol characters",
        ),
        ("AdminGetUser", of_user, "UserNotFound", "User does not exist."),
        (
            "AdminSetUserPassword",
            with(unknown_pool, "Password", json!(PASSWORD)),
            "ResourceNotFound",
            "User pool eu-west-1_Other does not exist.",
        ),
        ("GetUser", json!({"AccessToken": "nonsense"}), "NotAuthorized", "Invalid Access Token"),
        (
            "CreateGroup",
            json!({"UserPoolId": POOL, "GroupName": "keepers"}),
            "GroupExists",
            "A group with the name already exists.",
        ),
        (
            "AdminAddUserToGroup",
            json!({"UserPoolId": POOL, "GroupName": "x", "Username": "jane"}),
            "ResourceNotFound",
            "Group not found.",
        ),
        ("MakeTea", json!({}), "UnknownOperation", "The local user pool lacks this operation."),
    ] {
        let expected = (format!("{exception}Exception"), message.to_owned());
        assert_eq!(refusal(&pool, operation, body.clone()).await, expected, "{operation} {body}");
    }
}

/// If a value is too long, or has invalid characters or the wrong type, the error contains the member's name and not the value.
#[tokio::test]
async fn what_may_not_stand_in_a_request_is_named() {
    let pool = start(config()).await;
    let long = "x".repeat(5_000);
    for (operation, body, part) in [
        ("SignUp", json!({"ClientId": "pa ge", "Username": "x", "Password": PASSWORD}), "'clientId'"),
        ("SignUp", json!({"ClientId": "page", "Username": "a b", "Password": PASSWORD}), "'username'"),
        ("SignUp", json!({"ClientId": "page", "Username": "x", "Password": "Hush hush-1"}), "'password'"),
        ("SignUp", json!({"ClientId": "page", "Username": &long, "Password": PASSWORD}), "'username'"),
        ("SignUp", json!({"ClientId": "page", "Username": "", "Password": PASSWORD}), "'username'"),
        ("SignUp", json!({"ClientId": 7, "Username": "x", "Password": PASSWORD}), "ClientId"),
        ("GetUser", json!({"AccessToken": "a b"}), "'accessToken'"),
        ("ListUsers", json!({"UserPoolId": POOL, "Limit": 61}), "'limit'"),
        ("ListUsers", json!({"UserPoolId": POOL, "Filter": "email = \"x\""}), "Filter"),
        (
            "SignUp",
            json!({"ClientId": "page", "Username": "x", "Password": PASSWORD, "UserAttributes": {}}),
            "UserAttributes",
        ),
        (
            "InitiateAuth",
            json!({"ClientId": "page", "AuthFlow": "USER_PASSWORD_AUTH", "AuthParameters": {"USERNAME": 1}}),
            "AuthParameters",
        ),
    ] {
        let (exception, message) = refusal(&pool, operation, body.clone()).await;
        assert!(["InvalidParameterException", "SerializationException"].contains(&&*exception), "{exception}");
        assert!(message.contains(part), "{body}: {message}");
        for secret in ["Hush", "Passw0rd", "xxxx"] {
            assert!(!message.contains(secret), "{message}");
        }
    }
    for body in ["[]", "{", "\"x\"", "{\"ClientId\": \"page\"} x"] {
        let response = send(&pool.endpoint_url(), "SignUp", body.to_owned()).await;
        assert_eq!(response.status(), 400);
        assert_eq!(response.headers()["x-amzn-errortype"], "SerializationException:");
    }
    assert_eq!(
        send(&pool.endpoint_url(), "SignUp", format!("{{\"x\": \"{}\"}}", "x".repeat(70_000))).await.status(),
        413
    );
    let get =
        crate::support::cognito::client().get(pool.endpoint_url()).header("x-amz-target", "x").send().await.unwrap();
    assert_eq!(get.status(), 404, "POST alone");
}

/// Python's `hmac` made the hashes from "hush" and the user name with the app client id.
#[tokio::test]
async fn an_app_client_with_a_secret_has_to_show_it() {
    let pool = start(config()).await;
    let with_hash = |mut body: Value, hash: &str| {
        body["AuthParameters"]["SECRET_HASH"] = json!(hash);
        body
    };
    let jane = sign_in("server", "jane", PASSWORD);
    let good = call(&pool, "InitiateAuth", with_hash(jane.clone(), JANE_SERVER)).await;
    let refused = async |body| refusal(&pool, "InitiateAuth", body).await;
    let not_authorized = |message: &str| ("NotAuthorizedException".to_owned(), message.to_owned());
    let missing = "Client server is configured with secret but SECRET_HASH was not received";
    assert_eq!(refused(jane.clone()).await, not_authorized(missing));
    let wrong = "Unable to verify secret hash for client server";
    assert_eq!(refused(with_hash(jane, JOHN_SERVER)).await, not_authorized(wrong));
    let needless = "Client page is not configured for secret but secret hash was received";
    assert_eq!(refused(with_hash(sign_in("page", "jane", PASSWORD), JANE_SERVER)).await, not_authorized(needless));

    let token = good["AuthenticationResult"]["RefreshToken"].clone();
    call(&pool, "InitiateAuth", with_hash(refresh("server", &token), JANE_SERVER)).await;
    assert_eq!(refused(refresh("server", &token)).await, not_authorized(missing));
    assert_eq!(refused(with_hash(refresh("server", &token), JOHN_SERVER)).await, not_authorized(wrong));

    let sign_up = json!({"ClientId": "server", "Username": "john", "Password": PASSWORD, "SecretHash": JOHN_SERVER});
    call(&pool, "SignUp", sign_up).await;
    let confirm = json!({"ClientId": "server", "Username": "john", "ConfirmationCode": "123456"});
    assert_eq!(refusal(&pool, "ConfirmSignUp", confirm.clone()).await, not_authorized(missing));
    let mut confirm = confirm;
    confirm["SecretHash"] = json!(JOHN_SERVER);
    assert_eq!(call(&pool, "ConfirmSignUp", confirm).await, json!({}));
}

const JANE_SERVER: &str = "9sos9YIJsH/Ax0Qkg2bu0Z5DtbY1RcOBkT+yze3HrFs=";
const JOHN_SERVER: &str = "4lu/dRZdUHB9O846ieFP/5U00euPiFt9cxcBNlR4MKw=";

/// 7.4.8: a refresh token gives tokens of one sign-in, through the API and the token endpoint, until it is revoked.
#[tokio::test]
async fn a_refresh_token_gives_tokens_until_it_is_revoked() {
    let clock = Arc::new(ManualClock::new(UnixTime::from_secs(NOW)));
    let pool = LocalUserPool::start_with_clock(config(), "127.0.0.1:0".parse().unwrap(), Arc::clone(&clock));
    let pool = pool.await.unwrap();
    let first = tokens(&pool, "page").await;
    let other = tokens(&pool, "page").await;
    clock.advance(600);
    let again = call(&pool, "InitiateAuth", refresh("page", &first["RefreshToken"])).await;
    let again = &again["AuthenticationResult"];
    assert_eq!(names(again), "AccessToken ExpiresIn IdToken TokenType", "no other refresh token");
    let (before, after) = (claims(&first["AccessToken"]), claims(&again["AccessToken"]));
    for same in ["origin_jti", "event_id", "auth_time", "sub", "scope"] {
        assert_eq!(before[same], after[same], "{same}");
    }
    assert_eq!((after["iat"].as_u64(), after["exp"].as_u64()), (Some(NOW + 600), Some(NOW + 4_200)));
    assert_ne!(before["jti"], after["jti"]);
    assert_ne!(claims(&other["AccessToken"])["origin_jti"], before["origin_jti"], "another sign-in");

    let token = first["RefreshToken"].as_str().unwrap();
    let post = async |path: &str, form: String| {
        let request = crate::support::cognito::client().post(format!("{}{path}", pool.domain()));
        let request = request.header("content-type", "application/x-www-form-urlencoded").body(form);
        let response = request.send().await.unwrap();
        (response.status().as_u16(), response.text().await.unwrap())
    };
    let error = |status: u16, error: &str| (status, format!(r#"{{"error":"{error}"}}"#));
    let (status, body) =
        post("/oauth2/token", format!("grant_type=refresh_token&client_id=page&refresh_token={token}")).await;
    let granted: Value = serde_json::from_str(&body).unwrap();
    assert_eq!((status, names(&granted)), (200, "access_token expires_in id_token token_type".to_owned()), "7.3.11");
    assert_eq!(claims(&granted["id_token"])["origin_jti"], before["origin_jti"]);
    let of_other = format!("grant_type=refresh_token&client_id=plain&refresh_token={token}");
    assert_eq!(post("/oauth2/token", of_other).await, error(400, "invalid_grant"), "of another app client");

    assert_eq!(post("/oauth2/revoke", "client_id=page".to_owned()).await, error(400, "invalid_request"), "7.3.12");
    assert_eq!(post("/oauth2/revoke", format!("client_id=nobody&token={token}")).await, error(401, "invalid_client"));
    assert_eq!(post("/oauth2/revoke", format!("client_id=machine&token={token}")).await, error(401, "invalid_client"));
    let access = first["AccessToken"].as_str().unwrap();
    assert_eq!(
        post("/oauth2/revoke", format!("client_id=page&token={access}")).await,
        error(400, "unsupported_token_type")
    );
    assert_eq!(post("/oauth2/revoke", format!("client_id=old&token={token}")).await, error(400, "invalid_request"));
    assert_eq!(
        post("/oauth2/revoke", format!("client_id=plain&token={token}")).await,
        error(400, "unsupported_token_type")
    );
    let user = async || call(&pool, "GetUser", json!({"AccessToken": access})).await["Username"].clone();
    assert_eq!(user().await, "jane");
    for _ in 0..2 {
        assert_eq!(post("/oauth2/revoke", format!("client_id=page&token={token}")).await, (200, String::new()));
    }
    let revoked = ("NotAuthorizedException".to_owned(), "Refresh Token has been revoked".to_owned());
    assert_eq!(refusal(&pool, "InitiateAuth", refresh("page", &json!(token))).await, revoked);
    let form = format!("grant_type=refresh_token&client_id=page&refresh_token={token}");
    assert_eq!(post("/oauth2/token", form).await, error(400, "invalid_grant"));
    for of_it in [&first["AccessToken"], &again["AccessToken"], &granted["access_token"]] {
        let refused = refusal(&pool, "GetUser", json!({"AccessToken": of_it})).await;
        assert_eq!(refused, ("NotAuthorizedException".to_owned(), "Access Token has been revoked".to_owned()));
    }
    // The other sign-in stays valid, and a service that only verifies tokens does not notice the revocation.
    call(&pool, "GetUser", json!({"AccessToken": other["AccessToken"]})).await;
    let authorizer = Authorizer::builder().user_pool(pool.user_pool()).clock(Arc::clone(&clock)).build().unwrap();
    assert_eq!(reason(&authorizer.layer(), first["IdToken"].as_str().unwrap()).await, None);

    clock.advance(30 * 86_400);
    let expired = ("NotAuthorizedException".to_owned(), "Refresh Token has expired".to_owned());
    assert_eq!(refusal(&pool, "InitiateAuth", refresh("page", &other["RefreshToken"])).await, expired);
}

#[tokio::test]
async fn a_token_is_revoked_over_the_api_by_its_app_client() {
    let pool = start(config()).await;
    let of_page = tokens(&pool, "page").await;
    let revoke = |client: &str, token: &Value| json!({"ClientId": client, "Token": token});
    for (body, exception) in [
        (revoke("nobody", &of_page["RefreshToken"]), "UnauthorizedException"),
        (revoke("server", &of_page["RefreshToken"]), "UnauthorizedException"),
        (revoke("old", &of_page["RefreshToken"]), "UnsupportedOperationException"),
        (revoke("plain", &of_page["RefreshToken"]), "UnsupportedTokenTypeException"),
        (revoke("page", &of_page["AccessToken"]), "UnsupportedTokenTypeException"),
    ] {
        assert_eq!(refusal(&pool, "RevokeToken", body).await.0, exception);
    }
    let mut with_secret = revoke("page", &of_page["RefreshToken"]);
    with_secret["ClientSecret"] = json!("hush");
    assert_eq!(refusal(&pool, "RevokeToken", with_secret).await.0, "UnauthorizedException");
    assert_eq!(call(&pool, "RevokeToken", revoke("page", &of_page["RefreshToken"])).await, json!({}));
    let refused = refusal(&pool, "InitiateAuth", refresh("page", &of_page["RefreshToken"])).await;
    assert_eq!(refused.1, "Refresh Token has been revoked");
}

/// 7.2: `origin_jti` exists only if tokens can be revoked. Signing out works in both cases.
#[tokio::test]
async fn who_signs_out_is_signed_out_everywhere() {
    let pool = start(config()).await;
    let (one, two) = (tokens(&pool, "page").await, tokens(&pool, "old").await);
    assert!(claims(&one["AccessToken"]).get("origin_jti").is_some());
    for token in ["AccessToken", "IdToken"] {
        assert_eq!(claims(&two[token]).get("origin_jti"), None, "{token}");
        assert!(claims(&two[token]).get("event_id").is_some());
    }
    assert_eq!(call(&pool, "GlobalSignOut", json!({"AccessToken": one["AccessToken"]})).await, json!({}));
    for of in [&one, &two] {
        let refused = refusal(&pool, "GetUser", json!({"AccessToken": of["AccessToken"]})).await;
        assert_eq!(refused.1, "Access Token has been revoked");
    }
    assert_eq!(
        refusal(&pool, "InitiateAuth", refresh("old", &two["RefreshToken"])).await.1,
        "Refresh Token has been revoked"
    );
    let three = tokens(&pool, "page").await;
    call(&pool, "AdminUserGlobalSignOut", json!({"UserPoolId": POOL, "Username": "jane"})).await;
    let refused = refusal(&pool, "GlobalSignOut", json!({"AccessToken": three["AccessToken"]})).await;
    assert_eq!(refused.1, "Access Token has been revoked");
}

/// The user APIs of a pool accept only the pool's own access tokens.
#[tokio::test]
async fn the_user_apis_take_good_access_tokens_only() {
    let clock = Arc::new(ManualClock::new(UnixTime::from_secs(NOW)));
    let pool = LocalUserPool::start_with_clock(config(), "127.0.0.1:0".parse().unwrap(), Arc::clone(&clock));
    let (pool, stranger) = (pool.await.unwrap(), start(config()).await);
    let good = tokens(&pool, "page").await;
    let user = call(&pool, "GetUser", json!({"AccessToken": good["AccessToken"]})).await;
    let sub = claims(&good["AccessToken"])["sub"].clone();
    let attributes = json!([{"Name": "sub", "Value": sub}, {"Name": "email", "Value": "jane@example.com"}]);
    assert_eq!(user, json!({"Username": "jane", "UserAttributes": attributes}));
    let made = |token: TestToken| json!(pool.issue(&token).unwrap());
    let jane = || TestToken::user_access("page", "jane");
    let event = claims(&good["AccessToken"])["event_id"].clone();
    assert_eq!(claims(&made(jane()))["sub"], sub, "a token to order is of the user of that name");
    let unknown_signature = "Could not verify signature for Access Token";
    for (token, message) in [
        (good["IdToken"].clone(), "Invalid Access Token"),
        (json!(stranger.issue(&jane()).unwrap()), "Invalid Access Token"),
        (made(jane().claim("event_id", event.clone()).with_wrong_signature()), unknown_signature),
        (made(jane().claim("event_id", event.clone()).by_unpublished_key()), unknown_signature),
        (made(jane().claim("event_id", event.clone()).header("alg", "none")), unknown_signature),
        (made(jane().claim("event_id", event.clone()).claim("iss", "http://x")), "Invalid Access Token"),
        (made(jane().claim("event_id", event.clone()).expires_in(0)), "Access Token has expired"),
        (
            made(jane().claim("event_id", event.clone()).claim("scope", "openid")),
            "Access Token does not have required scopes",
        ),
        (made(jane().claim("event_id", event.clone()).claim("sub", "x")), "Access Token has been revoked"),
        (made(jane()), "Access Token has been revoked"),
        (made(TestToken::access("machine", ["pets/read"])), "Access Token does not have required scopes"),
    ] {
        for operation in ["GetUser", "GlobalSignOut"] {
            let refused = refusal(&pool, operation, json!({"AccessToken": token})).await;
            assert_eq!(refused, ("NotAuthorizedException".to_owned(), message.to_owned()));
        }
    }
    call(&pool, "GetUser", json!({"AccessToken": made(jane().claim("event_id", event.clone()))})).await;
    clock.advance(3_600);
    assert_eq!(
        refusal(&pool, "GetUser", json!({"AccessToken": good["AccessToken"]})).await.1,
        "Access Token has expired"
    );
}
