//! The commands about a configuration: `check`, `routes`, `explain` and `schema`, as a script runs them.
use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

use cognito_authorizer::{
    configuration::Configuration,
    local_user_pool::{LocalUserPool, LocalUserPoolConfig, TestToken},
};
use serde_json::{Value, json};

use crate::support::examples::command;

const POOL: &str = "eu-west-1_Explain";

pub(crate) fn run(arguments: &[&str], input: &str) -> Output {
    let mut process = Command::new(command());
    process.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut process = process.spawn().unwrap();
    // Whoever does not read it ends before.
    let _ = process.stdin.take().unwrap().write_all(input.as_bytes());
    process.wait_with_output().unwrap()
}

pub(crate) fn text(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

pub(crate) fn in_repository(path: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path).to_str().unwrap().to_owned()
}

pub(crate) fn written(name: &str, text: &str) -> PathBuf {
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{}-{name}", std::process::id()));
    fs::write(&file, text).unwrap();
    file
}

#[test]
fn check_names_every_mistake_with_its_line() {
    let file = in_repository("tests/configuration/bad/missing.toml");
    let output = run(&["check", "--config", &file], "");
    assert_eq!(output.status.code(), Some(1));
    let printed = text(&output);
    let lines: Vec<&str> = printed.lines().collect();
    assert!(lines[0].contains(".toml:9: /user_pools/customers: `id` is missing"), "{printed}");
    assert_eq!(lines.last(), Some(&"errors: 7, warnings: 0, notes: 0"));

    let output = run(&["check", "--config", &file, "--format", "json"], "");
    let answer: Value = serde_json::from_str(&text(&output)).unwrap();
    assert_eq!(answer["errors"][0]["line"], 9);
    assert_eq!(answer["errors"][0]["pointer"], "/user_pools/customers");
    assert_eq!((output.status.code(), answer["errors"].as_array().unwrap().len()), (Some(1), 7));
}

#[test]
fn check_names_what_is_odd() {
    let file = in_repository("tests/configuration/good/smallest.toml");
    let output = run(&["check", "--config", &file], "");
    assert_eq!(output.status.code(), Some(0));
    let printed = text(&output);
    assert!(printed.contains("warning: the authorizer `pool` accepts the tokens of every app client"), "{printed}");
    assert!(printed.ends_with("[any_app_client]\nerrors: 0, warnings: 1, notes: 0\n"), "{printed}");
    assert_eq!(run(&["check", "--config", &file, "--strict"], "").status.code(), Some(1));
    let output = run(&["check", "--config", &file, "--format", "json"], "");
    let answer: Value = serde_json::from_str(&text(&output)).unwrap();
    assert_eq!(answer["warnings"][0]["code"], "any_app_client");
}

#[test]
fn what_cannot_be_asked_ends_with_two() {
    for arguments in [
        &["check", "--config", "nowhere.toml"][..],
        &["check"],
        &["routes", "--config", "nowhere.toml"],
        &["explain", "--config", "nowhere.toml", "--method", "GET", "--path", "/"],
        &["explain", "--config", "nowhere.toml", "--method", "GET", "--path", "/", "--header", "no colon"],
        &["explain", "--config", "nowhere.toml", "--method", "GET", "--path", "pets"],
        &["routes", "--config", "x.toml", "--variable", "no-value"],
    ] {
        let output = run(arguments, "");
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(!output.stderr.is_empty() && output.stdout.is_empty(), "{arguments:?}");
    }
}

#[test]
fn routes_are_shown_as_they_are_decided() {
    let file = in_repository("tests/configuration/good/everything.toml");
    let output = run(&["routes", "--config", &file], "");
    assert_eq!(
        text(&output),
        "every path begins with /prod\n\
         ANY /admin/{proxy+}  a token, of staff\n\
         GET /health          open\n\
         GET /pets/{id}       a token with pets/read or https://api.example/v1/all, of pool\n\
         OPTIONS /pets/{id}   open, answered by the layer\n\
         $default             a token, of pool\n"
    );
    let file = in_repository("tests/configuration/good/http_api.json");
    let printed = text(&run(&["routes", "--config", &file], ""));
    assert!(printed.ends_with("(any other)    rejected\n"), "{printed}");
}

/// A definition of an HTTP API with two authorizers, a default route and a gateway response of its own.
const HTTP_API: &str = r#"
openapi: 3.0.1
info: {title: Pets, version: "1"}
paths:
  /pets: {get: {security: [{customers: [pets/read]}]}, post: {security: [{staff: [pets/write, pets/all]}]}}
  /$default: {x-amazon-apigateway-any-method: {security: [{staff: []}]}}
