//! Tests the configuration of a local user pool, and its errors.

use super::local_user_pool::{GRANT, ask, get, pool};
use crate::support::requests::reason;
use cognito_authorizer::{
    Authorizer,
    local_user_pool::{LocalUserPool, LocalUserPoolConfig, TestToken},
};
use serde_json::{Value, json};

#[tokio::test]
async fn is_configured_from_a_file() {
    let path = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("local-user-pool.json");
    let scope = json!({"ScopeName": "b"});
    let config = json!({
        "UserPoolId": "arn:aws:cognito-idp:eu-west-1:123456789012:userpool/eu-west-1_FromFile",
        "ResourceServers": [{"Identifier": "a", "Scopes": [scope]}],
        "AppClients": [{"ClientId": "petstore", "ClientSecret": "secret", "AllowedOAuthScopes": ["a/b"], "AccessTokenValidity": 2}],
    });
    std::fs::write(&path, config.to_string()).unwrap();
    let pool = LocalUserPool::start(LocalUserPoolConfig::from_file(&path).unwrap(), "[::1]:0".parse().unwrap()).await;
    let pool = pool.unwrap();
    assert_eq!(pool.issuer(), format!("http://{}/eu-west-1_FromFile", pool.address()));
    let answer: Value = serde_json::from_str(&ask(&pool, "", GRANT).await.text().await.unwrap()).unwrap();
    assert_eq!(answer["expires_in"], 7_200);
    std::fs::write(&path, "{").unwrap();
    let error = LocalUserPoolConfig::from_file(&path).unwrap_err().to_string();
    assert!(error.contains(path.to_str().unwrap()), "{error}");
}

/// An AWS issuer contains a region.
#[tokio::test]
async fn an_id_without_region_has_no_issuer_of_aws() {
    let config = LocalUserPoolConfig::new("local_2D4gvA2k").aws_issuer();
    let error = LocalUserPool::start(config, "127.0.0.1:0".parse().unwrap()).await.unwrap_err().to_string();
    assert!(error.contains("`local_2D4gvA2k`") && error.contains("AwsIssuer"), "{error}");
}

#[tokio::test]
async fn a_base_url_is_one() {
    for wrong in [
        "",
        "cognito:9229",
        "http://",
        "http://:80",
        "http:///x",
        "http://user:hush@host",
        "http://x/",
        "http://x?y",
        "http://a@x",
        "ftp://x",
    ] {
        let config = LocalUserPoolConfig::new("eu-west-1_LocalPool").base_url(wrong);
        let error = LocalUserPool::start(config, "127.0.0.1:0".parse().unwrap()).await.unwrap_err();
        assert!(
            error.to_string().contains("the base URL is invalid") && !error.to_string().contains("hush"),
            "{error}"
        );
    }
}

/// For services that know an AWS user pool by its id: only the issuer is that of AWS, and all addresses stay local.
#[tokio::test]
async fn tokens_can_name_the_issuer_of_aws() {
    let config = LocalUserPoolConfig::new("cn-north-1_LocalPool").aws_issuer();
    let pool = LocalUserPool::start(config, "127.0.0.1:0".parse().unwrap()).await.unwrap();
    assert_eq!(pool.issuer(), "https://cognito-idp.cn-north-1.amazonaws.com.cn/cn-north-1_LocalPool");
    let at = pool.endpoint_url();
    let discovery = get(&format!("{at}/cn-north-1_LocalPool/.well-known/openid-configuration")).await;
    assert_eq!(discovery["issuer"], pool.issuer());
    assert_eq!(discovery["jwks_uri"], format!("{at}/cn-north-1_LocalPool/.well-known/jwks.json"));
    assert_eq!(discovery["token_endpoint"], format!("{at}/oauth2/token"));
    let authorizer = Authorizer::builder().user_pool(pool.user_pool()).build().unwrap();
    let token = pool.issue(&TestToken::id("page", "jane")).unwrap();
    assert_eq!(reason(&authorizer.layer(), &token).await, None);
}

