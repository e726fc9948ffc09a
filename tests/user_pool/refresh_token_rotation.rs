//! Tests `GetTokensFromRefreshToken` of the local user pool, with and without refresh token rotation.
//!
//! Rows: `src/docs/behaviour.md` §7.3.11, §7.4.14 and §7.4.15.
use std::{fs, path::Path};

use cognito_authorizer::local_user_pool::{LocalUserPool, LocalUserPoolConfig};
use serde_json::{Value, json};

use crate::support::cognito::{Desk, PASSWORD, call, claims, names, refresh, refusal, said, sign_in};

fn renew(client: &str, token: &Value) -> Value {
    json!({"ClientId": client, "RefreshToken": token})
}

fn rotation(seconds: u64) -> Value {
    json!({
        "ExplicitAuthFlows": ["ALLOW_USER_PASSWORD_AUTH"],
        "RefreshTokenRotation": {"Feature": "ENABLED", "RetryGracePeriodSeconds": seconds},
    })
}

/// Creates a user pool with `jane`, and an app client with these additional settings.
async fn desk(settings: Value) -> (Desk, String, String) {
    let desk = Desk::open().await;
    let (pool, _) = desk.user_pool(json!({})).await;
    desk.user(&pool, "jane", json!([])).await;
    let client = desk.client(&pool, settings).await["ClientId"].as_str().unwrap().to_owned();
    (desk, pool, client)
}

/// Renews a session, and returns its new refresh token.
async fn next(desk: &Desk, client: &str, token: &Value) -> Value {
    let answer = desk.call("GetTokensFromRefreshToken", renew(client, token)).await;
    answer["AuthenticationResult"]["RefreshToken"].clone()
}

fn reused() -> (String, String) {
    said("RefreshTokenReuse", "Refresh token reuse detected")
}

/// 7.4.14: aws-amplify renews every session with this operation, with or without rotation.
#[tokio::test]
async fn tokens_are_renewed_without_rotation() {
    let (desk, pool, client) = desk(json!({})).await;
    let first = desk.tokens(&client, "jane").await;
    desk.clock.advance(600);
    for _ in 0..2 {
        let answer = desk.call("GetTokensFromRefreshToken", renew(&client, &first["RefreshToken"])).await;
        assert_eq!(names(&answer), "AuthenticationResult", "no ChallengeParameters");
        let renewed = &answer["AuthenticationResult"];
        assert_eq!(names(renewed), "AccessToken ExpiresIn IdToken TokenType", "the refresh token stays");
        let (before, after) = (claims(&first["AccessToken"]), claims(&renewed["AccessToken"]));
        for same in ["origin_jti", "event_id", "auth_time", "sub", "scope"] {
            assert_eq!(before[same], after[same], "{same}");
        }
        assert_ne!(before["iat"], after["iat"]);
    }
    let off = desk.client(&pool, json!({"RefreshTokenRotation": {"Feature": "DISABLED"}})).await;
    assert_eq!(off["RefreshTokenRotation"], json!({"Feature": "DISABLED", "RetryGracePeriodSeconds": 0}));
    let off = off["ClientId"].as_str().unwrap();
    let tokens = desk.tokens(off, "jane").await;
    assert_eq!(next(&desk, off, &tokens["RefreshToken"]).await, Value::Null);
    desk.call("InitiateAuth", refresh(off, &tokens["RefreshToken"])).await;

    let not_authorized = |message: &str| said("NotAuthorized", message);
    for (body, expected) in [
        (renew(&client, &json!("nonsense")), not_authorized("Invalid Refresh Token")),
        (renew(off, &first["RefreshToken"]), not_authorized("Invalid Refresh Token")),
        (renew("nobody", &first["RefreshToken"]), said("ResourceNotFound", "User pool client nobody does not exist.")),
    ] {
        assert_eq!(desk.refusal("GetTokensFromRefreshToken", body).await, expected);
    }
    for missing in ["ClientId", "RefreshToken"] {
        let mut body = renew(&client, &first["RefreshToken"]);
        body.as_object_mut().unwrap().remove(missing);
        assert_eq!(desk.refusal("GetTokensFromRefreshToken", body).await.0, "InvalidParameter", "{missing}");
    }
    desk.call("AdminDisableUser", json!({"UserPoolId": pool, "Username": "jane"})).await;
    let body = renew(&client, &first["RefreshToken"]);
    assert_eq!(desk.refusal("GetTokensFromRefreshToken", body.clone()).await, not_authorized("User is disabled."));
    desk.call("AdminEnableUser", json!({"UserPoolId": pool, "Username": "jane"})).await;
    desk.call("RevokeToken", json!({"ClientId": client, "Token": first["RefreshToken"]})).await;
    let revoked = not_authorized("Refresh Token has been revoked");
    assert_eq!(desk.refusal("GetTokensFromRefreshToken", body).await, revoked);
    let tokens = desk.tokens(&client, "jane").await;
    desk.clock.advance(30 * 86_400);
    let expired = not_authorized("Refresh Token has expired");
    assert_eq!(desk.refusal("GetTokensFromRefreshToken", renew(&client, &tokens["RefreshToken"])).await, expired);
}

