//! Sends a minute of hostile requests beside valid ones, over sockets.
//!
//! ```sh
//! cargo bench --bench hostile_load
//! cargo bench --bench hostile_load -- 10
//! ```
//!
//! Six connections send requests as fast as they are answered. First all of them send valid tokens. Then four of them send
//! random key ids, forgeries, long and endless headers, two tokens at once and ambiguous paths. From then on the bench counts
//! the answered requests of each kind, the wrong answers among them, the time of the valid requests on the other two
//! connections, and the growth of memory; it prints the results. Client and server share the machine. It fails if a promise of
//! the threat model is broken. The argument is the number of seconds.
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "a bench")]
#![allow(clippy::print_stdout, reason = "it measures and prints")]

#[path = "../tests/support/mod.rs"]
mod tests;

use std::time::Duration;

use tokio::runtime::Builder;

fn main() {
    let seconds: u64 = std::env::args().skip(1).find_map(|argument| argument.parse().ok()).unwrap_or(60);
    let runtime = Builder::new_multi_thread().enable_all().build().unwrap();
    let load = Duration::from_secs(seconds);
    let outcome = runtime.block_on(tests::hostile_load::run(load / 6, load));
    let (good, hostile) = outcome.answered;
    let (quiet, under_load) = outcome.times;
    let (wrong, examples) = &outcome.wrong;
    println!("{good} good requests and {hostile} hostile ones; {wrong} answers were wrong");
    for example in examples {
        println!("    {example}");
    }
    println!("good ones among good ones:    {quiet}");
    println!("good ones among hostile ones: {under_load}");
    let ratio = under_load.quantile(990).as_secs_f64() / quiet.quantile(990).as_secs_f64();
    let (grown, fetches) = (outcome.grown, outcome.fetches);
    println!("p99 is {ratio:.2} times as long; memory grew by {} KiB; {fetches} fetches of keys", grown / 1_024);
    // The promise for two user pools: two concurrent fetches for each issuer, and then one every ten seconds.
    let budget = 4 + usize::try_from((seconds + seconds / 6) / 10).unwrap();
    let promises = [
        ("no wrong answer", *wrong == 0),
        ("p99 at most 3 times as long", ratio <= 3.0),
        ("memory grows by no more than 16 MiB", grown <= 16 << 20),
        ("fetches within the budget", fetches <= budget),
    ];
    let broken: Vec<&str> = promises.iter().filter(|(_, holds)| !holds).map(|(promise, _)| *promise).collect();
    assert!(broken.is_empty(), "broken: {broken:?}");
}