#[tokio::test]
async fn a_mistake_in_the_configuration_is_named() {
    let start = async |json: Value, address: &str| {
        let config = LocalUserPoolConfig::from_json(&json.to_string())?;
        LocalUserPool::start(config, address.parse().unwrap()).await
    };
    let client = |changes: Value| {
        let mut client = json!({"ClientId": "c", "ClientSecret": "hush", "AllowedOAuthScopes": ["a/b"]});
        client.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        client
    };
    let config = |pool: &str, clients: Value| {
        json!({
            "UserPoolId": pool, "AppClients": clients,
            "ResourceServers": [{"Identifier": "a", "Scopes": [{"ScopeName": "b", "ScopeDescription": "x"}]}],
        })
    };
    for (json, address, named) in [
        (config("nonsense", json!([])), "127.0.0.1:0", "`nonsense`"),
        (config("eu-west-1_a", json!([])), "0.0.0.0:0", "`0.0.0.0:0` is not a loopback address"),
        (config("eu-west-1_a", json!([client(json!({"ClientId": "c d"}))])), "127.0.0.1:0", "`c d`"),
        (
            config("eu-west-1_a", json!([client(json!({})), client(json!({}))])),
            "127.0.0.1:0",
            "`c` is configured twice",
        ),
        (
            config(
                "eu-west-1_a",
                json!([client(json!({"AllowedOAuthScopes": [], "AllowedOAuthFlows": ["client_credentials"]}))]),
            ),
            "127.0.0.1:0",
            "`c`: no custom scope is allowed",
        ),
        (config("eu-west-1_a", json!([client(json!({"AllowedOAuthScopes": ["a/c"]}))])), "127.0.0.1:0", "`a/c`"),
        (
            config("eu-west-1_a", json!([client(json!({"AccessTokenValidity": 25}))])),
            "127.0.0.1:0",
            "5 minutes to 24 hours",
        ),
        (config("eu-west-1_a", json!([client(json!({"Typo": 1}))])), "127.0.0.1:0", "unknown field `Typo`"),
        (
            config("eu-west-1_a", json!([client(json!({"ClientSecret": ""}))])),
            "127.0.0.1:0",
            "the client secret is empty",
        ),
        (
            json!({"UserPoolId": "eu-west-1_a", "UserPool": {"UsernameAttributes": ["name"]}}),
            "127.0.0.1:0",
            "UsernameAttributes must be email or phone_number",
        ),
        (
            json!({"UserPoolId": "eu-west-1_a", "Users": [{"Username": "jane", "Password": "hush"}]}),
            "127.0.0.1:0",
            "the user `jane`: Password not long enough",
        ),
        (
            json!({"UserPoolId": "eu-west-1_a", "Users": [
                {"Username": "jane", "Password": "Passw0rd-1", "UserAttributes": [{"Name": "plan", "Value": "x"}]},
            ]}),
            "127.0.0.1:0",
            "{plan} could not be determined",
        ),
        (
            json!({"UserPoolId": "eu-west-1_a", "Users": [{"Username": "jane", "Password": 4711}]}),
            "127.0.0.1:0",
            "a secret is a string",
        ),
        (json!({"UserPoolId": "eu-west-1_a", "Users": ["jane:hush"]}), "127.0.0.1:0", "expected struct UserConfig"),
        (json!({"UserPoolId": "eu-west-1_a", "ConfirmationCode": 4711}), "127.0.0.1:0", "expected a string"),
        (
            json!({"UserPoolId": "eu-west-1_a", "AppClients": [{"ClientId": "c", "PreventUserExistenceErrors": "hush"}]}),
            "127.0.0.1:0",
            "expected `LEGACY` or `ENABLED`",
        ),
        (
            json!({"UserPoolId": "eu-west-1_a", "UserPool": {"Policies": {"PasswordPolicy": {"MinimumLenght": 8}}}}),
            "127.0.0.1:0",
            "unknown field `MinimumLenght`",
        ),
        (
            json!({"UserPoolId": "eu-west-1_a", "UserPool": {"UsernameAttributes": ["email"]},
                   "Users": [{"Username": "jane", "Password": "Passw0rd-1"}]}),
            "127.0.0.1:0",
            "the user `jane`: Username should be an email.",
        ),
        (
            json!({"UserPoolId": "eu-west-1_a", "UserPool": {"Schema": [{"Name": "email", "Required": true}]},
                   "Users": [{"Username": "jane", "Password": "Passw0rd-1"}]}),
            "127.0.0.1:0",
            "the attribute email is required",
        ),
        (
            json!({"UserPoolId": "eu-west-1_a", "Users": [{"Username": "jane doe", "Password": "Passw0rd-1"}]}),
            "127.0.0.1:0",
            "the user `jane doe`: Member must satisfy",
        ),
        (
            json!({"UserPoolId": "eu-west-1_a", "Users": [{"Username": "jane", "Password": "Passw0rd -1"}]}),
            "127.0.0.1:0",
            "the user `jane`: Member must satisfy",
        ),
        (json!({"UserPoolId": "eu-west-1_a", "ConfirmationCode": "1 2"}), "127.0.0.1:0", "ConfirmationCode: Member"),
        (
            json!({"UserPoolId": "eu-west-1_a", "UserPool": {"AdminCreateUserConfig": {"AllowAdminCreateUserOnyl": true}}}),
            "127.0.0.1:0",
            "unknown field `AllowAdminCreateUserOnyl`",
        ),
        (
            json!({"UserPoolId": "eu-west-1_a", "Groups": [{"GroupName": "g"}, {"GroupName": "g"}]}),
            "127.0.0.1:0",
            "the group `g` is configured twice",
        ),
        (config("eu-west-1_a", json!([client(json!({"ClientSecret": 4711}))])), "127.0.0.1:0", "a secret is a string"),
        (
            json!({"UserPoolId": "eu-west-1_a", "ResourceServers": [{"Identifier": "a b", "Scopes": [{"ScopeName": "c"}]}]}),
            "127.0.0.1:0",
            "`a b/c`",
        ),
    ] {
        let error = start(json, address).await.unwrap_err().to_string();
        assert!(error.contains(named), "{named}: {error}");
        assert!(!error.contains("hush") && !error.contains("4711"), "{error}");
    }
    let missing = LocalUserPoolConfig::from_file("/nowhere/pool.json").unwrap_err().to_string();
    assert!(missing.contains("`/nowhere/pool.json`"), "{missing}");
    let taken = pool().await;
    let error = start(config("eu-west-1_a", json!([])), &taken.address().to_string()).await.unwrap_err().to_string();
    assert!(error.contains(&taken.address().to_string()), "{error}");
}