/// The operation takes the secret itself, not a hash.
#[tokio::test]
async fn an_app_client_with_a_secret_sends_the_secret() {
    let (desk, _, client) = desk(json!({"ClientSecret": "abcdefghijklmnopqrstuvwxyz", "ExplicitAuthFlows":
        ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]}))
    .await;
    let mut body = sign_in(&client, "jane", PASSWORD);
    body["AuthParameters"]["SECRET_HASH"] =
        json!(crate::support::cognito::secret_hash("abcdefghijklmnopqrstuvwxyz", "jane", &client));
    let signed_in = desk.call("InitiateAuth", body).await["AuthenticationResult"].clone();
    let body = renew(&client, &signed_in["RefreshToken"]);
    let with = |secret: &str| {
        let mut body = body.clone();
        body["ClientSecret"] = json!(secret);
        body
    };
    desk.call("GetTokensFromRefreshToken", with("abcdefghijklmnopqrstuvwxyz")).await;
    for wrong in [body.clone(), with("abcdefghijklmnopqrstuvwxy0")] {
        assert_eq!(desk.refusal("GetTokensFromRefreshToken", wrong).await.0, "NotAuthorized");
    }
}

/// 7.4.15: each renewal returns a new refresh token, which expires when the first one would have.
#[tokio::test]
async fn a_refresh_token_is_rotated() {
    let (desk, _, client) = desk(rotation(0)).await;
    let tokens = desk.tokens(&client, "jane").await;
    let (first, before) = (tokens["RefreshToken"].clone(), claims(&tokens["AccessToken"]));
    let unavailable = said("InvalidParameter", "REFRESH_TOKEN_AUTH flow not enabled for this client");
    assert_eq!(desk.refusal("InitiateAuth", refresh(&client, &first)).await, unavailable);
    desk.clock.advance(10 * 86_400);
    let answer = desk.call("GetTokensFromRefreshToken", renew(&client, &first)).await["AuthenticationResult"].clone();
    assert_eq!(names(&answer), "AccessToken ExpiresIn IdToken RefreshToken TokenType");
    let second = answer["RefreshToken"].clone();
    assert_ne!(first, second);
    let after = claims(&answer["AccessToken"]);
    for same in ["origin_jti", "event_id", "auth_time"] {
        assert_eq!(before[same], after[same], "{same}");
    }
    assert_eq!(desk.refusal("GetTokensFromRefreshToken", renew(&client, &first)).await, reused());
    // A replay does not revoke the sign-in.
    let third = next(&desk, &client, &second).await;
    for old in [&first, &second] {
        assert_eq!(desk.refusal("GetTokensFromRefreshToken", renew(&client, old)).await, reused());
    }
    desk.call("GetUser", json!({"AccessToken": answer["AccessToken"]})).await;
    desk.clock.advance(20 * 86_400);
    let expired = said("NotAuthorized", "Refresh Token has expired");
    assert_eq!(desk.refusal("GetTokensFromRefreshToken", renew(&client, &third)).await, expired);
}

