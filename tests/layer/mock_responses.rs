//! Routes that the layer answers itself, as a mock integration does: behaviour §2.4.7.
use std::convert::Infallible;

use bytes::Bytes;
use cognito_authorizer::{AuthorizerLayer, RouteTable, route::MockResponse};
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use tower::{Layer, ServiceExt, service_fn};

use crate::support::keys;

fn layer() -> AuthorizerLayer {
    let preflight =
        MockResponse::new(204).unwrap().header("access-control-allow-origin", "https://app.example").unwrap();
    let preflight = preflight.further_origin("https://admin.example").unwrap();
    let routes = RouteTable::builder()
        .mock("OPTIONS /pets", preflight)
        .mock("GET /status", MockResponse::new(200).unwrap().body("{}\n"))
        .open("GET /open")
        .scopes("ANY /pets", ["pets/read"])
        .build()
        .unwrap();
    keys::authorizer().layer().routes(routes).unwrap()
}

/// Returns the status, the allowed origin and the body of the response.
async fn send(layer: &AuthorizerLayer, method: &str, path: &str, origin: &str) -> (u16, Option<String>, Bytes) {
    let service =
        service_fn(|_: Request<()>| async { Ok::<_, Infallible>(Response::new(Full::<Bytes>::from("service"))) });
    let request = Request::builder().method(method).uri(path).header("origin", origin).body(()).unwrap();
    let response = layer.layer(service).oneshot(request).await.unwrap();
    let allowed = response.headers().get("access-control-allow-origin").map(|own| own.to_str().unwrap().to_owned());
    let is_json = response.headers().get("content-type").is_some_and(|own| own == "application/json");
    let (status, body) = (response.status().as_u16(), response.into_body().collect().await.unwrap().to_bytes());
    assert_eq!(is_json, body != "service", "{path}");
    (status, allowed, body)
}

#[tokio::test]
async fn the_service_is_not_called() {
    let app = Some("https://app.example".to_owned());
    let answer = |status, allowed: &Option<String>, body: &'static str| (status, allowed.clone(), Bytes::from(body));
    let layer = layer();
    for origin in ["https://app.example", "https://evil.example", "null"] {
        assert_eq!(send(&layer, "OPTIONS", "/pets", origin).await, answer(204, &app, ""), "{origin}");
    }
    let admin = "https://admin.example".to_owned();
    assert_eq!(send(&layer, "OPTIONS", "/pets", &admin).await, answer(204, &Some(admin.clone()), ""));
    assert_eq!(send(&layer, "GET", "/status", "null").await, answer(200, &None, "{}\n"));
    assert_eq!(send(&layer, "GET", "/open", "null").await, answer(200, &None, "service"));
    assert_eq!(send(&layer, "GET", "/pets", "null").await.0, 401);
    // A layer that only observes forwards every request.
    let observing = layer.dangerous().shadow();
    assert_eq!(send(&observing, "OPTIONS", "/pets", "null").await, answer(200, &None, "service"));
}

#[test]
fn what_a_response_cannot_have_is_an_error() {
    let new = || MockResponse::new(204).unwrap();
    for (error, part) in [
        (MockResponse::new(199).unwrap_err(), "`199` is not the status of a response"),
        (MockResponse::new(600).unwrap_err(), "`600` is not the status of a response"),
        (new().header("content-length", "5").unwrap_err(), "`content-length` is not a header that"),
        (new().header("a b", "5").unwrap_err(), "`a b` is not a header that"),
        (new().header("vary", "a\nb").unwrap_err(), "is not a header value"),
        (new().further_origin("a\nb").unwrap_err(), "is not an origin"),
    ] {
        assert!(error.to_string().contains(part), "{error}");
    }
}
