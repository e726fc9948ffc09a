//! This crate next to others, in one run: `cargo run --release --manifest-path benches/peers/Cargo.toml`.
//!
//! What is compared takes turns in short rounds, and each figure is the median of its rounds, since the machine may
//! be busy with other things. `--svg FILE` draws the chart of `benches/README.md`. `serve ADDRESS hits|misses` opens a hyper
//! service with the layer for `benches/peers/envoy.py`, which compares it with Envoy.

mod chart;
mod serve;
#[allow(dead_code, unreachable_pub, reason = "the tests use more of it")]
#[path = "../../../tests/support/tokens.rs"]
mod tokens;

use std::{
    hint::black_box,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use aws_lc_rs::signature::{RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents};
use axum::{Router, body::Body, routing::get};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use cognito_authorizer::{Authorizer, Verdict, keys::FixedKeySource, token::RawToken};
use http::Request;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use jwt_authorizer::{IntoLayer, JwtAuthorizer};
use tower::Service;
use tower_oauth2_resource_server::{claims::DefaultClaims, server::OAuth2ResourceServer, tenant::TenantConfiguration};

use tokens::{ACCESS_KEY, ISSUER, POOL_ID, Token, jwk_set};

const ROUNDS: usize = 41;

/// Something that is timed: its name, what one call does, and the medians of its rounds so far.
struct Row<'a> {
    name: &'static str,
    call: Box<dyn FnMut() + 'a>,
    calls: u32,
    rounds: Vec<f64>,
}

impl<'a> Row<'a> {
    fn new(name: &'static str, mut call: impl FnMut() + 'a) -> Self {
        // So many calls that a round takes about four milliseconds.
        for _ in 0..10 {
            call();
        }
        let start = Instant::now();
        (0..20).for_each(|_| call());
        let once = start.elapsed() / 20;
        let calls = u32::try_from(Duration::from_millis(4).as_nanos() / once.as_nanos().max(1)).unwrap().max(1);
        Self { name, call: Box::new(call), calls, rounds: Vec::new() }
    }

    fn round(&mut self) {
        let start = Instant::now();
        (0..self.calls).for_each(|_| (self.call)());
        self.rounds.push(start.elapsed().as_secs_f64() * 1e9 / f64::from(self.calls));
    }

    /// Nanoseconds for one call.
    fn median(&self) -> f64 {
        median(self.rounds.clone())
    }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// An access token of 860 bytes that is valid now.
pub fn token(number: usize) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let token = Token::access().with("iat", now - 60).with("exp", now + 3_600).with("auth_time", now - 60);
    token.with("jti", format!("11111111-2222-3333-4444-{number:012}")).with("origin_jti", "5").sign()
}

pub fn authorizer(token_cache_bytes: u64) -> Authorizer {
    let keys = FixedKeySource::new().with_jwk_set(POOL_ID, jwk_set([&*ACCESS_KEY])).unwrap();
    let builder = Authorizer::for_user_pool(POOL_ID).key_source(keys);
    builder.token_cache_bytes(token_cache_bytes).build().unwrap()
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [command, address, tokens] = arguments.as_slice()
        && command == "serve"
    {
        return serve::serve(address.parse().expect("an address"), tokens == "hits").await;
    }
    let (uncached, cached) = (authorizer(0), authorizer(1 << 26));
    uncached.hydrate().await.unwrap();
    cached.hydrate().await.unwrap();
    let token = token(0);
    println!("token: {} bytes, RS256 with RSA-2048; medians of {ROUNDS} rounds\n", token.len());

    let verify = verification(&uncached, &cached, &token);
    let (raw, jsonwebtoken, first, again) = (verify[0].1, verify[1].1, verify[2].1, verify[3].1);
    println!("  uncached / raw signature: {:.3}", first / raw);
    println!("  jsonwebtoken / uncached: {:.2}", jsonwebtoken / first);
    println!("  jsonwebtoken / cached: {:.0}\n", jsonwebtoken / again);

    let layers = layers(&uncached, &cached, &token).await;
    let added = |row: usize, bare: usize| layers[row].1 - layers[bare].1;
    println!("  a token that was seen before, added: {:.0} ns", added(1, 0));
    println!("  tower-oauth2-resource-server adds {:.0} times as much", added(3, 0) / added(1, 0));
    println!("  jwt-authorizer adds {:.0} times as much\n", added(5, 4) / added(1, 0));

    rejections(&cached);
    threads(&uncached, &cached);
    if let [option, file] = arguments.as_slice()
        && option == "--svg"
    {
        std::fs::write(file, chart::draw(token.len(), &verify, &layers)).unwrap();
    }
}

