//! Section 4 of the attack list: the inner service chooses another route than the layer.
//!
//! Each attack is tried on axum itself with the same routes behind the layer, or by the reason of the rejection where the
//! server that falls for it is another one (`.ci/path-confusion` runs those).

use axum::{
    Router,
    body::Body,
    extract::Request,
    routing::{get, post},
};
use cognito_authorizer::{
    AuthorizerBuilder, AuthorizerLayer, AuthorizerType, RejectionKind as No, RouteTable, limits,
    route::{InnerRouter, RouteTableBuilder},
};
use http_body_util::BodyExt;
use tower::{Layer, ServiceExt};
use tower_http::normalize_path::NormalizePathLayer;

use crate::{
    rows::{builder, http_builder},
    support::{keys::ScriptedKeys, requests::request, requests::send, tokens::*},
};

/// A layer of a REST API and one of an HTTP API.
fn layers(table: RouteTableBuilder) -> [AuthorizerLayer; 2] {
    let keys = ScriptedKeys::new();
    let layer = |builder: AuthorizerBuilder, authorizer_type| {
        let table = table.clone().authorizer_type(authorizer_type).build().unwrap();
        builder.build().unwrap().layer().routes(table).unwrap()
    };
    [layer(builder(&keys), AuthorizerType::CognitoUserPools), layer(http_builder(&keys), AuthorizerType::Jwt)]
}

/// The status and body that a service answers a request without a token with.
async fn answer<S, B>(service: S, method: &str, path: &str, headers: &[(&str, &str)]) -> (u16, String)
where
    S: tower::Service<Request, Response = http::Response<B>, Error = std::convert::Infallible>,
    B: http_body::Body<Error: std::fmt::Debug>,
{
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let response = service.oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
    let status = response.status().as_u16();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    (status, String::from_utf8_lossy(&body).into_owned())
}

