//! Tests the local user pool's state file: neither a restart nor a crash during a write loses data.
use std::{
    fs,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use cognito_authorizer::{
    Authorizer,
    local_user_pool::{
        AppClientConfig, KeyRotation, LocalUserPool, LocalUserPoolConfig, LocalUserPoolError, TestToken, UserConfig,
    },
};
use serde_json::{Value, json};

use crate::support::{
    cognito::{PASSWORD, call, claims, refresh, refusal, send, sign_in},
    examples::Example,
    requests::reason,
};

/// Returns a path without a file.
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
    config.aws_issuer().user(UserConfig::new("jane", PASSWORD).group("keepers"))
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
        crate::support::cognito::client().get(url).send().await.unwrap().text().await.unwrap()
    };
    let keys = jwks(&at).await;
    pool.stop().await;

    let pool = start(config(&path)).await.unwrap();
    let at = pool.endpoint_url();
    assert_eq!(jwks(&at).await, keys, "the keys before the rotation too");
    let authorizer = Authorizer::builder().user_pool(pool.user_pool()).build().unwrap();
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

/// The configuration's app clients override those of the file. Other app clients in the file stay.
#[tokio::test]
async fn the_configuration_goes_before_the_file() {
    let path = fresh("configuration");
    let pool = start(config(&path)).await.unwrap();
    let body = json!({"UserPoolId": "eu-west-1_State", "ClientName": "made"});
    let made = call(&pool.endpoint_url(), "CreateUserPoolClient", body).await["UserPoolClient"]["ClientId"].clone();
    pool.stop().await;
    let pool = start(config(&path).app_client(AppClientConfig::new("machine", "hush"))).await.unwrap();
    let body = json!({"UserPoolId": "eu-west-1_State", "MaxResults": 60});
    let listed = call(&pool.endpoint_url(), "ListUserPoolClients", body).await;
    let mut ids: Vec<&str> =
        listed["UserPoolClients"].as_array().unwrap().iter().map(|one| one["ClientId"].as_str().unwrap()).collect();
    ids.sort_unstable();
    let mut expected = vec!["machine", "page", made.as_str().unwrap()];
    expected.sort_unstable();
    assert_eq!(ids, expected);
    pool.stop().await;
    // The id belongs to another user pool.
    let other =
        LocalUserPoolConfig::new("eu-west-1_Other").state_file(&path).app_client(AppClientConfig::public("page"));
    let error = start(other).await.unwrap_err().to_string();
    assert!(error.contains("`page` belongs to another user pool"), "{error}");
    // The case sensitivity of user names cannot be changed.
    let lax = json!({
        "UserPoolId": "eu-west-1_State", "UserPool": {"UsernameConfiguration": {"CaseSensitive": false}}, "StateFile": path,
    });
    let error = start(LocalUserPoolConfig::from_json(&lax.to_string()).unwrap()).await.unwrap_err().to_string();
    assert!(error.contains("UsernameConfiguration cannot be changed"), "{error}");
    for setting in ["UsernameAttributes", "AliasAttributes"] {
        let other = json!({"UserPoolId": "eu-west-1_State", "UserPool": {setting: ["email"]}, "StateFile": path});
        let error = start(LocalUserPoolConfig::from_json(&other.to_string()).unwrap()).await.unwrap_err().to_string();
        assert!(error.contains(&format!("{setting} cannot be changed")), "{error}");
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
    let token = TestToken::id("page", "jane").claim("email", "jane@example.com");
    let user = UserConfig::new("jane", PASSWORD).attribute("email", "jane@example.com");
    let shown = format!("{pool:?} {:?} {token:?} {user:?}", config(&path));
    for secret in ["argon2id", PASSWORD, "jane", "123456"] {
        assert!(!shown.contains(secret), "{secret}: {shown}");
    }
}

#[tokio::test]
async fn a_file_that_is_in_use_or_is_not_a_state_is_left_alone() {
    let path = fresh("refused");
    let pool = start(config(&path)).await.unwrap();
    let error = start(config(&path)).await.unwrap_err();
    assert!(matches!(error, LocalUserPoolError::StateInUse { .. }), "{error}");
    pool.stop().await;
    let pool = start(config(&path)).await.unwrap();
    let good = fs::read_to_string(&path).unwrap();
    pool.stop().await;
    for (text, part) in [
        ("{", "line 1 column 1"),
        (r#"{"Version": 2, "Directory": ["of", "another", "shape"], "More": 1}"#, "version is 2"),
        (&good.replacen('{', r#"{"More":1,"#, 1), "malformed"),
        (&good.replace("$argon2id$", "\\ud800"), "malformed"),
        (&good.replacen("\"PrivateKey\":\"", "\"PrivateKey\":\"AAAA", 1), "malformed"),
        ("", "malformed"),
    ] {
        fs::write(&path, text).unwrap();
        let error = start(config(&path)).await.unwrap_err().to_string();
        assert!(error.contains(part) && error.contains(path.to_str().unwrap()), "{error}");
        assert!(!error.contains("AAAA"), "{error}");
        assert_eq!(fs::read_to_string(&path).unwrap(), text, "it may be somebody's work");
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::write(&path, &good).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        let error = start(config(&path)).await.unwrap_err().to_string();
        assert!(error.contains("chmod 600"), "somebody may know its keys: {error}");
    }
    let nowhere = start(config(Path::new("/nowhere/pool.json"))).await.unwrap_err();
    assert!(nowhere.to_string().contains("/nowhere/pool.json"), "{nowhere}");
}

/// The file decides which tokens are valid, so no other user may be able to replace it.
#[tokio::test]
#[cfg(unix)]
async fn a_file_that_others_can_replace_is_rejected() {
    use std::os::unix::fs::{PermissionsExt, chown};

    let path = fresh("others");
    let folder = path.parent().unwrap();
    let mode = |mode| fs::set_permissions(folder, fs::Permissions::from_mode(mode)).unwrap();
    for (own, part) in [(0o777, "other users can write to its folder"), (0o770, "other users can write to its folder")]
    {
        mode(own);
        let error = start(config(&path)).await.unwrap_err().to_string();
        assert!(error.contains(part) && error.contains("chmod go-w"), "before there is a file: {error}");
        assert!(!path.exists());
    }
    mode(0o755);
    start(config(&path)).await.unwrap().stop().await;
    mode(0o1777);
    let error = start(config(&path)).await.unwrap_err().to_string();
    assert!(error.contains("other users can write to its folder"), "a sticky folder too: {error}");
    mode(0o755);
    start(config(&path)).await.unwrap().stop().await;
    // Only root can change the owner of a file.
    let lock = path.with_file_name("pool.json.lock");
    if chown(&path, Some(65_534), None).is_ok() {
        let error = start(config(&path)).await.unwrap_err().to_string();
        assert!(error.contains("another user owns it"), "{error}");
        chown(&path, Some(0), None).unwrap();
        chown(folder, Some(65_534), None).unwrap();
        let error = start(config(&path)).await.unwrap_err().to_string();
        assert!(error.contains("another user owns its folder"), "{error}");
        chown(folder, Some(0), None).unwrap();
        chown(&lock, Some(65_534), None).unwrap();
        let error = start(config(&path)).await.unwrap_err().to_string();
        assert!(error.contains("another user owns it"), "the lock: {error}");
        chown(&lock, Some(0), None).unwrap();
    }
    start(config(&path)).await.unwrap().stop().await;
}

/// A change that cannot be written is not made, and the client gets an error.
#[tokio::test]
#[cfg(unix)]
async fn a_change_that_cannot_be_kept_is_not_made() {
    let path = fresh("full");
    let pool = start(config(&path)).await.unwrap();
    let at = pool.endpoint_url();
    // A folder at the path of the new file blocks the write, even for root.
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

/// Links to one file share one lock, and are not replaced.
#[tokio::test]
#[cfg(unix)]
async fn a_file_has_one_name() {
    let path = fresh("links");
    let (to_file, to_folder) = (path.with_file_name("link.json"), path.with_file_name("folder"));
    let pool = start(config(&path)).await.unwrap();
    std::os::unix::fs::symlink(&path, &to_file).unwrap();
    std::os::unix::fs::symlink(path.parent().unwrap(), &to_folder).unwrap();
    for other in [to_file.clone(), to_folder.join("pool.json")] {
        let error = start(config(&other)).await.unwrap_err();
        assert!(matches!(error, LocalUserPoolError::StateInUse { .. }), "{error}");
    }
    pool.stop().await;
    let pool = start(config(&to_file)).await.unwrap();
    let body = json!({"ClientId": "page", "Username": "john", "Password": PASSWORD});
    call(&pool.endpoint_url(), "SignUp", body).await;
    assert!(fs::read_to_string(&path).unwrap().contains("john"));
    assert!(fs::symlink_metadata(&to_file).unwrap().is_symlink());
    // A dangling link would be replaced by a file, so a pool at the link's target would have a different state.
    let dangling = path.with_file_name("dangling.json");
    std::os::unix::fs::symlink(path.with_file_name("nothing.json"), &dangling).unwrap();
    let error = start(config(&dangling)).await.unwrap_err().to_string();
    assert!(error.contains("a link to a file that does not exist"), "{error}");
}

/// A pool that is stopped while it handles requests can be started again immediately.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_stops_in_the_middle_of_work() {
    let path = fresh("stop");
    for round in 0..6 {
        let pool = start(config(&path)).await.unwrap();
        let at = pool.endpoint_url();
        for number in 0..6 {
            let name = format!("user-{round}-{number}");
            let body = json!({"ClientId": "page", "Username": name, "Password": PASSWORD}).to_string();
            let at = at.clone();
            tokio::spawn(async move {
                let request = crate::support::cognito::client().post(at).body(body);
                drop(request.header("x-amz-target", "AWSCognitoIdentityProviderService.SignUp").send().await);
            });
        }
        tokio::time::sleep(Duration::from_millis(round * 10)).await;
        pool.stop().await;
    }
}

/// Every accepted value can be read again, at any nesting depth.
#[tokio::test]
async fn what_is_kept_can_be_read_again() {
    let path = fresh("nested");
    let pool = start(config(&path)).await.unwrap();
    let nested =
        |depth: usize| format!(r#"{{"PoolName":"x","UserPoolTags":{}{}}}"#, "[".repeat(depth), "]".repeat(depth));
    assert_eq!(send(&pool.endpoint_url(), "CreateUserPool", nested(16)).await.status(), 200);
    for depth in [17, 120, 10_000] {
        assert_eq!(send(&pool.endpoint_url(), "CreateUserPool", nested(depth)).await.status(), 400, "{depth}");
    }
    pool.stop().await;
    start(config(&path)).await.unwrap();
}

/// A reader of the file always finds a complete state, even during a write.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_file_is_whole_at_any_moment() {
    let path = fresh("whole");
    let pool = start(config(&path)).await.unwrap();
    let (done, read) = (Arc::new(AtomicBool::new(false)), path.clone());
    let reader = std::thread::spawn({
        let done = Arc::clone(&done);
        move || {
            let mut times = 0;
            while !done.load(Ordering::Relaxed) {
                let state: Value = serde_json::from_str(&fs::read_to_string(&read).unwrap()).unwrap();
                assert_eq!(state["Version"], 1);
                times += 1;
            }
            times
        }
    });
    let description = "x".repeat(2_000);
    for number in 0..100 {
        let group =
            json!({"UserPoolId": "eu-west-1_State", "GroupName": format!("g{number}"), "Description": description});
        call(&pool.endpoint_url(), "CreateGroup", group).await;
    }
    done.store(true, Ordering::Relaxed);
    assert!(reader.join().unwrap() > 100, "it was hardly read");
}

/// Kills the process eight times at random moments during sign-ups: every confirmed sign-up is kept.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_crash_in_the_middle_of_a_write_loses_nothing() {
    let path = fresh("crash");
    let mut signed_up: Vec<String> = Vec::new();
    for round in 0..=8 {
        let mut hello = Example::hello(&[("STATE_FILE", path.as_os_str())]);
        let at = hello.exported("POOL_URL").to_owned();
        for name in &signed_up {
            call(&at, "AdminGetUser", json!({"UserPoolId": hello.exported("USER_POOL_ID"), "Username": name})).await;
        }
        if round == 8 {
            break;
        }
        let client = hello.exported("CLIENT_ID").to_owned();
        let told = Arc::new(AtomicUsize::new(0));
        let signing_up = tokio::spawn({
            let told = Arc::clone(&told);
            async move {
                let mut names = Vec::new();
                for number in 0..1_000 {
                    let name = format!("user-{round}-{number}@example.com");
                    let body = json!({"ClientId": client, "Username": name, "Password": PASSWORD}).to_string();
                    let request = crate::support::cognito::client().post(&at).body(body);
                    let request = request.header("x-amz-target", "AWSCognitoIdentityProviderService.SignUp");
                    match request.send().await {
                        Ok(response) if response.status() == 200 => names.push(name),
                        Ok(response) => panic!("{}", response.status()),
                        Err(_) => return names,
                    }
                    told.fetch_add(1, Ordering::Relaxed);
                }
                panic!("it was never killed");
            }
        });
        crate::support::soon(|| told.load(Ordering::Relaxed) >= 2).await;
        tokio::time::sleep(Duration::from_micros(round * 7_000)).await;
        hello.process.kill().unwrap();
        hello.process.wait().unwrap();
        signed_up.extend(signing_up.await.unwrap());
        // A partial file from a crashed write does not prevent the next start.
        fs::write(path.with_file_name("pool.json.new"), "{\"Version\":1,\"Dire").unwrap();
    }
    assert!(signed_up.len() >= 16);
}
