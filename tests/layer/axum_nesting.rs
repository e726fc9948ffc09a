//! Tests the layer inside axum. A layer on a route does not depend on the path. A route table inside a nested router matches
//! the outermost path if `for_nested_router` is set.
use axum::{Router, body::Body, routing::get};
use cognito_authorizer::{Rejection, RejectionKind as No, RouteTable};
use http::Request;
use tower::ServiceExt;

use crate::support::{keys, tokens::*};

async fn ask(app: &Router, path: &str, token: &str) -> Result<u16, No> {
    let request = Request::builder().uri(path).header("authorization", token).body(Body::empty()).unwrap();
    let response = app.clone().oneshot(request).await.unwrap();
    let rejection = response.extensions().get::<Rejection>().map(|rejection| rejection.kind());
    rejection.map_or(Ok(response.status().as_u16()), Err)
}

fn pets() -> Router {
    Router::new().route("/pets", get(|| async { "pets" })).route("/health", get(|| async { "ok" }))
}

#[tokio::test]
async fn a_layer_on_a_route_never_looks_at_the_path() {
    let layer = keys::authorizer().layer().scopes(["pets/read"]).unwrap();
    let inner = Router::new().route("/pets/{id}", get(|| async { "pet" }).route_layer(layer));
    let app = Router::new().nest("/api", inner);
    let token = Token::access().sign();
    for path in ["/api/pets/1", "/api/pets/a%2Fb", "/api/pets/..", "/api/pets/%2e%2e", "/api/pets/a;b"] {
        assert_eq!(ask(&app, path, &token).await, Ok(200), "{path}");
        assert_eq!(ask(&app, path, "").await, Err(No::EmptyToken), "{path}");
    }
}

#[tokio::test]
async fn a_table_in_a_nested_router_goes_by_the_original_path() {
    let table = || RouteTable::builder().open("GET /api/v1/health").scopes("GET /api/v1/pets", ["pets/read"]).build();
    let layer = || keys::authorizer().layer().routes(table().unwrap()).unwrap();
    let nested = |router| Router::new().nest("/api", Router::new().nest("/v1", router));
    let token = Token::access().sign();

    let app = nested(pets().layer(layer().for_nested_router()));
    assert_eq!(ask(&app, "/api/v1/pets", &token).await, Ok(200));
    assert_eq!(ask(&app, "/api/v1/pets", "").await, Err(No::EmptyToken));
    assert_eq!(ask(&app, "/api/v1/health", "").await, Ok(200));

    // Without `for_nested_router` the table matches no route, and rejects the request.
    let app = nested(pets().layer(layer()));
    assert_eq!(ask(&app, "/api/v1/pets", &token).await, Err(No::NoRoute));
    assert_eq!(ask(&app, "/api/v1/health", "").await, Err(No::NoRoute));

    // Around the outermost router the setting makes no difference.
    for layer in [layer(), layer().for_nested_router()] {
        let app = nested(pets()).layer(layer);
        assert_eq!(ask(&app, "/api/v1/pets", &token).await, Ok(200));
        assert_eq!(ask(&app, "/api/v1/pets", "").await, Err(No::EmptyToken));
    }
}

#[tokio::test]
async fn a_part_of_a_path_does_not_pass_for_the_whole() {
    // Unknown routes are forwarded, except those whose full path the table did not see.
    let table = RouteTable::builder().guarded("GET /api/pets").hand_on_unknown_routes(true).build().unwrap();
    let app = Router::new().nest("/api", pets().layer(keys::authorizer().layer().routes(table).unwrap()));
    assert_eq!(ask(&app, "/api/pets", "").await, Err(No::NoRoute));
    assert_eq!(ask(&app, "/api/health", "").await, Err(No::NoRoute));

    // The shortened path matches an open rule; the full path has another rule.
    let table = RouteTable::builder().open("GET /health").open("GET /pets").guarded("GET /api/health").build().unwrap();
    let app = Router::new().nest("/api", pets().layer(keys::authorizer().layer().routes(table).unwrap()));
    assert_eq!(ask(&app, "/api/health", "").await, Err(No::AmbiguousPath));
    assert_eq!(ask(&app, "/api/pets", "").await, Ok(200), "a table for what is left is all right");
}