/// Lets the rows take turns, and prints them.
fn run(mut rows: Vec<Row<'_>>) -> Vec<(&'static str, f64)> {
    for _ in 0..ROUNDS {
        rows.iter_mut().for_each(Row::round);
    }
    for row in &rows {
        println!("{:44} {:9.0} ns", row.name, row.median());
    }
    rows.iter().map(|row| (row.name, row.median())).collect()
}

fn verification(uncached: &Authorizer, cached: &Authorizer, token: &str) -> Vec<(&'static str, f64)> {
    let jwk = ACCESS_KEY.jwk();
    let component = |name: &str| URL_SAFE_NO_PAD.decode(jwk[name].as_str().unwrap()).unwrap();
    let (n, e) = (component("n"), component("e"));
    let key = RsaPublicKeyComponents { n: &n, e: &e }.to_parsed_public_key(&RSA_PKCS1_2048_8192_SHA256).unwrap();
    let (signing_input, signature) = token.rsplit_once('.').unwrap();
    let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
    let decoding = DecodingKey::from_rsa_components(jwk["n"].as_str().unwrap(), jwk["e"].as_str().unwrap()).unwrap();
    let mut validation = Validation::new(Algorithm::RS256);
    validation.set_issuer(&[ISSUER]);
    let verify = |authorizer: &Authorizer| match authorizer.verify(RawToken::new(black_box(token))) {
        Verdict::Allow(claims) => drop(black_box(claims)),
        other => panic!("{other:?}"),
    };
    #[derive(serde::Deserialize)]
    #[allow(dead_code, reason = "what a service would read")]
    struct Claims {
        sub: String,
        iss: String,
        exp: u64,
        token_use: String,
        client_id: String,
        scope: String,
    }
    run(vec![
        Row::new("aws-lc-rs, parsed key, signature alone", || {
            key.verify_sig(black_box(signing_input.as_bytes()), &signature).unwrap();
        }),
        Row::new("jsonwebtoken::decode (aws-lc back end)", || {
            black_box(jsonwebtoken::decode::<Claims>(black_box(token), &decoding, &validation).unwrap());
        }),
        Row::new("this crate, first sight of a token", || verify(uncached)),
        Row::new("this crate, every further sight", || verify(cached)),
    ])
}

