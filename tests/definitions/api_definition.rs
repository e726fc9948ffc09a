//! Tests OpenAPI definitions with API Gateway's extensions: their routes and authorizers, and the rejected definitions.
//!
//! Rows: `src/docs/behaviour.md` §6 and §10.44 to §10.48.

use cognito_authorizer::{
    AuthorizerType, UserPool,
    api_definition::{ApiDefinition, ApiDefinitionError, BasePath},
};
use serde_json::{Value, json};

use crate::support::definitions::routes;

pub(super) const ARN: &str = "arn:aws:cognito-idp:eu-west-1:123456789012:userpool/eu-west-1_Ab129faBb";

pub(super) fn cognito() -> Value {
    json!({
        "type": "apiKey", "in": "header", "name": "Authorization",
        "x-amazon-apigateway-authtype": "cognito_user_pools",
        "x-amazon-apigateway-authorizer": {"type": "cognito_user_pools", "providerARNs": [ARN]},
    })
}

pub(super) fn jwt() -> Value {
    let issuer = "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Ab129faBb";
    json!({
        "type": "oauth2",
        "x-amazon-apigateway-authorizer": {
            "type": "jwt", "jwtConfiguration": {"issuer": issuer, "audience": ["1example23456789"]},
            "identitySource": "$request.header.Authorization",
        },
    })
}

/// Builds an OpenAPI 3 definition with these paths, and with security schemes of each kind.
pub(super) fn definition(paths: Value) -> Value {
    json!({
        "openapi": "3.0.1", "info": {"title": "Pets", "version": "1"}, "paths": paths,
        "components": {"securitySchemes": {
            "pool": cognito(), "other": cognito(), "jwt": jwt(),
            "api_key": {"type": "apiKey", "in": "header", "name": "x-api-key"},
            "lambda": {"type": "apiKey", "in": "header", "name": "Authorization",
                       "x-amazon-apigateway-authorizer": {"type": "token", "authorizerUri": "arn:x"}},
            "basic": {"type": "http", "scheme": "basic"},
        }},
    })
}

pub(super) fn read(definition: &Value) -> Result<ApiDefinition, ApiDefinitionError> {
    ApiDefinition::reader().read(&definition.to_string())
}

pub(super) fn routes_of(definition: Value) -> Vec<String> {
    routes(&read(&definition).unwrap_or_else(|error| panic!("{error}")))
}

pub(super) fn problem(definition: &Value) -> String {
    read(definition).expect_err(&definition.to_string()).to_string()
}

/// A reference may lead to any depth, and its parents are not read.
#[test]
fn a_reference_is_followed_to_its_end() {
    let referring = |depth: usize, end: &str| {
        let item = json!({"get": {"security": []}});
        let mut whole = definition(json!({"/a": {"$ref": format!("#/x-deep{}{end}", "/b".repeat(depth))}}));
        whole["x-deep"] = (0..depth).fold(item, |inner, _| json!({"b": inner}));
        whole
    };
    for depth in [1, 15, 16, 40] {
        assert_eq!(routes(&read(&referring(depth, "")).unwrap()), ["GET /a - open"], "{depth}");
        assert!(problem(&referring(depth, "/nowhere")).contains("unresolved reference"), "{depth}");
    }
    assert!(problem(&referring(3, &"/b".repeat(100_000))).contains("unresolved reference"));
}

#[test]
fn operations_become_routes_with_their_scopes() {
    let paths = json!({
        "/pets": {
            "get": {"security": [{"pool": []}]},
            "post": {"security": [{"pool": ["pets/write", "pets/admin"]}]},
            "options": {"security": []},
            "parameters": [], "summary": "x", "x-other": {"security": 7},
        },
        "/pets/{id}": {"delete": {"x-amazon-apigateway-auth": {"type": "NONE"}, "security": [{"pool": []}]}},
        "/admin/{proxy+}": {"x-amazon-apigateway-any-method": {"security": [{"pool": ["pets/admin"]}]}},
        "/health": {"get": {}},
        "x-comment": {},
    });
    let expected = [
        "GET /pets pool token",
        "POST /pets pool pets/write pets/admin",
        "OPTIONS /pets - open",
        "DELETE /pets/{id} - open",
        "ANY /admin/{proxy+} pool pets/admin",
        "GET /health - open",
    ];
    let mut found = routes_of(definition(paths));
    found.sort_unstable();
    let mut expected = expected.map(str::to_owned);
    expected.sort_unstable();
    assert_eq!(found, expected);
}

