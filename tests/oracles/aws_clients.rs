//! The local user pool and what its tokens are worth, by clients and a verifier that others wrote: the AWS CLI, boto3
//! and aws-jwt-verify.
//!
//! `.ci/aws-clients` installs them and runs these tests. Walk-through 4 is "Amazon API Gateway with Amazon Cognito User
//! Pools as Authorizer": REF-4 of `src/docs/behaviour.md`.
use std::{
    env,
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use cognito_authorizer::{
    Authorizer,
    local_user_pool::{AppClientConfig, LocalUserPool, LocalUserPoolConfig, TestToken, UserConfig},
};
use serde_json::{Value, json};

use crate::support::{
    cognito::{PASSWORD, call, claims, sign_in},
    examples::Example,
    requests::reason,
};

/// Where `.ci/aws-clients` put them.
fn clients() -> PathBuf {
    PathBuf::from(env::var_os("AWS_CLIENTS").expect("AWS_CLIENTS: run .ci/aws-clients"))
}

fn source(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/aws_clients").join(name)
}

/// What a program prints; it has to end well.
fn output(command: &mut Command, input: &str) -> String {
    let mut process = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    process.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = process.wait_with_output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{command:?} printed {text}");
    text
}

/// The lines that the example prints, as a person would paste them.
#[test]
#[ignore = "needs the AWS CLI: .ci/aws-clients"]
fn walk_through_4_with_the_aws_cli() {
    let hello = Example::hello(&[]);
    let path = format!("{}:{}", clients().join("venv/bin").display(), env::var("PATH").unwrap());
    let script = format!("set -e\n{}", hello.lines.replace("curl ", "curl -sS -w '%{http_code}\\n' "));
    let printed = output(Command::new("sh").arg("-s").env("PATH", path), &script);
    let (signed_up, answers) = printed.split_at(printed.find("\n}").unwrap() + 2);
    let signed_up: Value = serde_json::from_str(signed_up).unwrap();
    assert_eq!(signed_up["UserConfirmed"], false);
    let unauthorized = r#"{"message":"Unauthorized"}401"#;
    assert_eq!(answers.trim(), format!("{unauthorized}\n\"Hello from Lambda!\"200\n{unauthorized}"));
}

/// What a refusal looks like to a person with the AWS CLI.
#[test]
#[ignore = "needs the AWS CLI: .ci/aws-clients"]
fn the_aws_cli_shows_what_went_wrong() {
    let hello = Example::hello(&[]);
    let mut aws = Command::new(clients().join("venv/bin/aws"));
    aws.args(["cognito-idp", "--endpoint-url", hello.exported("POOL_URL"), "--region", "us-east-1", "initiate-auth"]);
    aws.args(["--client-id", hello.exported("CLIENT_ID"), "--auth-flow", "USER_PASSWORD_AUTH"]);
    let output =
        aws.args(["--auth-parameters", "USERNAME=nobody@example.com,PASSWORD=Not-a-secret-1"]).output().unwrap();
    assert!(!output.status.success());
    let error = String::from_utf8(output.stderr).unwrap();
    let expected =
        "An error occurred (UserNotFoundException) when calling the InitiateAuth operation: User does not exist.";
    assert!(error.contains(expected), "{error}");
}

#[test]
#[ignore = "needs boto3: .ci/aws-clients"]
fn walk_through_4_with_boto3() {
    let hello = Example::hello(&[]);
    let arguments = ["POOL_URL", "API_URL", "USER_POOL_ID", "CLIENT_ID"].map(|name| hello.exported(name));
    let mut python = Command::new(clients().join("venv/bin/python"));
    let said: Value = serde_json::from_str(&output(python.arg(source("flow.py")).args(arguments), "")).unwrap();
    let unauthorized = json!([401, r#"{"message":"Unauthorized"}"#]);
    let greeting = json!([200, r#""Hello from Lambda!""#]);
    let expected = json!({
        "confirmed": false,
        "exists": "An account with the given email already exists.",
        "weak": "Password did not conform with policy: Password not long enough",
        "unconfirmed": "User is not confirmed.",
        "wrong": "Incorrect username or password.",
        "expires_in": 3_600,
        "anonymous": unauthorized,
        "id": greeting,
        "access": unauthorized,
        "refreshed": greeting,
        "renewed": greeting,
        "email": "joe@example.com",
        "is_user": true,
        "revoked": "Access Token has been revoked",
        "revoked_elsewhere": greeting,
        "region": "eu-central-1",
        "created_is_date": true,
        "described": true,
        "groups": ["g0", "g1", "g2"],
        "given_back": true,
        "rotated": true,
        "reused": "Refresh token reuse detected",
        "created": "FORCE_CHANGE_PASSWORD",
        "users": ["jane"],
        "unknown_pool": "User pool eu-central-1_Nowhere does not exist.",
        "machine": 600,
    });
    assert_eq!(said, expected);
}

/// What the two verifiers are to say of a token.
#[derive(Clone, Copy, Debug)]
enum Expected {
    Accepted,
    Refused,
    /// Ours refuses what aws-jwt-verify accepts, and why.
    StricterHere(#[allow(dead_code, reason = "for the reader")] &'static str),
}

const USER_POOL_ID: &str = "eu-west-1_Verify";
const SCOPE: &str = "pets/read";

/// Tokens that the user pool gives, and spoiled copies of them: `access` ones for the scope, `id` ones.
async fn corpus(pool: &LocalUserPool) -> Vec<(&'static str, &'static str, String, Expected)> {
    use Expected::{Accepted, Refused, StricterHere};

    let signed_in = call(&pool.endpoint_url(), "InitiateAuth", sign_in("page", "jane", PASSWORD)).await;
    let result = &signed_in["AuthenticationResult"];
    let given = |name: &str| result[name].as_str().unwrap().to_owned();
    let form = "grant_type=client_credentials&client_id=page_machine&client_secret=hush";
    let request = crate::support::cognito::client().post(format!("{}/oauth2/token", pool.domain()));
    let request = request.header("content-type", "application/x-www-form-urlencoded").body(form);
    let granted: Value = serde_json::from_str(&request.send().await.unwrap().text().await.unwrap()).unwrap();
    let machine = granted["access_token"].as_str().unwrap().to_owned();

    let access = || TestToken::access("page", [SCOPE]);
    let id = || TestToken::id("page", "jane");
    let issue = |token: TestToken| pool.issue(&token).unwrap();
    let good = issue(access());
    let (input, signature) = good.rsplit_once('.').unwrap();
    let (header, payload) = input.split_once('.').unwrap();
    let now = claims(&json!(good))["iat"].as_u64().unwrap();
    let mut changed = claims(&json!(good));
    changed["exp"] = json!(now + 1_000_000);
    let changed = URL_SAFE_NO_PAD.encode(changed.to_string());
    vec![
        ("of a user who signed in", "id", given("IdToken"), Accepted),
        ("of a machine", "access", machine, Accepted),
        ("made to order", "access", good.clone(), Accepted),
        ("an ID token made to order", "id", issue(id()), Accepted),
        ("with typ", "access", issue(access().header("typ", "JWT")), Accepted),
        ("with more claims than any", "access", issue(access().claim("custom:x", json!({"a": [1, null]}))), Accepted),
        ("several scopes", "access", issue(access().claim("scope", "openid pets/read")), Accepted),
        // Spoiled.
        ("an access token of a user, without the scope", "access", given("AccessToken"), Refused),
        ("an ID token for an access token", "access", issue(id()), Refused),
        ("an access token for an ID token", "id", good.clone(), Refused),
        ("expired", "access", issue(access().expires_in(-1)), Refused),
        (
            "without exp",
            "access",
            issue(access().without_claim("exp")),
            StricterHere("§1.5: exp is checked, so it has to be there"),
        ),
        ("exp as a text", "access", issue(access().claim("exp", "9999999999")), Refused),
        ("exp with a fraction", "access", issue(access().claim("exp", 9_999_999_999.5)), StricterHere("§10.4")),
        ("not valid yet", "access", issue(access().claim("nbf", now + 600)), Refused),
        ("of another issuer", "access", issue(access().claim("iss", "https://idp.example")), Refused),
        (
            "of an issuer with a slash more",
            "access",
            issue(access().claim("iss", format!("{}/", pool.issuer()))),
            Refused,
        ),
        ("without iss", "access", issue(access().without_claim("iss")), Refused),
        ("without kid", "access", issue(access().without_header("kid")), Refused),
        ("of an unknown kid", "access", issue(access().header("kid", "another")), Refused),
        ("by a key that is not published", "access", issue(access().by_unpublished_key()), Refused),
        ("with a wrong signature", "access", issue(access().with_wrong_signature()), Refused),
        ("alg none", "access", issue(access().header("alg", "none")), Refused),
        (
            "alg none and no signature",
            "access",
            format!("{}.", issue(access().header("alg", "none")).rsplit_once('.').unwrap().0),
            Refused,
        ),
        ("alg HS256", "access", issue(access().header("alg", "HS256")), Refused),
        ("alg RS512", "access", issue(access().header("alg", "RS512")), Refused),
        ("no alg", "access", issue(access().without_header("alg")), Refused),
        ("crit", "access", issue(access().header("crit", json!(["exp"]))), StricterHere("§10.6, RFC 7515 §4.1.11")),
        ("another token_use", "access", issue(access().claim("token_use", "refresh")), Refused),
        ("without token_use", "access", issue(access().without_claim("token_use")), Refused),
        ("of another app client", "access", issue(access().claim("client_id", "other")), Refused),
        ("without app client", "access", issue(access().without_claim("client_id")), Refused),
        ("for another app client", "id", issue(id().claim("aud", "other")), Refused),
        ("another scope", "access", issue(access().claim("scope", "pets/write")), Refused),
        ("a longer scope", "access", issue(access().claim("scope", "pets/reader")), Refused),
        ("without scope", "access", issue(access().without_claim("scope")), Refused),
        ("scope as a list", "access", issue(access().claim("scope", json!([SCOPE]))), Refused),
        ("without sub", "access", issue(access().without_claim("sub")), StricterHere("§10.3")),
        ("claims changed", "access", format!("{header}.{changed}.{signature}"), Refused),
        ("header and claims swapped", "access", format!("{payload}.{header}.{signature}"), Refused),
        ("signature cut short", "access", format!("{input}.{}", &signature[..signature.len() - 4]), Refused),
        ("no signature", "access", input.to_owned(), Refused),
        ("four parts", "access", format!("{good}.{signature}"), Refused),
        ("of another token", "access", format!("{input}.{}", issue(access()).rsplit_once('.').unwrap().1), Refused),
        ("nothing", "access", String::new(), Refused),
    ]
}

/// aws-jwt-verify, which takes the user pool for one of AWS, and ours accept and refuse the same tokens.
#[tokio::test]
#[ignore = "needs aws-jwt-verify: .ci/aws-clients"]
async fn another_verifier_says_the_same_of_its_tokens() {
    let page = AppClientConfig::public("page").explicit_auth_flows(["ALLOW_USER_PASSWORD_AUTH"]);
    let config = LocalUserPoolConfig::new(USER_POOL_ID)
        .aws_issuer()
        .resource_server("pets", ["read"])
        .app_client(page)
        .app_client(AppClientConfig::new("page_machine", "hush").allowed_scopes([SCOPE]))
        .user(UserConfig::new("jane", PASSWORD).attribute("email", "jane@example.com").group("keepers"));
    let pool = LocalUserPool::start(config, "127.0.0.1:0".parse().unwrap()).await.unwrap();
    let corpus = corpus(&pool).await;
    let jwks = format!("{}/{USER_POOL_ID}/.well-known/jwks.json", pool.endpoint_url());
    let jwks: Value =
        serde_json::from_str(&crate::support::cognito::client().get(jwks).send().await.unwrap().text().await.unwrap())
            .unwrap();
    let asked = corpus.iter().map(|(_, token_use, token, _)| {
        json!({"token": token, "tokenUse": token_use, "scope": (*token_use == "access").then_some(SCOPE)})
    });
    let asked = json!({
        "userPoolId": USER_POOL_ID, "clientId": ["page", "page_machine"], "jwks": jwks, "tokens": asked.collect::<Value>(),
    });
    let mut node = Command::new("node");
    let theirs = output(node.arg(source("verify.mjs")).env("AWS_CLIENTS", clients()), &asked.to_string());
    let theirs: Vec<Option<String>> = serde_json::from_str(&theirs).unwrap();
    assert_eq!(theirs.len(), corpus.len());

    // As a service would that is set up for the issuer of AWS.
    let builder = Authorizer::builder().user_pool(pool.user_pool()).app_clients(["page", "page_machine"]);
    let authorizer = builder.build().unwrap();
    let (of_id, of_access) = (authorizer.layer(), authorizer.layer().scopes([SCOPE]).unwrap());
    let mut refused = 0;
    for ((name, token_use, token, expected), theirs) in corpus.iter().zip(theirs) {
        let layer = if *token_use == "id" { &of_id } else { &of_access };
        let ours = reason(layer, token).await;
        let (is_here, is_there) = match expected {
            Expected::Accepted => (true, true),
            Expected::Refused => (false, false),
            Expected::StricterHere(_) => (false, true),
        };
        assert_eq!((ours.is_none(), theirs.is_none()), (is_here, is_there), "{name}: {ours:?}, {theirs:?}");
        refused += usize::from(!is_here);
    }
    assert!(refused >= 20, "twenty spoiled copies");
}
