//! Measures `serve`: `cargo bench --bench sidecar`.
//!
//! Without arguments: what a decision adds to a question on loopback, with the log and without, against another question of the
//! same server that nothing decides about. With `soak`: requests and reloads, and the memory while they last. The rest is for
//! `benches/sidecar/proxies.py`, which compares the proxies: `service PORT`, `layer PORT CONFIGURATION`, and
//! `load TOKEN NAME=PORT…`.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    unreachable_pub,
    reason = "a bench"
)]
#![allow(clippy::disallowed_methods, clippy::print_stdout, reason = "it measures and prints")]

mod load;

use std::{
    convert::Infallible,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use bytes::Bytes;
use cognito_authorizer::{
    configuration::Configuration,
    local_user_pool::{LocalUserPool, LocalUserPoolConfig, TestToken},
    serve::{AccessLog, Listen, Policy, Server, ServerSettings},
};
use http::{Request, Response};
use http_body_util::Full;
use hyper::{body::Incoming, server::conn::http1};
use hyper_util::{rt::TokioIo, service::TowerToHyperService};
use tokio::net::TcpListener;
use tower::{Layer, service_fn};

use load::{Connection, Question, median};

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|own| own != "--bench").collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match &*arguments {
        [] => decisions().await,
        ["soak", requests, reloads] => soak(requests.parse().unwrap(), reloads.parse().unwrap()).await,
        ["service", port] => service(port, None).await,
        ["layer", port, configuration] => service(port, Some(configuration)).await,
        ["load", token, targets @ ..] => load::compare(token, targets).await,
        other => panic!("{other:?}: see the head of this file"),
    }
}

struct Asked {
    pool: LocalUserPool,
    server: Server,
    question: Question,
}

/// A server with keys, and a question with a token that it accepts.
async fn asked(access_log: AccessLog) -> Asked {
    let pool = LocalUserPool::start(LocalUserPoolConfig::new("eu-west-1_Bench"), "127.0.0.1:0".parse().unwrap());
    let pool = pool.await.unwrap();
    let policy = Policy::new(&configuration(&pool, "")).unwrap();
    policy.hydrate().await.unwrap();
    let settings = ServerSettings::default().access_log(access_log);
    let server = Server::start(policy, &"127.0.0.1:0".parse().unwrap(), settings).await.unwrap();
    let token = pool.issue(&TestToken::access("client", ["pets/read"])).unwrap();
    let question =
        Question::new("/forward-auth", &token, &[("x-forwarded-method", "GET"), ("x-forwarded-uri", "/pets")]);
    Asked { pool, server, question }
}

fn configuration(pool: &LocalUserPool, more: &str) -> Configuration {
    let text = format!(
        "[user_pools.local]\nid = \"{}\"\nissuer = \"{}\"\n[authorizers.pool]\ntype = \"COGNITO_USER_POOLS\"\n\
         user_pools = [\"local\"]\n[authorizers.pool.claim_headers]\nx-user = \"sub\"\nx-scope = \"scope\"\n{more}\
         [[routes]]\nroute = \"GET /pets\"\nscopes = [\"pets/read\"]\n",
        pool.user_pool().id(),
        pool.issuer()
    );
    Configuration::reader().read_toml(&text).unwrap()
}

fn port(server: &Server) -> u16 {
    let Listen::Tcp(address) = server.address() else { panic!("{}", server.address()) };
    address.port()
}

