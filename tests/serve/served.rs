//! A policy, a server that answers with it, and the layer itself to compare.
use std::convert::Infallible;

use bytes::Bytes;
use cognito_authorizer::{
    Claims,
    configuration::Configuration,
    local_user_pool::{LocalUserPool, LocalUserPoolConfig, TestToken},
    serve::{Listen, Policy, Server, ServerSettings},
};
use http::{HeaderMap, Request, Response};
use http_body_util::{BodyExt, Full};
use reqwest::Method;
use tower::{Layer, ServiceExt, service_fn};

pub struct Served {
    pub pool: LocalUserPool,
    pub configuration: Configuration,
    pub policy: Policy,
    pub server: Server,
    client: reqwest::Client,
}

/// A response: status, headers in order without those that differ each time, and body.
#[derive(Debug, PartialEq, Eq)]
pub struct Seen {
    pub status: u16,
    pub headers: Vec<String>,
    pub body: String,
}

impl Seen {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find_map(|header| header.strip_prefix(&format!("{name}: ")))
    }
}

const ROUTES: &str = r#"
[[routes]]
route = "GET /pets"
scopes = ["pets/read"]
[[routes]]
route = "ANY /pets/{id}"
[[routes]]
route = "GET /open"
authorization = "NONE"
[[routes]]
route = "OPTIONS /mock"
authorization = "NONE"
mock_response.status = 200
mock_response.body = "{}"
[[routes]]
route = "GET /iam"
authorization = "UNSUPPORTED"
"#;

/// A configuration of this user pool; `more` is added before the routes.
pub fn configuration(pool: &LocalUserPool, more: &str) -> Configuration {
    configuration_with(pool, "", more)
}

pub fn configuration_with(pool: &LocalUserPool, authorizer: &str, more: &str) -> Configuration {
    let text = format!(
        "[user_pools.local]\nid = \"{}\"\nissuer = \"{}\"\n[authorizers.pool]\ntype = \"COGNITO_USER_POOLS\"\n\
         user_pools = [\"local\"]\nany_app_client = true\ntoken_use = \"either\"\n{authorizer}[authorizers.pool.claim_headers]\n\
         x-user = \"sub\"\nx-scope = \"scope\"\n{more}\n{ROUTES}",
        pool.user_pool().id(),
        pool.issuer()
    );
    Configuration::reader().read_toml(&text).unwrap()
}

pub async fn pool() -> LocalUserPool {
    LocalUserPool::start(LocalUserPoolConfig::new("eu-west-1_Serve"), "127.0.0.1:0".parse().unwrap()).await.unwrap()
}

impl Served {
    pub async fn new(more: &str) -> Self {
        Self::at("127.0.0.1:0", more).await
    }

    pub async fn at(listen: &str, more: &str) -> Self {
        let pool = pool().await;
        let configuration = configuration(&pool, more);
        let policy = Policy::new(&configuration).unwrap();
        let server = Server::start(policy.clone(), &listen.parse().unwrap(), ServerSettings::default()).await.unwrap();
        Self { pool, configuration, policy, server, client: reqwest::Client::new() }
    }

    /// A server whose policy does not forward the token.
    pub async fn stripping() -> Self {
        Self::with_authorizer("forward_token = false\n").await
    }

    /// A server whose policy lets preflight requests pass.
    pub async fn passing_preflight() -> Self {
        Self::with_authorizer("pass_preflight = true\n").await
    }

    async fn with_authorizer(authorizer: &str) -> Self {
        let pool = pool().await;
        let configuration = configuration_with(&pool, authorizer, "");
        let policy = Policy::new(&configuration).unwrap();
        let listen = "127.0.0.1:0".parse().unwrap();
        let server = Server::start(policy.clone(), &listen, ServerSettings::default()).await.unwrap();
        Self { pool, configuration, policy, server, client: reqwest::Client::new() }
    }

    pub fn token(&self, scope: &str) -> String {
        self.pool.issue(&TestToken::access("client", [scope])).unwrap()
    }

    pub fn address(&self) -> String {
        let Listen::Tcp(address) = self.server.address() else { panic!("{}", self.server.address()) };
        format!("http://{address}")
    }

    /// Sends a question.
    pub async fn ask(&self, method: Method, path: &str, headers: &[(&str, &str)]) -> Seen {
        let request = self.client.request(method, format!("{}{path}", self.address()));
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status().as_u16(), seen(response.headers()));
        Seen { status, headers, body: response.text().await.unwrap() }
    }

    /// Asks as Caddy and Traefik do.
    pub async fn forward_auth(&self, method: &str, target: &str, headers: &[(&str, &str)]) -> Seen {
        self.forwarded("/forward-auth", method, target, headers).await
    }

    pub async fn forwarded(&self, path: &str, method: &str, target: &str, headers: &[(&str, &str)]) -> Seen {
        let described = [("x-forwarded-method", method), ("x-forwarded-uri", target)];
        self.ask(Method::GET, path, &[headers, &described].concat()).await
    }

    /// Sends the request to a service behind the layer itself. The service answers with the claim headers that it gets.
    pub async fn layer(&self, method: &str, target: &str, headers: &[(&str, &str)]) -> Seen {
        let layer = self.configuration.layer(&self.configuration.authorizers().unwrap()).unwrap();
        let service = service_fn(|request: Request<()>| async move {
            let mut response = Response::new(Full::<Bytes>::from("service"));
            let claims = request.extensions().get::<Claims>().is_some();
            for name in ["x-user", "x-scope"] {
                let value = request.headers().get(name).cloned();
                assert!(claims || value.is_none(), "{name} without claims");
                response.headers_mut().insert(name, value.unwrap_or(http::HeaderValue::from_static("")));
            }
            Ok::<_, Infallible>(response)
        });
        let mut request = Request::builder().method(method).uri(target);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = layer.layer(service).oneshot(request.body(()).unwrap()).await.unwrap();
        let (status, headers) = (response.status().as_u16(), seen(response.headers()));
        let body = response.into_body().collect().await.unwrap().to_bytes();
        Seen { status, headers, body: String::from_utf8(body.to_vec()).unwrap() }
    }
}

fn seen(headers: &HeaderMap) -> Vec<String> {
    let changing = ["date", "content-length", "x-amzn-requestid", "x-amz-apigw-id"];
    let shown = headers.iter().filter(|(name, _)| !changing.contains(&name.as_str()));
    let mut shown: Vec<String> = shown.map(|(name, value)| format!("{name}: {}", value.to_str().unwrap())).collect();
    shown.sort_unstable();
    shown
}
