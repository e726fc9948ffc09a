//! Section 4 of the attack list: path, method and route confusion.

use axum::{Router, body::Body, routing::get};
use cognito_authorizer::{
    AuthorizerLayer, AuthorizerType, RejectionKind as No, RouteTable,
    route::{InnerRouter, NoRoute, RouteAuthorization, RouteTableBuilder},
};
use http::{Method, Request, Uri};
use http_body_util::Full;
use tower::ServiceExt;

use crate::{
    rows::{builder, http_builder},
    support::{
        keys::ScriptedKeys,
        requests::{request, send},
        tokens::*,
    },
};

/// Open routes beside guarded ones that they must not lead to.
pub(super) fn table() -> RouteTableBuilder {
    RouteTable::builder()
        .open("GET /open")
        .open("GET /open/{proxy+}")
        .open("GET /open/$x/{proxy+}")
        .open("GET /pets/{id}")
        .scopes("GET /pets/secret", ["pets/read"])
        .scopes("GET /open/{id}/secret", ["pets/read"])
        .scopes("GET /open/{id}/items:all", ["pets/read"])
        .scopes("ANY /admin", ["pets/admin"])
        .scopes("ANY /admin/{proxy+}", ["pets/admin"])
}

pub(super) fn layer(table: RouteTableBuilder) -> AuthorizerLayer {
    builder(&ScriptedKeys::new()).build().unwrap().layer().routes(table.build().unwrap()).unwrap()
}

async fn reason_for(layer: &AuthorizerLayer, method: &str, path: &str) -> Option<No> {
    send(layer, request(method, path, &[])).await.reason
}