const BAD_REQUEST: (u16, &str) = (400, r#"{"message":"Bad Request"}"#);

fn is(answer: &(u16, String), expected: (u16, &str)) -> bool {
    (answer.0, answer.1.as_str()) == expected
}

#[tokio::test]
async fn t_pth_11_an_open_full_match_does_not_speak_for_a_guarded_greedy_route() {
    let app = Router::new().route("/{lang}/{page}", get(|| async { "open" }));
    let app = app.route("/admin/{*proxy}", get(|| async { "guarded" }));
    let table = || RouteTable::builder().open("GET /{lang}/{page}").scopes("ANY /admin/{proxy+}", ["pets/admin"]);
    assert!(is(&answer(app.clone(), "GET", "/admin/users", &[]).await, (200, "guarded")), "axum goes by the literal");
    let [rest, http] = layers(table());
    assert!(is(&answer(http.layer(app.clone()), "GET", "/admin/users", &[]).await, BAD_REQUEST));
    assert!(is(&answer(http.layer(app.clone()), "GET", "/en/users", &[]).await, (200, "open")));
    assert_eq!(answer(rest.layer(app.clone()), "GET", "/admin/users", &[]).await.0, 401);
    let [_, handed_on] = layers(table().hand_on_unknown_routes(true));
    assert!(is(&answer(handed_on.layer(app), "GET", "/admin/users", &[]).await, BAD_REQUEST));
}

#[tokio::test]
async fn t_pth_12_an_open_route_for_head_does_not_speak_for_a_guarded_get() {
    let app = Router::new().route("/reports/{id}", get(|| async { "guarded" }));
    let table = RouteTable::builder().open("HEAD /{proxy+}").scopes("GET /reports/{id}", ["pets/read"]);
    assert_eq!(
        answer(app.clone(), "HEAD", "/reports/1", &[]).await.0,
        200,
        "axum answers HEAD with what it has for GET"
    );
    for table in [table.clone(), table.inner_router(InnerRouter::AnyOrder)] {
        for layer in layers(table) {
            assert_eq!(answer(layer.layer(app.clone()), "HEAD", "/reports/1", &[]).await.0, 400);
            assert_eq!(answer(layer.layer(app.clone()), "HEAD", "/other", &[]).await.0, 404, "axum's own answer");
        }
    }
}

#[tokio::test]
async fn t_pth_13_slashes_at_the_end_do_not_lead_to_a_guarded_route() {
    let routes = Router::new().route("/users/{id}/notes/{note}", get(|| async { "guarded" }));
    let app = NormalizePathLayer::trim_trailing_slash().layer(routes);
    let table = RouteTable::builder().open("$default").scopes("GET /users/{id}/notes/{note}", ["pets/read"]);
    for path in ["/users//notes/1//", "/users/1/notes/2//"] {
        assert!(is(&answer(app.clone(), "GET", path, &[]).await, (200, "guarded")), "{path}");
        for layer in layers(table.clone()) {
            assert!(is(&answer(layer.layer(app.clone()), "GET", path, &[]).await, BAD_REQUEST), "{path}");
        }
    }
}

#[tokio::test]
async fn t_pth_14_dots_and_blanks_at_the_end_of_a_segment_do_not_lead_to_a_guarded_route() {
    let table = RouteTable::builder().open("ANY /{proxy+}").scopes("ANY /admin", ["pets/admin"]);
    for layer in layers(table.scopes("ANY /admin/{proxy+}", ["pets/admin"])) {
        for path in
            ["/admin.", "/admin%20", "/admin%20.", "/admin%2e%2e%2e", "/admin./users", "/admin%20/users", "/admin.%20"]
        {
            assert_eq!(send(&layer, request("GET", path, &[])).await.reason, Some(No::AmbiguousPath), "{path}");
        }
        for path in ["/report.", "/a%20/b.", "/.admin"] {
            assert_eq!(send(&layer, request("GET", path, &[])).await.reason, None, "{path}");
        }
    }
}

#[tokio::test]
async fn t_pth_15_the_order_of_registration_does_not_lead_to_a_guarded_route() {
    let table = RouteTable::builder().open("GET /news/{id}").scopes("GET /{section}/drafts", ["pets/read"]);
    for layer in layers(table.clone().inner_router(InnerRouter::AnyOrder)) {
        assert_eq!(send(&layer, request("GET", "/news/drafts", &[])).await.reason, Some(No::AmbiguousPath));
        assert_eq!(send(&layer, request("GET", "/news/7", &[])).await.reason, None);
    }
    for layer in layers(table) {
        assert_eq!(send(&layer, request("GET", "/news/drafts", &[])).await.reason, None, "literal first from the left");
    }
    // A route that covers every request of the chosen one was added later, but it may take what the chosen one does not cover.
    let table = RouteTable::builder().open("GET /news/{id}").scopes("ANY /{proxy+}", ["pets/read"]);
    for layer in layers(table.inner_router(InnerRouter::AnyOrder)) {
        assert_eq!(send(&layer, request("GET", "/news/7", &[])).await.reason, None);
        assert_eq!(send(&layer, request("GET", "/news/7%2f8", &[])).await.reason, Some(No::AmbiguousPath));
    }
    // Variables take the empty segment at the end in Fastify, and wildcards in Express.
    let table = RouteTable::builder().open("$default").scopes("GET /users/{id}", ["pets/read"]);
    let table = table.scopes("GET /files/{proxy+}", ["pets/read"]);
    for (router, expected) in [(InnerRouter::AnyOrder, Some(No::AmbiguousPath)), (InnerRouter::LiteralFirst, None)] {
        for layer in layers(table.clone().inner_router(router)) {
            for path in ["/users/", "/files/"] {
                assert_eq!(send(&layer, request("GET", path, &[])).await.reason, expected, "{path}");
            }
        }
    }
    // And the root itself, in Express and Fastify.
    let table = RouteTable::builder().open("$default").scopes("GET /{id}", ["pets/read"]).stage("prod");
    for layer in layers(table.inner_router(InnerRouter::AnyOrder)) {
        assert_eq!(send(&layer, request("GET", "/prod", &[])).await.reason, Some(No::AmbiguousPath));
        assert_eq!(send(&layer, request("POST", "/prod", &[])).await.reason, None);
    }
}

#[tokio::test]
async fn t_pth_16_another_case_does_not_lead_to_a_guarded_route() {
    const ROUTERS: [InnerRouter; 2] = [InnerRouter::LiteralFirst, InnerRouter::AnyOrder];
    let table = RouteTable::builder().open("ANY /{proxy+}").scopes("ANY /admin", ["pets/admin"]);
    for layer in ROUTERS.map(|router| layers(table.clone().ignore_case(true).inner_router(router))).concat() {
        for path in ["/Admin", "/ADMIN", "/%41dmin", "/adm%C4%B1n", "/adm\u{131}n"] {
            assert_eq!(send(&layer, request("GET", path, &[])).await.reason, Some(No::AmbiguousPath), "{path}");
        }
        assert_eq!(send(&layer, request("GET", "/Other", &[])).await.reason, None);
    }
    for layer in layers(table) {
        assert_eq!(send(&layer, request("GET", "/Admin", &[])).await.reason, None, "5.1.10: case counts");
    }
    let table = RouteTable::builder().open("ANY /{proxy+}").scopes("ANY /Admin", ["pets/admin"]);
    for layer in ROUTERS.map(|router| layers(table.clone().ignore_case(true).inner_router(router))).concat() {
        for path in ["/admin", "/ADMIN"] {
            assert_eq!(send(&layer, request("GET", path, &[])).await.reason, Some(No::AmbiguousPath), "{path}");
        }
        assert_eq!(send(&layer, request("GET", "/other", &[])).await.reason, None);
    }
    // Once case is ignored, a router may also take its routes in another order.
    let table = RouteTable::builder().open("GET /news/{id}").scopes("GET /{section}/drafts", ["pets/read"]);
    for layer in layers(table.ignore_case(true)) {
        assert_eq!(send(&layer, request("GET", "/news/Drafts", &[])).await.reason, Some(No::AmbiguousPath));
    }
}

/// What Express's `method-override`, Rack and others do: the method that the service takes is another one.
async fn overriding(request: Request) -> Request {
    let (mut parts, body) = request.into_parts();
    if let Some(method) = parts.headers.get("x-http-method-override") {
        parts.method = method.to_str().unwrap().to_uppercase().parse().unwrap();
    }
    Request::from_parts(parts, body)
}

#[tokio::test]
async fn t_pth_17_another_name_of_the_method_or_path_does_not_lead_to_a_guarded_route() {
    let routes = Router::new().route("/items", post(|| async { "open" }).delete(|| async { "guarded" }));
    let app = axum::middleware::map_request(overriding).layer(routes);
    let table = RouteTable::builder().open("POST /items").scopes("DELETE /items", ["pets/write"]);
    let delete = [("x-http-method-override", "delete")];
    assert!(is(&answer(app.clone(), "POST", "/items", &delete).await, (200, "guarded")));
    for layer in layers(table.open("GET /public").scopes("GET /secret", ["pets/read"])) {
        assert!(is(&answer(layer.layer(app.clone()), "POST", "/items", &delete).await, BAD_REQUEST));
        assert!(is(&answer(layer.layer(app.clone()), "POST", "/items", &[]).await, (200, "open")));
        for (method, target, header) in [
            ("POST", "/items?_method=DELETE", ("accept", "*/*")),
            ("POST", "/items?a=b&_METHOD=delete", ("accept", "*/*")),
            ("POST", "/items?%5fmethod=DELETE", ("accept", "*/*")),
            ("POST", "/items", ("x-http-method-override", "POST, DELETE")),
            ("POST", "/items", ("x-method-override", "DELETE")),
            ("POST", "/items", ("x-http-method", "DELETE")),
            ("GET", "/public", ("x-original-url", "/secret")),
            ("GET", "/public", ("x-rewrite-url", "/%73ecret")),
        ] {
            let (status, _) = answer(layer.layer(app.clone()), method, target, &[header]).await;
            assert_eq!(status, 400, "{method} {target} {header:?}");
        }
        let (status, _) = answer(layer.layer(app.clone()), "GET", "/public", &[("x-original-url", "/public")]).await;
        assert_eq!(status, 404, "axum's own answer");
    }
    // More methods than are looked at.
    let token = Token::access().sign();
    for layer in layers(RouteTable::builder().scopes("POST /items", ["pets/read"])) {
        for (count, expected) in
            [(limits::MAX_METHOD_OVERRIDES, None), (limits::MAX_METHOD_OVERRIDES + 1, Some(No::AmbiguousPath))]
        {
            let methods: Vec<String> = (0..count).map(|number| format!("X{number}")).collect();
            let mut request = request("POST", "/items", &[&token]);
            request.headers_mut().insert("x-http-method-override", methods.join(",").parse().unwrap());
            assert_eq!(send(&layer, request).await.reason, expected, "{count} methods");
        }
        let others = |count: usize| format!("/items?{}_method=POST", "a&".repeat(count - 1));
        let longer = |length: usize| format!("/items?{}", "a".repeat(length - "/items?".len()));
        for (target, path, expected) in [
            (others(limits::MAX_OVERRIDE_PARAMETERS), None, None),
            (others(limits::MAX_OVERRIDE_PARAMETERS + 1), None, Some(No::AmbiguousPath)),
            ("/items".to_owned(), Some(longer(limits::MAX_OVERRIDE_BYTES)), None),
            ("/items".to_owned(), Some(longer(limits::MAX_OVERRIDE_BYTES + 1)), Some(No::AmbiguousPath)),
            (format!("/items?_method=POST,{}", "a".repeat(limits::MAX_OVERRIDE_BYTES)), None, Some(No::AmbiguousPath)),
        ] {
            let mut request = request("POST", &target, &[&token]);
            if let Some(path) = path {
                request.headers_mut().insert("x-original-url", path.parse().unwrap());
            }
            assert_eq!(send(&layer, request).await.reason, expected, "{} bytes", target.len());
        }
    }
    // Where a proxy strips the stage, the header may name the path without it.
    let table = RouteTable::builder().scopes("GET /me", ["pets/read"]).scopes("GET /admin", ["pets/admin"]);
    for layer in layers(table.stage("prod")) {
        for (path, expected) in [("/me", None), ("/admin", Some(No::AmbiguousPath))] {
            let mut request = request("GET", "/prod/me", &[&token]);
            request.headers_mut().insert("x-original-url", path.parse().unwrap());
            assert_eq!(send(&layer, request).await.reason, expected, "{path}");
        }
    }
}
