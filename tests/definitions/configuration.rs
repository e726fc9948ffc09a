//! Tests configuration files: how they are read, which are rejected and where, and that the JSON Schema agrees.
//!
//! Rows: `src/docs/behaviour.md` §10.50 to §10.54.
//! `tests/configuration/schema.py` validates the files in `tests/configuration/` with a JSON Schema library too.
use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use cognito_authorizer::{
    AuthorizerBuilder, RejectionKind as No,
    api_definition::ApiDefinition,
    configuration::{Configuration, ConfigurationError, Lint},
    keys::FixedKeySource,
};
use serde_json::{Value, json};

use crate::support::{
    keys::{self, ScriptedKeys},
    requests::{request, send},
    tokens::*,
};

pub(super) fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/configuration").join(name)
}

fn files(name: &str) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = fs::read_dir(folder(name)).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(!files.is_empty());
    files
}

pub(super) fn read(toml: &str) -> Result<Configuration, ConfigurationError> {
    Configuration::reader().read_toml(toml)
}

/// Builds a configuration with two user pools, one authorizer for each, and these lines.
pub(super) fn two(lines: &str) -> String {
    format!(
        "[user_pools.one]\nid = \"{POOL_ID}\"\n[user_pools.two]\nid = \"{OTHER_POOL_ID}\"\n\
         [authorizers.one]\ntype = \"COGNITO_USER_POOLS\"\nuser_pools = [\"one\"]\n\
         [authorizers.two]\ntype = \"COGNITO_USER_POOLS\"\nuser_pools = [\"two\"]\n{lines}"
    )
}

pub(super) fn with_keys(_: &str, builder: AuthorizerBuilder) -> AuthorizerBuilder {
    builder.key_source(ScriptedKeys::new()).clock(keys::clock())
}

#[test]
fn every_mistake_is_named_at_once_with_its_line() {
    for file in files("bad") {
        let text = fs::read_to_string(&file).unwrap();
        let expected: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("#: ")).collect();
        let expected: Vec<&str> = expected.into_iter().filter(|line| !line.starts_with("schema ")).collect();
        let error = Configuration::reader().read_file(&file).unwrap_err();
        let ConfigurationError::Configuration { problems } = &error else { panic!("{}: {error}", file.display()) };
        for (number, problem) in problems.iter().enumerate() {
            let pointer = if problem.pointer().is_empty() { "-" } else { problem.pointer() };
            let found = format!("{} {pointer} {}", problem.line(), problem.message());
            let expected = expected.get(number).unwrap_or_else(|| panic!("{}: {found}", file.display()));
            assert!(found.starts_with(expected), "{}:\n{found}\n{expected}", file.display());
        }
        assert_eq!(problems.len(), expected.len(), "{}: {error}", file.display());
    }
}