#[tokio::test]
async fn t_pth_1_a_path_that_means_two_things_opens_nothing() {
    let layer = layer(table());
    for path in [
        "/open",
        "/open/",
        "/open/x/y",
        "/open//x",
        "/pets/7",
        "/open/a%20b",
        "/open/%C3%A4",
        "/open/%e4",
        "/pets/J%e4ger",
        "/open/ä",
    ] {
        assert_eq!(reason_for(&layer, "GET", path).await, None, "{path} is open");
    }
    for path in [
        "/open/../admin",
        "/open/..",
        "/open/%2e%2e/admin",
        "/open/%2E%2e/admin",
        "/open/.%2e/admin",
        "/open/%2e./admin",
        "/open/./admin",
        "/open/%2e/admin",
        "/open/..;/admin",
        "/open/..;x=y/admin",
        "/open/%2e%2e;/admin",
        "/open/%252e%252e/admin",
        "/open/%25252e%25252e/admin",
        "/open/..%2fadmin",
        "/open/..%5cadmin",
        "/open/..%252fadmin",
        "/open/%2e%2e%2fadmin",
        "/open/x%00",
        "/open/%2500",
        "/open/%0d%0a",
        "/open/%7f",
        "/open/%5cx",
        "/open/%c0%ae%c0%ae/admin",
        "/open/%c1%9c",
        "/open/%e0%80%ae",
        "/open/%f0%80%80%ae",
        "/open/%f8%80%80%80%ae",
        "/open/%fc%80%80%80%80%ae",
        "//open",
        "//open/admin",
        "///open/admin",
        "/pets/%73ecret",
        "/pets/secre%74",
        "/pets/%2573ecret",
        "/pets/secret;x=y",
        "/open/7/secret;x/y",
        "/pets/secret%3bx",
        "/pets/secret%3fx",
        "/pets/secret%23x",
        "/pets/%2fsecret",
        "/pets/secret%2f",
        "/open/a%2fb/%73ecret",
        "/open/a%2Fb/secre%74",
        "/open/a%252fb/%73ecret",
        "/open/a%2fb/items%3aall",
        "/open/%24x/%73ecret",
        "/open/%24x%2fsecret",
        "/open/%24x%2f%73ecret",
        // A segment of nothing, for a router whose variables take it.
        "/open//secret",
        // What is not UTF-8, for a service that leaves it out.
        "/pets/%ffsecret",
        "/pets/sec%80ret",
        "/pets/secret%e2%82",
        "/pets/%25ffsecret",
        "/open/%ff../admin",
        "/open/.%80./admin",
        // Open by the letter, and no route at all once it is decoded.
        "/pets/a%2fb",
        "/pets/%ff",
    ] {
        assert_eq!(reason_for(&layer, "GET", path).await, Some(No::AmbiguousPath), "{path}");
    }
    // Read in one way alone, and that one is guarded or nothing.
    for (path, expected) in [
        ("/admin", No::MissingToken),
        ("/admin/", No::MissingToken),
        ("/admin/x", No::MissingToken),
        ("/admin/%ff", No::MissingToken),
        ("//admin", No::MissingToken),
        ("//host/admin", No::NoRoute),
        ("/pets/secret", No::MissingToken),
        ("/pets/secret/", No::MissingToken),
        ("/admin/%2561", No::MissingToken),
        ("/ADMIN", No::NoRoute),
        ("/Open", No::NoRoute),
        ("/open%2fx", No::NoRoute),
        ("/", No::NoRoute),
        ("/pets", No::NoRoute),
    ] {
        assert_eq!(reason_for(&layer, "GET", path).await, Some(expected), "{path}");
    }
    // Forms of a target that are no path, and one that holds it.
    for (target, expected) in [
        ("http://evil.example/admin", Some(No::MissingToken)),
        ("http://evil.example/open", None),
        ("http://evil.example/open/../admin", Some(No::AmbiguousPath)),
        ("http://evil.example", Some(No::NoRoute)),
        ("evil.example:80", Some(No::NoRoute)),
        ("*", Some(No::NoRoute)),
    ] {
        assert_eq!(reason_for(&layer, "GET", target).await, expected, "{target}");
    }
    // `hyper` does not hand these on, so they are asked of the table. A fragment would be cut off.
    let table = table().build().unwrap();
    for (path, expected) in [
        ("", NoRoute::NotFound),
        ("open", NoRoute::NotFound),
        ("/open/\\x", NoRoute::Ambiguous),
        ("/open/\\..\\admin", NoRoute::Ambiguous),
        ("/open/\0", NoRoute::Ambiguous),
        ("/open/\u{7f}", NoRoute::Ambiguous),
    ] {
        assert_eq!(table.find(&Method::GET, path).unwrap_err(), expected, "{path:?}");
    }
    let fragment: Uri = "/open#/admin".parse().unwrap();
    assert_eq!(fragment.path(), "/open");
    // As many segments, and as long, as is looked at.
    let long = format!("/open/{}", "x/".repeat(200));
    assert_eq!(reason_for(&layer, "GET", &long).await, Some(No::AmbiguousPath));
    assert_eq!(reason_for(&layer, "GET", &format!("/open/{}", "x".repeat(10_300))).await, Some(No::AmbiguousPath));
    assert_eq!(reason_for(&layer, "GET", &format!("/open/%{}", "25".repeat(40))).await, Some(No::AmbiguousPath));
    let long = format!("/open/{}%{}", "x".repeat(9_000), "25".repeat(10));
    assert_eq!(reason_for(&layer, "GET", &long).await, Some(No::AmbiguousPath));
    // What is no way round a guarded route is none round the whole API either.
    let staged = builder(&ScriptedKeys::new())
        .build()
        .unwrap()
        .layer()
        .routes(self::table().stage("prod").build().unwrap())
        .unwrap();
    assert_eq!(reason_for(&staged, "GET", "/prod/open").await, None);
    assert_eq!(reason_for(&staged, "GET", "//prod/open").await, Some(No::AmbiguousPath), "`prod` may be a host");
    for path in ["/open", "/prodx/open", "/PROD/open", "/", "/%70rod/open"] {
        assert_eq!(reason_for(&staged, "GET", path).await, Some(No::UnknownStage), "{path}");
    }
    // Strict paths take no escaped slash and no path parameter at all.
    let strict = self::layer(self::table().strict_paths(true));
    assert_eq!(reason_for(&strict, "GET", "/open/a%20b").await, None);
    for path in ["/open/a%2fb", "/open/a;b", "/open/a%3bb"] {
        assert_eq!(reason_for(&self::layer(self::table()), "GET", path).await, None, "{path}: all of it is open");
        assert_eq!(reason_for(&strict, "GET", path).await, Some(No::AmbiguousPath), "{path}");
    }
    // Also where the inner service dispatches by the matched route, and other readings of the path do not count (10.90).
    let by_matched_route = self::layer(self::table().inner_router(InnerRouter::MatchedRoute));
    assert_eq!(reason_for(&by_matched_route, "GET", "/open/a%2fb/%73ecret").await, None);
    for path in [
        "/open/../admin",
        "/open/%2e%2e/admin",
        "/open/..;/admin",
        "/open/%5cx",
        "/open/x%00",
        "/open/%7f",
        "/open/%c0%ae",
        "/open/%c1%9c",
        "/open/%e0%80%ae",
        "/open/%f0%80%80%ae",
        "/open/%f8%80%80%80%ae",
        "/open/%fc%80%80%80%80%ae",
    ] {
        assert_eq!(reason_for(&by_matched_route, "GET", path).await, Some(No::AmbiguousPath), "{path}");
    }
    // Paths that a single step of 10.2 leads to a guarded route.
    let nested = RouteTable::builder().open("$default").scopes("ANY /admin/{proxy+}", ["pets/admin"]);
    let nested = self::layer(nested.scopes("GET /a/b", ["pets/read"]).scopes("GET /c/{id}/d", ["pets/read"]));
    for (path, expected) in [
        ("/admin;x/users", Some(No::AmbiguousPath)),
        ("/a//b", Some(No::AmbiguousPath)),
        ("//c//d", Some(No::AmbiguousPath)),
        ("//host/a/b", Some(No::AmbiguousPath)),
        ("/c;x/d", None),
        ("/b//a", None),
        ("//d//c", None),
    ] {
        assert_eq!(reason_for(&nested, "GET", path).await, expected, "{path}");
    }
    // A slash at the end, where it makes a difference.
    let http = http_builder(&ScriptedKeys::new()).build().unwrap();
    let table = RouteTable::builder().authorizer_type(AuthorizerType::Jwt).scopes("GET /a", ["x"]);
    let http = http.layer().routes(table.open("GET /{proxy+}").build().unwrap()).unwrap();
    assert_eq!(reason_for(&http, "GET", "/a").await, Some(No::MissingToken));
    assert_eq!(reason_for(&http, "GET", "/a/").await, Some(No::AmbiguousPath));
    assert_eq!(reason_for(&http, "GET", "/b/").await, None);
}