/// 6.1.7: a `security` at the root applies to operations without their own, unless the reader is told to ignore it.
#[test]
fn security_at_the_root_holds_unless_it_is_ignored() {
    let paths =
        json!({"/a": {"get": {}}, "/b": {"get": {"security": [{"pool": []}]}}, "/c": {"get": {"security": []}}});
    let mut with_root = definition(paths);
    with_root["security"] = json!([{"pool": ["email"]}]);
    let found = routes_of(with_root.clone());
    assert_eq!(found, ["GET /a pool email", "GET /b pool token", "GET /c - open"]);
    let ignoring = ApiDefinition::reader().ignore_root_security(true).read(&with_root.to_string()).unwrap();
    assert_eq!(routes(&ignoring), ["GET /a - open", "GET /b pool token", "GET /c - open"]);
}

/// 10.44, 6.1.8, 6.1.9: definitions that would leave a route open are rejected.
#[test]
fn what_cannot_be_enforced_is_rejected_with_its_place() {
    let of = |security: Value| definition(json!({"/pets": {"get": {"security": security}}}));
    for (definition, part) in [
        (of(json!([{}])), "would allow every request"),
        (of(json!([{"pool": []}, {}])), "would allow every request"),
        (of(json!([{"pool": []}, {"other": []}])), "one authorizer per route"),
        (of(json!([{"pool": [], "other": []}])), "one authorizer per route"),
        (of(json!([{"nobody": []}])), "unknown security scheme"),
        (of(json!([{"lambda": []}])), "a `token` authorizer cannot be imported"),
        (of(json!([{"basic": []}])), "cannot be checked here"),
        (of(json!([{"api_key": []}])), "an API key alone"),
        (of(json!([{"pool": "pets/read"}])), "expected a list"),
        (of(json!([{"pool": ["a b"]}])), "a b"),
        (of(json!({"pool": []})), "expected a list"),
        (of(Value::Null), "expected a list"),
        (of(json!(["pool"])), "expected a map"),
        (of(json!([null])), "expected a map"),
        (of(json!([{"pool": [{"Ref": "Scope"}]}])), "`Scope` has no value"),
        (
            definition(json!({"/pets": {"get": {"x-amazon-apigateway-auth": {"type": "AWS_IAM"}}}})),
            "only `type: NONE` can be imported",
        ),
        (definition(json!({"/pets/": {"get": {}}})), "must not end with a slash"),
        (definition(json!({"pets": {"get": {}}})), "must start with `/`"),
        (definition(json!({"/pets": {"$ref": "other.yaml"}})), "within the definition"),
        (definition(json!({"/pets": {"$ref": "#/paths/~1pets"}})), "circular reference"),
        (definition(json!({"/pets": {"$ref": "#/paths/nowhere"}})), "unresolved reference"),
        (json!({"openapi": "3.0.1"}), "`paths` is missing"),
        (json!({"swagger": "1.2", "paths": {}}), "expected `swagger: \"2.0\"`"),
        (json!({"openapi": "3.0.1", "swagger": "2.0", "paths": {}}), "expected `swagger: \"2.0\"`"),
    ] {
        let error = problem(&definition);
        assert!(error.contains(part), "{part}: {error}");
    }
    let error = read(&of(json!([{"nobody": []}]))).unwrap_err();
    let ApiDefinitionError::Definition { problems } = error else { panic!("{error}") };
    assert_eq!(problems[0].pointer(), "/paths/~1pets/get/security/0/nobody");
}

