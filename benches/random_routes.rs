//! Sends millions of random requests over random tables to axum, and to models of routers with a different matching order:
//! `cargo bench --bench random_routes`, or with a number of requests and a seed after `--`.
//!
//! It fails at the first request that reaches the handler of another protected rule: `fuzz/src/inner_router.rs`.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    clippy::print_stdout,
    unreachable_pub,
    clippy::as_conversions,
    reason = "a bench"
)]

#[allow(dead_code, reason = "other targets use the rest")]
#[path = "../fuzz/src/inner_router.rs"]
mod inner_router;

#[path = "../fuzz/src/list_router.rs"]
mod list_router;

#[allow(dead_code, reason = "other targets use the rest")]
#[path = "../fuzz/src/model_routes.rs"]
mod model_routes;

use std::panic::catch_unwind;

fn main() {
    let mut arguments = std::env::args().skip(1).filter_map(|argument| argument.parse::<u64>().ok());
    let (wanted, seed) = (arguments.next().unwrap_or(5_000_000), arguments.next().unwrap_or(1));
    let mut random = fastrand::Rng::with_seed(seed);
    let (mut requests, mut tables) = (0, 0_u64);
    while requests < wanted {
        let data: Vec<u8> = std::iter::repeat_with(|| random.u8(..)).take(600).collect();
        let tried = catch_unwind(|| inner_router::requests(&data));
        let tried = tried.unwrap_or_else(|_| panic!("after {requests} requests, with this input: {data:?}"));
        requests += u64::try_from(tried).unwrap();
        tables += 1;
    }
    println!("{requests} requests over {tables} tables: no handler of another guarded rule answered (seed {seed})");
}
