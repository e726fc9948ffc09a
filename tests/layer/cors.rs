//! CORS as an HTTP API does it: behaviour §2.4.4.
use std::{convert::Infallible, time::Duration};

use bytes::Bytes;
use cognito_authorizer::{AuthorizerLayer, RouteTable, gateway_response::Cors, route::RouteAuthorization};
use http::{HeaderMap, Request, Response, StatusCode};
use http_body_util::Full;
use tower::{Layer, ServiceExt, service_fn};

use crate::support::keys;

fn cors() -> Cors {
    let cors = Cors::new(["https://app.example", "http://*"]).unwrap().allow_methods(["GET", "POST"]).unwrap();
    let cors = cors.allow_headers(["authorization"]).unwrap().expose_headers(["x-request-id"]).unwrap();
    cors.max_age(Duration::from_secs(600)).allow_credentials().unwrap()
}

fn layer() -> AuthorizerLayer {
    let routes = RouteTable::builder()
        .open("GET /open")
        .scopes("GET /pets", ["pets/read"])
        .open("OPTIONS /own")
        .scopes("ANY /any", ["pets/read"])
        .build()
        .unwrap();
    keys::authorizer().layer().routes(routes).unwrap().cors(cors())
}

/// Sends a request to a service that does CORS by itself, and returns the status and the CORS headers of the response.
async fn send(layer: &AuthorizerLayer, method: &str, path: &str, headers: &[(&str, &str)]) -> (u16, Vec<String>) {
    let service = service_fn(|_: Request<()>| async {
        let mut response = Response::new(Full::<Bytes>::from("pets"));
        let own = response.headers_mut();
        own.insert("access-control-allow-origin", "https://evil.example".parse().unwrap());
        own.insert("access-control-allow-headers", "x-own".parse().unwrap());
        own.insert("access-control-allow-credentials", "true".parse().unwrap());
        own.insert("access-control-max-age", "86400".parse().unwrap());
        own.insert("vary", "accept".parse().unwrap());
        Ok::<_, Infallible>(response)
    });
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let response = layer.layer(service).oneshot(request.body(()).unwrap()).await.unwrap();
    (response.status().as_u16(), of_cors(response.headers()))
}

fn of_cors(headers: &HeaderMap) -> Vec<String> {
    let shown = headers.iter().map(|(name, value)| format!("{name}: {}", value.to_str().unwrap()));
    let mut shown: Vec<String> = shown
        .filter(|header| header.starts_with("access-control-") || header.starts_with("vary"))
        .map(|header| header.replace("access-control-", ""))
        .collect();
    shown.sort_unstable();
    shown
}

const PAGE: (&str, &str) = ("origin", "https://app.example");
const ASKS: (&str, &str) = ("access-control-request-method", "GET");

#[tokio::test]
async fn the_layer_answers_preflight_requests_that_no_route_covers() {
    let preflight = [PAGE, ASKS];
    let expected = [
        "allow-credentials: true",
        "allow-headers: authorization",
        "allow-methods: GET,POST",
        "allow-origin: https://app.example",
        "max-age: 600",
        "vary: origin",
    ];
    for path in ["/pets", "/open", "/elsewhere"] {
        assert_eq!(
            send(&layer(), "OPTIONS", path, &preflight).await,
            (204, expected.map(str::to_owned).to_vec()),
            "{path}"
        );
    }
    // Of another origin: the answer allows nothing.
    let other = [("origin", "https://other.example"), ASKS];
    assert_eq!(send(&layer(), "OPTIONS", "/pets", &other).await, (204, vec!["vary: origin".to_owned()]));
    // A request that is no preflight request, and one that a service could read otherwise.
    for headers in
        [&[PAGE][..], &[ASKS], &[PAGE, ASKS, ("x-http-method-override", "GET")], &[PAGE, ASKS, ("content-length", "2")]]
    {
        assert_eq!(send(&layer(), "OPTIONS", "/pets", headers).await.0, 403, "{headers:?}");
    }
}

/// A route that covers the request decides, as on API Gateway; its response has the configured headers.
#[tokio::test]
async fn a_route_that_covers_a_preflight_request_decides() {
    let (status, headers) = send(&layer(), "OPTIONS", "/own", &[PAGE, ASKS]).await;
    assert_eq!(status, 200);
    assert!(headers.contains(&"allow-methods: GET,POST".to_owned()), "{headers:?}");
    let (status, headers) = send(&layer(), "OPTIONS", "/any", &[PAGE, ASKS]).await;
    assert_eq!(status, 401);
    assert!(headers.contains(&"allow-origin: https://app.example".to_owned()), "{headers:?}");
    // One rule for the whole service is no route.
    let one_rule = keys::authorizer().layer().scopes(["pets/read"]).unwrap().cors(cors());
    assert_eq!(send(&one_rule, "OPTIONS", "/any", &[PAGE, ASKS]).await.0, 204);
    // With `pass_preflight`, the layer answers what would pass without a token.
    let passing = keys::builder(&keys::ScriptedKeys::new()).pass_preflight(true).build().unwrap();
    let passing = passing.layer().scopes(["pets/read"]).unwrap().cors(cors());
    assert_eq!(send(&passing, "OPTIONS", "/any", &[PAGE, ASKS]).await.0, 204);
}

