//! Measures a complete call through an axum router, in process, with and without the layer: `cargo bench --bench request`.
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "a bench")]
#![allow(clippy::disallowed_methods, clippy::print_stdout, reason = "it measures and prints")]

#[path = "../tests/support/mod.rs"]
mod tests;

mod support;

use axum::{Router, body::Body, routing::get};
use cognito_authorizer::{Authorizer, RouteTable};
use divan::{Bencher, black_box};
use http::{Request, StatusCode};
use tower::Service;

use support::{authorizer, forged, now, token};
use tests::tokens::*;

fn main() {
    println!("token: {} bytes, RSA-2048", token().len());
    divan::main();
}

fn app(authorizer: &Authorizer) -> Router {
    let table = RouteTable::builder().open("GET /open").scopes("GET /pets", ["pets/read"]).build().unwrap();
    bare().layer(authorizer.layer().routes(table).unwrap())
}

fn bare() -> Router {
    Router::new().route("/open", get(|| async { "ok" })).route("/pets", get(|| async { "ok" }))
}

fn bench(bencher: Bencher<'_, '_>, mut app: Router, path: &str, token: &str, expected: StatusCode) {
    let request = || {
        let request = Request::builder().uri(path);
        let request = if token.is_empty() { request } else { request.header("authorization", token) };
        request.body(Body::empty()).unwrap()
    };
    for _ in 0..3 {
        assert_eq!(now(app.call(request())).unwrap().status(), expected);
    }
    bencher
        .with_inputs(|| (app.clone(), request()))
        .bench_values(|(mut app, request)| black_box(now(app.call(request)).unwrap().status()));
}

#[divan::bench]
fn a_bare(bencher: Bencher<'_, '_>) {
    bench(bencher, bare(), "/pets", &token(), StatusCode::OK);
}

#[divan::bench]
fn b_open_route(bencher: Bencher<'_, '_>) {
    bench(bencher, app(&authorizer(1 << 24)), "/open", &token(), StatusCode::OK);
}

#[divan::bench]
fn c_cached(bencher: Bencher<'_, '_>) {
    bench(bencher, app(&authorizer(1 << 24)), "/pets", &token(), StatusCode::OK);
}

#[divan::bench]
fn d_first_sight(bencher: Bencher<'_, '_>) {
    bench(bencher, app(&authorizer(0)), "/pets", &token(), StatusCode::OK);
}

#[divan::bench]
fn e_missing_token(bencher: Bencher<'_, '_>) {
    bench(bencher, app(&authorizer(1 << 24)), "/pets", "", StatusCode::UNAUTHORIZED);
}

#[divan::bench]
fn f_bad_signature(bencher: Bencher<'_, '_>) {
    bench(bencher, app(&authorizer(1 << 24)), "/pets", &forged(&token()), StatusCode::UNAUTHORIZED);
}

#[divan::bench]
fn g_forbidden_scope_cached(bencher: Bencher<'_, '_>) {
    let token = Token::access().with("scope", "pets/none").sign();
    bench(bencher, app(&authorizer(1 << 24)), "/pets", &token, StatusCode::UNAUTHORIZED);
}