/// A whole call through an axum router, in process.
async fn layers(uncached: &Authorizer, cached: &Authorizer, token: &str) -> Vec<(&'static str, f64)> {
    let bare = || Router::new().route("/pets", get(|| async { "ok" }));
    let peer: JwtAuthorizer = JwtAuthorizer::from_jwks_text(&jwk_set([&*ACCESS_KEY]));
    let peer = peer.validation(jwt_authorizer::Validation::new().iss(&[ISSUER])).build().await.unwrap().into_layer();
    let tenant = TenantConfiguration::static_builder(jwk_set([&*ACCESS_KEY]));
    let claims = tower_oauth2_resource_server::validation::ClaimsValidationSpec::new().iss(ISSUER).exp(true);
    let server = <OAuth2ResourceServer<DefaultClaims>>::builder();
    let server = server.add_tenant(tenant.claims_validation(claims).build().unwrap()).build().await.unwrap();
    let scopes = ["pets/read"];
    let apps = [
        ("axum, bare", bare()),
        ("axum, this crate, token seen before", bare().layer(cached.layer().scopes(scopes).unwrap())),
        ("axum, this crate, first sight", bare().layer(uncached.layer().scopes(scopes).unwrap())),
        ("axum, tower-oauth2-resource-server 0.12", bare().layer(server.into_layer())),
    ];
    let bearer = format!("Bearer {token}");
    let rows = apps.into_iter().map(|(name, mut app)| {
        let bearer = bearer.clone();
        Row::new(name, move || {
            let request =
                Request::builder().uri("/pets").header("authorization", &*bearer).body(Body::empty()).unwrap();
            let status = now(app.call(request)).unwrap().status();
            assert_eq!(status, 200);
        })
    });
    // It works with an older axum, which is therefore measured too.
    let bare = || axum07::Router::new().route("/pets", axum07::routing::get(|| async { "ok" }));
    let older = [("axum 0.7, bare", bare()), ("axum 0.7, jwt-authorizer 0.15", bare().layer(peer))];
    let older = older.into_iter().map(|(name, mut app)| {
        let bearer = bearer.clone();
        Row::new(name, move || {
            let body = axum07::body::Body::empty();
            let request = Request::builder().uri("/pets").header("authorization", &*bearer).body(body).unwrap();
            assert_eq!(now(app.call(request)).unwrap().status(), 200);
        })
    });
    run(rows.chain(older).collect())
}

fn rejections(authorizer: &Authorizer) {
    let bare = || Router::new().route("/pets", get(|| async { "ok" }));
    let foreign = Token::access().with("iss", "https://idp.example").sign();
    let tokens = [
        ("no token", String::new()),
        ("not a token", "a".repeat(860)),
        ("20,000 bytes", "a".repeat(20_000)),
        ("another issuer's token", foreign),
    ];
    println!("axum, this crate, rejected:");
    let rows = tokens.into_iter().map(|(name, token)| {
        let mut app = bare().layer(authorizer.layer().scopes(["pets/read"]).unwrap());
        Row::new(name, move || {
            let request = Request::builder().uri("/pets").header("authorization", &*token).body(Body::empty()).unwrap();
            assert_eq!(now(app.call(request)).unwrap().status(), 401);
        })
    });
    run(rows.collect());
    println!();
}

/// How much more two threads do than one, in the same time.
fn threads(uncached: &Authorizer, cached: &Authorizer) {
    let many: Vec<String> = (0..10_000).map(token).collect();
    for token in &many {
        assert!(matches!(cached.verify(RawToken::new(token)), Verdict::Allow(_)));
    }
    for (name, authorizer, tokens, calls) in [
        ("uncached", uncached, &many[..1], 400),
        ("cached, one token", cached, &many[..1], 40_000),
        ("cached, 10,000 tokens", cached, &many[..], 40_000),
    ] {
        let work = |first: usize| {
            for number in 0..calls {
                let token = &tokens[(first + number) % tokens.len()];
                assert!(matches!(authorizer.verify(RawToken::new(token)), Verdict::Allow(_)));
            }
        };
        let time = |threads: usize| {
            let start = Instant::now();
            std::thread::scope(|scope| {
                for thread in 0..threads {
                    scope.spawn(move || work(thread * 5_000));
                }
            });
            start.elapsed().as_secs_f64()
        };
        let ratios = (0..ROUNDS).map(|_| 2.0 * time(1) / time(2)).collect();
        println!("two threads, {name:24} {:.2} times the work of one", median(ratios));
    }
}

/// Polls a future that is ready at once, or after a task of its own has had its turn.
fn now<T>(future: impl Future<Output = T>) -> T {
    let mut future = std::pin::pin!(future);
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    loop {
        if let std::task::Poll::Ready(value) = future.as_mut().poll(&mut context) {
            return value;
        }
    }
}
