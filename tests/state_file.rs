//! The local user pool's state in a file: nothing is lost by a restart, nor by a crash in the middle of a write.
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "tests")]

mod support;

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use cognito_authorizer::{
    Authorizer,
    local_user_pool::{
        AppClientConfig, KeyRotation, LocalUserPool, LocalUserPoolConfig, LocalUserPoolError, UserConfig,
    },
};
use serde_json::{Value, json};

use support::{
    cognito::{PASSWORD, call, claims, refresh, refusal, send, sign_in},
    examples::Hello,
    requests::reason,
};

/// A path where no file is yet.
fn fresh(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("state").join(name);
    drop(fs::remove_dir_all(&folder));
    fs::create_dir_all(&folder).unwrap();
    folder.join("pool.json")
}

fn config(path: &Path) -> LocalUserPoolConfig {
    let page =
        AppClientConfig::public("page").explicit_auth_flows(["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]);
    let config = LocalUserPoolConfig::new("eu-west-1_State").app_client(page).state_file(path);
    config.base_url("http://pool.localhost").user(UserConfig::new("jane", PASSWORD).group("keepers"))
}

async fn start(config: LocalUserPoolConfig) -> Result<LocalUserPool, LocalUserPoolError> {
    LocalUserPool::start(config, "127.0.0.1:0".parse().unwrap()).await
}

#[tokio::test]
async fn a_restart_loses_nothing() {
    let path = fresh("restart");
    let pool = start(config(&path)).await.unwrap();
    let at = pool.endpoint_url();
    let tokens = call(&at, "InitiateAuth", sign_in("page", "jane", PASSWORD)).await["AuthenticationResult"].clone();
    let revoked = call(&at, "InitiateAuth", sign_in("page", "jane", PASSWORD)).await["AuthenticationResult"].clone();
    call(&at, "RevokeToken", json!({"ClientId": "page", "Token": revoked["RefreshToken"]})).await;
    call(&at, "SignUp", json!({"ClientId": "page", "Username": "john", "Password": PASSWORD})).await;
    let new = json!({"UserPoolId": "eu-west-1_State", "Username": "jane", "Password": "Another-1", "Permanent": true});
    call(&at, "AdminSetUserPassword", new).await;
    let made = call(&at, "CreateUserPool", json!({"PoolName": "other"})).await["UserPool"].clone();
    pool.rotate_keys(KeyRotation::WithOverlap).await.unwrap();
    let jwks = async |at: &str| {
        let url = format!("{at}/eu-west-1_State/.well-known/jwks.json");
        reqwest::get(url).await.unwrap().text().await.unwrap()
    };
    let keys = jwks(&at).await;
    drop(pool);

    let pool = restarted(config(&path)).await;
    let at = pool.endpoint_url();
    assert_eq!(jwks(&at).await, keys, "the keys before the rotation too");
    let authorizer = Authorizer::builder().with_user_pool(pool.user_pool()).build().unwrap();
    assert_eq!(reason(&authorizer.layer(), tokens["IdToken"].as_str().unwrap()).await, None, "signed by a key before");
    let again =
        call(&at, "InitiateAuth", refresh("page", &tokens["RefreshToken"])).await["AuthenticationResult"].clone();
    assert_eq!(claims(&again["IdToken"])["cognito:groups"], json!(["keepers"]));
    assert_eq!(reason(&authorizer.layer(), again["IdToken"].as_str().unwrap()).await, None);
    assert_eq!(
        refusal(&at, "InitiateAuth", refresh("page", &revoked["RefreshToken"])).await.1,
        "Refresh Token has been revoked"
    );
    call(&at, "GetUser", json!({"AccessToken": tokens["AccessToken"]})).await;
    assert_eq!(
        refusal(&at, "InitiateAuth", sign_in("page", "jane", PASSWORD)).await.0,
        "NotAuthorizedException",
        "the configured password does not come back"
    );
    call(&at, "InitiateAuth", sign_in("page", "jane", "Another-1")).await;
    assert_eq!(refusal(&at, "InitiateAuth", sign_in("page", "john", PASSWORD)).await.0, "UserNotConfirmedException");
    let shown = call(&at, "DescribeUserPool", json!({"UserPoolId": made["Id"]})).await["UserPool"].clone();
    assert_eq!(shown, made);
}

/// It goes as soon as the requests that it was busy with are done.
async fn restarted(config: LocalUserPoolConfig) -> LocalUserPool {
    for _ in 0..400 {
        match start(config.clone()).await {
            Err(LocalUserPoolError::StateInUse { .. }) => tokio::time::sleep(Duration::from_millis(5)).await,
            other => return other.unwrap(),
        }
    }
    panic!("the state file is not given up");
}

/// What the configuration says of app clients goes before what the file says; what else is there stays.
#[tokio::test]
async fn the_configuration_goes_before_the_file() {
    let path = fresh("configuration");
    let pool = start(config(&path)).await.unwrap();
    let body = json!({"UserPoolId": "eu-west-1_State", "ClientName": "made"});
    let made = call(&pool.endpoint_url(), "CreateUserPoolClient", body).await["UserPoolClient"]["ClientId"].clone();
    drop(pool);
    let pool = restarted(config(&path).app_client(AppClientConfig::new("machine", "hush"))).await;
    let body = json!({"UserPoolId": "eu-west-1_State", "MaxResults": 60});
    let listed = call(&pool.endpoint_url(), "ListUserPoolClients", body).await;
    let mut ids: Vec<&str> =
        listed["UserPoolClients"].as_array().unwrap().iter().map(|one| one["ClientId"].as_str().unwrap()).collect();
    ids.sort_unstable();
    let mut expected = vec!["machine", "page", made.as_str().unwrap()];
    expected.sort_unstable();
    assert_eq!(ids, expected);
    drop(pool);
    // An id that belongs to another user pool now.
    let other =
        LocalUserPoolConfig::new("eu-west-1_Other").state_file(&path).app_client(AppClientConfig::public("page"));
    for _ in 0..400 {
        match start(other.clone()).await.unwrap_err() {
            LocalUserPoolError::StateInUse { .. } => tokio::time::sleep(Duration::from_millis(5)).await,
            error => return assert!(error.to_string().contains("`page`"), "{error}"),
        }
    }
}

#[tokio::test]
async fn the_file_shows_no_password_and_belongs_to_its_owner() {
    let path = fresh("secrets");
    let pool = start(config(&path)).await.unwrap();
    let at = pool.endpoint_url();
    let tokens = call(&at, "InitiateAuth", sign_in("page", "jane", PASSWORD)).await["AuthenticationResult"].clone();
    let temporary = json!({"UserPoolId": "eu-west-1_State", "Username": "john", "TemporaryPassword": "Temp0rary-1"});
    call(&at, "AdminCreateUser", temporary).await;
    let challenge = call(&at, "InitiateAuth", sign_in("page", "john", "Temp0rary-1")).await;
    let text = fs::read_to_string(&path).unwrap();
    for secret in [PASSWORD, "Temp0rary-1"] {
        assert!(!text.contains(secret));
    }
    for secret in [&tokens["RefreshToken"], &tokens["AccessToken"], &challenge["Session"]] {
        assert!(!text.contains(secret.as_str().unwrap()));
    }
    assert!(text.contains("$argon2id$"));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }
    let debug = format!("{pool:?} {:?}", config(&path));
    for secret in ["argon2id", PASSWORD, "jane"] {
        assert!(!format!("{pool:?}").contains(secret));
    }
    assert!(!debug.contains(PASSWORD));
}

#[tokio::test]
async fn a_file_that_is_in_use_or_is_no_state_is_left_alone() {
    let path = fresh("refused");
    let pool = start(config(&path)).await.unwrap();
    let error = start(config(&path)).await.unwrap_err();
    assert!(matches!(error, LocalUserPoolError::StateInUse { .. }), "{error}");
    drop(pool);
    let pool = restarted(config(&path)).await;
    let good = fs::read_to_string(&path).unwrap();
    drop(pool);
    for (text, part) in [
        ("{", "line 1 column 1"),
        (r#"{"Version": 2, "Directory": {"UserPools": {}}}"#, "version is 2"),
        (&good.replace("$argon2id$", "\\ud800"), "malformed"),
        (&good.replacen("\"PrivateKey\":\"", "\"PrivateKey\":\"AAAA", 1), "malformed"),
        ("", "malformed"),
    ] {
        let mut error = None;
        for _ in 0..400 {
            fs::write(&path, text).unwrap();
            match start(config(&path)).await.unwrap_err() {
                LocalUserPoolError::StateInUse { .. } => tokio::time::sleep(Duration::from_millis(5)).await,
                other => {
                    error = Some(other.to_string());
                    break;
                }
            }
        }
        let error = error.unwrap();
        assert!(error.contains(part) && error.contains(path.to_str().unwrap()), "{error}");
        assert!(!error.contains("AAAA"), "{error}");
        assert_eq!(fs::read_to_string(&path).unwrap(), text, "it may be somebody's work");
    }
    let nowhere = start(config(Path::new("/nowhere/pool.json"))).await.unwrap_err();
    assert!(nowhere.to_string().contains("/nowhere/pool.json"), "{nowhere}");
}

/// What cannot be written did not happen, and is not said to have.
#[tokio::test]
#[cfg(unix)]
async fn a_change_that_cannot_be_kept_is_not_made() {
    let path = fresh("full");
    let pool = start(config(&path)).await.unwrap();
    let at = pool.endpoint_url();
    // A folder stands where the new file is to be written: even root cannot write it.
    let blocked = path.with_file_name("pool.json.new");
    fs::create_dir(&blocked).unwrap();
    fs::write(blocked.join("x"), "").unwrap();
    let before = fs::read_to_string(&path).unwrap();
    let body = json!({"ClientId": "page", "Username": "john", "Password": PASSWORD});
    let response = send(&at, "SignUp", body.to_string()).await;
    assert_eq!(response.status(), 500);
    assert_eq!(response.headers()["x-amzn-errortype"], "InternalErrorException:");
    let text = response.text().await.unwrap();
    assert!(!text.contains("pool.json"), "{text}");
    assert_eq!(refusal(&at, "InitiateAuth", sign_in("page", "john", PASSWORD)).await.0, "UserNotFoundException");
    assert_eq!(fs::read_to_string(&path).unwrap(), before);
    fs::remove_dir_all(&blocked).unwrap();
    call(&at, "SignUp", body).await;
}

/// Killed twelve times at any moment while users sign up: who was told that he signed up is there afterwards.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_crash_in_the_middle_of_a_write_loses_nothing() {
    let path = fresh("crash");
    let mut signed_up: Vec<String> = Vec::new();
    for round in 0..12 {
        let mut hello = Hello::open_with(&[("STATE_FILE", path.as_os_str())]);
        let (at, client) = (hello.exported("POOL_URL").to_owned(), hello.exported("CLIENT_ID").to_owned());
        let pool_id = hello.exported("USER_POOL_ID").to_owned();
        for name in &signed_up {
            call(&at, "AdminGetUser", json!({"UserPoolId": pool_id, "Username": name})).await;
        }
        let signing_up = tokio::spawn(async move {
            let mut done = Vec::new();
            for number in 0..1_000 {
                let name = format!("user-{round}-{number}@example.com");
                let body = json!({"ClientId": client, "Username": name, "Password": PASSWORD}).to_string();
                let request = reqwest::Client::new().post(&at).body(body);
                let request = request.header("x-amz-target", "AWSCognitoIdentityProviderService.SignUp");
                match request.send().await {
                    Ok(response) if response.status() == 200 => done.push(name),
                    Ok(response) => panic!("{}", response.status()),
                    Err(_) => return done,
                }
            }
            panic!("it was never killed");
        });
        tokio::time::sleep(Duration::from_millis(60 + 37 * round % 90)).await;
        hello.process.kill().unwrap();
        hello.process.wait().unwrap();
        signed_up.extend(signing_up.await.unwrap());
        let state: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
        assert_eq!(state["Version"], 1);
    }
    assert!(signed_up.len() >= 12, "hardly anybody signed up: {}", signed_up.len());
}
