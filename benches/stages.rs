//! Measures each stage of an uncached check separately: `cargo bench --bench stages`.
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "a bench")]
#![allow(clippy::disallowed_methods, clippy::print_stdout, reason = "it measures and prints")]

#[path = "../tests/support/mod.rs"]
mod tests;

mod support;

use cognito_authorizer::{claims::ScopeSet, internals, keys::JwkSet, token::IdentitySource};
use divan::{Bencher, black_box};
use http::HeaderMap;

use tests::tokens::{ACCESS_KEY, jwk_set};

fn main() {
    println!("token: {} bytes, RSA-2048", support::token().len());
    divan::main();
}

fn parts() -> [Vec<u8>; 3] {
    internals::split(support::token().as_bytes()).unwrap().map(<[u8]>::to_vec)
}

#[divan::bench]
fn a_identity_source(bencher: Bencher<'_, '_>) {
    let (source, mut headers) = (IdentitySource::default(), HeaderMap::new());
    headers.insert("authorization", format!("Bearer {}", support::token()).parse().unwrap());
    bencher.bench(|| internals::identity_source(&source, black_box(&headers)));
}

#[divan::bench]
fn b_split(bencher: Bencher<'_, '_>) {
    let token = support::token();
    bencher.bench(|| internals::split(black_box(token.as_bytes())));
}

#[divan::bench]
fn c_jose_header(bencher: Bencher<'_, '_>) {
    let json = String::from_utf8(internals::decode(&parts()[0]).unwrap()).unwrap();
    bencher.bench(|| internals::jose_header(black_box(&json)));
}

#[divan::bench]
fn d_base64url_of_the_payload(bencher: Bencher<'_, '_>) {
    let payload = parts()[1].clone();
    bencher.bench(|| internals::decode(black_box(&payload)));
}

#[divan::bench]
fn e_claims(bencher: Bencher<'_, '_>) {
    let json = internals::decode(&parts()[1]).unwrap();
    bencher.with_inputs(|| json.clone()).bench_values(|json| internals::claims(black_box(json)));
}

#[divan::bench]
fn f_key(bencher: Bencher<'_, '_>) {
    let keys = JwkSet::parse(jwk_set([&*tests::tokens::ID_KEY, &*ACCESS_KEY]).as_bytes()).unwrap();
    bencher.bench(|| internals::key(black_box(&keys), ACCESS_KEY.kid).is_some());
}

#[divan::bench]
fn g_signature(bencher: Bencher<'_, '_>) {
    let keys = JwkSet::parse(jwk_set([&*ACCESS_KEY]).as_bytes()).unwrap();
    let key = internals::key(&keys, ACCESS_KEY.kid).unwrap();
    let token = support::token();
    let (signing_input, _) = token.rsplit_once('.').unwrap();
    let signature = internals::decode(&parts()[2]).unwrap();
    bencher.bench(|| assert!(internals::signature(key, black_box(signing_input.as_bytes()), &signature)));
}

#[divan::bench]
fn h_scopes(bencher: Bencher<'_, '_>) {
    let scopes = ScopeSet::new(["pets/admin", "pets/write"]).unwrap();
    bencher.bench(|| assert!(internals::scopes(&scopes, black_box("pets/read pets/write"))));
}
