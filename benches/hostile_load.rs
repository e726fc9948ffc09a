//! A minute of hostile requests beside good ones, over sockets.
//!
//! ```sh
//! cargo bench --bench hostile_load
//! cargo bench --bench hostile_load -- 10
//! ```
//!
//! Six connections send requests as fast as they are answered. First all of them send good tokens; then four of them send
//! random key ids, forgeries, long and endless headers, two tokens at once and paths with two meanings. Prints how many were
//! answered, how many of those wrongly, how long the good requests of the other two took, and by how much the memory grew.
//! Both sides share the machine. The argument is the number of seconds.
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "a bench")]
#![allow(clippy::print_stdout, reason = "it measures and prints")]

#[path = "../tests/support/mod.rs"]
mod tests;

use std::time::Duration;

use tokio::runtime::Builder;

fn main() {
    let seconds = std::env::args().skip(1).find_map(|argument| argument.parse().ok()).unwrap_or(60);
    let runtime = Builder::new_multi_thread().enable_all().build().unwrap();
    let load = Duration::from_secs(seconds);
    let outcome = runtime.block_on(tests::hostile_load::run(load / 6, load));
    let (good, hostile) = outcome.answered;
    let (quiet, under_load) = outcome.times;
    println!("{good} good requests and {hostile} hostile ones, {} of them answered wrongly", outcome.wrong.len());
    for wrong in &outcome.wrong {
        println!("    {wrong}");
    }
    println!("good ones among good ones:    {quiet}");
    println!("good ones among hostile ones: {under_load}");
    let ratio = under_load.quantile(990).as_secs_f64() / quiet.quantile(990).as_secs_f64();
    println!(
        "p99 is {ratio:.2} times as long; memory grew by {} KiB; {} fetches of keys",
        outcome.grown / 1_024,
        outcome.fetches
    );
    assert!(outcome.wrong.is_empty());
}