/// 10.44: each of these protects something, or may be meant to.
#[test]
fn nothing_is_open_by_mistake() {
    let guarded = || json!({"security": [{"pool": []}]});
    for (paths, part) in [
        (json!({"/a": {"get": [guarded()]}}), "expected a map"),
        (json!({"/a": {"get": null}}), "expected a map"),
        (json!({"/a": {"get": "x"}}), "expected a map"),
        (json!({"/a": null}), "expected a map"),
        (json!({"/a": [guarded()]}), "expected a map"),
        (json!({"/a": {"get": {"$ref": "#/components/x"}}}), "only for a whole path"),
        (json!({"/a": {"get": {"x-amazon-apigateway-auth": null}}}), "expected a map"),
        (json!({"/a": {"get": {"x-amazon-apigateway-auth": {"type": "none"}}}}), "only `type: NONE`"),
        (
            json!({"/a": {"get": {"x-amazon-apigateway-auth": {"type": "NONE"}, "security": [{"api_key": []}]}}}),
            "API key alone",
        ),
        (
            json!({"/a": {"get": {"x-amazon-apigateway-auth": {"type": "NONE"}, "security": [{"nobody": []}]}}}),
            "unknown security scheme",
        ),
        (json!({"/a": {"security": [{"pool": []}], "get": {}}}), "does not have this operation"),
        (json!({"/a": {"get": {"Security": [{"pool": []}]}}}), "write `security`"),
        (json!({"/a": {"get": {"X-Amazon-Apigateway-Auth": {"type": "AWS_IAM"}}}}), "write `x-amazon-apigateway-auth`"),
        (json!({"/a": {"GET": guarded()}}), "does not have this operation"),
        (json!({"/a": {"trace": guarded()}}), "does not have this operation"),
        (json!({"/a": {"X-Amazon-Apigateway-Any-Method": guarded()}}), "does not have this operation"),
        (json!({"x-amazon-apigateway-any-method": guarded()}), "below a path"),
        (json!({"/$default": {"get": {}}}), "for every method"),
        (json!({"/a": {"get": {"isDefaultRoute": true}}}), "for every method"),
        (json!({"/a": {"x-amazon-apigateway-any-method": {"isDefaultRoute": "true"}}}), "true or false"),
        (json!({"/a": {"$ref": "#/x", "post": guarded()}}), "next to `$ref`"),
        (json!({"/a/{b": {"get": {}}}), "path variable"),
        (json!({format!("/a{}", "/a".repeat(200)): {"get": {}}}), "more than 128 segments"),
    ] {
        let error = problem(&definition(paths.clone()));
        assert!(error.contains(part) && error.starts_with("line 1, /"), "{paths}: {error}");
    }
    for (name, value, part) in [
        ("security", Value::Null, "expected a list"),
        ("security", json!([{"nobody": []}]), "unknown security scheme"),
        ("Security", json!([{"pool": []}]), "write `security`"),
        ("x-amazon-apigateway-policy", json!({"Statement": []}), "resource policy"),
        ("x-amazon-apigateway-gateway-responses", json!([]), "expected a map"),
    ] {
        let mut definition = definition(json!({"/a": {"get": {}}}));
        definition[name] = value;
        let error = problem(&definition);
        assert!(error.contains(part), "{name}: {error}");
    }
    let mut noted = definition(json!({"/a": {"get": {}}}));
    noted["x-amazon-apigateway-endpoint-configuration"] = json!({"disableExecuteApiEndpoint": true});
    let notes = read(&noted).unwrap();
    assert!(notes.notes().iter().any(|note| note.pointer() == "/x-amazon-apigateway-endpoint-configuration"));
    let reader = ApiDefinition::reader().base_path(BasePath::Prepend);
    let glued = json!({"swagger": "2.0", "basePath": "/v1", "paths": {"pets": {"get": {}}}});
    assert!(reader.read(&glued.to_string()).unwrap_err().to_string().contains("must start with `/`"));
    for servers in [json!({"url": "/v1"}), json!(["x"])] {
        let definition = json!({"openapi": "3.0.1", "servers": servers, "paths": {}});
        assert!(reader.read(&definition.to_string()).unwrap_err().to_string().contains("expected a"), "{definition}");
    }
}