#[tokio::test]
async fn t_pth_3_a_query_is_not_a_part_of_the_path() {
    let layer = layer(table());
    for (target, expected) in [
        ("/open?/../admin", None),
        ("/open?x=/admin", None),
        ("/admin?/open", Some(No::MissingToken)),
        ("/admin?x=y#/open", Some(No::MissingToken)),
        ("/admin/?/../open", Some(No::MissingToken)),
        ("/elsewhere?/open", Some(No::NoRoute)),
        ("/pets/secret%3f/open", Some(No::NoRoute)),
    ] {
        assert_eq!(reason_for(&layer, "GET", target).await, expected, "{target}");
    }
}

#[tokio::test]
async fn t_pth_5_the_method_is_the_one_of_the_request_line() {
    let routes = RouteTable::builder()
        .open("GET /a")
        .scopes("POST /a", ["pets/admin"])
        .scopes("GET /b", ["pets/admin"])
        .open("ANY /b")
        .scopes("ANY /c", ["pets/admin"])
        .open("GET /d")
        .scopes("$default", ["pets/admin"]);
    let layer = layer(routes);
    for (method, path, expected) in [
        ("GET", "/a", None),
        ("POST", "/a", Some(No::MissingToken)),
        ("DELETE", "/a", Some(No::MissingToken)),
        ("get", "/a", Some(No::NoRoute)),
        ("Get", "/a", Some(No::NoRoute)),
        ("post", "/a", Some(No::NoRoute)),
        ("GET", "/b", Some(No::MissingToken)),
        ("PUT", "/b", None),
        ("HEAD", "/b", Some(No::AmbiguousPath)),
        ("HEAD", "/c", Some(No::MissingToken)),
        ("TRACE", "/c", Some(No::NoRoute)),
        ("CONNECT", "/c", Some(No::NoRoute)),
        ("PROPFIND", "/c", Some(No::NoRoute)),
        ("GETX", "/a", Some(No::NoRoute)),
    ] {
        assert_eq!(reason_for(&layer, method, path).await, expected, "{method} {path}");
    }
    // What answers HEAD where the path is read otherwise is what is guarded for GET.
    let head = self::layer(RouteTable::builder().open("ANY /{proxy+}").scopes("GET /secret", ["pets/admin"]));
    for (path, expected) in [
        ("/public%2fx", None),
        ("/secret", Some(No::AmbiguousPath)),
        ("/%73ecret", Some(No::AmbiguousPath)),
        ("/secret;x", Some(No::AmbiguousPath)),
    ] {
        assert_eq!(reason_for(&head, "HEAD", path).await, expected, "HEAD {path}");
    }
    // What no route covers may be handed on, but not where another method is guarded.
    let handed_on = RouteTable::builder().scopes("POST /a", ["x"]).scopes("POST /b/{proxy+}", ["x"]);
    let handed_on = self::layer(handed_on.hand_on_unknown_routes(true));
    for (path, expected) in [
        ("/b", None),
        ("/c/", None),
        ("/a", Some(No::NoRoute)),
        ("/b/x", Some(No::NoRoute)),
        ("/%61", Some(No::AmbiguousPath)),
    ] {
        assert_eq!(reason_for(&handed_on, "GET", path).await, expected, "handed on: {path}");
    }
    let by_slash = RouteTable::builder().open("GET /{a}").scopes("GET /{proxy+}", ["x"]).hand_on_unknown_routes(true);
    let by_slash = self::layer(by_slash);
    assert_eq!(reason_for(&by_slash, "POST", "/x").await, None);
    assert_eq!(reason_for(&by_slash, "POST", "/x/").await, Some(No::AmbiguousPath));
    // Headers that say which method another server was asked for; T-PTH-17 has those that a service takes for its own.
    for name in ["x-forwarded-method", "x-original-method"] {
        for (method, sent, expected) in [("POST", "GET", Some(No::MissingToken)), ("GET", "POST", None)] {
            let mut request = request(method, "/a", &[]);
            request.headers_mut().insert(name, sent.parse().unwrap());
            assert_eq!(send(&layer, request).await.reason, expected, "{name}: {sent}");
        }
    }
    for (name, value) in
        [("x-forwarded-uri", "/a"), ("x-original-url", "/a"), ("x-rewrite-url", "/a"), ("x-forwarded-prefix", "/a")]
    {
        let mut request = request("GET", "/c", &[]);
        request.headers_mut().insert(name, value.parse().unwrap());
        assert_eq!(send(&layer, request).await.reason, Some(No::MissingToken), "{name}");
    }
}

