//! Measures how a flood of unknown key ids slows down valid tokens.
//!
//! ```sh
//! cargo bench --bench keys_under_attack
//! ```
//!
//! Verifies a valid token without the token cache in two settings that take turns: quiet, and while another thread sends tokens
//! with random key ids through the authorizer as fast as it can. Prints the median time of each round and the ratio of the two.
//! On a machine with one core the two threads share it.
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "a bench")]
#![allow(clippy::disallowed_methods, clippy::print_stdout, reason = "it measures and prints")]

#[path = "../tests/support/mod.rs"]
mod tests;

mod support;

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use cognito_authorizer::AuthorizerLayer;
use http::{Request, StatusCode};
use tokio::runtime::{Builder, Runtime};
use tower::{Layer, ServiceExt};

use support::Noop;
use tests::{
    keys::{self, ScriptedKeys},
    tokens::*,
};

fn judge(runtime: &Runtime, layer: &AuthorizerLayer, token: &str) -> StatusCode {
    let request = Request::builder().header("authorization", token).body(()).unwrap();
    runtime.block_on(layer.layer(Noop).oneshot(request)).unwrap().status()
}

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

/// Returns the median time for a valid token over one round.
fn round(runtime: &Runtime, layer: &AuthorizerLayer, token: &str) -> Duration {
    let mut times: Vec<Duration> = (0..4_000)
        .map(|_| {
            let start = Instant::now();
            assert_eq!(judge(runtime, layer, token), StatusCode::OK);
            start.elapsed()
        })
        .collect();
    times.sort_unstable();
    times[times.len() / 2]
}

fn main() {
    let source = ScriptedKeys::new();
    let layer = keys::builder(&source).token_cache_bytes(0).build().unwrap().layer().scopes(["pets/read"]).unwrap();
    let (runtime_here, token) = (runtime(), Token::access().sign());
    assert_eq!(judge(&runtime_here, &layer, &token), StatusCode::OK);

    let (is_attack, is_over) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
    let sent = Arc::new(AtomicU64::new(0));
    let attacker = thread::spawn({
        let (layer, rest) = (layer.clone(), token.split_once('.').unwrap().1.to_owned());
        let (is_attack, is_over, sent) = (Arc::clone(&is_attack), Arc::clone(&is_over), Arc::clone(&sent));
        move || {
            let runtime = runtime();
            while !is_over.load(Ordering::Relaxed) {
                if !is_attack.load(Ordering::Relaxed) {
                    thread::sleep(Duration::from_millis(1));
                    continue;
                }
                let number = sent.fetch_add(1, Ordering::Relaxed);
                let header = format!(r#"{{"kid":"{number:016x}","alg":"RS256"}}"#);
                let token = format!("{}.{rest}", URL_SAFE_NO_PAD.encode(header));
                assert_eq!(judge(&runtime, &layer, &token), StatusCode::UNAUTHORIZED);
            }
        }
    });

    let mut ratios: Vec<f64> = Vec::new();
    println!("{:>8} {:>12} {:>12} {:>7}", "round", "quiet", "attacked", "ratio");
    for number in 1..=15 {
        let quiet = round(&runtime_here, &layer, &token);
        is_attack.store(true, Ordering::Relaxed);
        let attacked = round(&runtime_here, &layer, &token);
        is_attack.store(false, Ordering::Relaxed);
        let ratio = attacked.as_secs_f64() / quiet.as_secs_f64();
        println!("{number:>8} {quiet:>12.1?} {attacked:>12.1?} {ratio:>7.3}");
        ratios.push(ratio);
    }
    is_over.store(true, Ordering::Relaxed);
    attacker.join().unwrap();
    ratios.sort_by(f64::total_cmp);
    let (sent, fetches) = (sent.load(Ordering::Relaxed), source.fetches());
    println!(
        "median ratio {:.3}; {sent} tokens with unknown key ids caused {fetches} fetches",
        ratios[ratios.len() / 2]
    );
}