/// Each case must be rejected within a test's time and memory.
#[test]
#[ignore = "takes several seconds: .ci/run"]
fn what_was_made_to_exhaust_it_does_not() {
    let many = |count: usize, item: &dyn Fn(usize) -> String| (0..count).map(item).collect::<Vec<_>>().join(",");
    let of = |paths: &str, more: &str| {
        let schemes = json!({"pool": cognito(), "k": {"type": "apiKey", "in": "header", "name": "x-api-key"}});
        format!(r#"{{"openapi":"3.0.1",{more}"components":{{"securitySchemes":{schemes}}},"paths":{{{paths}}}}}"#)
    };
    let long = "a".repeat(1_000_000);
    for text in [
        of(&format!(r#""{}":{{"get":{{}}}}"#, "/a".repeat(2_000_000)), ""),
        of(&format!(r#""/{long}":{{{}}}"#, many(50_000, &|number| format!(r#""a{number}":0"#))), ""),
        of(&many(50_000, &|number| format!(r#""/{number}":{{"get":0}}"#)), ""),
        of(&many(10_000, &|number| format!(r##""/{number}":{{"$ref":"#/x"}}"##)), r#""x":{"get":{}},"#),
        of(
            &many(1_000, &|number| format!(r##""/{number}":{{"$ref":"#/x/y"}}"##)),
            &format!(r#""x":{{{},"y":{{"get":{{}}}}}},"#, many(100_000, &|number| format!(r#""{number}":0"#))),
        ),
        of(r#""/a":{"get":{}}"#, &format!(r#""security":[{}],"#, many(20_000, &|_| r#"{"k":[]}"#.to_owned()))),
        of(
            r#""/a":{"get":{}}"#,
            &format!(r#""security":[{{"pool":[{}]}}],"#, many(20_000, &|number| format!(r#""s{number}""#))),
        ),
    ] {
        let error = ApiDefinition::reader().read(&text).unwrap_err().to_string();
        assert!(error.len() < 1_000_000, "{}", error.len());
    }
    let routes = of(&many(10_000, &|number| format!(r#""/p{number}":{{"get":{{}},"put":{{}}}}"#)), "");
    assert_eq!(ApiDefinition::reader().read(&routes).unwrap().routes().len(), 20_000);
}

/// 6.1.1 to 6.1.4, 6.1.15, 6.1.16, 6.2.1.
#[test]
fn an_authorizer_is_read_or_says_what_it_lacks() {
    let with = |scheme: Value| {
        let mut definition = definition(json!({"/pets": {"get": {"security": [{"pool": []}]}}}));
        definition["components"]["securitySchemes"]["pool"] = scheme;
        definition
    };
    let changed = |mut scheme: Value, pointer: &str, value: Value| {
        *scheme.pointer_mut(pointer).unwrap() = value;
        scheme
    };
    let extension = "/x-amazon-apigateway-authorizer";
    let at = |name: &str| format!("{extension}/{name}");
    let mut more = cognito();
    more["name"] = json!("X-Token");
    more["x-amazon-apigateway-authorizer"]["type"] = json!("COGNITO_USER_POOLS");
    more["x-amazon-apigateway-authorizer"]["identityValidationExpression"] = json!("^1example.*$");
    for ttl in [json!("300"), json!(300)] {
        more["x-amazon-apigateway-authorizer"]["authorizerResultTtlInSeconds"] = ttl;
        let definition = read(&with(more.clone())).unwrap();
        let own = &definition.authorizers()[0];
        assert_eq!((own.name(), own.authorizer_type()), ("pool", AuthorizerType::CognitoUserPools));
        assert_eq!(own.identity_source().header().unwrap(), "x-token");
        assert_eq!(own.user_pools()[0].user_pool(), Some(&ARN.parse::<UserPool>().unwrap()));
        assert!(definition.notes().iter().any(|note| note.pointer().ends_with("authorizerResultTtlInSeconds")));
        definition.authorizer().unwrap().build().unwrap();
    }
    let definition = read(&with(jwt())).unwrap();
    let own = &definition.authorizers()[0];
    let audience: Vec<&str> = own.audience().iter().map(|own| own.as_str()).collect();
    assert_eq!((own.authorizer_type(), &*audience), (AuthorizerType::Jwt, &["1example23456789"][..]));
    definition.authorizer().unwrap().build().unwrap();
    let mut by_discovery = jwt();
    by_discovery["openIdConnectUrl"] =
        json!("https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Ab129faBb/.well-known/openid-configuration");
    by_discovery["x-amazon-apigateway-authorizer"]["jwtConfiguration"] = json!({"audience": ["1example23456789"]});
    let issuers = read(&with(by_discovery)).unwrap().authorizers()[0].user_pools()[0].user_pool().unwrap().issuers();
    assert_eq!(issuers[0].name(), "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Ab129faBb");

    let mut without_pools = cognito();
    without_pools.as_object_mut().unwrap().remove("x-amazon-apigateway-authorizer");
    for (scheme, part) in [
        (without_pools, "does not name the user pool"),
        (changed(cognito(), &at("providerARNs"), json!([])), "the list of user pools is empty"),
        (changed(cognito(), &at("providerARNs"), json!(["arn:x"])), "`arn:x`"),
        (changed(cognito(), &at("type"), json!("request")), "`request` authorizer"),
        (changed(cognito(), &at("type"), Value::Null), "expected a string"),
        (changed(cognito(), &at("type"), json!("cognito_user_pool")), "is not a type of authorizer"),
        (changed(cognito(), &at("providerARNs"), json!("arn")), "expected a list"),
        (changed(cognito(), "/in", json!("query")), "`in: header`"),
        (changed(cognito(), "/type", json!("oauth2")), "`type: apiKey`"),
        (changed(cognito(), "/name", json!("a b")), "not a header name"),
        (changed(jwt(), &at("jwtConfiguration/audience"), json!([])), "audience list is empty"),
        (changed(jwt(), &at("jwtConfiguration/audience"), Value::Null), "expected a list"),
        (changed(jwt(), "/type", json!("apiKey")), "`type: oauth2`"),
        (
            changed(jwt(), &at("jwtConfiguration/issuer"), json!("https://idp.example")),
            "not an issuer of a Cognito user pool",
        ),
        (changed(jwt(), &at("jwtConfiguration/issuer"), Value::Null), "expected a string"),
        (changed(jwt(), &at("identitySource"), json!("Authorization")), "Authorization"),
        (changed(jwt(), &at("identitySource"), Value::Null), "expected one identity source"),
    ] {
        let error = problem(&with(scheme));
        assert!(error.contains(part), "{part}: {error}");
    }
    for (name, value, part) in [
        ("identityValidationExpression", json!("("), "is not an identity validation expression"),
        ("identityValidationExpression", Value::Null, "expected a string"),
        ("identityValidationExpresion", json!("x"), "`identityValidationExpresion` is not known here"),
        ("identitySource", json!("method.request.header.X"), "`identitySource` is not known here"),
    ] {
        let mut bad = cognito();
        bad["x-amazon-apigateway-authorizer"][name] = value;
        let error = problem(&with(bad));
        assert!(error.contains(part), "{part}: {error}");
    }
    for missing in ["issuer", "audience"] {
        let mut bad = jwt();
        bad["x-amazon-apigateway-authorizer"]["jwtConfiguration"].as_object_mut().unwrap().remove(missing);
        assert!(problem(&with(bad)).contains(&format!("`jwtConfiguration.{missing}` is missing")));
    }
}

/// 10.45: ignored settings that do not open a route are only noted.
#[test]
fn what_is_not_enforced_is_noted() {
    let paths = json!({"/pets": {"get": {"security": [{"pool": [], "api_key": []}]}}});
    let definition = read(&definition(paths)).unwrap();
    assert_eq!(routes(&definition), ["GET /pets pool token"]);
    let notes: Vec<&str> = definition.notes().iter().map(|note| note.pointer()).collect();
    for expected in [
        "/paths/~1pets/get/security/0/api_key",
        "/components/securitySchemes/lambda/x-amazon-apigateway-authorizer",
        "/components/securitySchemes/basic",
    ] {
        assert!(notes.contains(&expected), "{expected}: {notes:?}");
    }
    let unused: Vec<&str> =
        definition.notes().iter().map(|note| note.message()).filter(|text| text.contains("no route")).collect();
    for name in ["`other`", "`jwt`", "`api_key`"] {
        assert!(unused.iter().any(|text| text.contains(name)), "{name}: {unused:?}");
    }
}

/// 6.1.13.
#[test]
fn a_base_path_is_left_out_prepended_or_split() {
    let paths = json!({"/": {"get": {}}, "/pets": {"get": {}}});
    let swagger = json!({"swagger": "2.0", "basePath": "/a/b", "paths": paths});
    let by_url = json!({"openapi": "3.0.1", "servers": [{"url": "https://pets.example/a/b"}], "paths": paths});
    let by_variable = json!({
        "openapi": "3.0.1", "paths": paths,
        "servers": [{"url": "https://pets.example/{basePath}", "variables": {"basePath": {"default": "a/b/"}}}],
    });
    for definition in [swagger, by_url, by_variable] {
        for (base_path, expected) in [
            (BasePath::Ignore, ["GET / - open", "GET /pets - open"]),
            (BasePath::Prepend, ["GET /a/b - open", "GET /a/b/pets - open"]),
            (BasePath::Split, ["GET /b - open", "GET /b/pets - open"]),
        ] {
            let read = ApiDefinition::reader().base_path(base_path).read(&definition.to_string()).unwrap();
            assert_eq!(routes(&read), expected, "{definition}");
        }
    }
    let unknown = json!({"openapi": "3.0.1", "servers": [{"url": "/{stage}"}], "paths": paths});
    let error = ApiDefinition::reader().base_path(BasePath::Prepend).read(&unknown.to_string()).unwrap_err();
    assert!(error.to_string().contains("has variables"), "{error}");
}

/// 6.1.11.
#[test]
fn the_default_route_of_an_http_api() {
    for paths in [
        json!({"/$default": {"x-amazon-apigateway-any-method": {"security": [{"jwt": ["a/b"]}]}}}),
        json!({"/x": {"x-amazon-apigateway-any-method": {"isDefaultRoute": true, "security": [{"jwt": ["a/b"]}]}}}),
    ] {
        assert_eq!(routes_of(definition(paths)), ["$default jwt a/b"]);
    }
}

/// 6.1.14: intrinsic functions of CloudFormation in YAML, and stage variables.
#[test]
fn variables_have_to_have_values() {
    let yaml = r#"
openapi: 3.0.1
paths:
  /pets:
    get:
      security:
        - pool: [!Sub "${Server}/read"]
components:
  securitySchemes:
    pool:
      type: apiKey
      in: header
      name: Authorization
      x-amazon-apigateway-authorizer:
        type: cognito_user_pools
        providerARNs:
          - !Sub arn:aws:cognito-idp:${AWS::Region}:123456789012:userpool/${UserPool}
          - "arn:aws:cognito-idp:eu-west-1:${stageVariables.account}:userpool/eu-west-1_Two"
"#;
    let reader = ApiDefinition::reader().variable("Server", "pets").variable("AWS::Region", "eu-west-1");
    let error = reader.read(yaml).unwrap_err().to_string();
    assert!(
        error.starts_with("line 7, ") && error.contains("at line 17") && error.contains("`UserPool` has no value"),
        "{error}"
    );
    let reader = reader.variable("UserPool", "eu-west-1_One").variable("account", "123456789012");
    let definition = reader.read(yaml).unwrap();
    let ids = definition.authorizers()[0].user_pools().iter().map(|own| own.id().to_string());
    assert_eq!(ids.collect::<Vec<_>>(), ["eu-west-1_One", "eu-west-1_Two"]);
    assert_eq!(routes(&definition), ["GET /pets pool pets/read"]);
    // Inside Fn::Sub a stage variable is written with an exclamation mark.
    let both = yaml.replace("${UserPool}", "${!stageVariables.UserPool}");
    assert_eq!(reader.read(&both).unwrap().authorizers()[0].user_pools()[0].id(), "eu-west-1_One");
    let arn = yaml.replace("!Sub arn", "!GetAtt UserPool.Arn #");
    assert!(reader.read(&arn).unwrap_err().to_string().contains("only Fn::Sub and Ref"));
}

/// All problems are reported at once, in the order of the document.
#[test]
fn all_problems_are_named_at_once() {
    let text =
        "openapi: 3.0.1\npaths:\n  /a:\n    get:\n      security: [{x: []}]\n  /b:\n    get:\n      security: [{}]\n";
    let error = ApiDefinition::reader().read(text).unwrap_err().to_string();
    let lines: Vec<&str> = error.lines().collect();
    assert_eq!(lines.len(), 2, "{error}");
    assert!(lines[0].starts_with("line 5, /paths/~1a/get/security/0/x: "), "{error}");
    assert!(lines[1].starts_with("line 8, /paths/~1b/get/security/0: "), "{error}");
    let twice = "openapi: 3.0.1\npaths:\n  /a: {get: {}}\n  /a: {get: {}}\n";
    assert!(ApiDefinition::reader().read(twice).unwrap_err().to_string().starts_with("line 4: `/a` occurs twice"));
    let default = json!({"/$default": {"x-amazon-apigateway-any-method": {}}, "/x": {"x-amazon-apigateway-any-method": {"isDefaultRoute": true}}});
    assert!(problem(&definition(default)).contains("duplicate of the route"));
    let missing = ApiDefinition::reader().read_file("/nowhere/api.yaml").unwrap_err().to_string();
    assert!(missing.contains("`/nowhere/api.yaml`"), "{missing}");
}