#[tokio::test]
async fn t_pth_6_a_grpc_call_has_one_name() {
    let routes = RouteTable::builder().open("POST /pets.Pets/List").scopes("POST /pets.Pets/Make", ["pets/write"]);
    let layer = layer(routes);
    for (path, expected) in [
        ("/pets.Pets/List", None),
        ("/pets.Pets/Make", Some("16")),
        ("//pets.Pets/Make", Some("16")),
        ("/pets.Pets/make", Some("7")),
        ("/PETS.Pets/List", Some("7")),
        ("/pets.Pets/List/x", Some("7")),
        ("/x/pets.Pets/List", Some("7")),
        ("/pets.Pets", Some("7")),
        ("/pets.Pets/Lis%74", Some("7")),
        ("pets.Pets", Some("7")),
    ] {
        let request = Request::builder().method("POST").uri(path).header("content-type", "application/grpc");
        let answer = send(&layer, request.body(Full::default()).unwrap()).await;
        let status = answer.headers.get("grpc-status").map(|status| status.to_str().unwrap());
        assert_eq!(status, expected, "{path}");
        assert_eq!(answer.reason.is_some(), expected.is_some(), "{path}");
    }
    let table = RouteTable::builder().open("POST /pets.Pets/List").build().unwrap();
    assert_eq!(table.find(&Method::POST, "pets.Pets/List"), Err(NoRoute::NotFound), "no slash in front");
}

