//! A custom renderer changes the responses to rejected requests, and no others.
use cognito_authorizer::{
    RejectionKind as No, RouteTable,
    gateway_response::{CorsHeaders, GatewayResponse, GatewayResponses, ResponseType},
};
use http::{HeaderValue, Response, Version};

use crate::support::{
    keys::{self, ScriptedKeys},
    requests::{request, scoped, send},
    tokens::*,
};

#[tokio::test]
async fn a_renderer_sees_the_rejection_and_has_the_last_word() {
    let responses = GatewayResponses::builder()
        .cors(CorsHeaders::any_origin())
        .render_with(|refusal, response| {
            assert_eq!(response.headers()["access-control-allow-origin"], "*");
            assert_eq!(response.headers()["x-amzn-requestid"], refusal.request_id());
            let text = format!(
                "{} {} {:?} {} {:?}",
                refusal.method(),
                refusal.uri(),
                refusal.route_key(),
                refusal.response_type().as_str(),
                refusal.message(),
            );
            assert_eq!(refusal.rejection().kind(), refusal.kind());
            assert_eq!(refusal.headers().get("x-sent").unwrap(), "by the caller");
            assert_eq!(format!("{refusal:?}"), "RejectedRequest { kind: MissingToken, .. }", "nothing that was sent");
            Response::builder().status(418).header("x-why", refusal.kind().as_str()).body(text.into()).unwrap()
        })
        .build()
        .unwrap();
    let authorizer = keys::builder(&ScriptedKeys::new()).gateway_responses(responses).build().unwrap();
    let table = RouteTable::builder().scopes("GET /pets/{id}", ["pets/read"]).build().unwrap();

    let mut sent = request("GET", "/pets/7?a=b", &[]);
    sent.headers_mut().insert("x-sent", HeaderValue::from_static("by the caller"));
    let answer = send(&authorizer.layer().routes(table).unwrap(), sent).await;
    assert_eq!(answer.status, 418);
    assert_eq!(answer.headers.len(), 1, "nothing is added to what it returns");
    assert_eq!(answer.headers["x-why"], "missing_token");
    assert_eq!(answer.body, r#"GET /pets/7?a=b Some("GET /pets/{id}") UNAUTHORIZED Some("Unauthorized")"#);
    assert_eq!(answer.reason, Some(No::MissingToken), "the reason is there for layers outside");

    let answer = send(&scoped(&authorizer), request("GET", "/", &[&Token::access().sign()])).await;
    assert_eq!((answer.status.as_u16(), answer.headers.len()), (200, 0), "the service's own responses are left alone");
}

#[test]
fn knows_the_21_types_by_their_names() {
    // `src/docs/behaviour.md`, section 2.2.
    let page = include_str!("../../src/docs/behaviour.md");
    let table = page.split("### 2.2 ").nth(1).unwrap().split("### 2.3 ").next().unwrap();
    let rows: Vec<(&str, &str)> = table
        .lines()
        .filter_map(|line| line.strip_prefix("| ")?.split_once(" | "))
        .filter(|(name, _)| name.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_'))
        .map(|(name, rest)| (name, rest.split(" | ").next().unwrap()))
        .collect();
    assert_eq!(rows.len(), 21);
    assert_eq!(ResponseType::ALL.len(), 21);
    for (name, status) in rows {
        let response_type: ResponseType = name.parse().unwrap();
        assert_eq!(response_type.as_str(), name);
        let own = response_type.status().map_or("null".to_owned(), |own| own.as_u16().to_string());
        assert_eq!(own, status, "{name}");
    }
}

/// `src/docs/behaviour.md`, section 2.3.5: `$context.protocol`, and a path variable without a value.
#[tokio::test]
async fn a_template_is_told_the_protocol() {
    let response = GatewayResponse::new()
        .template("text/plain", "$context.protocol $context.resourcePath [$method.request.path.other]");
    let responses = GatewayResponses::builder().response(ResponseType::Unauthorized, response).build().unwrap();
    let authorizer = keys::builder(&ScriptedKeys::new()).gateway_responses(responses).build().unwrap();
    let layer = authorizer.layer().routes(RouteTable::builder().guarded("GET /pets/{id}").build().unwrap()).unwrap();
    for (version, text) in [
        (Version::HTTP_10, "HTTP/1.0"),
        (Version::HTTP_11, "HTTP/1.1"),
        (Version::HTTP_2, "HTTP/2.0"),
        (Version::HTTP_3, "HTTP/3.0"),
    ] {
        let mut sent = request("GET", "/pets/7", &[]);
        *sent.version_mut() = version;
        assert_eq!(send(&layer, sent).await.body, format!("{text} /pets/{{id}} []"));
    }
}
