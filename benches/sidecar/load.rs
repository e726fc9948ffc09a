//! Connections that send one request after the other, and the comparison of several servers.

use std::time::{Duration, Instant};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

const ROUNDS: usize = 9;
const ROUND: Duration = Duration::from_millis(900);
const CONNECTIONS: usize = 8;

/// A request, as its bytes.
#[derive(Clone)]
pub struct Question {
    path: String,
    headers: String,
    bytes: Vec<u8>,
}

impl Question {
    pub fn new(path: &str, token: &str, headers: &[(&str, &str)]) -> Self {
        let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        Self::of(path, format!("host: service.example\r\nauthorization: Bearer {token}\r\n{headers}"))
    }

    pub fn with_path(&self, path: &str) -> Self {
        Self::of(path, self.headers.clone())
    }

    fn of(path: &str, headers: String) -> Self {
        let bytes = format!("GET {path} HTTP/1.1\r\n{headers}\r\n").into_bytes();
        Self { path: path.to_owned(), headers, bytes }
    }
}

/// An open connection. It reads responses that have a length, or none and no body.
pub struct Connection {
    port: u16,
    stream: TcpStream,
    received: Vec<u8>,
    /// The end of the last response, without what ends a chunked one.
    body: [u8; 2],
}

impl Connection {
    pub async fn to(port: u16) -> Self {
        Self { port, stream: open(port).await, received: vec![0; 16_384], body: [0; 2] }
    }

    /// Sends a request, and returns the status of the response.
    pub async fn ask(&mut self, question: &Question) -> u16 {
        loop {
            if let Some(status) = self.ask_once(question).await {
                return status;
            }
            // Some servers close a connection after a number of requests.
            self.stream = open(self.port).await;
        }
    }

    /// The same; `None` if the connection was closed before the response.
    async fn ask_once(&mut self, question: &Question) -> Option<u16> {
        self.stream.write_all(&question.bytes).await.ok()?;
        let mut length = 0;
        loop {
            let more = self.stream.read(&mut self.received[length..]).await.ok()?;
            if more == 0 {
                assert_eq!(length, 0, "{}: half a response", question.path);
                return None;
            }
            length += more;
            let received = &self.received[..length];
            let Some(end) = received.windows(4).position(|part| part == b"\r\n\r\n") else { continue };
            let head = std::str::from_utf8(&received[..end]).unwrap();
            let is_chunked = head.to_ascii_lowercase().contains("transfer-encoding: chunked");
            let is_whole = match content_length(head) {
                Some(body) => length >= end + 4 + body,
                None => !is_chunked || received.ends_with(b"0\r\n\r\n"),
            };
            if is_whole {
                let whole = received.strip_suffix(b"\r\n0\r\n\r\n").unwrap_or(received);
                self.body = *whole.last_chunk().unwrap();
                return Some(head.split(' ').nth(1).unwrap().parse().unwrap());
            }
        }
    }
}

async fn open(port: u16) -> TcpStream {
    let stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    stream.set_nodelay(true).unwrap();
    stream
}

fn content_length(head: &str) -> Option<usize> {
    let lines = head.split("\r\n");
    let mut values =
        lines.filter_map(|line| line.split_once(':')).filter(|(name, _)| name.eq_ignore_ascii_case("content-length"));
    values.next()?.1.trim().parse().ok()
}

pub fn median(times: &mut [Duration]) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

/// Sends the same request to several servers in turn, `NAME=PORT`, and prints rates, times and ratios to the first.
pub async fn compare(token: &str, targets: &[&str]) {
    let question = Question::new("/pets", token, &[]);
    let mut settings: Vec<(&str, u16, Vec<f64>, Vec<Duration>)> = Vec::new();
    for target in targets {
        let (name, port) = target.rsplit_once('=').unwrap();
        settings.push((name, port.parse().unwrap(), Vec::new(), Vec::new()));
    }
    for round in 0..=ROUNDS {
        for (name, port, rates, times) in &mut settings {
            let clients: Vec<_> = (0..CONNECTIONS)
                .map(|_| {
                    let (question, port, name) = (question.clone(), *port, (*name).to_owned());
                    tokio::spawn(async move {
                        let mut connection = Connection::to(port).await;
                        let (start, mut own) = (Instant::now(), Vec::new());
                        while start.elapsed() < ROUND {
                            let begin = Instant::now();
                            assert_eq!(connection.ask(&question).await, 200, "{name}");
                            assert!(connection.body.ends_with(b"ok"), "{name} did not ask the service");
                            own.push(begin.elapsed());
                        }
                        own
                    })
                })
                .collect();
            let mut own = Vec::new();
            for client in clients {
                own.append(&mut client.await.unwrap());
            }
            // The first round warms up.
            if round > 0 {
                rates.push(f64::from(u32::try_from(own.len()).unwrap()) / ROUND.as_secs_f64());
                times.push(median(&mut own));
            }
        }
    }
    let rate = |rates: &mut Vec<f64>| {
        rates.sort_by(f64::total_cmp);
        rates[rates.len() / 2]
    };
    let first = rate(&mut settings[0].2);
    println!("{CONNECTIONS} connections, medians of {ROUNDS} rounds of {ROUND:?}, in turn");
    for (name, _, rates, times) in &mut settings {
        let (own, time) = (rate(rates), median(times));
        println!("{name:36} {own:>8.0} requests/s {time:>9.1?} at the median {:>6.2} of the first", own / first);
    }
}