#[tokio::test]
async fn t_pth_7_a_claimed_identity_lets_no_request_pass() {
    let layer = layer(table());
    for agent in ["kube-probe/1.32", "GoogleHC/1.0", "ELB-HealthChecker/2.0", "Amazon CloudFront", "GitHub-Hookshot/1"]
    {
        for (path, expected) in
            [("/admin/health", Some(No::MissingToken)), ("/health", Some(No::NoRoute)), ("/open", None)]
        {
            let mut request = request("GET", path, &[]);
            let headers = request.headers_mut();
            headers.insert("user-agent", agent.parse().unwrap());
            headers.insert("x-forwarded-for", "127.0.0.1".parse().unwrap());
            headers.insert("x-real-ip", "127.0.0.1".parse().unwrap());
            assert_eq!(send(&layer, request).await.reason, expected, "{agent}: {path}");
        }
    }
}

#[tokio::test]
async fn t_pth_8_only_a_true_preflight_passes() {
    let keys = ScriptedKeys::new();
    let passing =
        builder(&keys).pass_preflight(true).build().unwrap().layer().routes(table().build().unwrap()).unwrap();
    let (origin, method) = (("origin", "https://page.example"), ("access-control-request-method", "GET"));
    for (verb, path, headers, expected, why) in [
        ("OPTIONS", "/admin", &[origin, method][..], None, "a preflight"),
        ("OPTIONS", "/admin", &[origin, method, ("content-length", "0")], None, "with a body of no bytes"),
        ("OPTIONS", "/admin", &[], Some(No::MissingToken), "OPTIONS alone"),
        ("OPTIONS", "/admin", &[origin], Some(No::MissingToken), "without the method that is to come"),
        ("OPTIONS", "/admin", &[method], Some(No::MissingToken), "without an origin"),
        ("OPTIONS", "/admin", &[origin, method, ("content-length", "1")], Some(No::MissingToken), "with a body"),
        (
            "OPTIONS",
            "/admin",
            &[origin, method, ("transfer-encoding", "chunked")],
            Some(No::MissingToken),
            "with a body",
        ),
        ("GET", "/admin", &[origin, method], Some(No::MissingToken), "another method"),
        ("options", "/admin", &[origin, method], Some(No::NoRoute), "in lower case"),
        ("OPTIONS", "/open/../admin", &[origin, method], Some(No::AmbiguousPath), "of two paths"),
    ] {
        let request = Request::builder().method(verb).uri(path);
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        let reason = send(&passing, request.body(Full::default()).unwrap()).await.reason;
        assert_eq!(reason, expected, "{why}");
    }
    let preflight = |body: &'static str| {
        let request = Request::builder().method("OPTIONS").uri("/admin").header(origin.0, origin.1);
        request.header(method.0, method.1).body(Full::from(body)).unwrap()
    };
    let reason = send(&layer(table()), preflight("")).await.reason;
    assert_eq!(reason, Some(No::MissingToken), "unless it is asked for, it is a request like any other");
    let reason = send(&passing, preflight("x")).await.reason;
    assert_eq!(reason, None, "a body that no header announces, as over HTTP/2, is not seen: the threat model says so");
}

