//! Sends valid traffic over sockets beside hostile clients, and measures both.

use std::{
    fmt,
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use cognito_authorizer::{
    RouteTable,
    clock::{Clock, SystemClock, UnixTime},
};
use tower::{Layer, service_fn};

use super::{
    guarded::{self, Client, get},
    keys::{self, ScriptedKeys},
    resident_memory,
    tokens::*,
};

/// The result of a run.
pub struct Outcome {
    /// How many valid and how many hostile requests were answered during the mixed load.
    pub answered: (u64, u64),
    /// The number of wrong answers, and a few of them.
    pub wrong: (u64, Vec<String>),
    /// How long valid requests took, beside valid requests and beside hostile ones.
    pub times: (Times, Times),
    /// The growth of the process's resident memory under load, in bytes.
    pub grown: usize,
    /// The number of key fetches.
    pub fetches: usize,
}

/// Sends valid requests beside other valid ones, and then beside the same number of hostile clients. So the two phases differ
/// in the kind of the requests, not in their number. Needs a multi-threaded runtime.
pub async fn run(quiet: Duration, load: Duration) -> Outcome {
    let (source, clock) = (ScriptedKeys::new(), Running(SystemClock::new()));
    let authorizer = keys::builder(&source).clock(clock.clone()).build().unwrap();
    authorizer.hydrate().await.unwrap();
    let table = RouteTable::builder().open("GET /health").scopes("GET /pets/{id}", ["pets/read"]);
    let table = table.scopes("ANY /admin/{proxy+}", ["pets/admin"]).build().unwrap();
    let address = guarded::serve(authorizer.layer().routes(table).unwrap().layer(service_fn(guarded::subject))).await;

    let shared = Arc::new(Shared { clock, is_over: AtomicBool::new(false), ..Shared::default() });
    let tokens: Vec<(String, String)> = (0..100)
        .map(|number| format!("user-{number}"))
        .map(|subject| (Token::access().with("sub", &*subject).sign(), subject))
        .collect();
    let measured = (0..2).map(|_| tokio::spawn(send_good(address, tokens.clone(), Arc::clone(&shared), true)));
    let measured: Vec<_> = measured.collect();
    let others = (0..4).map(|_| tokio::spawn(send_good(address, tokens.clone(), Arc::clone(&shared), false)));
    let others: Vec<_> = others.collect();
    tokio::time::sleep(quiet).await;
    shared.is_hostile.store(true, Ordering::SeqCst);
    for task in others {
        task.await.unwrap();
    }
    let in_quiet = shared.times.lock().unwrap().take();

    let hostile: Vec<_> = (0..4).map(|place| tokio::spawn(send_hostile(address, place, Arc::clone(&shared)))).collect();
    // By then all buffers and threads are allocated.
    tokio::time::sleep(load / 4).await;
    let before = resident_memory();
    drop(shared.times.lock().unwrap().take());
    tokio::time::sleep(load - load / 4).await;
    let grown = resident_memory().saturating_sub(before);
    let under_load = shared.times.lock().unwrap().take();
    shared.is_over.store(true, Ordering::SeqCst);
    for task in measured.into_iter().chain(hostile) {
        task.await.unwrap();
    }
    let answered = (shared.good.load(Ordering::SeqCst), shared.hostile.load(Ordering::SeqCst));
    let wrong = (shared.wrong.load(Ordering::SeqCst), std::mem::take(&mut *shared.examples.lock().unwrap()));
    Outcome { answered, wrong, times: (in_quiet, under_load), grown, fetches: source.fetches() }
}

#[derive(Default)]
struct Shared {
    clock: Running,
    is_hostile: AtomicBool,
    is_over: AtomicBool,
    good: AtomicU64,
    hostile: AtomicU64,
    wrong: AtomicU64,
    examples: Mutex<Vec<String>>,
    times: Mutex<Times>,
}

impl Shared {
    fn goes_on(&self) -> bool {
        !self.is_over.load(Ordering::Relaxed)
    }

    /// Records an answer that is not among the expected ones.
    fn note(&self, answer: Option<(u16, String)>, right: &[Option<u16>], why: &str) {
        if right.contains(&answer.as_ref().map(|(status, _)| *status)) {
            return;
        }
        self.wrong.fetch_add(1, Ordering::Relaxed);
        let mut examples = self.examples.lock().unwrap();
        if examples.len() < 10 {
            examples.push(format!("{why}: {answer:?}"));
        }
    }
}

async fn send_good(address: SocketAddr, tokens: Vec<(String, String)>, shared: Arc<Shared>, is_measured: bool) {
    let mut client = Client::connect(address).await;
    while shared.goes_on() && (is_measured || !shared.is_hostile.load(Ordering::Relaxed)) {
        let (token, subject) = &tokens[fastrand::usize(..tokens.len())];
        let start = shared.clock.monotonic();
        let answer = client.ask(&get("/pets/7", &[("authorization", token)])).await;
        let took = shared.clock.monotonic().saturating_sub(start);
        if is_measured {
            shared.times.lock().unwrap().note(took);
        }
        let is_right = answer.as_ref().is_some_and(|(status, body)| *status == 200 && body == subject);
        shared.note(answer, if is_right { &[Some(200)] } else { &[] }, "a good token");
        if shared.is_hostile.load(Ordering::Relaxed) {
            shared.good.fetch_add(1, Ordering::Relaxed);
        }
    }
}

async fn send_hostile(address: SocketAddr, place: usize, shared: Arc<Shared>) {
    let good = Token::access().sign();
    let (header, rest) = good.split_once('.').unwrap();
    let (payload, signature) = rest.split_once('.').unwrap();
    let expired = Token::access().with("exp", NOW - 1).sign();
    let other_claims = Token::access().with("scope", "pets/admin").sign();
    let other_payload = other_claims.split('.').nth(1).unwrap();
    let mut client = Client::connect(address).await;
    for number in place.. {
        if !shared.goes_on() {
            break;
        }
        let random = || format!("{:016x}", fastrand::u64(..));
        let one = |value: String| get("/pets/7", &[("authorization", &value)]);
        let (request, right, why): (Vec<u8>, &[Option<u16>], &str) = match number % 10 {
            0 => {
                let header = format!(r#"{{"kid":"{}","alg":"RS256"}}"#, random());
                (one(format!("{}.{rest}", URL_SAFE_NO_PAD.encode(header))), &[Some(401)], "a random kid")
            }
            1 => (one(format!("{header}.{payload}.{}{}", random(), &signature[16..])), &[Some(401)], "a forgery"),
            2 => (one(format!("{header}.{other_payload}.{signature}")), &[Some(401)], "other claims"),
            3 => (one("a".repeat(11_000)), &[Some(401)], "a long token"),
            4 => {
                let twice = [("authorization", &*good), ("authorization", &*good)];
                (get("/pets/7", &twice), &[Some(401)], "two headers")
            }
            5 => (one(expired.clone()), &[Some(401)], "an expired token"),
            6 => (get("/admin/x", &[("authorization", &good)]), &[Some(401)], "a scope that it lacks"),
            7 => (get("/pets/%2e%2e/admin/x", &[("authorization", &good)]), &[Some(400)], "two paths in one"),
            8 => (get("/elsewhere", &[("authorization", &good)]), &[Some(403)], "no route"),
            // Longer than the server's limit: the server responds by itself or closes the connection.
            _ if number % 200 < 10 => (one("a".repeat(600_000)), &[Some(431), None], "a header without end"),
            _ => (one(random()), &[Some(401)], "no token at all"),
        };
        let answer = client.ask(&request).await;
        let is_open = answer.as_ref().is_some_and(|(status, _)| *status != 431);
        shared.note(answer, right, why);
        shared.hostile.fetch_add(1, Ordering::Relaxed);
        if !is_open {
            client = Client::connect(address).await;
        }
    }
}

/// A clock that starts when the tokens are valid and runs as fast as the system's clock.
#[derive(Clone, Debug, Default)]
struct Running(SystemClock);

impl Clock for Running {
    fn now(&self) -> UnixTime {
        UnixTime::from_secs(NOW + self.0.monotonic().as_secs())
    }

    fn monotonic(&self) -> Duration {
        self.0.monotonic()
    }
}

/// A histogram of request times in microseconds. Times over one second count as one second.
#[derive(Clone)]
pub struct Times(Vec<u32>);

impl Default for Times {
    fn default() -> Self {
        Self(vec![0; 1_000_001])
    }
}

impl Times {
    fn note(&mut self, time: Duration) {
        let place = usize::try_from(time.as_micros()).unwrap().min(self.0.len() - 1);
        self.0[place] += 1;
    }

    fn take(&mut self) -> Self {
        std::mem::take(self)
    }

    /// Returns the time that this many of a thousand requests did not exceed.
    pub fn quantile(&self, of_a_thousand: u64) -> Duration {
        let count: u64 = self.0.iter().copied().map(u64::from).sum();
        let mut so_far = 0;
        let place = self.0.iter().position(|times| {
            so_far += u64::from(*times);
            so_far * 1_000 >= count * of_a_thousand
        });
        Duration::from_micros(u64::try_from(place.unwrap_or_default() + 1).unwrap())
    }
}

impl fmt::Display for Times {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [half, most, nearly_all] = [500, 990, 999].map(|of| self.quantile(of));
        write!(f, "median {half:.2?}, p99 {most:.2?}, p99.9 {nearly_all:.2?}")
    }
}
