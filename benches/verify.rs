//! Measures a token through an authorizer's layer around an empty service, cached and uncached, and each kind of rejection:
//! `cargo bench --bench verify`.
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "a bench")]
#![allow(clippy::disallowed_methods, clippy::print_stdout, reason = "it measures and prints")]

#[path = "../tests/support/mod.rs"]
mod tests;

mod support;

use divan::{Bencher, black_box, counter::ItemsCount};
use http::StatusCode;
use tower::{Layer, Service};

use support::{Noop, authorizer, forged, now, numbered_token, request, token};
use tests::tokens::*;

fn main() {
    println!("token: {} bytes, RSA-2048", token().len());
    divan::main();
}

/// Sends these tokens in turn.
fn bench(bencher: Bencher<'_, '_>, token_cache_bytes: u64, tokens: &[String], expected: StatusCode) {
    let layer = tests::requests::scoped(&authorizer(token_cache_bytes));
    let next = std::sync::atomic::AtomicUsize::new(0);
    let in_turn = || {
        let number = next.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        (layer.layer(Noop), request(&tokens[number % tokens.len()]))
    };
    for _ in 0..2 * tokens.len() {
        let (mut service, request) = in_turn();
        assert_eq!(now(service.call(request)).unwrap().status(), expected);
    }
    bencher
        .counter(ItemsCount::new(1_usize))
        .with_inputs(in_turn)
        // The service is returned, so that dropping it is not timed.
        .bench_values(|(mut service, request)| (black_box(now(service.call(request)).unwrap().status()), service));
}

const CACHE: u64 = 64 * 1_024 * 1_024;

#[divan::bench(threads = [1, 2])]
fn uncached(bencher: Bencher<'_, '_>) {
    bench(bencher, 0, &[token()], StatusCode::OK);
}

#[divan::bench(threads = [1, 2])]
fn cached_one_token(bencher: Bencher<'_, '_>) {
    bench(bencher, CACHE, &[token()], StatusCode::OK);
}

#[divan::bench(threads = [1, 2])]
fn cached_10_000_tokens(bencher: Bencher<'_, '_>) {
    let tokens: Vec<String> = (0..10_000).map(numbered_token).collect();
    bench(bencher, CACHE, &tokens, StatusCode::OK);
}

#[divan::bench]
fn rejected_empty(bencher: Bencher<'_, '_>) {
    bench(bencher, CACHE, &[String::new()], StatusCode::UNAUTHORIZED);
}

#[divan::bench]
fn rejected_malformed(bencher: Bencher<'_, '_>) {
    bench(bencher, CACHE, &["a".repeat(860)], StatusCode::UNAUTHORIZED);
}

#[divan::bench]
fn rejected_oversized(bencher: Bencher<'_, '_>) {
    bench(bencher, CACHE, &["a".repeat(20_000)], StatusCode::UNAUTHORIZED);
}

#[divan::bench]
fn rejected_foreign_issuer(bencher: Bencher<'_, '_>) {
    bench(bencher, CACHE, &[Token::access().with("iss", "https://idp.example").sign()], StatusCode::UNAUTHORIZED);
}

#[divan::bench]
fn rejected_bad_signature(bencher: Bencher<'_, '_>) {
    bench(bencher, CACHE, &[forged(&token())], StatusCode::UNAUTHORIZED);
}

#[divan::bench]
fn rejected_expired(bencher: Bencher<'_, '_>) {
    bench(bencher, CACHE, &[Token::access().with("exp", NOW).sign()], StatusCode::UNAUTHORIZED);
}

#[divan::bench]
fn rejected_scope_cached(bencher: Bencher<'_, '_>) {
    bench(bencher, CACHE, &[Token::access().with("scope", "pets/none").sign()], StatusCode::UNAUTHORIZED);
}
