//! What a token costs in memory: nothing for one that was seen before, and a bounded number of bytes to
//! remember one.
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "tests")]

#[path = "../benches/support/mod.rs"]
mod bench;
#[path = "support/mod.rs"]
mod tests;

use cognito_authorizer::{AuthorizerLayer, RouteTable, Verdict, limits, token::RawToken};
use http::{Extensions, Request};
use tower::{Layer, Service};

use bench::{Noop, authorizer, now, numbered_token, request, token};
use tests::{
    counting::{Counting, allocations, held},
    requests::scoped,
};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

#[test]
fn a_token_that_was_seen_before_is_verified_without_an_allocation() {
    let (authorizer, token) = (authorizer(limits::TOKEN_CACHE_BYTES), token());
    let verify = || match authorizer.verify(RawToken::new(&token)) {
        Verdict::Allow(claims) => claims,
        other => panic!("{other:?}"),
    };
    assert!(allocations(verify) > 0, "the counter counts");
    for sight in 2..20 {
        let made = allocations(verify);
        // The thread takes it in at the third sight.
        assert!(made == 0 || sight == 3, "{made} allocations at sight {sight}");
    }
}

#[test]
fn the_layer_allocates_what_one_extension_costs() {
    let (authorizer, token) = (authorizer(limits::TOKEN_CACHE_BYTES), token());
    let Verdict::Allow(claims) = authorizer.verify(RawToken::new(&token)) else { panic!("refused") };
    let extension = allocations(|| {
        let mut extensions = Extensions::new();
        extensions.insert(claims);
        extensions
    });
    let bare = calls(Noop, &token);
    let table = RouteTable::builder().scopes("GET /pets", ["pets/read"]).open("GET /health").build().unwrap();
    let layers: [AuthorizerLayer; 2] = [scoped(&authorizer), authorizer.layer().routes(table).unwrap()];
    for layer in layers {
        assert_eq!(calls(layer.layer(Noop), &token), bare + extension);
    }
}

/// The allocations of one call with a token that was seen before, without those for the request.
fn calls<S>(mut service: S, token: &str) -> u64
where
    S: Service<Request<()>>,
    S::Error: std::fmt::Debug,
{
    for _ in 0..5 {
        now(service.call(request(token))).unwrap();
    }
    let request = request(token);
    allocations(|| now(service.call(request)).unwrap())
}

#[test]
fn a_token_is_cached_in_two_and_a_half_kilobytes() {
    const TOKENS: usize = 4_000;
    let tokens: Vec<String> = (0..TOKENS).map(numbered_token).collect();
    let before = held();
    let authorizer = authorizer(limits::TOKEN_CACHE_BYTES);
    for token in &tokens {
        assert!(matches!(authorizer.verify(RawToken::new(token)), Verdict::Allow(_)));
    }
    let status = authorizer.token_cache_status();
    assert_eq!(status.entries, u64::try_from(TOKENS).unwrap(), "all of them are held");
    // The authorizer with its keys and the empty cache is in it too.
    let grown = u64::try_from(held() - before).unwrap();
    println!(
        "{} bytes for each token, {} by the cache's own count",
        grown / status.entries,
        status.bytes / status.entries
    );
    assert!(grown <= 2_560 * status.entries, "{grown} bytes for {} tokens", status.entries);
    assert!(
        status.bytes >= status.entries * 1_400 && status.bytes <= grown * 11 / 10,
        "{status:?}, and really {grown}"
    );
}