/// 7.4.15: a retry within the grace period succeeds; afterwards only the newest token is valid.
#[tokio::test]
async fn a_retry_within_the_grace_period_succeeds() {
    let (desk, _, client) = desk(rotation(60)).await;
    let first = desk.tokens(&client, "jane").await["RefreshToken"].clone();
    let lost = next(&desk, &client, &first).await;
    desk.clock.advance(59);
    let newest = next(&desk, &client, &first).await;
    assert_ne!(lost, newest);
    assert_eq!(desk.refusal("GetTokensFromRefreshToken", renew(&client, &lost)).await, reused());
    desk.clock.advance(1);
    assert_eq!(
        desk.refusal("GetTokensFromRefreshToken", renew(&client, &first)).await,
        reused(),
        "60 seconds are over"
    );
    next(&desk, &client, &newest).await;
}

/// 7.4.15: revoking the newest or the first token revokes the sign-in. Revoking any other rotated token has no effect.
#[tokio::test]
async fn a_rotated_sign_in_is_revoked_by_its_first_or_its_newest_token() {
    let (desk, _, client) = desk(rotation(0)).await;
    let revoke = |token: &Value| json!({"ClientId": client, "Token": token});
    let revoked = said("NotAuthorized", "Refresh Token has been revoked");
    for ends in [0, 2] {
        let mut chain = vec![desk.tokens(&client, "jane").await["RefreshToken"].clone()];
        for _ in 0..2 {
            chain.push(next(&desk, &client, chain.last().unwrap()).await);
        }
        desk.call("RevokeToken", revoke(&chain[1])).await;
        chain[2] = next(&desk, &client, &chain[2]).await;
        desk.call("RevokeToken", revoke(&chain[ends])).await;
        for token in &chain {
            assert_eq!(desk.refusal("GetTokensFromRefreshToken", renew(&client, token)).await, revoked);
        }
    }
    // Signing out revokes every token of the sign-in.
    let tokens = desk.tokens(&client, "jane").await;
    let second = next(&desk, &client, &tokens["RefreshToken"]).await;
    desk.call("GlobalSignOut", json!({"AccessToken": tokens["AccessToken"]})).await;
    assert_eq!(desk.refusal("GetTokensFromRefreshToken", renew(&client, &second)).await, revoked);
}

/// 7.3.11: the token endpoint rotates too.
#[tokio::test]
async fn the_token_endpoint_rotates() {
    let (desk, _, client) = desk(rotation(0)).await;
    let first = desk.tokens(&client, "jane").await["RefreshToken"].clone();
    let grant = async |token: &Value| {
        let form = format!("grant_type=refresh_token&client_id={client}&refresh_token={}", token.as_str().unwrap());
        let request = crate::support::cognito::client().post(format!("{}/oauth2/token", desk.endpoint)).body(form);
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        let response = request.send().await.unwrap();
        let status = response.status().as_u16();
        (status, serde_json::from_str::<Value>(&response.text().await.unwrap()).unwrap())
    };
    let (status, granted) = grant(&first).await;
    let expected = "access_token expires_in id_token refresh_token token_type";
    assert_eq!((status, names(&granted)), (200, expected.to_owned()));
    assert_eq!(grant(&first).await, (400, json!({"error": "invalid_grant"})));
    next(&desk, &client, &granted["refresh_token"]).await;
}

