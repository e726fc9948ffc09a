//! Compares the layer's responses with those of API Gateway, row by row.
//!
//! The rows are data: `tests/parity/*.json`. Each row names its row or section of `src/docs/behaviour.md` and the confidence in
//! it. A row contains a request, with a token made to order, and the expected result: status, every header, body and reason, or
//! the request that the inner service receives.
use std::{convert::Infallible, fs, path::Path, time::Duration};

use bytes::Bytes;
use cognito_authorizer::{
    AuthorizerBuilder, AuthorizerLayer, AuthorizerType, Claims, Rejection, RouteTable,
    gateway_response::{
        Challenges, CorsHeaders, GatewayResponse, GatewayResponses, InsufficientScope, WhenKeysUnavailable,
    },
    request_context::{AuthorizerContext, ClaimHeaders},
    route::{InnerRouter, RouteAuthorization, TrailingSlash},
    token::{AudiencePattern, BearerScheme, ExpectedTokenUse, IdentitySource, PatternTarget},
};
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response};
use http_body_util::{BodyExt, Full};
use serde_json::{Value, json};
use tower::{Layer, ServiceExt, service_fn};

use crate::support::{
    keys::{self, Answer, ScriptedKeys},
    tokens::*,
};

#[tokio::test]
async fn every_row_holds() {
    let specification = fs::read_to_string(root().join("src/docs/behaviour.md")).unwrap();
    let mut count = 0;
    let mut failures = Vec::new();
    for file in files() {
        let name = file.file_name().unwrap().to_str().unwrap().to_owned();
        let groups: Value = serde_json::from_str(&fs::read_to_string(&file).unwrap()).unwrap();
        for group in groups["groups"].as_array().unwrap() {
            let layer = layer(group);
            for row in group["rows"].as_array().unwrap() {
                let id = format!("{name} {} {}: {}", text(&group["about"]), text(&row["row"]), text(&row["why"]));
                assert!(is_named(&specification, text(&row["row"])), "{id}: no such row");
                let confidence = text(&row["confidence"]);
                // The crate's own decisions (section 10) are not observations of AWS.
                assert!(!text(&row["row"]).starts_with("10.") || confidence == "I", "{id}: {confidence}");
                assert!(
                    !confidence.is_empty() && confidence.chars().all(|c| "DVOEI/+".contains(c)),
                    "{id}: {confidence}"
                );
                if let Err(difference) = check(&layer, group, &groups["answers"], row).await {
                    failures.push(format!("{id}\n    {difference}"));
                }
                count += 1;
            }
        }
    }
    assert!(failures.is_empty(), "{} of {count} rows:\n{}", failures.len(), failures.join("\n"));
    assert!(count >= 400, "{count} rows");
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn files() -> Vec<std::path::PathBuf> {
    let entries = fs::read_dir(root().join("tests/parity")).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<_> = entries.collect();
    files.sort();
    files
}

/// Returns whether the specification has this row or section.
fn is_named(specification: &str, row: &str) -> bool {
    specification.contains(&format!("\n| {row} |")) || specification.contains(&format!("\n### {row} "))
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text"))
}

fn texts(value: &Value) -> Vec<&str> {
    value.as_array().unwrap_or_else(|| panic!("{value} is no list")).iter().map(text).collect()
}

/// Builds the layer of a group: an authorizer and its route table.
fn layer(group: &Value) -> AuthorizerLayer {
    let keys = ScriptedKeys::new();
    let all = [&*ID_KEY, &*ACCESS_KEY, &*RS384_KEY, &*RS512_KEY];
    let answer = match group["authorizer"]["keys"].as_str() {
        None => Answer::Document(jwk_set(all)),
        Some("none") => Answer::Failure,
        Some(other) => panic!("{other}"),
    };
    keys.set(ISSUER, answer);
    let mut builder = keys::builder(&keys);
    for (name, value) in group["authorizer"].as_object().into_iter().flatten() {
        builder = authorizer_setting(builder, name, value);
    }
    let authorizer_type = group["authorizer"]["type"].as_str().map(|name| name.parse().unwrap()).unwrap_or_default();
    let mut table = RouteTable::builder().authorizer_type(authorizer_type);
    for (name, value) in group["table"].as_object().into_iter().flatten() {
        table = match (name.as_str(), value) {
            ("stage", stage) => table.stage(text(stage)),
            ("trailing_slash", slash) if slash == "ignored" => table.trailing_slash(TrailingSlash::Ignored),
            ("trailing_slash", slash) if slash == "significant" => table.trailing_slash(TrailingSlash::Significant),
            ("inner_router", router) if router == "matched_route" => table.inner_router(InnerRouter::MatchedRoute),
            ("inner_router", router) if router == "any_order" => table.inner_router(InnerRouter::AnyOrder),
            ("ignore_case", _) => table.ignore_case(true),
            ("proxy_covers_root", _) => table.proxy_covers_root(true),
            ("strict_paths", _) => table.strict_paths(true),
            ("paths_as_sent", _) => table.dangerous().paths_as_sent(),
            ("hand_on_unknown_routes", _) => table.hand_on_unknown_routes(true),
            other => panic!("{other:?}"),
        };
    }
    match &group["routes"] {
        // Each route requires its own scope.
        Value::Array(routes) => {
            for (number, key) in routes.iter().enumerate() {
                table = table.scopes(text(key), [format!("route/{number}")]);
            }
        }
        routes => {
            for (key, rule) in routes.as_object().unwrap() {
                table = table.route(key, authorization(rule));
            }
        }
    }
    builder.build().unwrap().layer().routes(table.build().unwrap()).unwrap()
}

fn authorization(rule: &Value) -> RouteAuthorization {
    match rule {
        Value::String(open) if open == "open" => RouteAuthorization::open(),
        Value::String(token) if token == "token" => RouteAuthorization::guarded(),
        scopes => RouteAuthorization::with_scopes(texts(scopes)).unwrap(),
    }
}

fn authorizer_type(group: &Value) -> AuthorizerType {
    match group["authorizer"]["type"].as_str() {
        None | Some("COGNITO_USER_POOLS") => AuthorizerType::CognitoUserPools,
        Some("JWT") => AuthorizerType::Jwt,
        Some(other) => panic!("{other}"),
    }
}

fn authorizer_setting(builder: AuthorizerBuilder, name: &str, value: &Value) -> AuthorizerBuilder {
    match (name, value.as_str().unwrap_or_default()) {
        ("keys", _) => builder,
        ("type", "COGNITO_USER_POOLS") => builder.authorizer_type(AuthorizerType::CognitoUserPools),
        ("type", "JWT") => builder.authorizer_type(AuthorizerType::Jwt),
        ("identity_source", source) => builder.identity_source(source),
        ("intake", _) => builder.identity_source(intake(value)),
        ("token_use", "access") => builder.token_use(ExpectedTokenUse::Access),
        ("token_use", "id") => builder.token_use(ExpectedTokenUse::Id),
        ("token_use", "either") => builder.token_use(ExpectedTokenUse::Either),
        ("token_use", "by_scopes") => builder.token_use(ExpectedTokenUse::ByScopes),
        ("token_use", "unchecked") => builder.token_use(ExpectedTokenUse::Unchecked),
        ("app_clients", _) => builder.app_clients(texts(value)),
        ("audience", _) => builder.audience(texts(value)),
        ("any_app_client", _) => builder.any_app_client(true),
        ("audience_pattern", expression) => builder.audience_pattern(expression),
        ("token_pattern", expression) => {
            let pattern = expression.parse::<AudiencePattern>().unwrap().with_target(PatternTarget::RawToken);
            builder.audience_pattern(pattern)
        }
        ("leeway", _) => builder.leeway(Duration::from_secs(value.as_u64().unwrap())),
        ("not_before_leeway", _) => builder.not_before_leeway(Duration::from_secs(value.as_u64().unwrap())),
        ("insufficient_scope", "401") => builder.insufficient_scope(InsufficientScope::Unauthorized),
        ("insufficient_scope", "403") => builder.insufficient_scope(InsufficientScope::Forbidden),
        ("challenges", "never") => builder.challenges(Challenges::Never),
        ("challenges", "api_gateway") => builder.challenges(Challenges::ApiGateway),
        ("challenges", "rfc6750") => builder.challenges(Challenges::Rfc6750),
        ("when_keys_unavailable", "500") => builder.when_keys_unavailable(WhenKeysUnavailable::InternalServerError),
        ("when_keys_unavailable", "503") => builder.when_keys_unavailable(WhenKeysUnavailable::ServiceUnavailable),
        ("when_keys_unavailable", "401") => builder.when_keys_unavailable(WhenKeysUnavailable::Unauthorized),
        ("mimic_sigv4_fallback", _) => builder.mimic_sigv4_fallback(true),
        ("pass_preflight", _) => builder.pass_preflight(true),
        ("forward_token", _) => builder.forward_token(value.as_bool().unwrap()),
        ("claim_headers", _) => builder.claim_headers(claim_headers(value)),
        ("gateway_responses", _) => builder.gateway_responses(gateway_responses(value)),
        ("revoked_subject", subject) => {
            let subject = subject.to_owned();
            builder.revocation_check(move |claims| claims.subject() == subject)
        }
        other => panic!("{other:?}"),
    }
}

fn intake(settings: &Value) -> IdentitySource {
    let mut source = IdentitySource::default();
    for (name, value) in settings.as_object().unwrap() {
        source = match (name.as_str(), value.as_str().unwrap_or_default()) {
            ("bearer", "required") => source.with_bearer_scheme(BearerScheme::Required),
            ("bearer", "rejected") => source.with_bearer_scheme(BearerScheme::Rejected),
            other => panic!("{other:?}"),
        };
    }
    source
}

fn claim_headers(settings: &Value) -> ClaimHeaders {
    let headers = settings.as_object().unwrap().iter();
    let builder = headers.fold(ClaimHeaders::builder(), |builder, (name, claim)| match text(claim) {
        "$requestContext" => builder.request_context(name),
        claim => builder.claim(name, claim),
    });
    builder.build().unwrap()
}

fn gateway_responses(settings: &Value) -> GatewayResponses {
    let mut builder = GatewayResponses::builder();
    for (name, setting) in settings.as_object().unwrap() {
        builder = match name.as_str() {
            "cors" if setting["origins"] == "*" => builder.cors(CorsHeaders::any_origin()),
            "cors" => {
                let origins = texts(&setting["origins"]);
                let with_credentials = setting["credentials"] == true;
                let listed =
                    if with_credentials { CorsHeaders::origins_with_credentials } else { CorsHeaders::origins };
                builder.cors(listed(origins).unwrap())
            }
            "stageVariables" => {
                let variables = setting.as_object().unwrap().iter();
                variables.fold(builder, |builder, (name, value)| builder.stage_variable(name, text(value)))
            }
            response_type => {
                let mut response = GatewayResponse::new();
                if let Some(status) = setting["statusCode"].as_str() {
                    response = response.status(status.parse().unwrap());
                }
                for (name, value) in setting["responseParameters"].as_object().into_iter().flatten() {
                    response = response.header(name.strip_prefix("gatewayresponse.header.").unwrap(), text(value));
                }
                for (content_type, template) in setting["responseTemplates"].as_object().into_iter().flatten() {
                    response = response.template(content_type, text(template));
                }
                builder.response(response_type.parse().unwrap(), response)
            }
        };
    }
    builder.build().unwrap()
}

/// Builds a token to order: a valid token with the given changes.
fn token(order: &Value, scope: Option<&str>) -> String {
    let mut token = match order["use"].as_str().unwrap_or("access") {
        "access" => Token::access(),
        "user_access" => Token::user_access(),
        "id" => Token::id(),
        other => panic!("{other}"),
    };
    if let Some(scope) = scope {
        token = token.with("scope", scope);
    }
    for (claim, value) in order["claims"].as_object().into_iter().flatten() {
        let value = match value["now"].as_i64() {
            Some(offset) => json!(i64::try_from(NOW).unwrap() + offset),
            None => value.clone(),
        };
        token = token.with(claim, value);
    }
    for claim in order["without"].as_array().into_iter().flatten() {
        token = token.without(text(claim));
    }
    token = match order["key"].as_str() {
        None => token,
        Some("other pool") => token.by(&OTHER_POOL_KEY),
        Some("unknown") => token.by(&NEXT_KEY),
        Some("RS384") => token.by(&RS384_KEY),
        Some("RS512") => token.by(&RS512_KEY),
        Some(other) => panic!("{other}"),
    };
    for (member, value) in order["header"].as_object().into_iter().flatten() {
        token = token.with_header(member, value.clone());
    }
    for member in order["without_header"].as_array().into_iter().flatten() {
        token = token.without_header(text(member));
    }
    let signed = token.sign();
    match order["spoil"].as_str() {
        None => signed,
        Some("signature") => {
            let (rest, signature) = signed.rsplit_once('.').unwrap();
            let first = if signature.starts_with('A') { "B" } else { "A" };
            format!("{rest}.{first}{}", &signature[1..])
        }
        Some("no signature") => format!("{}.", signed.rsplit_once('.').unwrap().0),
        Some("two parts") => signed.rsplit_once('.').unwrap().0.to_owned(),
        Some("four parts") => format!("{signed}.x"),
        Some("padding") => format!("{signed}="),
        Some("claims") => {
            let parts: Vec<&str> = signed.split('.').collect();
            format!("{}.e30.{}", parts[0], parts[2])
        }
        Some(other) => panic!("{other}"),
    }
}

/// Returns the request that the inner service receives.
fn sees(request: &Request<Full<Bytes>>) -> Value {
    let mut headers = serde_json::Map::new();
    for (name, value) in request.headers() {
        let value = String::from_utf8(value.as_bytes().to_vec()).unwrap();
        let all = headers.entry(name.as_str()).or_insert_with(|| json!([]));
        all.as_array_mut().unwrap().push(value.into());
    }
    let claims = request.extensions().get::<Claims>();
    json!({ "subject": claims.map(Claims::subject), "target": request.uri().to_string(), "headers": headers })
}

async fn check(layer: &AuthorizerLayer, group: &Value, answers: &Value, row: &Value) -> Result<(), String> {
    let scope = match (&group["routes"], row["route"].as_str()) {
        // The token holds the one scope that its route requires. Without a route it holds all scopes.
        (Value::Array(routes), Some(route)) => {
            let number = routes.iter().position(|key| key == route).unwrap_or_else(|| panic!("no route {route}"));
            Some(format!("route/{number}"))
        }
        (Value::Array(routes), None) => {
            Some((0..routes.len()).map(|number| format!("route/{number}")).collect::<Vec<_>>().join(" "))
        }
        _ => None,
    };
    let token = token(&row["token"], scope.as_deref());
    let (method, target) = text(&row["request"]).split_once(' ').unwrap();
    let mut request =
        Request::builder().method(method).uri(target.replace("{token}", &token)).body(Full::default()).unwrap();
    let default_headers = json!([["authorization", "{token}"]]);
    let headers = if row["headers"].is_null() { &default_headers } else { &row["headers"] };
    for header in headers.as_array().unwrap() {
        let (name, value) = (text(&header[0]), text(&header[1]).replace("{token}", &token));
        let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
        request.headers_mut().append(name, HeaderValue::from_bytes(value.as_bytes()).unwrap());
    }
    let row_authorization = group["routes"].get(row["route"].as_str().unwrap_or_default()).map(authorization);
    let authorizer_type = authorizer_type(group);
    let inner = service_fn(move |request: Request<Full<Bytes>>| {
        let mut sees = sees(&request);
        if let (Some(claims), Some(rule)) = (request.extensions().get::<Claims>(), &row_authorization) {
            let context = AuthorizerContext::new(claims, authorizer_type, rule);
            sees["context"] = serde_json::to_string(&context).unwrap().into();
        }
        async move { Ok::<_, Infallible>(Response::new(Full::<Bytes>::from(sees.to_string()))) }
    });
    let response = layer.layer(inner).oneshot(request).await.unwrap();
    let reason = response.extensions().get::<Rejection>().map(|rejection| rejection.kind().as_str());
    let (parts, body) = response.into_parts();
    let body = String::from_utf8(body.collect().await.unwrap().to_bytes().to_vec()).unwrap();
    let expected = match &row["answer"] {
        Value::String(name) => &answers[name],
        inline => inline,
    };
    let reason = (reason != row["reason"].as_str()).then(|| format!("reason {reason:?}"));
    let difference = reason.or_else(|| match row["sees"].as_object() {
        Some(expected) => differs_inside(expected, &body, &token),
        None if expected.is_null() => (parts.status != 200).then(|| format!("status {}", parts.status)),
        None => differs(expected, parts.status.as_u16(), &parts.headers, &body),
    });
    difference.map_or(Ok(()), Err)
}

/// Returns how the request at the inner service differs from the expected one.
fn differs_inside(expected: &serde_json::Map<String, Value>, body: &str, token: &str) -> Option<String> {
    let Ok(seen) = serde_json::from_str::<Value>(body) else { return Some(format!("refused: {body}")) };
    for (what, expected) in expected {
        if what == "headers" {
            for (name, values) in expected.as_object().unwrap() {
                let values: Value = serde_json::from_str(&values.to_string().replace("{token}", token)).unwrap();
                if seen["headers"].get(name).unwrap_or(&json!([])) != &values {
                    return Some(format!("header {name}: {}", seen["headers"][name]));
                }
            }
        } else if &seen[what] != expected {
            return Some(format!("{what}: {}", seen[what]));
        }
    }
    None
}

/// Returns how a response differs from the expected one. `<uuid>` and `<id>` stand for the ids.
fn differs(expected: &Value, status: u16, headers: &HeaderMap, body: &str) -> Option<String> {
    if expected["status"] != status {
        return Some(format!("status {status}"));
    }
    if expected["body"] != body {
        return Some(format!("body {body}"));
    }
    let wanted = expected["headers"].as_object().unwrap();
    for (name, value) in headers {
        let value = value.to_str().unwrap();
        let holds = match wanted.get(name.as_str()).and_then(Value::as_str) {
            Some("<uuid>") => uuid_shaped(value),
            Some("<id>") => value.len() == 16 && value.ends_with('=') && !value.starts_with('='),
            Some(wanted) => wanted == value,
            None => false,
        };
        if !holds {
            return Some(format!("header {name}: {value}"));
        }
    }
    wanted.keys().find(|name| !headers.contains_key(*name)).map(|name| format!("no header {name}"))
}

fn uuid_shaped(value: &str) -> bool {
    let lengths: Vec<usize> = value.split('-').map(str::len).collect();
    lengths == [8, 4, 4, 4, 12] && value.bytes().all(|byte| byte == b'-' || byte.is_ascii_hexdigit())
}
