//! Measures an axum service over loopback sockets, bare and with the layer, at several token cache hit rates: `cargo bench
//! --bench http`.
//!
//! Eight connections from this process send one request after the other. The settings take turns in short rounds. Prints
//! requests per second, the share of the bare service's rate, and the 50th and 99th percentile of the request time. Client and
//! service share the machine, so compare the lines only with each other.
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "a bench")]
#![allow(clippy::disallowed_methods, clippy::print_stdout, reason = "it measures and prints")]

#[path = "../tests/support/mod.rs"]
mod tests;

mod support;

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use axum::{Router, routing::get};
use bytes::Bytes;
use http::Request;
use http_body_util::{BodyExt, Empty};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};

use support::numbered_token;
use tests::keys::{self, ScriptedKeys};

const CONNECTIONS: usize = 8;
const ROUNDS: usize = 7;
const ROUND: Duration = Duration::from_millis(700);
/// The number of distinct tokens for cache misses: more than a run of all rounds sends.
const FRESH: usize = 4_096;

/// A setting: its name, its address, and its cache hits per hundred requests.
struct Setting {
    name: String,
    address: SocketAddr,
    hits: usize,
    rates: Vec<f64>,
    times: Vec<Duration>,
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    let tokens: Arc<Vec<String>> = Arc::new((0..FRESH).map(numbered_token).collect());
    println!("token: {} bytes, RSA-2048; {CONNECTIONS} connections; {ROUNDS} rounds of {ROUND:?}", tokens[0].len());
    let app = || Router::new().route("/pets", get(|| async { "ok" }));
    let mut settings = vec![Setting::new("bare".to_owned(), serve(app()).await, 100)];
    for hits in [0, 50, 90, 99, 100] {
        // The cache is small, so that it evicts a token before the token is sent again.
        let keys = ScriptedKeys::new();
        let authorizer = keys::builder(&keys).token_cache_bytes(256 * 1_024).build().unwrap();
        authorizer.hydrate().await.unwrap();
        let app = app().layer(tests::requests::scoped(&authorizer));
        settings.push(Setting::new(format!("layer, {hits} % hits"), serve(app).await, hits));
    }
    for _ in 0..ROUNDS {
        for setting in &mut settings {
            setting.round(&tokens).await;
        }
    }
    let bare = settings[0].rate();
    println!("{:20} {:>10} {:>8} {:>9} {:>9}", "", "requests/s", "of bare", "p50", "p99");
    for setting in &mut settings {
        setting.times.sort_unstable();
        let percentile = |of: usize| setting.times[setting.times.len() * of / 100].as_secs_f64() * 1e6;
        let (rate, p50, p99) = (setting.rate(), percentile(50), percentile(99));
        println!("{:20} {rate:10.0} {:7.1}% {p50:6.1} µs {p99:6.1} µs", setting.name, rate / bare * 100.0);
    }
}

async fn serve(app: Router) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
    address
}

impl Setting {
    fn new(name: String, address: SocketAddr, hits: usize) -> Self {
        Self { name, address, hits, rates: Vec::new(), times: Vec::new() }
    }

    /// Returns the rate of the median round.
    fn rate(&self) -> f64 {
        let mut rates = self.rates.clone();
        rates.sort_by(f64::total_cmp);
        rates[rates.len() / 2]
    }

    async fn round(&mut self, tokens: &Arc<Vec<String>>) {
        static NEXT_FRESH: AtomicUsize = AtomicUsize::new(1);
        let start = Instant::now();
        let connections = (0..CONNECTIONS).map(|_| {
            let (address, hits, tokens) = (self.address, self.hits, Arc::clone(tokens));
            tokio::spawn(async move {
                let mut connection = connect(address).await;
                let mut times = Vec::new();
                let mut number = 0;
                while start.elapsed() < ROUND {
                    number += 1;
                    let is_hit = number * hits / 100 != (number - 1) * hits / 100;
                    let place = if is_hit { 0 } else { NEXT_FRESH.fetch_add(1, Ordering::Relaxed) % FRESH };
                    let sent = Instant::now();
                    ask(&mut connection, &tokens[place]).await;
                    times.push(sent.elapsed());
                }
                times
            })
        });
        let connections: Vec<_> = connections.collect();
        let mut count = 0_u32;
        for connection in connections {
            let times = connection.await.unwrap();
            count += u32::try_from(times.len()).unwrap();
            self.times.extend(times);
        }
        self.rates.push(f64::from(count) / start.elapsed().as_secs_f64());
    }
}

async fn connect(address: SocketAddr) -> SendRequest<Empty<Bytes>> {
    let stream = TcpStream::connect(address).await.unwrap();
    stream.set_nodelay(true).unwrap();
    let (sender, connection) = handshake(TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    sender
}

async fn ask(connection: &mut SendRequest<Empty<Bytes>>, token: &str) {
    connection.ready().await.unwrap();
    let request = Request::builder().uri("/pets").header("host", "localhost").header("authorization", token);
    let response = connection.send_request(request.body(Empty::new()).unwrap()).await.unwrap();
    assert_eq!(response.status(), 200);
    response.into_body().collect().await.unwrap();
}