components:
  securitySchemes:
    customers:
      type: oauth2
      x-amazon-apigateway-authorizer:
        type: jwt
        identitySource: $request.querystring.token
        jwtConfiguration:
          issuer: https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Ab129faBb
          audience: [1example23456789, "https://api.example/v1"]
    staff:
      type: oauth2
      x-amazon-apigateway-authorizer:
        type: jwt
        identitySource: $request.header.Authorization
        jwtConfiguration:
          issuer: https://issuer-cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Ab129faBb
          audience: [2example23456789]
x-amazon-apigateway-gateway-responses:
  UNAUTHORIZED:
    statusCode: 403
    responseParameters: {gatewayresponse.header.x-why: "'no'", gatewayresponse.header.x-id: context.requestId}
    responseTemplates: {application/json: '{"why":$context.error.messageString,"of":"$stageVariables.pool"}'}
"#;

/// A template of SAM.
const SAM: &str = r#"
Transform: AWS::Serverless-2016-10-31
Resources:
  Api:
    Type: AWS::Serverless::Api
    Properties:
      StageName: prod
      Auth:
        DefaultAuthorizer: Guard
        Authorizers:
          Guard:
            UserPoolArn: arn:aws:cognito-idp:eu-west-1:123456789012:userpool/eu-west-1_Ab129faBb
            Identity: {Header: X-Token, ValidationExpression: ^1example.*$}
          Other: {UserPoolArn: arn:aws:cognito-idp:eu-west-1:123456789012:userpool/eu-west-1_Cd340gbCc}
  Function:
    Type: AWS::Serverless::Function
    Properties:
      Events:
        List: {Type: Api, Properties: {RestApiId: !Ref Api, Path: /pets, Method: get}}
        Make:
          Type: Api
          Properties: {RestApiId: !Ref Api, Path: /pets, Method: post, Auth: {Authorizer: Other, AuthorizationScopes: [pets/write]}}
        Health: {Type: Api, Properties: {RestApiId: !Ref Api, Path: /health, Method: get, Auth: {Authorizer: NONE}}}
"#;

/// One definition of each kind: read, written as a configuration, read again.
#[test]
fn a_definition_is_written_as_a_configuration_that_says_the_same() {
    let of_text = |name: &str, text: &str| written(name, text).to_str().unwrap().to_owned();
    for (file, count) in [
        (in_repository("examples/petstore/petstore.yaml"), 6),
        (of_text("http-api.yaml", HTTP_API), 3),
        (of_text("template.yaml", SAM), 3),
        (in_repository("tests/configuration/good/definition.toml"), 3),
    ] {
        let variables = ["--variable", "userPoolId=us-east-1_Ab129faBb", "--variable", "pool=eu-west-1_Ab129faBb"];
        let reader = Configuration::reader().variable("userPoolId", "us-east-1_Ab129faBb");
        let definition = reader.variable("pool", "eu-west-1_Ab129faBb").read_file(&file).unwrap();
        let first = run(&[&["routes", "--config", &file, "--format", "json"][..], &variables].concat(), "");
        assert_eq!(first.status.code(), Some(0), "{}", String::from_utf8_lossy(&first.stderr));
        let as_configuration = of_text("written.json", &text(&first));
        let second = run(&["routes", "--config", &as_configuration, "--format", "json"], "");
        assert_eq!(text(&second), text(&first), "{file}");

        // What is decided is the same, and not only what is written.
        let again = Configuration::reader().read_file(&as_configuration).unwrap();
        let decided = |own: &Configuration| -> Vec<String> {
            let routes = own.route_table().by_precedence().into_iter();
            let routes = routes.map(|own| format!("{} {:?} {:?}", own.key(), own.authorization(), own.authorizer()));
            let authorizers = own.authorizers().unwrap();
            let authorizers = authorizers.iter().map(|(name, own)| {
                let verifier = own.verifier();
                let issuers: Vec<&str> = verifier.issuers().iter().map(|issuer| issuer.name()).collect();
                let kind = (verifier.authorizer_type(), verifier.expected_token_use());
                format!("{name} {issuers:?} {kind:?} {}", own.identity_source())
            });
            routes.chain(authorizers).collect()
        };
        assert_eq!(decided(&again), decided(&definition), "{file}");
        assert_eq!(again.route_table().by_precedence().len(), count, "{file}");
    }
}

