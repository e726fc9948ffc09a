//! A bookstore service and the user pool that protects it, both local: `cargo run --example bookstore`.
//!
//! It prints commands to paste into another terminal. `/book` is allowed and `/user` is rejected. To allow `/user`, change its
//! `Allow` in `bookstore.json`, restart the example and get a new token. `POOL_ADDR` and `API_ADDR` set the addresses, and an
//! argument names another configuration file.
use std::{collections::HashMap, env, fs, net::SocketAddr};

use axum::{Router, http::Method, http::Uri};
use cognito_authorizer::local_user_pool::{AppClientConfig, LocalUserPool, LocalUserPoolConfig};
use cognito_authorizer::{Authorizer, RouteTable};

#[derive(serde::Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Stack {
    resource_server_identifier: String,
    resource_server_scopes: Vec<CustomScope>,
    client_id: String,
    client_secret: String,
}

#[derive(serde::Deserialize)]
#[serde(rename_all = "PascalCase")]
struct CustomScope {
    scope: String,
    allow: bool,
    /// The route that requires the scope.
    route: String,
}

#[tokio::main]
#[allow(clippy::print_stdout, reason = "what to paste is for the terminal")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let file = env::args().nth(1).unwrap_or(concat!(env!("CARGO_MANIFEST_DIR"), "/examples/bookstore.json").to_owned());
    let json = fs::read_to_string(&file).map_err(|error| format!("cannot read {file}: {error}"))?;
    let mut stacks: HashMap<String, Stack> = serde_json::from_str(&json).map_err(|error| format!("{file}: {error}"))?;
    let stack = stacks.remove("OAuthCognito").ok_or(format!("{file}: there is no `OAuthCognito`"))?;
    let (api, scopes) = (&stack.resource_server_identifier, &stack.resource_server_scopes);

    // The user pool: a resource server, its scopes, and an app client that may use some of them.
    let allowed = scopes.iter().filter(|scope| scope.allow).map(|scope| format!("{api}/{}", scope.scope));
    let client = AppClientConfig::new(&stack.client_id, &stack.client_secret).access_token_validity(24);
    let config = LocalUserPoolConfig::new("us-east-1_Bookstore").app_client(client.allowed_scopes(allowed));
    let config = config.resource_server(api, scopes.iter().map(|scope| &scope.scope));
    let pool = LocalUserPool::start(config, address("POOL_ADDR", "127.0.0.1:9229")?).await?;

    // The service: each route requires its scope.
    let mut routes = RouteTable::builder();
    for scope in scopes {
        routes = routes.scopes(&scope.route, [format!("{api}/{}", scope.scope)]);
    }
    let authorizer = Authorizer::builder().user_pool(pool.user_pool()).build()?;
    let app = Router::new().fallback(done).layer(authorizer.layer().routes(routes.build()?)?);
    let listener = tokio::net::TcpListener::bind(address("API_ADDR", "127.0.0.1:3000")?).await?;

    println!("# The bookstore is open. Paste into another terminal; Ctrl-C ends it here.\n");
    println!("export CLIENT_ID='{}' CLIENT_SECRET='{}'", stack.client_id, stack.client_secret);
    println!("export DOMAIN_NAME='{}' API_ENDPOINT='http://{}/'", pool.domain(), listener.local_addr()?);
    print!("{}", include_str!("bookstore.sh"));
    Ok(axum::serve(listener, app).await?)
}

fn address(variable: &str, default: &str) -> Result<SocketAddr, String> {
    let text = env::var(variable).unwrap_or(default.to_owned());
    text.parse().map_err(|_| format!("{variable}=`{text}` is not an address: expected something like {default}"))
}

async fn done(method: Method, uri: Uri) -> ([(&'static str, &'static str); 1], String) {
    let body = format!(r#"{{"Result":"Success","Description":"your {method} for {} is completed"}}"#, uri.path());
    ([("content-type", "application/json")], body)
}
