//! The lookup of a route in tables of 10, 100 and 1,000 routes: `cargo bench --bench routes`.
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "a bench")]

use cognito_authorizer::{RouteTable, internals};
use divan::{Bencher, black_box};
use http::Method;

fn main() {
    divan::main();
}

/// Ten kinds of thing for every ten routes, each with a few paths.
fn table(routes: usize) -> RouteTable {
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
    builder.build().unwrap()
}

const SIZES: [usize; 3] = [10, 100, 1_000];

#[divan::bench(args = SIZES)]
fn literal(bencher: Bencher<'_, '_>, routes: usize) {
    let (table, path) = (table(routes), format!("/thing{:03}/search", routes / 20));
    bencher.bench(|| assert!(internals::route(&table, &Method::GET, black_box(&path))));
}

#[divan::bench(args = SIZES)]
fn variables(bencher: Bencher<'_, '_>, routes: usize) {
    let (table, path) = (table(routes), format!("/thing{:03}/17/parts/4", routes / 20));
    bencher.bench(|| assert!(internals::route(&table, &Method::GET, black_box(&path))));
}

#[divan::bench(args = SIZES)]
fn greedy(bencher: Bencher<'_, '_>, routes: usize) {
    let (table, path) = (table(routes), format!("/thing{:03}/admin/a/b", routes / 20));
    bencher.bench(|| assert!(internals::route(&table, &Method::GET, black_box(&path))));
}

#[divan::bench(args = SIZES)]
fn no_route(bencher: Bencher<'_, '_>, routes: usize) {
    let table = table(routes);
    bencher.bench(|| assert!(!internals::route(&table, &Method::GET, black_box("/nothing/17"))));
}