/// A preflight that passes was asked for no token, and nothing is said of one.
#[test]
fn explain_does_not_speak_of_a_token_that_is_not_asked_for() {
    let file = written(
        "preflight.toml",
        &format!(
            "[user_pools.a]\nid = \"{POOL}\"\n[authorizers.a]\ntype = \"COGNITO_USER_POOLS\"\nuser_pools = [\"a\"]\n\
             pass_preflight = true\n[[routes]]\nroute = \"ANY /pets\"\nscopes = [\"a/b\"]\n"
        ),
    );
    let file = file.to_str().unwrap();
    let arguments = ["explain", "--config", file, "--method", "OPTIONS", "--path", "/pets", "--format", "json"];
    let headers = ["--header", "Origin: https://app.example", "--header", "Access-Control-Request-Method: GET"];
    let answer: Value = serde_json::from_str(&text(&run(&[&arguments[..], &headers].concat(), ""))).unwrap();
    let verdicts: Vec<&str> =
        answer["stages"].as_array().unwrap().iter().map(|own| own["verdict"].as_str().unwrap()).collect();
    assert_eq!((verdicts[0], &verdicts[1..]), ("passed", &["not_asked"; 12][..]), "{answer:#}");
    assert!(answer["stages"][0]["detail"].as_str().unwrap().ends_with("a CORS preflight passes without"));
}

/// What a file says for a terminal to do is written out.
#[test]
fn nothing_of_a_file_commands_the_terminal() {
    let definition = |path: &str| {
        json!({"openapi": "3.0.1", "paths": {path: {"get": {"security": [{"pool": []}]}}}, "components": {"securitySchemes": {
            "pool": {"type": "apiKey", "in": "header", "name": "Authorization", "x-amazon-apigateway-authorizer": {
                "type": "cognito_user_pools", "providerARNs": [format!("arn:aws:cognito-idp:eu-west-1:123456789012:userpool/{POOL}")]}}}}})
    };
    for (command, path) in [("check", "/a\u{1b}[2J"), ("check", "/a\u{9b}2J")] {
        let file = written("terminal.json", &definition(path).to_string());
        for format in ["text", "json"] {
            let printed = text(&run(&[command, "--config", file.to_str().unwrap(), "--format", format], ""));
            assert!(printed.contains("1b") || printed.contains("9b"), "{printed}");
            assert!(!printed.chars().any(|own| own.is_control() && own != '\n'), "{printed:?}");
        }
    }
    let template = format!(
        "[user_pools.a]\nid = \"{POOL}\"\n[authorizers.a]\ntype = \"COGNITO_USER_POOLS\"\nuser_pools = [\"a\"]\n\
         [[routes]]\nroute = \"GET /a\"\n[gateway_responses.UNAUTHORIZED.templates]\n\"text/plain\" = \"\\u001b[2Jno\"\n"
    );
    let file = written("terminal.toml", &template);
    let printed = text(&run(&["explain", "--config", file.to_str().unwrap(), "--method", "GET", "--path", "/a"], ""));
    assert!(printed.contains("\\u{1b}[2Jno"), "{printed}");
}

#[test]
fn the_schema_is_printed() {
    assert_eq!(text(&run(&["schema"], "")), Configuration::JSON_SCHEMA);
}

async fn explained() -> (LocalUserPool, PathBuf) {
    let config = LocalUserPoolConfig::new(POOL).aws_issuer();
    let pool = LocalUserPool::start(config, "127.0.0.1:0".parse().unwrap()).await.unwrap();
    let url = format!("{}/{POOL}/.well-known/jwks.json", pool.endpoint_url());
    let port = pool.address().port();
    let keys = written(&format!("explain-keys-{port}.json"), &reqwest::get(url).await.unwrap().text().await.unwrap());
    let file = written(
        &format!("explain-{port}.toml"),
        &format!(
            "[user_pools.pool]\nid = \"{POOL}\"\njwks_file = {keys:?}\n\
             [user_pools.dead]\nid = \"eu-west-1_Dead\"\nissuer = \"http://127.0.0.1:9/eu-west-1_Dead\"\n\
             [authorizers.own]\ntype = \"COGNITO_USER_POOLS\"\nuser_pools = [\"pool\"]\napp_clients = [\"petstore\"]\n\
             [authorizers.dead]\ntype = \"COGNITO_USER_POOLS\"\nuser_pools = [\"dead\"]\n\
             [route_table]\nstage = \"prod\"\n[danger]\nshadow = true\n\
             [[routes]]\nroute = \"GET /health\"\nauthorization = \"NONE\"\n\
             [[routes]]\nroute = \"GET /pets/{{id}}\"\nauthorizer = \"own\"\nscopes = [\"pets/read\"]\n\
             [[routes]]\nroute = \"GET /pets/all\"\nauthorizer = \"own\"\nscopes = [\"pets/all\"]\n\
             [[routes]]\nroute = \"GET /me\"\nauthorizer = \"own\"\n\
             [[routes]]\nroute = \"GET /dead\"\nauthorizer = \"dead\"\nscopes = [\"pets/read\"]\n"
        ),
    );
    (pool, file)
}