/// A route whose authorization the layer cannot decide rejects preflight requests too.
#[tokio::test]
async fn an_unsupported_route_rejects_preflight_requests() {
    let routes = || {
        let table = RouteTable::builder().route("ANY /iam", RouteAuthorization::unsupported());
        table.scopes("ANY /any", ["pets/read"]).build().unwrap()
    };
    let passing = || keys::builder(&keys::ScriptedKeys::new()).pass_preflight(true).build().unwrap().layer();
    for layer in [passing().routes(routes()).unwrap(), passing().routes(routes()).unwrap().cors(cors())] {
        assert_eq!(send(&layer, "OPTIONS", "/iam", &[PAGE, ASKS]).await.0, 403);
        assert!(matches!(send(&layer, "OPTIONS", "/any", &[PAGE, ASKS]).await.0, 200 | 204));
    }
}

#[tokio::test]
async fn the_headers_of_the_service_are_replaced() {
    let expected = ["allow-credentials: true", "allow-origin: https://app.example", "expose-headers: x-request-id"];
    let (status, headers) = send(&layer(), "GET", "/open", &[PAGE]).await;
    assert_eq!((status, &headers[..3]), (200, &expected.map(str::to_owned)[..]));
    assert_eq!(headers[3..], ["vary: accept", "vary: origin"]);
    // A rejection too.
    let (status, headers) = send(&layer(), "GET", "/pets", &[PAGE]).await;
    assert_eq!((status, &headers[..3]), (401, &expected.map(str::to_owned)[..]));
    // Another origin is allowed nothing, whatever the service says.
    let (_, headers) = send(&layer(), "GET", "/open", &[("origin", "https://other.example")]).await;
    assert_eq!(headers, ["vary: accept", "vary: origin"]);
    // Without an origin too: a cache may give the response to a page.
    let (_, headers) = send(&layer(), "GET", "/open", &[]).await;
    assert_eq!(headers, ["vary: accept", "vary: origin"]);
}

#[tokio::test]
async fn origins_are_exact_or_of_a_scheme_or_any() {
    let any = Cors::new(["*"]).unwrap();
    let https = Cors::new(["https://*"]).unwrap();
    for (cors, origin, expected) in [
        (&any, "https://a.example", &["allow-origin: *"][..]),
        (&any, "null", &["allow-origin: *"]),
        (&https, "https://a.example:8443", &["allow-origin: https://a.example:8443", "vary: origin"]),
        (&https, "http://a.example", &["vary: origin"]),
        (&https, "https://A.example", &["vary: origin"]),
        (&https, "https://a.example/", &["vary: origin"]),
        (&https, "null", &["vary: origin"]),
        (&cors(), "https://app.example.evil.example", &["vary: origin"]),
        (
            &cors(),
            "http://localhost:3000",
            &[
                "allow-credentials: true",
                "allow-origin: http://localhost:3000",
                "expose-headers: x-request-id",
                "vary: origin",
            ],
        ),
    ] {
        let open = RouteTable::builder().open("GET /open").build().unwrap();
        let layer = keys::authorizer().layer().routes(open).unwrap().cors(cors.clone());
        let (_, headers) = send(&layer, "GET", "/open", &[("origin", origin)]).await;
        let headers: Vec<&String> = headers.iter().filter(|header| *header != "vary: accept").collect();
        assert_eq!(headers, expected, "{origin}");
    }
}

#[test]
fn a_wrong_cors_configuration_names_the_text() {
    for (wrong, part) in [
        (Cors::new(["https://a.example/"]), "`https://a.example/` is not an origin"),
        (Cors::new(["*.example"]), "`*.example` is not an origin"),
        (Cors::new(["*"]).unwrap().allow_methods(["GE T"]), "`GE T` is not a method"),
        (Cors::new(["*"]).unwrap().allow_headers(["a b"]), "`a b` is not a method or a header name"),
        (Cors::new(["*"]).unwrap().expose_headers(["a\r\nb: c"]), "is not a method or a header name"),
        (Cors::new(["https://a.example", "*"]).unwrap().allow_credentials(), "not possible with the origin `*`"),
    ] {
        assert!(wrong.as_ref().unwrap_err().to_string().contains(part), "{wrong:?}");
    }
}

#[tokio::test]
async fn a_shadow_changes_nothing() {
    let shadow = layer().dangerous().shadow();
    let (status, headers) = send(&shadow, "OPTIONS", "/pets", &[PAGE, ASKS]).await;
    assert_eq!(StatusCode::from_u16(status).unwrap(), StatusCode::OK);
    assert!(headers.contains(&"allow-origin: https://evil.example".to_owned()), "{headers:?}");
}