/// What a decision adds to a question.
async fn decisions() {
    // Where a service writes its log. Nobody reads it.
    let log = std::fs::OpenOptions::new().write(true).open("/dev/null").unwrap();
    tracing_subscriber::fmt().with_ansi(false).with_writer(Arc::new(log)).init();
    let (quiet, logging) = (asked(AccessLog::Off).await, asked(AccessLog::All).await);
    // The same server and the same headers, but nothing decides about this path.
    let nothing = quiet.question.with_path("/not-a-question");
    let mut settings = [
        ("no decision", Connection::to(port(&quiet.server)).await, nothing, 404, Vec::new()),
        (
            "a decision, token cached",
            Connection::to(port(&quiet.server)).await,
            quiet.question.clone(),
            200,
            Vec::new(),
        ),
        ("the same, logged", Connection::to(port(&logging.server)).await, logging.question.clone(), 200, Vec::new()),
    ];
    for round in 0..41 {
        for (_, connection, question, status, times) in &mut settings {
            let mut round_times = Vec::new();
            for _ in 0..500 {
                let start = Instant::now();
                assert_eq!(connection.ask(question).await, *status);
                round_times.push(start.elapsed());
            }
            if round > 0 {
                times.push(median(&mut round_times));
            }
        }
    }
    let medians: Vec<Duration> = settings.iter_mut().map(|(.., times)| median(times)).collect();
    println!("a question on loopback, medians of 40 rounds of 500, one connection:");
    for ((name, ..), own) in settings.iter().zip(&medians) {
        let added = (own.as_secs_f64() - medians[0].as_secs_f64()) * 1_000_000.0;
        println!("  {name:28} {own:>8.1?}  {added:>+6.1} µs");
    }
    drop((quiet.pool, logging.pool));
}

/// Requests, reloads under load, and the memory meanwhile.
async fn soak(requests: usize, reloads: usize) {
    let Asked { pool, server, question } = asked(AccessLog::Off).await;
    let asked = Arc::new(AtomicUsize::new(0));
    let ended = Arc::new(AtomicBool::new(false));
    let clients: Vec<_> = (0..8)
        .map(|_| {
            let (question, asked, ended) = (question.clone(), Arc::clone(&asked), Arc::clone(&ended));
            let port = port(&server);
            tokio::spawn(async move {
                let mut connection = Connection::to(port).await;
                while !ended.load(Ordering::Relaxed) {
                    assert_eq!(connection.ask(&question).await, 200, "a good request failed");
                    asked.fetch_add(1, Ordering::Relaxed);
                }
            })
        })
        .collect();
    let configurations = [configuration(&pool, ""), configuration(&pool, "[[routes]]\nroute = \"GET /new\"\n")];
    let (start, mut done) = (Instant::now(), 0);
    println!("{:>10} requests {:>7} reloads {:>7} MB", 0, 0, resident_memory() / 1_000_000);
    for part in 1..=10 {
        while asked.load(Ordering::Relaxed) < requests / 10 * part {
            if done < reloads / 10 * part {
                done += 1;
                server.reload(&configurations[done % 2]).await.unwrap();
            } else {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        }
        let now = asked.load(Ordering::Relaxed);
        println!("{now:>10} requests {done:>7} reloads {:>7} MB", resident_memory() / 1_000_000);
    }
    while done < reloads {
        done += 1;
        server.reload(&configurations[done % 2]).await.unwrap();
    }
    ended.store(true, Ordering::Relaxed);
    for client in clients {
        client.await.unwrap();
    }
    let all = asked.load(Ordering::Relaxed);
    println!(
        "{all:>10} requests {done:>7} reloads {:>7} MB; none failed, in {:?}",
        resident_memory() / 1_000_000,
        start.elapsed()
    );
    drop(pool);
}

/// A service that answers `ok`, with the layer of a configuration or without.
async fn service(port: &str, configuration: Option<&str>) {
    async fn ok(_: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
        Ok(Response::new(Full::from("ok")))
    }
    let layer = match configuration {
        None => None,
        Some(file) => {
            let configuration = Configuration::reader().read_file(file).unwrap();
            let authorizers = configuration.authorizers().unwrap();
            authorizers.hydrate().await.unwrap();
            Some(configuration.layer(&authorizers).unwrap())
        }
    };
    let listener = TcpListener::bind(format!("127.0.0.1:{port}")).await.unwrap();
    loop {
        let Ok((stream, _)) = listener.accept().await else { continue };
        drop(stream.set_nodelay(true));
        let io = TokioIo::new(stream);
        match &layer {
            None => {
                let service = TowerToHyperService::new(service_fn(ok));
                tokio::spawn(async move { drop(http1::Builder::new().serve_connection(io, service).await) });
            }
            Some(layer) => {
                let service = TowerToHyperService::new(layer.layer(service_fn(ok)));
                tokio::spawn(async move { drop(http1::Builder::new().serve_connection(io, service).await) });
            }
        }
    }
}

fn resident_memory() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or_default();
    line.trim().trim_end_matches(" kB").parse::<usize>().unwrap_or_default() * 1_024
}