/// Each way to be refused: the stage, the reason, the status, and what to do about it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn explain_says_why_and_what_to_do() {
    let (pool, file) = explained().await;
    let issue = |token: TestToken| pool.issue(&token).unwrap();
    let access = || TestToken::access("petstore", ["pets/read"]);
    let (good, id) = (issue(access()), issue(TestToken::id("petstore", "jane")));
    let signed_in = issue(TestToken::user_access("petstore", "jane"));
    for (method, path, token, stage, reason, status, advice) in [
        ("GET", "/prod/pets/7", good.clone(), "", "", 0, ""),
        ("GET", "/prod/health", good.clone(), "", "", 0, ""),
        ("GET", "/prod/me", id.clone(), "", "", 0, ""),
        ("GET", "/pets/7", good.clone(), "route", "unknown_stage", 403, "/prod/pets/7"),
        ("GET", "/prod/pets/%61ll", good.clone(), "route", "ambiguous_path", 400, "another rule"),
        ("POST", "/prod/pets/7", good.clone(), "route", "no_route", 403, "routes for GET on this path"),
        ("GET", "/prod/none", good.clone(), "route", "no_route", 403, "any method"),
        (
            "GET",
            "/prod/pets/7",
            String::new(),
            "identity_source",
            "missing_token",
            401,
            "method.request.header.authorization",
        ),
        ("GET", "/prod/pets/7", "x".repeat(12_000), "identity_source", "token_too_long", 401, "access token"),
        ("GET", "/prod/pets/7", "a.b".to_owned(), "shape", "malformed_token", 401, "three parts"),
        ("GET", "/prod/pets/7", format!("\"{good}\""), "shape", "malformed_header", 401, "quotes around it"),
        ("GET", "/prod/pets/7", format!("Token {good}"), "shape", "malformed_header", 401, "other than `Bearer`"),
        ("GET", "/prod/pets/7", format!("Bearer  {good}"), "shape", "malformed_header", 401, "more than one blank"),
        (
            "GET",
            "/prod/pets/7",
            issue(access().header("alg", "none")),
            "algorithm",
            "unsupported_algorithm",
            401,
            "RS256",
        ),
        (
            "GET",
            "/prod/pets/7",
            issue(access().claim("iss", "https://idp.example")),
            "issuer",
            "unknown_issuer",
            401,
            "`https://idp.example`",
        ),
        (
            "GET",
            "/prod/pets/7",
            issue(access().header("kid", "another")),
            "key",
            "unknown_key",
            401,
            "another user pool",
        ),
        (
            "GET",
            "/prod/dead",
            issue(access().claim("iss", "http://127.0.0.1:9/eu-west-1_Dead")),
            "key",
            "keys_unavailable",
            500,
            "eu-west-1_Dead",
        ),
        (
            "GET",
            "/prod/pets/7",
            issue(access().with_wrong_signature()),
            "signature",
            "invalid_signature",
            401,
            "changed",
        ),
        ("GET", "/prod/pets/7", issue(access().expires_in(-90)), "time", "expired", 401, "another token"),
        (
            "GET",
            "/prod/pets/7",
            issue(access().without_claim("sub")),
            "subject",
            "missing_subject",
            401,
            "not a token of a user pool",
        ),
        ("GET", "/prod/pets/7", id.clone(), "token_use", "wrong_token_use", 401, "send the access token"),
        ("GET", "/prod/me", good.clone(), "token_use", "wrong_token_use", 401, "send the ID token"),
        (
            "GET",
            "/prod/pets/7",
            issue(access().claim("client_id", "other")),
            "app_client",
            "wrong_app_client",
            401,
            "`other`",
        ),
        ("GET", "/prod/pets/all", good.clone(), "scopes", "insufficient_scope", 401, "token endpoint for pets/all"),
        (
            "GET",
            "/prod/pets/7",
            signed_in.clone(),
            "scopes",
            "insufficient_scope",
            401,
            "only if a pre token generation trigger",
        ),
    ] {
        let arguments =
            ["explain", "--config", file.to_str().unwrap(), "--method", method, "--path", path, "--format", "json"];
        let output = run(&arguments, &token);
        let answer: Value = serde_json::from_str(&text(&output)).unwrap_or_else(|_| panic!("{path}: {output:?}"));
        let is_refused = !reason.is_empty();
        assert_eq!(output.status.code(), Some(i32::from(is_refused)), "{answer:#}");
        let failed: Vec<&str> = answer["stages"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|own| own["verdict"] == "failed")
            .map(|own| own["stage"].as_str().unwrap())
            .collect();
        if is_refused {
            assert_eq!(failed, [stage], "{answer:#}");
            assert_eq!(
                (&answer["reason"], &answer["response"]["status"]),
                (&json!(reason), &json!(status)),
                "{answer:#}"
            );
            assert!(answer["advice"].as_str().unwrap().contains(advice), "{answer:#}");
        } else {
            assert_eq!(
                (failed.len(), &answer["decision"], &answer["response"], &answer["advice"]),
                (0, &json!("allow"), &Value::Null, &Value::Null),
                "{answer:#}"
            );
        }
        if let Some(signature) = token.rsplit('.').next().filter(|part| part.len() > 40) {
            assert!(!text(&output).contains(signature), "the token itself is not shown");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn explain_is_to_be_read() {
    let (pool, file) = explained().await;
    let token = pool.issue(&TestToken::access("petstore", ["pets/read"]).claim("sub", "a\u{1b}[31mb")).unwrap();
    let file = file.to_str().unwrap();
    let arguments = ["explain", "--config", file, "--method", "GET", "--path", "/prod/pets/all?x=1"];
    let printed = text(&run(&arguments, &format!("{token}\n")));
    for part in [
        "GET /prod/pets/all\n",
        "  yes  route            `GET /pets/all`: a token with pets/all, of own\n",
        "  yes  time             the token expires in ",
        "  yes  subject          `a\\u{1b}[31mb`\n",
        "  NO   scopes           the token has none of the route's scopes: the token has `pets/read`\n",
        "  -    revocation\n",
        "\nThe request is rejected with\n\n  401 Unauthorized\n",
        "  x-amzn-errortype: UnauthorizedException\n",
        "\n  {\"message\":\"Unauthorized\"}\n",
        "\nWhat to do: the token holds `pets/read`: ask the token endpoint for pets/all",
    ] {
        assert!(printed.contains(part), "{part:?} is not in\n{printed}");
    }
    assert!(!printed.contains('\u{1b}'), "nothing of the token reaches the terminal as it is");

    // The same from a header and from a file, and at another time.
    let header = format!("Authorization: Bearer {token}");
    let with_header = [&arguments[..], &["--header", &header]].concat();
    assert!(text(&run(&with_header, "")).contains("the token has `pets/read`"));
    let token_file = written("token", &token);
    let with_file = [&arguments[..], &["--token-file", token_file.to_str().unwrap()]].concat();
    assert!(text(&run(&with_file, "")).contains("the token has `pets/read`"));
    let later = [&arguments[..], &["--now", "253402300799"]].concat();
    let printed = text(&run(&later, &token));
    assert!(printed.contains("NO   time             the token has expired: the token expired "), "{printed}");
    // A token is not said again, not even where the header cannot be read.
    for (name, value) in [("--header", format!("Authorization: {token}\n2")), ("--path", format!("/a b?{token}"))] {
        let output = run(&["explain", "--config", file, "--method", "GET", "--path", "/", name, &value], "");
        let output = match name {
            "--path" => run(&["explain", "--config", file, "--method", "GET", name, &value], ""),
            _ => output,
        };
        let error = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.code() == Some(2) && !error.is_empty() && !error.contains(&token[..20]), "{error}");
    }
    assert!(printed.contains("danger.shadow is on: the request passes all the same"));
    let routes = text(&run(&["routes", "--config", file], ""));
    assert!(routes.starts_with("danger.shadow is on: every request passes"), "{routes}");
    let open = ["explain", "--config", file, "--method", "GET", "--path", "/prod/health"];
    assert!(text(&run(&open, "")).contains("The request is accepted: the service answers."));
}