/// A configuration that is written out and read again is the same.
#[test]
fn a_configuration_is_written_out_and_read_again() {
    for file in files("good") {
        let configuration = Configuration::reader().read_file(&file).unwrap_or_else(|error| panic!("{error}"));
        let written = configuration.to_json().unwrap();
        let again = Configuration::reader().read(&written).unwrap_or_else(|error| panic!("{error}\n{written}"));
        assert_eq!(again.to_json().unwrap(), written, "{}", file.display());
        let yaml = written.replace("\": ", "\" : ");
        assert_eq!(Configuration::reader().read(&format!("# YAML\n{yaml}")).unwrap().to_json().unwrap(), written);
    }
    // The output contains every setting of the file, except those with their default value.
    let everything = Configuration::reader().read_file(folder("good/everything.toml")).unwrap().to_json().unwrap();
    let everything: Value = serde_json::from_str(&everything).unwrap();
    let pool = &everything["authorizers"]["pool"];
    assert_eq!(
        *pool,
        json!({
            "type": "COGNITO_USER_POOLS", "user_pools": ["customers", "emulator"],
            "identity_source": "method.request.header.x-token", "bearer_scheme": "required",
            "identity_validation_expression": "1example.*",
            "identity_validation_target": "raw_token", "audience": ["1example23456789", "2example23456789"],
            "token_use": "either", "leeway_seconds": 5, "not_before_leeway_seconds": 10,
            "max_lifetime_seconds": 86_400, "accept_sender_constrained_tokens": true, "insufficient_scope": 403,
            "when_keys_unavailable": 503, "challenges": "rfc_6750", "mimic_sigv4_fallback": true,
            "pass_preflight": true, "forward_token": false, "claim_headers": {"x-user": "sub", "x-groups": "cognito:groups"},
            "request_context_header": "x-request-context", "rejection_level": "info",
        })
    );
    assert_eq!(everything["authorizers"]["staff"]["any_app_client"], true);
    assert_eq!(
        everything["route_table"],
        json!({"stage": "prod", "trailing_slash": "significant", "proxy_covers_root": true, "strict_paths": true, "hand_on_unknown_routes": true, "insert_matched_route": true, "inner_router": "literal_first", "ignore_case": false})
    );
    assert_eq!(
        everything["routes"],
        json!([
            {"route": "GET /health", "authorization": "NONE"},
            {"route": "OPTIONS /pets/{id}", "authorization": "NONE", "mock_response": {
                "status": 204, "headers": {"access-control-allow-origin": "https://app.example"},
                "further_origins": ["https://admin.example"], "body": "{}",
            }},
            {"route": "GET /pets/{id}", "authorizer": "pool", "scopes": ["pets/read", "https://api.example/v1/all"]},
            {"route": "ANY /admin/{proxy+}", "authorizer": "staff"},
            {"route": "$default", "authorizer": "pool"},
        ])
    );
    assert_eq!(
        everything["gateway_responses"],
        json!({
            "DEFAULT_5XX": {},
            "UNAUTHORIZED": {
                "status": 403, "headers": {"x-why": "'no'", "x-id": "context.requestId"},
                "templates": {"application/json": r#"{"why":${context.error.messageString},"from":"${stageVariables.origin}"}"#},
            },
        })
    );
    assert_eq!(
        [
            &everything["cors"],
            &everything["keys"]["proxy"],
            &everything["keys"]["fetch_timeout_milliseconds"],
            &everything["token_cache"],
            &everything["variables"]
        ],
        [
            &json!({"origins": ["https://app.example"], "credentials": true}),
            &json!("http://user:canary-7f3a@proxy.example:3128"),
            &json!(2_000),
            &json!({"bytes": 0}),
            &json!({"origin": "here"})
        ]
    );
    assert!(everything.get("danger").is_none());
    let servers = &everything["user_pools"]["customers"]["resource_servers"];
    assert_eq!(servers[1], json!({"identifier": "https://api.example/v1", "scopes": ["all"]}));
}

/// The schema has exactly the members that the reader accepts.
#[test]
fn the_schema_has_the_members_that_are_read() {
    let schema: Value = serde_json::from_str(Configuration::JSON_SCHEMA).unwrap();
    let names = |part: &Value| part["properties"].as_object().unwrap().keys().cloned().collect::<BTreeSet<String>>();
    let of = |name: &str| names(&schema["$defs"][name]);
    let unknown = "an-unknown-name-far-from-all";
    let odd = |text: &str| text.replace("ODD", &format!("\"{unknown}\" = 1"));
    let definition = "[definition]\nfile = \"petstore.yaml\"\nignore_root_security = true\n[variables]\npool = \"eu-west-1_Ab129faBb\"\n";
    for (text, pointer, expected) in [
        (two("").replacen("[user", "ODD\n[user", 1), "", names(&schema)),
        ("[user_pools.a]\nODD".to_owned(), "/user_pools/a", of("user_pool")),
        (
            "[user_pools.a]\nresource_servers = [{ODD}]".to_owned(),
            "/user_pools/a/resource_servers/0",
            of("resource_server"),
        ),
        ("[authorizers.a]\nODD".to_owned(), "/authorizers/a", of("authorizer")),
        (format!("{definition}[authorizers.a]\nODD"), "/authorizers/a", of("authorizer_options")),
        ("[route_table]\nODD".to_owned(), "/route_table", of("route_table")),
        ("[[routes]]\nODD".to_owned(), "/routes/0", of("route")),
        ("[gateway_responses.THROTTLED]\nODD".to_owned(), "/gateway_responses/THROTTLED", of("gateway_response")),
        ("[cors]\norigins = []\nODD".to_owned(), "/cors", of("cors")),
        ("[keys]\nODD".to_owned(), "/keys", of("keys")),
        ("[token_cache]\nODD".to_owned(), "/token_cache", of("token_cache")),
        ("[danger]\nODD".to_owned(), "/danger", of("danger")),
        ("[definition]\nODD".to_owned(), "/definition", of("definition")),
    ] {
        let reader = Configuration::reader().directory(folder(""));
        let Err(ConfigurationError::Configuration { problems }) = reader.read_toml(&odd(&text)) else {
            panic!("{text}")
        };
        let own = problems.iter().find(|problem| problem.pointer() == format!("{pointer}/{unknown}"));
        let message = own.unwrap_or_else(|| panic!("{text}: {problems:?}")).message();
        let known =
            message.split("expected ").nth(1).unwrap().split(", ").map(|name| name.trim_matches('`').to_owned());
        assert_eq!(known.collect::<BTreeSet<String>>(), expected, "{pointer}");
    }
}

#[tokio::test]
async fn a_configuration_guards_a_service() {
    let lines = "[route_table]\nstage = \"prod\"\n[gateway_responses.UNAUTHORIZED]\nstatus = 418\n\
                 [[routes]]\nroute = \"GET /health\"\nauthorization = \"NONE\"\n\
                 [[routes]]\nroute = \"GET /pets/{id}\"\nauthorizer = \"one\"\nscopes = [\"pets/read\"]\n\
                 [[routes]]\nroute = \"GET /staff\"\nauthorizer = \"two\"\nscopes = [\"pets/read\"]\n";
    let configuration = read(&two(lines)).unwrap();
    let authorizers = configuration.authorizers_with(with_keys).unwrap();
    let layer = configuration.layer(&authorizers).unwrap();
    let (one, other) = (Token::access().sign(), Token::access().with("iss", OTHER_ISSUER).by(&OTHER_POOL_KEY).sign());
    for (path, token, status, reason) in [
        ("/prod/health", "", 200, None),
        ("/prod/pets/7", &*one, 200, None),
        ("/prod/pets/7", &*other, 418, Some(No::UnknownIssuer)),
        ("/prod/staff", &*other, 200, None),
        ("/prod/staff", &*one, 418, Some(No::UnknownIssuer)),
        ("/pets/7", &*one, 403, Some(No::UnknownStage)),
    ] {
        let answer = send(&layer, request("GET", path, &[token])).await;
        assert_eq!((answer.status.as_u16(), answer.reason), (status, reason), "{path}");
    }
}

/// Keys of a configuration are not ignored in a definition, nor keys of a definition in a configuration.
#[test]
fn a_text_is_one_or_the_other() {
    let definition = fs::read_to_string(folder("petstore.yaml")).unwrap();
    let both = format!("{definition}authorizers: {{pets: {{app_clients: [a]}}}}\n");
    let error = Configuration::reader().read(&both).unwrap_err().to_string();
    assert!(error.contains("`authorizers` belongs in a configuration file, but this is an API definition"), "{error}");
    let error = read("openapi = \"3.0.1\"\n").unwrap_err().to_string();
    assert!(error.contains("`openapi` is not known here"), "{error}");
    let error = read("[definition]\nfile = \"\"\n").unwrap_err().to_string();
    assert!(error.contains("/definition/file: expected a file"), "{error}");
    for tag in ["!!str false", "!!binary NONE", "!!bool x", "!!int x"] {
        assert!(
            Configuration::reader()
                .read(&format!("danger: {{shadow: {tag}}}\n"))
                .unwrap_err()
                .to_string()
                .contains("the tag")
        );
    }
}

#[tokio::test]
async fn a_definition_is_named_and_its_authorizers_are_set() {
    let configuration = Configuration::reader().read_file(folder("good/definition.toml")).unwrap();
    let written: Value = serde_json::from_str(&configuration.to_json().unwrap()).unwrap();
    assert_eq!(written["user_pools"].as_object().unwrap().keys().collect::<Vec<_>>(), ["local"]);
    assert_eq!(written["authorizers"]["pets"]["user_pools"], json!(["local"]));
    assert_eq!(written["authorizers"]["pets"]["leeway_seconds"], 3);
    assert_eq!(written["routes"][0], json!({"route": "GET /v1/pets", "scopes": ["pets/read"]}));
    assert_eq!(written["gateway_responses"], json!({"UNAUTHORIZED": {"status": 418}, "DEFAULT_4XX": {"status": 400}}));
    let codes: Vec<&str> = configuration.lint().iter().map(Lint::as_str).collect();
    assert_eq!(codes, ["danger", "weakened_check"]);

    // The configuration turns shadow mode on.
    let layer = configuration.layer(&configuration.authorizers_with(with_keys).unwrap()).unwrap();
    assert_eq!(send(&layer, request("GET", "/v1/pets", &[])).await.status, 200);

    // The definition alone is a configuration too.
    let reader = Configuration::reader().variable("pool", POOL_ID);
    let error = reader.read_file(folder("petstore.yaml")).unwrap_err().to_string();
    assert!(error.contains("`token` authorizer cannot be imported") && error.contains("line 4"), "{error}");
    let reader = Configuration::reader().directory(folder(""));
    let text = "[definition]\nfile = \"petstore.yaml\"\nignore_root_security = true\n";
    let error = reader.read_toml(text).unwrap_err().to_string();
    assert!(error.contains("`petstore.yaml`, line 7") && error.contains("`pool` has no value"), "{error}");
    let error = reader.read_toml("[definition]\nfile = \"nowhere.yaml\"\n").unwrap_err().to_string();
    assert!(error.contains("nowhere.yaml"), "{error}");
}

#[test]
fn files_that_authorizers_need_are_looked_for_when_they_are_built() {
    let configuration = Configuration::reader().read_file(folder("good/everything.toml")).unwrap();
    let error = configuration.authorizers().unwrap_err().to_string();
    assert!(error.starts_with("the authorizer `pool`: keys cannot be stored in `"), "{error}");
    let text = two("").replacen("user_pools.one]\n", "user_pools.one]\njwks_file = \"nowhere.json\"\n", 1);
    let error = read(&text).unwrap().authorizers().unwrap_err().to_string();
    assert!(error.contains("nowhere.json`"), "{error}");
    let error = Configuration::reader().read_file("/nowhere/authorizer.toml").unwrap_err().to_string();
    assert!(error.contains("`/nowhere/authorizer.toml`"), "{error}");
}

/// Opening a pipe without a writer would block forever.
#[cfg(unix)]
#[test]
fn a_pipe_is_rejected_at_once() {
    let pipe = std::env::temp_dir().join(format!("cognito-authorizer-pipe-{}", std::process::id()));
    let _ = fs::remove_file(&pipe);
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let (sender, receiver) = std::sync::mpsc::channel();
    let path = pipe.clone();
    std::thread::spawn(move || {
        let configuration = Configuration::reader().read_file(&path).unwrap_err().to_string();
        let definition = ApiDefinition::reader().read_file(&path).unwrap_err().to_string();
        let keys = FixedKeySource::new().with_file(POOL_ID, &path).unwrap_err().to_string();
        sender.send([configuration, definition, keys]).unwrap();
    });
    let errors = receiver.recv_timeout(Duration::from_secs(10)).unwrap();
    fs::remove_file(&pipe).unwrap();
    for error in errors {
        assert!(error.ends_with("it is not a regular file"), "{error}");
    }
}

#[test]
fn what_is_odd_is_named() {
    let lints = |lines: &str| -> Vec<String> {
        let configuration = read(&two(lines)).unwrap_or_else(|error| panic!("{lines}\n{error}"));
        without_unused(&configuration)
    };
    let servers = "resource_servers = [{ identifier = \"pets\", scopes = [\"read\"] }]";
    let clients = "app_clients = [\"a\"]";
    let quiet = |lines: &str| {
        let text = two(lines).replace("user_pools = [\"", &format!("{clients}\nuser_pools = [\""));
        let configuration = read(&text.replace("id = ", &format!("{servers}\nid = "))).unwrap();
        without_unused(&configuration)
    };
    let route = |route: &str, scope: &str| {
        format!("[[routes]]\nroute = \"{route}\"\nauthorizer = \"one\"\nscopes = [\"{scope}\"]\n")
    };
    let all = lints(&(route("GET /a", "pets/read") + "[danger]\nplain_http = true\n"));
    let heads: Vec<&str> = all.iter().map(|lint| lint.split(',').next().unwrap()).collect();
    assert_eq!(
        heads,
        [
            "danger: `danger.plain_http` is on",
            "any_app_client: the authorizer `one` accepts the tokens of every app client of its user pools: list the accepted ones with `app_clients`",
            "any_app_client: the authorizer `two` accepts the tokens of every app client of its user pools: list the accepted ones with `app_clients`",
        ]
    );
    assert_eq!(quiet(&(route("GET /a", "pets/read") + &route("GET /b", "openid"))), [""; 0]);
    let handed_on = quiet(&(route("GET /a", "pets/read") + "[route_table]\nhand_on_unknown_routes = true\n"));
    assert!(handed_on.len() == 1 && handed_on[0].starts_with("unknown_routes_handed_on: "), "{handed_on:?}");
    let dispatched = quiet(&(route("GET /a", "pets/read") + "[route_table]\ninner_router = \"matched_route\"\n"));
    assert!(dispatched.len() == 1 && dispatched[0].starts_with("routes_not_compared: "), "{dispatched:?}");
    let weak = two(&route("GET /a", "pets/read")).replace(
        "user_pools = [\"one\"]",
        "user_pools = [\"one\"]\napp_clients = [\"a\"]\ntoken_use = \"unchecked\"\n\
         identity_validation_expression = \"a\"\n\
         identity_validation_target = \"raw_token\"",
    );
    let weak = read(&weak).unwrap().lint();
    let weak: Vec<String> =
        weak.iter().filter(|lint| lint.as_str() == "weakened_check").map(ToString::to_string).collect();
    assert_eq!(weak.len(), 2, "{weak:?}");
    assert!(weak[0].ends_with("`token_use`") && weak[1].ends_with("`identity_validation_target`"), "{weak:?}");
    for (kind, setting, weakened) in [
        ("COGNITO_USER_POOLS", "leeway_seconds = 1", "leeway_seconds"),
        ("COGNITO_USER_POOLS", "not_before_leeway_seconds = 1", "not_before_leeway_seconds"),
        ("COGNITO_USER_POOLS", "token_use = \"either\"", "token_use"),
        ("COGNITO_USER_POOLS", "leeway_seconds = 0\nnot_before_leeway_seconds = 0\nany_app_client = true", ""),
        ("JWT", "token_use = \"either\"\naudience = [\"a\"]", ""),
        ("JWT", "any_app_client = true", "any_app_client"),
    ] {
        let text = format!(
            "[user_pools.one]\nid = \"{POOL_ID}\"\n[authorizers.one]\ntype = \"{kind}\"\nuser_pools = [\"one\"]\n\
             {setting}\n[[routes]]\nroute = \"GET /a\"\n"
        );
        let lints = read(&text).unwrap_or_else(|error| panic!("{text}\n{error}")).lint();
        let found: Vec<String> =
            lints.iter().filter(|lint| lint.as_str() == "weakened_check").map(ToString::to_string).collect();
        assert_eq!(found.len(), usize::from(!weakened.is_empty()), "{setting}: {found:?}");
        assert!(found.iter().all(|lint| lint.ends_with(&format!("`{weakened}`"))), "{setting}: {found:?}");
    }
    let undefined = quiet(&route("GET /a", "pets/raed"));
    assert!(
        undefined.len() == 1 && undefined[0].starts_with("undefined_scope: `GET /a` requires the scope `pets/raed`"),
        "{undefined:?}"
    );
    let admin = quiet(&route("GET /a", "aws.cognito.signin.user.admin"));
    assert!(admin.len() == 1 && admin[0].starts_with("admin_scope_only: `GET /a`"), "{admin:?}");
    let open = quiet(&(route("GET /a", "pets/read") + "[[routes]]\nroute = \"ANY /a\"\nauthorization = \"NONE\"\n"));
    assert!(open.len() == 1 && open[0].starts_with("open_by_accident: `ANY /a` is open"), "{open:?}");
}

/// 10.52: each limit, and one more than the limit.
#[test]
fn the_bounds_are_exact() {
    let list = |count: usize, item: &dyn Fn(usize) -> String| (0..count).map(item).collect::<Vec<_>>();
    let pools = |count: usize| list(count, &|n| format!("[user_pools.p{n}]\nid = \"eu-west-1_A{n}\"\n")).concat();
    let one = |name: &str, lines: &str| {
        format!("[authorizers.{name}]\ntype = \"COGNITO_USER_POOLS\"\nuser_pools = [\"p0\"]\n{lines}\n")
    };
    let scopes = |count: usize| format!("scopes = [{}]", list(count, &|n| format!("\"a/{n}\"")).join(", "));
    let headers =
        |count: usize| format!("claim_headers = {{ {} }}", list(count, &|n| format!("x-{n} = \"sub\"")).join(", "));
    let text = |length: usize| {
        let start = pools(1) + &one("a", "") + "#";
        format!("{start}{}", "x".repeat(length - start.len()))
    };
    for (bound, within, beyond, part) in [
        ("user pools", pools(1_000) + &one("a", ""), pools(1_001) + &one("a", ""), "/user_pools: more than 1000"),
        (
            "authorizers",
            pools(1) + &list(100, &|n| one(&format!("a{n}"), "")).concat(),
            pools(1) + &list(101, &|n| one(&format!("a{n}"), "")).concat(),
            "/authorizers: more than 100",
        ),
        (
            "scopes",
            pools(1) + &one("a", "") + "[[routes]]\nroute = \"GET /\"\n" + &scopes(100),
            pools(1) + &one("a", "") + "[[routes]]\nroute = \"GET /\"\n" + &scopes(101),
            "/routes/0/scopes: more than 100",
        ),
        (
            "claim headers",
            pools(1) + &one("a", &headers(100)),
            pools(1) + &one("a", &headers(101)),
            "/authorizers/a/claim_headers: more than 100",
        ),
        (
            "a name",
            pools(1) + &one(&"n".repeat(128), ""),
            pools(1) + &one(&"n".repeat(129), ""),
            "a name must have 1 to 128 bytes",
        ),
        ("a text", text(1_048_576), text(1_048_577), "larger than 1048576 bytes"),
    ] {
        assert!(read(&within).is_ok(), "{bound}: {}", read(&within).unwrap_err());
        let error = read(&beyond).unwrap_err().to_string();
        assert!(error.contains(part), "{bound}: {error}");
    }
}

/// Each text is rejected with a short error. `cargo bench --bench definition` measures the time.
#[test]
fn what_was_made_to_exhaust_it_does_not() {
    let deep = format!("a = {}1{}", "[".repeat(50_000), "]".repeat(50_000));
    let wide =
        "[user_pools.a]\n".to_owned() + &(0..60_000).fold(String::new(), |text, n| text + &format!("k{n} = 1\n"));
    let names = "x".repeat(1_000_000);
    let routes =
        (0..40_000).fold(two(""), |text, n| text + &format!("[[routes]]\nroute = \"GET /{n}\"\nauthorizer = \"on\"\n"));
    for text in [
        deep,
        (0..50_000).fold(String::new(), |text, n| text + &format!("[a{n}.b]\n")),
        format!("a.{}b = 1", "a.".repeat(50_000)),
        wide,
        format!("{names} = 1"),
        two(&format!("[[routes]]\nroute = \"{names}\"\nauthorizer = \"{names}\"\n")),
        routes,
        format!("a = \"{}\"", "x".repeat(6_500_000)),
        format!("a = [{}]", "1,".repeat(1_100_000)),
    ] {
        let error = read(&text).unwrap_err().to_string();
        assert!(error.len() < 1_000_000, "{}", error.len());
    }
}

/// The lints of a configuration, without those of parts that nothing uses, which have a test of their own.
fn without_unused(configuration: &Configuration) -> Vec<String> {
    let lints = configuration.lint().into_iter().filter(|lint| !lint.as_str().starts_with("unused_"));
    lints.map(|lint| format!("{}: {lint}", lint.as_str())).collect()
}

/// User pools and authorizers that nothing uses, and a region that AWS does not have.
#[test]
fn parts_without_use_are_named() {
    let pool = |name: &str, id: &str| format!("[user_pools.{name}]\nid = \"{id}\"\n");
    let authorizer = |name: &str, pool: &str| {
        format!(
            "[authorizers.{name}]\ntype = \"COGNITO_USER_POOLS\"\nuser_pools = [\"{pool}\"]\napp_clients = [\"a\"]\n"
        )
    };
    let text = pool("one", "eu-west-1_Ab129faBb")
        + &pool("two", "eu-wets-1_Ab129faBb")
        + &pool("three", "eu-west-2_Ab129faBb")
        + &authorizer("used", "one")
        + &authorizer("other", "two")
        + "[[routes]]\nroute = \"GET /a\"\nauthorizer = \"used\"\n";
    let configuration = Configuration::reader().read_toml(&text).unwrap();
    let lints = configuration.lint();
    let found: Vec<(&str, bool)> = lints
        .iter()
        .map(|lint| (lint.as_str(), ["three", "other", "eu-wets-1"].iter().any(|part| lint.to_string().contains(part))))
        .collect();
    assert_eq!(found, [("unused_user_pool", true), ("unused_authorizer", true), ("unknown_region", true)]);
}

/// A file of another kind is named as what it is.
#[test]
fn a_file_of_another_kind_is_named() {
    for (text, part) in [
        (r#"{"keys": [{"kty": "RSA"}]}"#, "this is a JWK Set"),
        (r#"{"UserPoolId": "eu-west-1_Ab129faBb", "AppClients": []}"#, "give it to `local-user-pool`"),
        (r#"{"version": "55.0.0", "artifacts": {}}"#, "give its directory"),
        (r#"{"StackResources": []}"#, "give them as resources"),
        ("eu-west-1_Ab129faBb", "this is a text"),
        ("- a\n- b\n", "this is a text"),
    ] {
        let error = Configuration::reader().read(text).unwrap_err().to_string();
        assert!(error.contains(part), "{text}: {error}");
    }
}
