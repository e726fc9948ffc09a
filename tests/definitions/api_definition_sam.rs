//! Tests that an imported SAM template is never more open than SAM's translation of it.
//!
//! Rows: `src/docs/behaviour.md` §6.3.9 to §6.3.20 and §10.67, §10.71 to §10.75. The expected routes are those of
//! `aws-sam-translator` 1.110.0, except for the rows of §10.
use cognito_authorizer::api_definition::{ApiDefinition, ApiDefinitionReader, BasePath};

use crate::support::definitions::routes;

const COGNITO: &str = r#"{
  "type": "apiKey", "name": "Authorization", "in": "header", "x-amazon-apigateway-authtype": "cognito_user_pools",
  "x-amazon-apigateway-authorizer": {
    "type": "cognito_user_pools",
    "providerARNs": ["arn:aws:cognito-idp:eu-west-1:123456789012:userpool/eu-west-1_Zz999zzZz"]
  }
}"#;

const JWT: &str = r#"{
  "type": "oauth2",
  "x-amazon-apigateway-authorizer": {
    "type": "jwt", "identitySource": "$request.header.Authorization",
    "jwtConfiguration": {
      "issuer": "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Ab129faBb", "audience": ["1example23456789"]
    }
  }
}"#;

/// The authorizer `C` of a REST API.
const USER_POOL: &str = r#"{"UserPoolArn": "arn:aws:cognito-idp:eu-west-1:123456789012:userpool/eu-west-1_Ab129faBb"}"#;

/// The authorizer `J` of an HTTP API.
const ISSUER: &str = r#"{
  "IdentitySource": "$request.header.Authorization", "AuthorizationScopes": ["pets/read"],
  "JwtConfiguration": {
    "issuer": "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Ab129faBb", "audience": ["1example23456789"]
  }
}"#;

const INTEGRATION: &str = r#""x-amazon-apigateway-integration": {"type": "http_proxy", "httpMethod": "ANY"}"#;

