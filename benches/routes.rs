//! Measures route lookups in tables of 10, 100 and 1,000 routes, of the most costly paths that a client can send, and of the
//! most costly token: `cargo bench --bench routes`.
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "a bench")]

#[path = "../tests/support/mod.rs"]
mod tests;

mod support;

use cognito_authorizer::{
    RouteTable, Verdict,
    route::{InnerRouter, RouteAuthorization, RouteTableBuilder},
};
use divan::{Bencher, black_box};
use http::{HeaderMap, Method};

use tests::tokens::Token;

fn main() {
    divan::main();
}

/// Builds a table with ten kinds of thing for every ten routes, each with a few paths.
fn table(routes: usize) -> RouteTable {
    builder(routes).build().unwrap()
}

fn builder(routes: usize) -> RouteTableBuilder {
    let mut builder = RouteTable::builder();
    for number in 0..routes {
        let thing = format!("thing{:03}", number / 10);
        builder = builder.scopes(
            &match number % 10 {
                0 => format!("GET /{thing}"),
                1 => format!("POST /{thing}"),
                2 => format!("GET /{thing}/{{id}}"),
                3 => format!("PUT /{thing}/{{id}}"),
                4 => format!("DELETE /{thing}/{{id}}"),
                5 => format!("GET /{thing}/{{id}}/parts"),
                6 => format!("GET /{thing}/{{id}}/parts/{{part}}"),
                7 => format!("GET /{thing}/search"),
                8 => format!("ANY /{thing}/admin/{{proxy+}}"),
                _ => format!("OPTIONS /{thing}"),
            },
            ["things/read"],
        );
    }
    builder
}

const SIZES: [usize; 3] = [10, 100, 1_000];

#[divan::bench(args = SIZES)]
fn literal(bencher: Bencher<'_, '_>, routes: usize) {
    let (table, path) = (table(routes), format!("/thing{:03}/search", routes / 20));
    bencher.bench(|| assert!(table.find(&Method::GET, black_box(&path)).is_ok()));
}

#[divan::bench(args = SIZES)]
fn variables(bencher: Bencher<'_, '_>, routes: usize) {
    let (table, path) = (table(routes), format!("/thing{:03}/17/parts/4", routes / 20));
    bencher.bench(|| assert!(table.find(&Method::GET, black_box(&path)).is_ok()));
}

#[divan::bench(args = SIZES)]
fn greedy(bencher: Bencher<'_, '_>, routes: usize) {
    let (table, path) = (table(routes), format!("/thing{:03}/admin/a/b", routes / 20));
    bencher.bench(|| assert!(table.find(&Method::GET, black_box(&path)).is_ok()));
}

/// Uses the settings of a configuration, and an id with capitals.
#[divan::bench(args = SIZES)]
fn capitals_where_case_is_ignored(bencher: Bencher<'_, '_>, routes: usize) {
    let table = builder(routes).inner_router(InnerRouter::AnyOrder).ignore_case(true).build().unwrap();
    let path = format!("/thing{:03}/A7/parts/B4", routes / 20);
    bencher.bench(|| assert!(table.find(&Method::GET, black_box(&path)).is_ok()));
}

#[divan::bench(args = SIZES)]
fn no_route(bencher: Bencher<'_, '_>, routes: usize) {
    let table = table(routes);
    bencher.bench(|| assert!(table.find(&Method::GET, black_box("/nothing/17")).is_err()));
}

/// The repeated part and the length of hostile paths. Paths of 10,240 bytes are rejected once their readings are too many or
/// too long together. The shorter ones are matched to the end.
const HOSTILE: [(&str, usize); 8] = [
    ("%25ff%252f;", 10_240),
    ("a%41", 10_240),
    ("a;/", 378),
    ("//a.", 500),
    ("%C3%A9", 10_240),
    ("%41;", 5_000),
    ("%2f%41", 2_000),
    ("/%2541.;", 500),
];

fn hostile(place: usize) -> String {
    let (part, length) = HOSTILE[place];
    let mut path = format!("/{}", part.repeat(length / part.len() + 1));
    path.truncate(length);
    path
}

/// One rule covers the whole path, so that every reading agrees.
#[divan::bench(args = [0, 1, 2, 3, 4, 5, 6, 7])]
fn hostile_path(bencher: Bencher<'_, '_>, place: usize) {
    let table = RouteTable::builder().guarded("$default").guarded("ANY /{a}/{b}/{c+}").build().unwrap();
    let path = hostile(place);
    bencher.bench(|| table.find(&Method::GET, black_box(&path)).is_ok());
}

#[divan::bench(args = [0, 1, 2, 3, 4, 5, 6, 7])]
fn hostile_path_in_any_order_and_case(bencher: Bencher<'_, '_>, place: usize) {
    let table = RouteTable::builder().guarded("$default").guarded("ANY /{a}/{b}/{c+}").guarded("GET /A");
    let table = table.inner_router(InnerRouter::AnyOrder).ignore_case(true).build().unwrap();
    let path = hostile(place);
    bencher.bench(|| table.find(&Method::GET, black_box(&path)).is_ok());
}

/// A token of nearly the maximum length, whose signature is verified.
#[divan::bench]
fn dearest_token(bencher: Bencher<'_, '_>) {
    let claims = |length: usize| Token::access().with("x", "a".repeat(length)).sign();
    let token = claims(7_000);
    assert!((10_000..=10_240).contains(&token.len()), "{} bytes", token.len());
    let authorizer = support::authorizer(0);
    let reader = RouteAuthorization::with_scopes(["pets/read"]).unwrap();
    let mut headers = HeaderMap::new();
    headers.insert("authorization", token.parse().unwrap());
    bencher.bench(|| assert!(matches!(authorizer.authorize(&reader, black_box(&headers), None), Verdict::Allow(_))));
}