/// The valid values of the setting are those of `RefreshTokenRotationType` in the API reference.
#[tokio::test]
async fn a_rotation_that_cannot_be_is_rejected() {
    let (desk, pool, _) = desk(json!({})).await;
    let body = |settings: Value| {
        let mut body = json!({"UserPoolId": pool, "ClientName": "x"});
        body.as_object_mut().unwrap().extend(settings.as_object().unwrap().clone());
        body
    };
    let mut beside = rotation(0);
    beside["ExplicitAuthFlows"] = json!(["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]);
    let message = "ALLOW_REFRESH_TOKEN_AUTH is not a permitted ExplicitAuthFlow when refresh token rotation is enabled";
    assert_eq!(desk.refusal("CreateUserPoolClient", body(beside)).await, said("InvalidParameter", message));
    for (settings, exception) in [
        (rotation(61), "InvalidParameter"),
        (json!({"RefreshTokenRotation": {"RetryGracePeriodSeconds": 1}}), "Serialization"),
        (json!({"RefreshTokenRotation": {"Feature": "ON"}}), "Serialization"),
    ] {
        assert_eq!(desk.refusal("CreateUserPoolClient", body(settings.clone())).await.0, exception, "{settings}");
    }
    // Without flows, as AWS CDK configures it: only this operation refreshes tokens.
    let bare = json!({"RefreshTokenRotation": {"Feature": "ENABLED"}});
    let client = desk.call("CreateUserPoolClient", body(bare)).await["UserPoolClient"].clone();
    assert_eq!(client["RefreshTokenRotation"], json!({"Feature": "ENABLED", "RetryGracePeriodSeconds": 0}));
    let (_, message) = desk.refusal("InitiateAuth", refresh(client["ClientId"].as_str().unwrap(), &json!("x"))).await;
    assert_eq!(message, "REFRESH_TOKEN_AUTH flow not enabled for this client");
    // An app client without the refresh flow may not use this operation either.
    let none = desk.client(&pool, json!({"ExplicitAuthFlows": ["ALLOW_USER_PASSWORD_AUTH"]})).await;
    let none = none["ClientId"].as_str().unwrap();
    let token = desk.tokens(none, "jane").await["RefreshToken"].clone();
    let (_, message) = desk.refusal("GetTokensFromRefreshToken", renew(none, &token)).await;
    assert_eq!(message, "REFRESH_TOKEN_AUTH flow not enabled for this client");
}

/// Of several concurrent renewals with one token, one succeeds.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_is_rotated_once() {
    let (desk, _, client) = desk(rotation(0)).await;
    let token = desk.tokens(&client, "jane").await["RefreshToken"].clone();
    let send = |_| {
        let (at, body) = (desk.endpoint.clone(), renew(&client, &token).to_string());
        tokio::spawn(async move {
            crate::support::cognito::send(&at, "GetTokensFromRefreshToken", body).await.status().as_u16()
        })
    };
    let mut statuses = Vec::new();
    for handle in (0..6).map(send).collect::<Vec<_>>() {
        statuses.push(handle.await.unwrap());
    }
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 400, 400, 400, 400, 400]);
}

/// A restart keeps all rotations, and the file contains no token.
#[tokio::test]
async fn a_rotation_outlives_a_restart() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("rotation");
    drop(fs::remove_dir_all(&folder));
    fs::create_dir_all(&folder).unwrap();
    let path = folder.join("pool.json");
    let config = || {
        let rotating = json!({"ClientId": "page", "ExplicitAuthFlows": ["ALLOW_USER_PASSWORD_AUTH"],
            "RefreshTokenRotation": {"Feature": "ENABLED"}});
        let config = json!({
            "UserPoolId": "eu-west-1_Rotation", "AppClients": [rotating], "StateFile": path, "AwsIssuer": true,
            "Users": [{"Username": "jane", "Password": PASSWORD}],
        });
        LocalUserPoolConfig::from_json(&config.to_string()).unwrap()
    };
    let start = async || LocalUserPool::start(config(), "127.0.0.1:0".parse().unwrap()).await.unwrap();
    let pool = start().await;
    let at = pool.endpoint_url();
    let signed_in = call(&at, "InitiateAuth", sign_in("page", "jane", PASSWORD)).await;
    let first = signed_in["AuthenticationResult"]["RefreshToken"].clone();
    let answer = call(&at, "GetTokensFromRefreshToken", renew("page", &first)).await;
    let second = answer["AuthenticationResult"]["RefreshToken"].clone();
    let text = fs::read_to_string(&path).unwrap();
    for token in [&first, &second] {
        assert!(!text.contains(token.as_str().unwrap()));
    }
    pool.stop().await;
    let pool = start().await;
    let at = pool.endpoint_url();
    let refused = refusal(&at, "GetTokensFromRefreshToken", renew("page", &first)).await;
    assert_eq!(refused.0, "RefreshTokenReuseException");
    call(&at, "GetTokensFromRefreshToken", renew("page", &second)).await;
}