/// Builds a template with one API, and with functions that each have a condition and events.
fn template(kind: &str, properties: &str, functions: &[(&str, &str)]) -> String {
    let mut resources = format!(r#""Api": {{"Type": "AWS::Serverless::{kind}", "Properties": {{{properties}}}}}"#);
    for (number, (condition, events)) in functions.iter().enumerate() {
        let condition = if condition.is_empty() { String::new() } else { format!(r#""Condition": "{condition}","#) };
        resources += &format!(
            r#", "F{number}": {{"Type": "AWS::Serverless::Function", {condition} "Properties": {{"Events": {{{events}}}}}}}"#
        );
    }
    let text = format!(
        r#"{{
          "Transform": "AWS::Serverless-2016-10-31",
          "Conditions": {{"Never": {{"Fn::Equals": ["a", "b"]}}, "Always": {{"Fn::Equals": ["a", "a"]}}}},
          "Resources": {{{resources}}}
        }}"#
    );
    let text = text.replace("%COGNITO", COGNITO).replace("%JWT", JWT).replace("%POOL", USER_POOL);
    text.replace("%ISSUER", ISSUER).replace("%INTEGRATION", INTEGRATION)
}

fn http(properties: &str, functions: &[(&str, &str)]) -> String {
    template("HttpApi", properties, functions)
}

fn rest(properties: &str, functions: &[(&str, &str)]) -> String {
    template("Api", &format!(r#""StageName": "prod", {properties}"#), functions)
}

/// Builds an event of an HTTP API with additional properties.
fn http_event(name: &str, method: &str, path: &str, more: &str) -> String {
    let properties = format!(r#""ApiId": {{"Ref": "Api"}}, "Method": "{method}", "Path": "{path}""#);
    format!(r#""{name}": {{"Type": "HttpApi", "Properties": {{{properties}{more}}}}}"#)
}

/// Builds an event of a REST API with additional properties.
fn rest_event(name: &str, method: &str, path: &str, more: &str) -> String {
    let properties = format!(r#""RestApiId": {{"Ref": "Api"}}, "Method": "{method}", "Path": "{path}""#);
    format!(r#""{name}": {{"Type": "Api", "Properties": {{{properties}{more}}}}}"#)
}

fn read_with(reader: &ApiDefinitionReader, template: &str) -> Vec<String> {
    let read = reader.read(template);
    routes(&read.unwrap_or_else(|error| panic!("{error}\n{template}")))
}

fn routes_of(template: &str) -> Vec<String> {
    read_with(&ApiDefinition::reader(), template)
}

#[track_caller]
fn refuses(template: &str, part: &str) {
    let error = ApiDefinition::reader().read(template).expect_err(template).to_string();
    assert!(error.contains(part) && error.starts_with("line "), "{part}\n{error}\n{template}");
}

const HTTP_ROOT: &str = r#""DefinitionBody": {
  "openapi": "3.0.1", "security": [{"pool": ["pets/read"]}], "servers": [{"url": "https://pets.example/v1"}],
  "paths": {"/pets": {"get": {%INTEGRATION}, "put": {"security": [], %INTEGRATION}}},
  "components": {"securitySchemes": {"pool": %JWT}}
}"#;

/// 6.3.16: `security` at the root applies to the routes that events add to a definition.
#[test]
fn root_security_guards_routes_that_events_add() {
    let events = [
        http_event("A", "delete", "/admin", ""),
        http_event("B", "options", "/pets", ""),
        http_event("C", "any", "$default", ""),
    ];
    let template = &http(HTTP_ROOT, &[("", &events.join(","))]);
    let expected = [
        "GET /pets pool pets/read",
        "PUT /pets - open",
        "DELETE /admin pool pets/read",
        "OPTIONS /pets pool pets/read",
        "$default pool pets/read",
    ];
    assert_eq!(routes_of(template), expected);
    let ignored = read_with(&ApiDefinition::reader().ignore_root_security(true), template);
    assert_eq!(ignored[2], "DELETE /admin - open");
    // A base path also applies to the paths that SAM adds.
    let prepended = read_with(&ApiDefinition::reader().base_path(BasePath::Prepend), template);
    assert_eq!(prepended[2], "DELETE /v1/admin pool pets/read");
    assert_eq!(prepended[0], "GET /v1/pets pool pets/read");
}

const REST_ROOT: &str = r#""DefinitionBody": {
  "swagger": "2.0", "security": [{"pool": []}], "paths": {"/pets": {"get": {%INTEGRATION}}},
  "securityDefinitions": {"pool": %COGNITO}
}"#;

/// 6.3.17: `security` at the root also applies to the `OPTIONS` that `Cors` adds.
#[test]
fn root_security_guards_preflight_routes_of_cors() {
    let template = &rest(&format!(r#"{REST_ROOT}, "Cors": "'*'""#), &[]);
    let definition = ApiDefinition::reader().read(template).unwrap();
    assert_eq!(routes(&definition), ["GET /pets pool token", "OPTIONS /pets pool token"]);
    let notes: String = definition.notes().iter().map(ToString::to_string).collect();
    assert!(notes.contains("the root `security` applies to preflight requests too"), "{notes}");
    let ignored = read_with(&ApiDefinition::reader().ignore_root_security(true), template);
    assert_eq!(ignored, ["GET /pets - open", "OPTIONS /pets - open"]);
}

const HTTP_DEFAULT: &str = r#""Auth": {"DefaultAuthorizer": "J", "Authorizers": {"J": %ISSUER}}"#;

/// 6.3.13: an `Auth` without an authorizer uses the default one, also for `OPTIONS`. An empty `Auth` has no effect.
#[test]
fn an_event_with_auth_takes_the_default_authorizer_for_options() {
    for (auth, expected) in [
        (r#", "Auth": {"AuthorizationScopes": []}"#, "OPTIONS /pets J pets/read"),
        (r#", "Auth": {"AuthorizationScopes": ["pets/write"]}"#, "OPTIONS /pets J pets/write"),
        (r#", "Auth": {"Authorizer": "J"}"#, "OPTIONS /pets J pets/read"),
        (r#", "Auth": {"Authorizer": "NONE"}"#, "OPTIONS /pets - open"),
        (r#", "Auth": {}"#, "OPTIONS /pets - open"),
        ("", "OPTIONS /pets - open"),
    ] {
        let events = [http_event("A", "options", "/pets", auth), http_event("B", "get", "/pets", "")];
        let template = http(HTTP_DEFAULT, &[("", &events.join(","))]);
        assert_eq!(routes_of(&template), [expected, "GET /pets J pets/read"], "{auth}");
    }
}

/// Builds a definition with one more path.
fn http_body(path: &str, item: &str) -> String {
    format!(
        r#""Auth": {{"Authorizers": {{"J": %ISSUER}}}}, "DefinitionBody": {{"openapi": "3.0.1", "paths": {{
          "/pets": {{"get": {{"security": [{{"J": []}}], %INTEGRATION}}}}, "{path}": {item}
        }}}}"#
    )
}

/// 6.3.18: an event does not change an operation that the definition contains, whether the operation's condition is true or
/// false.
#[test]
fn an_event_does_not_replace_an_operation_under_a_false_condition() {
    let event = http_event("E", "any", "/old", "");
    let gone = ["GET /pets J token"];
    let no_value = r#"{"Ref": "AWS::NoValue"}"#;
    for item in [
        format!(r#"{{"x-amazon-apigateway-any-method": {{"Fn::If": ["Never", {{%INTEGRATION}}, {no_value}]}}}}"#),
        format!(r#"{{"Fn::If": ["Never", {{"x-amazon-apigateway-any-method": {{%INTEGRATION}}}}, {no_value}]}}"#),
        // SAM adds the operation to the branch that is not chosen.
        format!(r#"{{"Fn::If": ["Never", {{"get": {{%INTEGRATION}}}}, {no_value}]}}"#),
    ] {
        assert_eq!(routes_of(&http(&http_body("/old", &item), &[("", &event)])), gone, "{item}");
    }
    // For a path with two branches, SAM adds the operation to both.
    let item = r#"{"Fn::If": ["Never", {"get": {%INTEGRATION}}, {"put": {%INTEGRATION}}]}"#;
    let expected = ["GET /pets J token", "PUT /old - open", "ANY /old - open"];
    assert_eq!(routes_of(&http(&http_body("/old", item), &[("", &event)])), expected);
    // Rejected where SAM's output is invalid for CloudFormation, or where API Gateway may read it differently.
    for item in [
        r#"{"x-amazon-apigateway-any-method": {"Fn::If": ["Never", {}, {"Ref": "AWS::NoValue"}]}}"#,
        r#"{"Fn::If": ["Always", {"Fn::If": ["Always", {}, {}]}, {}]}"#,
    ] {
        refuses(&http(&http_body("/old", item), &[("", &event)]), "SAM would add this event");
    }
    let paths = r#""DefinitionBody": {"openapi": "3.0.1", "paths": {"Fn::If": ["Always", {"/a": {"get": {}}}, {}]}}"#;
    refuses(&http(paths, &[("", &event)]), "SAM would add this event");
    let body = r#""DefinitionBody": {"Fn::If": ["Always", {"openapi": "3.0.1", "paths": {"/a": {"get": {}}}}, {}]}"#;
    refuses(&http(body, &[("", &event)]), "SAM would add this event");
}

/// 6.3.18: the function of the first event that names an operation decides whether the operation exists.
#[test]
fn an_event_of_an_absent_function_takes_its_route_out() {
    let event = &*http_event("E", "any", "/old", "");
    let body = http_body("/other", "{}");
    assert_eq!(routes_of(&http(&body, &[("Never", event)])), ["GET /pets J token"]);
    assert_eq!(routes_of(&http(&body, &[("Never", event), ("", event)])), ["GET /pets J token"]);
    let both = ["GET /pets J token", "ANY /old - open"];
    assert_eq!(routes_of(&http(&body, &[("Always", event), ("Never", event)])), both);
    // An operation without integration is replaced by the event's, and exists only if the function does.
    let bare = http_body("/old", r#"{"x-amazon-apigateway-any-method": {}}"#);
    assert_eq!(routes_of(&http(&bare, &[("", event)])), both);
    refuses(&http(&bare, &[("Never", event)]), "removes the operation");
    // An event that adds the operation to one branch of a path removes it from the others.
    let item = r#"{"Fn::If": ["Always", {"x-amazon-apigateway-any-method": {%INTEGRATION}}, {}]}"#;
    assert_eq!(routes_of(&http(&http_body("/old", item), &[("", event)])), both);
    refuses(&http(&http_body("/old", item), &[("Never", event)]), "removes the operation");
    // SAM applies the `Auth` of an event even if its function does not exist.
    let auth = http_event("E", "get", "/pets", r#", "Auth": {"Authorizer": "J"}"#);
    refuses(&http(&body, &[("Never", &auth)]), "its own definition");
}

const REST_AUTH: &str = r#""Cors": "'*'", "Auth": {"Authorizers": {"C": %POOL}}"#;

/// 6.3.12: `Cors` adds no `OPTIONS` to a path that has one, even one of a function that does not exist.
#[test]
fn cors_adds_no_preflight_beside_one_of_an_absent_function() {
    let options = &*rest_event("E", "options", "/pets", "");
    let get = &*rest_event("E", "get", "/pets", r#", "Auth": {"Authorizer": "C"}"#);
    let guarded = ["GET /pets C token"];
    assert_eq!(routes_of(&rest(REST_AUTH, &[("Never", options), ("", get)])), guarded);
    assert_eq!(routes_of(&rest(REST_AUTH, &[("", get), ("Never", options)])), guarded);
    let body = r#""Cors": "'*'", "DefinitionBody": {"swagger": "2.0", "paths": {"/pets": {
      "get": {%INTEGRATION, "security": [{"pool": []}]},
      "options": {"Fn::If": ["Never", {%INTEGRATION}, {"Ref": "AWS::NoValue"}]}
    }}, "securityDefinitions": {"pool": %COGNITO}}"#;
    assert_eq!(routes_of(&rest(body, &[])), ["GET /pets pool token"]);
    // An event that cannot be read might be for `OPTIONS`.
    let unknown = rest_event("E", "options", "/pets", r#", "Stage": "prod""#);
    refuses(&rest(REST_AUTH, &[("Never", &unknown), ("", get)]), "`Stage` is not known here");
    // A path does not exist if none of its functions exists.
    let get = rest_event("E", "get", "/pets", "");
    assert_eq!(routes_of(&rest(REST_AUTH, &[("Never", &get)])), Vec::<String>::new());
}

/// Builds an OpenAPI 3 definition of a REST API with its own security scheme.
fn rest_openapi(security: &str, own: &str) -> String {
    format!(
        r#""DefinitionBody": {{"openapi": "3.0.1", "paths": {{"/pets": {{"get": {{%INTEGRATION, "security": {security}}}}}}},
        "components": {{"securitySchemes": {{"own": %COGNITO}}}}}}, {own}"#
    )
}

/// 6.3.19: SAM replaces `components.securitySchemes` of an OpenAPI 3 definition with the authorizers of `Auth`.
#[test]
fn rejects_a_scheme_that_sam_drops() {
    let auth = r#""Auth": {"Authorizers": {"C": %POOL}}"#;
    refuses(&rest(&rest_openapi(r#"[{"own": []}]"#, auth), &[]), "SAM replaces");
    assert_eq!(routes_of(&rest(&rest_openapi(r#"[{"C": []}]"#, auth), &[])), ["GET /pets C token"]);
    let default = r#""Auth": {"DefaultAuthorizer": "C", "Authorizers": {"C": %POOL}}"#;
    refuses(&rest(&rest_openapi(r#"[{"own": []}]"#, default), &[]), "SAM replaces");
    let key = r#""Auth": {"ApiKeyRequired": true}"#;
    refuses(&rest(&rest_openapi(r#"[{"own": []}]"#, key), &[]), "SAM replaces");
    // Without authorizers SAM replaces nothing.
    let nothing = r#""Name": "pets""#;
    assert_eq!(routes_of(&rest(&rest_openapi(r#"[{"own": []}]"#, nothing), &[])), ["GET /pets own token"]);
    let moved = rest_openapi(r#"[{"own": []}]"#, nothing)
        .replace("\"components\"", "\"securityDefinitions\": {\"x\": %COGNITO}, \"components\"");
    refuses(&rest(&moved, &[]), "SAM replaces");
    let version = format!(r#"{auth}, "OpenApiVersion": "2.0""#);
    refuses(&rest(&rest_openapi(r#"[{"C": []}]"#, &version), &[]), "`OpenApiVersion`");
}

/// 10.73: SAM drops the scopes of a JWT authorizer named `AWS_IAM`. The crate requires them.
#[test]
fn an_authorizer_named_aws_iam_keeps_its_scopes() {
    let auth = r#""Auth": {"Authorizers": {"AWS_IAM": %ISSUER}}"#;
    let event = http_event("E", "get", "/pets", r#", "Auth": {"Authorizer": "AWS_IAM"}"#);
    assert_eq!(routes_of(&http(auth, &[("", &event)])), ["GET /pets AWS_IAM pets/read"]);
}

/// 6.3.12: `Cors` adds `OPTIONS` to a path without operations, but not to a path that does not exist.
#[test]
fn cors_adds_a_preflight_to_every_path_of_a_definition() {
    let no_value = r#"{"Ref": "AWS::NoValue"}"#;
    for (item, expected) in [
        (format!(r#"{{"get": {{"Fn::If": ["Never", {{%INTEGRATION}}, {no_value}]}}}}"#), &["OPTIONS /old - open"][..]),
        ("{}".to_owned(), &["OPTIONS /old - open"]),
        (format!(r#"{{"Fn::If": ["Never", {{"get": {{%INTEGRATION}}}}, {no_value}]}}"#), &[]),
        (format!(r#"{{"Fn::If": ["Always", {{}}, {no_value}]}}"#), &["OPTIONS /old - open"]),
    ] {
        let body = format!(r#""Cors": "'*'", "DefinitionBody": {{"swagger": "2.0", "paths": {{"/old": {item}}}}}"#);
        assert_eq!(routes_of(&rest(&body, &[])), expected, "{item}");
    }
    // API Gateway treats the two spellings as one path: SAM adds the method to the first one.
    let body = r#""Cors": "'*'", "DefinitionBody": {"swagger": "2.0", "paths": {"/pets": {}, "/pets/": {}, "/": {}}}"#;
    assert_eq!(routes_of(&rest(body, &[])), ["OPTIONS /pets - open", "OPTIONS / - open"]);
    for item in [
        r##"{"$ref": "#/x-old"}"##,
        r#"{"Fn::If": ["Always", {"options": {"Fn::If": ["Never", {}, {"Ref": "AWS::NoValue"}]}}, {}]}"#,
    ] {
        let body = format!(
            r#""Cors": "'*'", "DefinitionBody": {{"swagger": "2.0", "x-old": {{"get": {{}}}}, "paths": {{"/old": {item}}}}}"#
        );
        refuses(&rest(&body, &[]), "SAM would add `options`");
    }
}

/// 6.3.12: to SAM a function is a value of `Cors`, independent of the function's result.
#[test]
fn cors_under_a_function_is_on() {
    let get = &*rest_event("E", "any", "/pets", r#", "Auth": {"Authorizer": "NONE"}"#);
    for cors in [r#"{"Fn::If": ["Never", "'*'", ""]}"#, r#"{"Ref": "AWS::NoValue"}"#, r#"{"Ref": "Origins"}"#] {
        let auth = format!(r#""Cors": {cors}, "Auth": {{"DefaultAuthorizer": "C", "Authorizers": {{"C": %POOL}}}}"#);
        let template = rest(&auth, &[("", get)]).replacen('{', r#"{"Parameters": {"Origins": {"Default": ""}}, "#, 1);
        assert_eq!(routes_of(&template), ["ANY /pets - open", "OPTIONS /pets C token"], "{cors}");
    }
}

/// 6.3.20, 10.75: `ApiKeyRequired` replaces the root `security`.
#[test]
fn rejects_an_api_key_in_place_of_root_security() {
    let key = r#""Auth": {"ApiKeyRequired": true}"#;
    refuses(&rest(&format!("{REST_ROOT}, {key}"), &[]), "an API key alone");
    let own = REST_ROOT.replace("{%INTEGRATION}", r#"{%INTEGRATION, "security": [{"pool": []}]}"#);
    assert_eq!(routes_of(&rest(&format!("{own}, {key}"), &[])), ["GET /pets pool token"]);
    refuses(&rest(&format!(r#"{own}, {key}, "Cors": "'*'""#), &[]), "an API key alone");
    // Preflight requests keep the root `security` if `Auth` excludes them from the API key.
    let key = r#""Auth": {"ApiKeyRequired": true, "AddApiKeyRequiredToCorsPreflight": false}"#;
    let expected = ["GET /pets pool token", "OPTIONS /pets pool token"];
    assert_eq!(routes_of(&rest(&format!(r#"{own}, {key}, "Cors": "'*'""#), &[])), expected);
}

/// 10.71: SAM reads settings before CloudFormation resolves functions, and treats a string or a function as true.
#[test]
fn rejects_settings_that_sam_would_take_for_true() {
    let get = &*rest_event("E", "get", "/pets", "");
    for value in [r#""false""#, r#"{"Fn::If": ["Never", true, false]}"#, r#"{"Ref": "AWS::Region"}"#] {
        for name in ["AddDefaultAuthorizerToCorsPreflight", "ApiKeyRequired", "AddApiKeyRequiredToCorsPreflight"] {
            let auth =
                format!(r#""Auth": {{"DefaultAuthorizer": "C", "Authorizers": {{"C": %POOL}}, "{name}": {value}}}"#);
            refuses(&rest(&auth, &[("", get)]), "write `true` or `false`");
        }
        let key = rest_event("E", "get", "/pets", &format!(r#", "Auth": {{"ApiKeyRequired": {value}}}"#));
        refuses(&rest(REST_AUTH, &[("", &key)]), "write `true` or `false`");
    }
    for (kind, auth) in [
        ("rest", r#", "Auth": {"Fn::If": ["Always", {"Authorizer": "NONE"}, {}]}"#),
        ("http", r#", "Auth": {"Fn::If": ["Always", {"Authorizer": "NONE"}, {}]}"#),
    ] {
        let template = match kind {
            "rest" => {
                let default = r#""Auth": {"DefaultAuthorizer": "C", "Authorizers": {"C": %POOL}}"#;
                rest(default, &[("", &rest_event("E", "get", "/pets", auth))])
            }
            _ => http(HTTP_DEFAULT, &[("", &http_event("E", "get", "/pets", auth))]),
        };
        refuses(&template, "SAM reads this value before");
    }
}

/// 10.72: these names have a special meaning in SAM.
#[test]
fn rejects_authorizers_with_names_of_sam() {
    for name in ["NONE", "api_key", "api_key_false"] {
        let auth = format!(r#""Auth": {{"DefaultAuthorizer": "{name}", "Authorizers": {{"{name}": %POOL}}}}"#);
        refuses(&rest(&auth, &[("", &rest_event("E", "get", "/pets", ""))]), "SAM reserves the name");
    }
    let auth = r#""Auth": {"DefaultAuthorizer": "NONE", "Authorizers": {"NONE": %ISSUER}}"#;
    refuses(
        &http(auth, &[("", &http_event("E", "get", "/a", r#", "Auth": {"Authorizer": "NONE"}"#))]),
        "SAM reserves the name",
    );
}

/// 10.72: on a REST API, SAM adds the default authorizer to an operation whose scheme is not one of its authorizers.
#[test]
fn rejects_two_authorizers_where_sam_adds_the_default_one() {
    let body = |security: &str| {
        rest(
            &format!(
                r#""Auth": {{"DefaultAuthorizer": "C", "Authorizers": {{"C": %POOL}}}}, "DefinitionBody": {{
                  "swagger": "2.0", "paths": {{"/pets": {{"get": {{%INTEGRATION, "security": {security}}}}}}},
                  "securityDefinitions": {{"own": %COGNITO}}
                }}"#
            ),
            &[],
        )
    };
    refuses(&body(r#"[{"own": []}]"#), "SAM would add the `DefaultAuthorizer`");
    refuses(&body(r#"[{"Fn::If": ["Always", {"NONE": []}, {"C": []}]}]"#), "SAM reads this value before");
    assert_eq!(routes_of(&body(r#"[{"C": []}]"#)), ["GET /pets C token"]);
    assert_eq!(routes_of(&body(r#"[{"NONE": []}]"#)), ["GET /pets - open"]);
    assert_eq!(routes_of(&body("[]")), ["GET /pets C token"]);
}

/// 10.71: SAM reads these authorizers differently, and a default authorizer may resolve to nothing.
#[test]
fn rejects_authorizers_that_sam_would_read_otherwise() {
    let event = &*rest_event("E", "get", "/pets", r#", "Auth": {"Authorizer": "C"}"#);
    let pool = USER_POOL.trim_end_matches('}');
    for authorizer in [
        // SAM would read the token from the `Authorization` header.
        format!(r#"{pool}, "Identity": {{"Fn::If": ["Always", {{"Header": "X-Token"}}, {{}}]}}}}"#),
        format!(r#"{{"Fn::If": ["Always", {USER_POOL}, {{}}]}}"#),
    ] {
        let auth = format!(r#""Auth": {{"Authorizers": {{"C": {authorizer}}}}}"#);
        refuses(&rest(&auth, &[("", event)]), "SAM reads this value before");
    }
    // SAM would treat this as a Lambda authorizer.
    let lambda = format!(r#"{pool}, "FunctionArn": {{"Ref": "AWS::NoValue"}}}}"#);
    refuses(&rest(&format!(r#""Auth": {{"Authorizers": {{"C": {lambda}}}}}"#), &[("", event)]), "a Lambda authorizer");
    // The API's value overrides that of `Globals`, and resolves to nothing.
    let auth = r#""Auth": {"DefaultAuthorizer": {"Ref": "AWS::NoValue"}, "Authorizers": {"J": %ISSUER}}"#;
    let template = http(auth, &[("", &http_event("E", "get", "/pets", ""))]);
    assert_eq!(routes_of(&template), ["GET /pets - open"]);
    let globals = r#"{"Globals": {"HttpApi": {"Auth": {"DefaultAuthorizer": "J"}}}, "#;
    refuses(&template.replacen('{', globals, 1), "SAM reads this value before");
}

/// 10.75: SAM also applies an event of type `HttpApi` to a REST API.
#[test]
fn rejects_an_event_of_an_http_api_for_a_rest_api() {
    let event = &*http_event("E", "get", "/pets", r#", "Auth": {"Authorizer": "C"}"#);
    let auth = r#""Auth": {"Authorizers": {"C": %POOL}}"#;
    for condition in ["", "Never"] {
        let template = rest(&rest_openapi("[]", auth), &[(condition, event)]);
        refuses(&template, "`HttpApi` cannot belong to an `AWS::Serverless::Api`");
    }
    let event = rest_event("E", "get", "/pets", "");
    refuses(&http(HTTP_DEFAULT, &[("", &event)]), "`Api` cannot belong to an `AWS::Serverless::HttpApi`");
}

/// 10.75: on an HTTP API, an operation with its own requirement does not get the default authorizer.
#[test]
fn rejects_an_api_key_in_place_of_the_default_authorizer() {
    let key = r#"{"type": "apiKey", "in": "header", "name": "x-api-key"}"#;
    let body = format!(
        r#"{HTTP_DEFAULT}, "DefinitionBody": {{"openapi": "3.0.1", "paths": {{"/pets": {{
          "get": {{%INTEGRATION, "security": [{{"key": []}}]}}
        }}}}, "components": {{"securitySchemes": {{"key": {key}}}}}}}"#
    );
    refuses(&http(&body, &[]), "an API key alone");
    // On a REST API the operation gets both.
    let body = format!(
        r#""Auth": {{"DefaultAuthorizer": "C", "Authorizers": {{"C": %POOL}}}}, "DefinitionBody": {{
          "swagger": "2.0", "paths": {{"/pets": {{"get": {{%INTEGRATION, "security": [{{"key": []}}]}}}}}},
          "securityDefinitions": {{"key": {key}}}
        }}"#
    );
    assert_eq!(routes_of(&rest(&body, &[])), ["GET /pets C token"]);
}
