//! One server behind the layer: sends every request with and without a token and looks at which handlers answer.

use std::{net::SocketAddr, sync::Arc};

use cognito_authorizer::{Authorizer, AuthorizerType};

use crate::{
    client::{Answer, Connection},
    downstream::{Folders, Server, Site},
    forwarder::{Forwarder, Protocol},
    http2,
    layout::{Layout, Order, Rule},
    requests::{self, Attempt},
    table::{self, Reading},
    tokens,
};

const CONNECTIONS: usize = 12;

/// How much is done.
#[derive(Clone, Copy, Debug)]
pub struct Extent {
    /// Requests for each layout and order of each server.
    pub requests: usize,
    /// Orders of the routes, where a server has several.
    pub orders: usize,
    pub seed: u64,
}

/// What the layer needs for each run.
pub struct Guard {
    rest: Authorizer,
    http: Authorizer,
    bearer: String,
}

impl Guard {
    pub fn new() -> Self {
        let [rest, http] = [AuthorizerType::CognitoUserPools, AuthorizerType::Jwt].map(tokens::authorizer);
        Self { rest, http, bearer: tokens::bearer() }
    }

    fn authorizer(&self, authorizer_type: AuthorizerType) -> &Authorizer {
        if authorizer_type == AuthorizerType::Jwt { &self.http } else { &self.rest }
    }
}

/// A guarded handler that answered although its rule was not met.
#[derive(Debug)]
pub struct Bypass {
    pub attempt: Attempt,
    pub has_token: bool,
    pub route: usize,
}

/// What came of one layout of one server, in all orders.
#[derive(Debug, Default)]
pub struct Tally {
    pub sent: usize,
    pub let_through: usize,
    pub bypasses: Vec<(Order, Bypass)>,
}

/// A request that a guarded handler answers when no layer is in front.
#[derive(Clone, Debug)]
pub struct Guarded {
    pub server: &'static str,
    pub setting: &'static str,
    pub layout: &'static Layout,
    pub order: Order,
    pub reading: Reading,
    pub attempt: Attempt,
    pub route: usize,
    /// Whether the server answers otherwise without the headers and parameters that name another method or path.
    pub heeds_override: bool,
}

/// The requests of a site: the same ones whenever it is run with this seed.
pub fn attempts(server: &Server, site: &Site, extent: Extent) -> Arc<Vec<Attempt>> {
    let name = format!("{}{}{}{:?}", server.name, server.setting, site.layout.name, site.order);
    let own = name.bytes().fold(extent.seed, |hash, byte| hash.wrapping_mul(0x0100_0000_01b3) ^ u64::from(byte));
    Arc::new(requests::attempts(site.layout, extent.requests, own))
}

/// Whether each route answers a plain request by itself, as it is configured.
pub async fn check(server: &Server, site: &Site) -> Result<(), String> {
    let (routes, plain): (Vec<usize>, Vec<Attempt>) =
        requests::plain(&site.layout.routes(Order::AsListed)).into_iter().unzip();
    let plain = Arc::new(plain);
    let answers = send_all(site.address, server.protocol(), &plain, None).await;
    for ((route, attempt), answer) in routes.into_iter().zip(plain.iter()).zip(&answers) {
        let holds = match site.order {
            // Some frameworks answer HEAD and OPTIONS by themselves.
            Order::LiteralFirst if matches!(attempt.method, "HEAD" | "OPTIONS") => answer.status != 0,
            Order::LiteralFirst if !server.reading.any_order && server.protocol() == Protocol::Http1 => {
                answer.routes == [route]
            }
            // Another route may come first.
            _ => answer.status != 0,
        };
        if !holds {
            return Err(format!("{} ({:?}): `{attempt}` is answered {answer:?}", site.layout.name, site.order));
        }
    }
    if answers.iter().all(|answer| answer.routes.is_empty()) {
        return Err(format!("{} ({:?}): no route answers", site.layout.name, site.order));
    }
    Ok(())
}

pub async fn through_layer(
    server: &Server,
    site: &Site,
    reading: Reading,
    guard: &Guard,
    attempts: &Arc<Vec<Attempt>>,
    tally: &mut Tally,
) {
    let authorizer = guard.authorizer(site.layout.authorizer_type);
    let layer = table::layer(authorizer, site.layout, reading);
    let forwarder = Forwarder::start(layer, site.address, server.protocol()).await;
    for has_token in [false, true] {
        let authorization = has_token.then_some(guard.bearer.as_str());
        let answers = send_all(forwarder.address, server.protocol(), attempts, authorization).await;
        for (attempt, answer) in attempts.iter().zip(answers) {
            tally.sent += 1;
            tally.let_through += usize::from(!answer.routes.is_empty());
            for route in answer.routes {
                let rule = site.layout.rule(route);
                let is_met = rule == Rule::Open || has_token && rule == Rule::A;
                if !is_met {
                    tally.bypasses.push((site.order, Bypass { attempt: attempt.clone(), has_token, route }));
                }
            }
        }
    }
}

/// What guarded handlers answer without the layer.
pub async fn directly(server: &Server, site: &Site, attempts: &Arc<Vec<Attempt>>) -> Vec<Guarded> {
    let answers = send_all(site.address, server.protocol(), attempts, None).await;
    let without: Vec<Option<Attempt>> = attempts.iter().map(Attempt::without_overrides).collect();
    let changed: Arc<Vec<Attempt>> = Arc::new(without.iter().flatten().cloned().collect());
    let mut others = send_all(site.address, server.protocol(), &changed, None).await.into_iter();
    let mut guarded = Vec::new();
    for ((attempt, answer), without) in attempts.iter().zip(answers).zip(without) {
        let heeds_override = without.and_then(|_| others.next()).is_some_and(|other| other.routes != answer.routes);
        for route in answer.routes {
            if site.layout.rule(route) != Rule::Open {
                guarded.push(Guarded {
                    server: server.name,
                    setting: server.setting,
                    layout: site.layout,
                    order: site.order,
                    reading: server.reading,
                    attempt: attempt.clone(),
                    route,
                    heeds_override,
                });
            }
        }
    }
    guarded
}

/// Over several connections at once; the answers are in the order of the requests.
async fn send_all(
    address: SocketAddr,
    protocol: Protocol,
    attempts: &Arc<Vec<Attempt>>,
    authorization: Option<&str>,
) -> Vec<Answer> {
    if protocol == Protocol::Http2 {
        return http2::send_all(address, attempts, authorization).await;
    }
    let share = attempts.len().div_ceil(CONNECTIONS).max(1);
    let mut tasks = Vec::new();
    for start in (0..attempts.len()).step_by(share) {
        let attempts = Arc::clone(attempts);
        let authorization = authorization.map(str::to_owned);
        tasks.push(tokio::spawn(async move {
            let mut connection = Connection::new(address);
            let mut answers = Vec::with_capacity(share);
            for attempt in attempts[start..].iter().take(share) {
                answers.push(connection.send(attempt, authorization.as_deref()).await);
            }
            answers
        }));
    }
    let mut answers = Vec::with_capacity(attempts.len());
    for task in tasks {
        answers.extend(task.await.expect("a task without panic"));
    }
    answers
}

/// An empty folder for a server, under its name.
pub fn folder(server: &Server, folders: &Folders) -> Folders {
    folders.for_server(&format!("{} {}", server.name, server.setting))
}