#[tokio::test]
async fn t_pth_9_a_rule_of_a_route_comes_on_top_of_the_one_for_all() {
    let authorizer = builder(&ScriptedKeys::new()).build().unwrap();
    let of = |scope: &str| authorizer.layer().scopes([scope]).unwrap();
    let open_to_all = authorizer.layer().routes(RouteTable::builder().open("ANY /pets").build().unwrap()).unwrap();
    let token = |scope: &str| Token::access().with("scope", scope).sign();
    let app = Router::new().route("/pets", get(|| async { "pets" }).route_layer(of("pets/read")));
    for (app, scope, expected) in [
        (app.clone().layer(of("pets/admin")), "pets/read", 401),
        (app.clone().layer(of("pets/admin")), "pets/admin", 401),
        (app.clone().layer(of("pets/admin")), "pets/admin pets/read", 200),
        (app.clone().layer(open_to_all.clone()), "pets/read", 200),
        (app.layer(open_to_all), "x", 401),
    ] {
        let request = Request::get("/pets").header("authorization", token(scope)).body(Body::empty()).unwrap();
        assert_eq!(app.oneshot(request).await.unwrap().status(), expected, "{scope}");
    }
    // Nor does a table inside a nested router take a part of the path for the whole.
    let passing = builder(&ScriptedKeys::new()).pass_preflight(true).build().unwrap();
    let nested = |at: &str, table: RouteTableBuilder| {
        let inner = Router::new().route("/health", get(|| async { "ok" }));
        Router::new().nest(at, inner.layer(passing.layer().routes(table.build().unwrap()).unwrap()))
    };
    let open = || RouteTable::builder().open("GET /health");
    let two_meanings =
        || nested("/{x}", RouteTable::builder().open("ANY /health").open("ANY /{x}/health").guarded("ANY /a/b/health"));
    let any = || RouteTable::builder().open("ANY /{proxy+}").guarded("GET /api/health");
    for (app, method, path, expected, why) in [
        (nested("/api", open()), "GET", "/api/health", 200, "there is no rule for the whole"),
        (nested("/api", open().open("POST /api/health")), "GET", "/api/health", 200, "nor one that guards it"),
        (nested("/api", open().guarded("GET /api/health")), "GET", "/api/health", 400, "the whole is guarded"),
        (nested("/api", open().guarded("POST /api/health")), "GET", "/api/health", 400, "for another method"),
        (nested("/api", any()), "HEAD", "/api/health", 400, "what answers GET answers HEAD"),
        (nested("/{x}", any()), "HEAD", "/%61pi/health", 400, "however it is read"),
        (nested("/{x}", any()), "HEAD", "/pub/health", 200, "which is guarded nowhere"),
        (two_meanings(), "GET", "/a%2fb/health", 400, "the whole means two things"),
        (two_meanings(), "OPTIONS", "/a%2fb/health", 400, "for a preflight too"),
        (
            nested("/api", RouteTable::builder().guarded("GET /api/x").hand_on_unknown_routes(true)),
            "GET",
            "/api/health",
            403,
            "what the table was not asked about is not handed on",
        ),
    ] {
        let preflight = [("origin", "https://page.example"), ("access-control-request-method", "GET")];
        let request = Request::builder().method(method).uri(path);
        let request = preflight.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        let response = app.oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
        assert_eq!(response.status(), expected, "{method} {path}: {why}");
    }
    // In one table the rule of a route stands for itself, and a route that names no authorizer of several is a mistake.
    let table = RouteTable::builder().scopes("GET /pets", ["pets/read"]).open("$default").build().unwrap();
    assert!(!table.find(&Method::GET, "/pets").unwrap().unwrap().authorization().is_open());
    let absent = RouteTable::builder()
        .route_for_authorizer("other", "GET /pets", RouteAuthorization::guarded())
        .build()
        .unwrap();
    assert!(authorizer.layer().routes(absent).is_err(), "the layer does not have this authorizer");
}

/// What a layer is for is told by where it stands, not by the host that a caller names.
#[tokio::test]
async fn t_pth_10_no_rule_depends_on_the_host() {
    let layer = layer(table());
    for headers in [
        &[("host", "api.example")][..],
        &[("host", "api.example"), ("host", "evil.example")],
        &[("host", "evil.example"), ("host", "")],
        &[("host", "a.example, b.example")],
        &[("host", "open"), ("x-forwarded-host", "a.example, b.example"), ("x-forwarded-host", "open")],
        &[("host", "/open"), ("forwarded", "host=open;proto=https")],
    ] {
        for authority in ["", "http://evil.example", "http://open:80"] {
            for (path, expected) in [
                ("/open", None),
                ("/admin", Some(No::MissingToken)),
                ("/pets/secret", Some(No::MissingToken)),
                ("/elsewhere", Some(No::NoRoute)),
            ] {
                let mut request = request("GET", &format!("{authority}{path}"), &[]);
                for (name, value) in headers {
                    request.headers_mut().append(*name, value.parse().unwrap());
                }
                assert_eq!(send(&layer, request).await.reason, expected, "{authority}{path} {headers:?}");
            }
        }
    }
}
